"""``digest publish``: what is behind is brought up to date; with ``--all`` everything is."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree, rmtree

import pytest

from tests.cli.command import digest
from tests.cli.sample_home import FIRST, SECOND, mails, put
from tests.world import snapshot


@pytest.fixture
def home(used: Path, tmp_path: Path) -> Path:
    """A home in use; its files name the folder in which it lies."""
    home = copytree(used, tmp_path / "home")
    assert digest(home, "publish", "--all", "--now", FIRST).code == 0
    return home


def test_where_nothing_is_new_nothing_is_written(home: Path) -> None:
    before = snapshot(home / "public")
    next((home / "public" / "feeds").glob("*.atom")).unlink()

    ended = digest(home, "publish", "--now", FIRST)

    assert (ended.code, ended.out, ended.err) == (0, "Feeds: 0 written, 0 unchanged.\n", "")
    assert len(snapshot(home / "public")) == len(before) - 1


def test_with_all_every_file_that_is_gone_or_changed_comes_back(home: Path) -> None:
    before = snapshot(home / "public")
    feeds = sorted((home / "public" / "feeds").glob("*.atom"))
    feeds[0].unlink()
    (home / "public" / "index.html").write_text("somebody else's")
    (home / "public" / "help.html").unlink()
    rmtree(next(path for path in (home / "public").glob("*/*") if path.is_dir()))

    ended = digest(home, "publish", "--all", "--now", FIRST, "--json")

    assert (ended.code, ended.err) == (0, "")
    assert ended.json == {"written": 1, "unchanged": 5, "problems": []}
    assert snapshot(home / "public") == before


def test_neither_reads_dumps_nor_sends(home: Path) -> None:
    put(home, "third", "A harbour at night")
    sent, published = mails(home), snapshot(home / "public")

    digest(home, "publish", "--all", "--now", SECOND)

    assert mails(home) == sent
    assert snapshot(home / "public") == published
    assert digest(home, "status", "--json").json["dumps"] == 2


def test_a_profile_that_was_edited_shows_in_the_files(home: Path) -> None:
    profiles = home / "subscribers.yaml"
    profiles.write_text(profiles.read_text().replace(", channels: [email, feed]", ""))

    assert digest(home, "publish", "--now", SECOND).code == 0

    names = {path.name for path in (home / "public" / "feeds").iterdir()}
    assert names == {"all.atom", "all.json", "all.rss"}


@pytest.mark.parametrize("options", [[], ["--all"]], ids=" ".join)
def test_what_cannot_be_written_is_told_and_comes_with_the_next_call(
    home: Path, options: list[str]
) -> None:
    before, feeds = snapshot(home / "public"), home / "public" / "feeds"
    rmtree(home / "public")
    (home / "public").mkdir()
    feeds.write_text("a file where a folder should be")

    ended = digest(home, "publish", *options, "--now", SECOND)

    assert ended.code == 1
    assert str(feeds) in ended.err

    feeds.unlink()
    assert digest(home, "publish", "--now", SECOND).code == 0
    assert snapshot(home / "public") == before


def test_a_broken_profile_file_publishes_nothing(home: Path) -> None:
    (home / "subscribers.yaml").write_text("subscribers: 3\n")
    ended = digest(home, "publish", "--all")
    assert ended.code == 2
    assert ended.err.startswith("subscribers.yaml:1: ")
