"""Hashes of files that are kept from one process to the next, and dumps that were fetched."""

from __future__ import annotations

import gzip
import hashlib
import os
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from digest.ledger import Ledger
from digest.pipeline.ingest import ingest
from digest.sources.inbox import Inbox, Scan
from tests.world import World, answer, utc

NOW = utc("2026-11-27 09:00")
FRIDAY = date(2026, 11, 27)


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of files that are hashed, which are those that are read."""
    names: list[str] = []
    original = hashlib.file_digest

    def noting(file: Any, kind: str) -> Any:
        names.append(Path(file.name).name)
        return original(file, kind)

    monkeypatch.setattr(hashlib, "file_digest", noting)
    return names


@pytest.fixture
def home(either: World) -> World:
    for name in ("inbox/one.json", "inbox/two.json", "fetched/arxiv/2026-11-27.1.json.gz"):
        put(either.folder / name, answer(name))
    return either


def put(path: Path, content: bytes, *, changed: int = 1) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)
    os.utime(path, (changed, changed))


def scan(home: World, ledger: Ledger, *, inbox: str = "inbox") -> Scan:
    """What another process finds."""
    folders = (home.folder / inbox, home.folder / "fetched")
    return Inbox(*folders, lambda: nullcontext(ledger)).scan()


def test_another_process_does_not_read_files_again(home: World, hashed: list[str]) -> None:
    with home.ledger() as ledger:
        first = scan(home, ledger)
        assert sorted(hashed) == ["2026-11-27.1.json.gz", "one.json", "two.json"]
        hashed.clear()
        assert scan(home, ledger) == first
        assert hashed == []
        put(home.folder / "inbox/two.json", answer("changed"), changed=2)
        second = scan(home, ledger)
        assert hashed == ["two.json"]
        assert second.found[1].hash != first.found[1].hash


def test_files_that_are_gone_are_forgotten_and_those_of_other_folders_are_not(
    home: World,
) -> None:
    put(home.folder / "elsewhere/three.json", answer("three"))
    with home.ledger() as ledger:
        scan(home, ledger)
        (home.folder / "inbox/one.json").unlink()
        scan(home, ledger, inbox="elsewhere")
        kept = {Path(path).name for path in ledger.file_stamps()}
        assert kept == {"two.json", "three.json", "2026-11-27.1.json.gz"}


def test_a_draft_reads_hashes_and_keeps_none(home: World, hashed: list[str]) -> None:
    with home.ledger() as ledger:
        scan(home, ledger)
        before = ledger.file_stamps()
    put(home.folder / "inbox/three.json", answer("three"))
    (home.folder / "inbox/one.json").unlink()
    hashed.clear()
    with home.draft() as draft:
        scan(home, draft)
        assert draft.file_stamps() == before
    assert hashed == ["three.json"]


def test_names_that_no_database_holds_are_kept_too(home: World, hashed: list[str]) -> None:
    odd = Path(os.fsdecode(os.fsencode(home.folder / "inbox") + b"/caf\xe9\n.json"))
    put(odd, answer("odd"))
    deep = home.folder / "inbox" / Path(*["d" * 250] * 9) / "deep.json"
    put(deep, answer("deep"))
    with home.ledger() as ledger:
        scan(home, ledger)
        hashed.clear()
        scan(home, ledger)
    assert hashed == ["deep.json"]  # its path is longer than keys may be


def test_a_fetched_dump_is_read_at_once_with_its_source_and_day(home: World) -> None:
    page = home.folder / "fetched/daily-papers/2026-11-26.2.json.gz"
    put(page, answer("Lighthouses by Night", listed=date(2026, 11, 20)))
    page.touch()
    for stray in ("notes.txt", "arxiv/notes.txt", "arxiv/.2026-11-27.2.tmp"):
        put(home.folder / "fetched" / stray, b"no dump")
    with home.ledger() as ledger:
        found = scan(home, ledger)
        assert [(one.name, one.source, one.day) for one in found.found] == [
            ("one.json", "", None),
            ("two.json", "", None),
            ("fetched/arxiv/2026-11-27.1.json.gz", "arxiv", FRIDAY),
            ("fetched/daily-papers/2026-11-26.2.json.gz", "daily-papers", date(2026, 11, 26)),
        ]
        assert (found.waiting, found.problems) == ((), ())
        inbox = Inbox(home.folder / "inbox", home.folder / "fetched")
        ingest(inbox, ledger, now=NOW)
        seen = [(dump.source, dump.listed) for dump in ledger.dumps(since=NOW)]
        assert seen[2:] == [("arxiv", FRIDAY), ("daily-papers", date(2026, 11, 26))]
        late = next(one for one in ledger.papers() if one.title.startswith("Lighthouses"))
        assert late.listed == date(2026, 11, 26)


def test_without_anything_fetched_there_is_no_problem(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    assert Inbox(tmp_path / "inbox", tmp_path / "fetched").scan() == Scan((), (), ())


def test_what_came_to_a_page_later_is_as_old_as_the_look_before(home: World) -> None:
    name = "fetched/arxiv/2026-11-20.2.2026-11-24.json.gz"
    put(home.folder / name, answer("Lighthouses of Friday, announced on Tuesday"))
    with home.ledger() as ledger:
        found = next(one for one in scan(home, ledger).found if one.name == name)
        assert (found.day, found.listed) == (date(2026, 11, 20), date(2026, 11, 24))
        ingest(Inbox(home.folder / "inbox", home.folder / "fetched"), ledger, now=NOW)
        dumps = {dump.name: dump.listed for dump in ledger.dumps(since=NOW)}
        assert dumps[name] == date(2026, 11, 20)
        paper = next(one for one in ledger.papers() if one.title.startswith("Lighthouses of"))
        assert paper.listed == date(2026, 11, 24)
