"""``digest db prune``, and the pruning that passes do by themselves."""

from __future__ import annotations

import gzip
import os
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from digest.cli.pruning import EVERY
from tests.cli import sample_home
from tests.cli.command import digest as command
from tests.cli.sample_home import FIRST, SECOND, SETTINGS, THIRD, mails
from tests.world import answer, snapshot, utc

SHORT = """\
[keep]
fetched = "2d"
sightings = "2d"
digests = "2d"
pages = "2d"
outbox = "2d"
[feeds]
entries = 1
"""
LATER = "2026-11-30T09:00Z"


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of three weeks, each with a digest; what was fetched listed the papers, too."""
    home = sample_home.make(tmp_path_factory.mktemp("past") / "home")
    for number, now in enumerate((FIRST, SECOND, THIRD)):
        title = f"Lighthouse number {number}"
        sample_home.put(home, f"page {number}", title)
        fetch(home, f"2026-11-{16 + 7 * number}.1", title)
        assert command(home, "run", "--now", now).code == 0
    for path in (home / "outbox").iterdir():
        written = utc(FIRST[:-1]).timestamp()
        os.utime(path, (written, written))
    return home


@pytest.fixture
def home(past: Path, tmp_path: Path) -> Path:
    """A copy of that home."""
    return shutil.copytree(past, tmp_path / "home")


def fetch(home: Path, name: str, *titles: str) -> Path:
    """Have a dump fetched that lists these titles."""
    path = home / "state" / "fetched" / "daily-papers" / f"{name}.json.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(answer(*titles) + b" ", mtime=0))
    return path


def shorten(home: Path) -> None:
    """Have little kept from now on."""
    (home / "digest.toml").write_text(SETTINGS + SHORT)


def pages(home: Path) -> list[str]:
    """The pages of digests in the public folder."""
    return sorted(path.name for path in (home / "public" / "archive").glob("*/2*.html"))


def fetched(home: Path) -> list[str]:
    return sorted(path.name[:10] for path in (home / "state" / "fetched").rglob("*.gz"))


def test_what_is_old_is_removed_and_the_rest_stays(home: Path) -> None:
    shorten(home)
    feeds = snapshot(home / "public" / "feeds")
    dry = command(home, "db", "prune", "--now", LATER, "--dry-run", "--json")
    done = command(home, "db", "prune", "--now", LATER, "--json")
    assert dry.json == done.json
    assert done.json == {
        "fetched": 2,  # of the third week's, which was read a day ago, nothing
        "records": 2,  # their dumps; the inbox keeps its files, so that they can be read again
        "digests": 4,  # of two people, all but the newest
        "pages": 4,
        "mails": 6,
        "days": 0,
    }
    assert (fetched(home), mails(home)) == (["2026-11-30"], [])
    assert pages(home) == ["2026-W48.html"] * 2
    archive = home / "public" / "archive"
    assert {path.stem for path in archive.glob("*/2*")} == {"2026-W48"}, "their references too"
    assert {path.suffix for path in archive.glob("*/2*")} == {".html", ".bib", ".ris"}
    assert snapshot(home / "public" / "feeds") == feeds
    again = command(home, "db", "prune", "--now", LATER, "--json")
    assert set(again.json.values()) == {0}


@pytest.mark.parametrize("kind", ["fetched", "digests", "pages", "mails"])
def test_each_setting_is_of_what_its_name_says(home: Path, kind: str) -> None:
    key = {"mails": "outbox"}.get(kind, kind)
    (home / "digest.toml").write_text(f'{SETTINGS}[keep]\n{key} = "2d"\n[feeds]\nentries = 1\n')
    found = command(home, "db", "prune", "--now", LATER, "--dry-run", "--json").json
    assert [name for name, count in found.items() if count] == [kind]


def test_records_are_kept_as_long_as_they_are_said_to_be_and_as_their_files(home: Path) -> None:
    for keep, count in (('sightings = "2d"', 0), ('sightings = "2d"\nfetched = "2d"', 2)):
        (home / "digest.toml").write_text(f"{SETTINGS}[keep]\n{keep}\n")
        dry = command(home, "db", "prune", "--now", LATER, "--dry-run", "--json")
        assert dry.json["records"] == count


def test_after_pruning_nobody_gets_anything_twice(home: Path) -> None:
    shorten(home)
    public = snapshot(home / "public")
    assert command(home, "db", "prune", "--now", LATER, "--compact").code == 0
    for number in range(3):  # the same pages come again, fetched and by hand, under other names
        title = f"Lighthouse number {number}"
        fetch(home, f"2026-12-0{number + 1}.1", title)
        sample_home.put(home, f"again {number}", title)
    ended = command(home, "run", "--now", "2026-12-07T08:00Z", "--json")
    assert ended.code == 0
    assert (ended.json["papers"]["new"], ended.json["digests"]["sent"]) == (0, 0)
    assert mails(home) == []
    left = {name: data for name, data in public.items() if "2026-W4" not in name}
    assert left.items() <= snapshot(home / "public").items()


def test_the_index_links_to_no_page_that_is_gone(home: Path) -> None:
    shorten(home)
    command(home, "db", "prune", "--now", LATER)
    assert command(home, "publish", "--all").code == 0
    for index in (home / "public" / "archive").glob("*/index.html"):
        linked = {path.name for path in index.parent.glob("2*.html")}
        assert linked == {"2026-W48.html"}
        assert "2026-W48.html" in index.read_text("utf-8")
        assert "2026-W46.html" not in index.read_text("utf-8")


def test_by_default_nothing_of_the_last_weeks_is_removed(home: Path) -> None:
    ended = command(home, "db", "prune", "--now", "2026-12-10T08:00Z", "--json")
    assert set(ended.json.values()) == {0}


def test_a_pass_prunes_once_a_day(home: Path) -> None:
    shorten(home)
    third = datetime.fromisoformat(THIRD)
    assert command(home, "run", "--now", str(third + timedelta(hours=1))).code == 0
    assert len(fetched(home)) == 3  # the pass before has pruned, by the settings of then
    assert command(home, "run", "--now", str(third + EVERY)).code == 0
    assert (len(fetched(home)), mails(home)) == (1, [])


def test_what_was_not_read_is_not_removed(home: Path) -> None:
    shorten(home)
    path = fetch(home, "2020-01-01.1", "A lighthouse that nobody has read of")
    command(home, "db", "prune", "--now", LATER)
    assert path.exists()


def test_an_explanation_says_that_reasons_are_gone(home: Path) -> None:
    shorten(home)
    command(home, "db", "prune", "--now", LATER)
    ended = command(home, "explain", "ada", "Lighthouse number 0", "--now", LATER)
    assert ended.code == 0
    assert "its reasons are no longer kept" in ended.out


def test_a_file_that_cannot_be_removed_is_told(home: Path) -> None:
    shorten(home)
    (home / "outbox" / "2020-W01-ada.eml").mkdir()
    os.utime(home / "outbox" / "2020-W01-ada.eml", (0, 0))
    ended = command(home, "db", "prune", "--now", LATER)
    assert ended.code == 1
    assert "2020-W01-ada.eml: it cannot be removed" in ended.out + ended.err
    assert mails(home) == ["2020-W01-ada"]
