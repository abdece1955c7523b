"""Files of the inbox that are read in parts."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from digest.model import Dump
from digest.pipeline.ingest import ingest
from digest.pipeline.report import IngestReport
from digest.sources import parts
from digest.sources.inbox import Inbox
from tests.world import World, utc

NOW = utc("2026-11-27 09:00")
LATER = utc("2026-11-28 09:00")
COUNT = 40


def line(number: int) -> str:
    words = f"We count the waves of tide {number} in harbour {number}, and find {number}."
    return json.dumps({"title": f"Tide {number} of the Harbour", "abstract": words, "id": number})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(parts, "SIZE", 1000)
    (tmp_path / "inbox").mkdir()
    return tmp_path / "inbox"


def put(folder: Path, *lines: str) -> Inbox:
    path = folder / "a.jsonl"
    path.write_text("".join(f"{each}\n" for each in lines))
    os.utime(path, (1, 1))
    return Inbox(folder)


def test_a_file_in_parts_is_one_dump_and_read_once(world: World, folder: Path) -> None:
    inbox = put(folder, *map(line, range(COUNT)))
    with world.ledger() as ledger:
        first, second = (ingest(inbox, ledger, now=NOW) for _ in range(2))
        (row,) = first.dumps
        assert (row.read, row.new, row.bad, first.problems) == (COUNT, COUNT, 0, ())
        assert (second.dumps, second.unchanged) == ((), 1)
        assert [seen.name for seen in ledger.dumps(since=NOW)] == ["a.jsonl"]
        assert ledger.status().dumps == 1
        assert len(ledger.papers()) == COUNT
    with world.draft() as draft:
        ingest(put(folder, *map(line, range(COUNT, 2 * COUNT))), draft, now=LATER)
        assert [seen.name for seen in draft.dumps(since=NOW)] == ["a.jsonl", "a.jsonl"]


def test_a_pass_that_was_interrupted_is_taken_up(
    world: World, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = put(folder, *map(line, range(COUNT)))
    with world.ledger() as ledger:
        record = type(ledger).record_dump
        calls: list[Dump] = []

        def dying(self: object, dump: Dump, *args: object, **kwargs: object) -> object:
            calls.append(dump)
            if len(calls) == 3:
                raise KeyboardInterrupt
            return record(ledger, dump, *args, **kwargs)  # type: ignore[arg-type]

        monkeypatch.setattr(type(ledger), "record_dump", dying)
        with pytest.raises(KeyboardInterrupt):
            ingest(inbox, ledger, now=NOW)
        seen = len(ledger.papers())
        assert 0 < seen < COUNT
        report = ingest(inbox, ledger, now=LATER)
        assert report.dumps[0].new == COUNT - seen
        assert len(ledger.papers()) == COUNT
        assert len(ledger.dumps(since=NOW)) == 1


def test_of_a_file_that_has_grown_only_what_is_new_is_read(world: World, folder: Path) -> None:
    with world.ledger() as ledger:
        ingest(put(folder, *map(line, range(COUNT))), ledger, now=NOW)
        report = ingest(put(folder, *map(line, range(COUNT + 5))), ledger, now=LATER)
        (row,) = report.dumps
        assert row.new == 5
        assert row.read < COUNT // 2


def lost(report: IngestReport) -> list[str]:
    return [problem.where for problem in report.problems]


def test_bad_lines_of_any_part_are_told_by_their_number_in_the_file(
    world: World, folder: Path
) -> None:
    lines = [line(n) for n in range(COUNT)]
    lines[1] = lines[30] = "{bad"
    with world.ledger() as ledger:
        report = ingest(put(folder, *lines), ledger, now=NOW)
        assert lost(report) == ["a.jsonl:2", "a.jsonl:31"]
        assert report.dumps[0].read == COUNT - 2


def test_an_end_without_papers_costs_no_other_part(world: World, folder: Path) -> None:
    todo = json.dumps({"task": "buy milk", "done": False, "note": "x" * 500})
    with world.ledger() as ledger:
        report = ingest(put(folder, *map(line, range(COUNT)), *[todo] * 9), ledger, now=NOW)
        assert report.rejected == ()
        assert report.dumps[0].read == COUNT
        assert report.dumps[0].bad == len(report.problems)
        assert "“task”" in report.problems[-1].what
        assert ingest(Inbox(folder), ledger, now=LATER).unchanged == 1
