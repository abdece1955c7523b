"""``digest init``: a home from its first minute."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.cli import app
from tests.cli.command import digest
from tests.cli.sample_home import mails
from tests.sources.fetch.made import Made, weeks
from tests.sources.fetch.play import Play
from tests.world import read_mail, snapshot, utc


def test_a_new_home_runs_as_it_is(tmp_path: Path) -> None:
    home = tmp_path / "lab"
    ended = digest(tmp_path, "init", home)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines() == [
        f"Made {home}. Next: edit {home / 'subscribers.yaml'}, then",
        f"  digest --home {home} run",
    ]
    assert digest(home, "check").out.splitlines()[-1] == "All good: 4 subscribers."

    run = digest(home, "run", "--now", "2026-11-16T14:00Z", "--json")

    assert run.code == 0
    assert (run.json["dumps"]["read"], run.json["papers"]["read"]) == (3, 54)
    assert run.json["papers"]["bad"] == 0
    assert run.json["problems"] == []
    assert mails(home) == ["2026-11-13-ravi", "2026-W46-ada", "2026-W46-yuki"]


def test_a_home_that_cannot_be_made_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = digest(tmp_path, "init", tmp_path / "file" / "lab")
    assert (ended.code, len(ended.err.splitlines())) == (1, 1)
    assert ended.err.startswith(f"{tmp_path / 'file' / 'lab'}: Not a directory")


def test_init_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "subscribers.yaml").write_text("mine")
    ended = digest(tmp_path, "init", tmp_path)
    assert (ended.code, ended.out) == (1, "")
    assert f"{tmp_path / 'subscribers.yaml'} exists already" in ended.err
    assert snapshot(tmp_path) == {"subscribers.yaml": b"mine"}


def test_init_fills_a_folder_that_has_other_things_in_it(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("mine")
    assert digest(tmp_path, "init", tmp_path).code == 0
    assert (tmp_path / "notes.md").read_text() == "mine"
    assert (tmp_path / "subscribers.yaml").is_file()


def test_a_new_home_with_a_source_makes_first_digests_of_a_week_that_was_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = utc("2026-11-16T14:00")
    tuesday = Made(900, utc("2026-11-10").date(), title="Low-rank adaptation of made-up models")
    play = Play([*weeks(tuesday.day, 7, 3), tuesday], lambda: now)
    monkeypatch.setattr("digest.cli.fetching.connecting", lambda *_, **__: lambda *_: play.get)
    home = tmp_path / "lab"
    ended = digest(tmp_path, "init", home, "--source", "daily-papers")
    assert ended.out.splitlines()[1:] == [
        f"  digest --home {home} fetch",
        f"  digest --home {home} run",
    ]
    assert digest(home, "check").code == 0
    assert list((home / "inbox").iterdir()) == []

    assert digest(home, "fetch", "--now", now.isoformat()).code == 0
    run = digest(home, "run", "--now", now.isoformat(), "--json")

    assert (run.code, run.json["papers"]["new"]) == (0, 16)
    assert "2026-W46-ada" in mails(home)
    assert tuesday.title in str(read_mail(home / "outbox" / "2026-W46-ada.eml"))


def test_sources_are_switched_on_as_they_are_named(tmp_path: Path) -> None:
    chosen = ("daily-papers", "arxiv:cs.LG, cs.CL", "feed:https://journal.example/rss")
    options = [word for one in chosen for word in ("--source", one)]
    assert digest(tmp_path, "init", tmp_path / "lab", *options).code == 0
    settings = (tmp_path / "lab" / "digest.toml").read_text()
    assert 'categories = ["cs.LG", "cs.CL"]' in settings
    assert 'name = "journal-example"\nurl = "https://journal.example/rss"' in settings
    assert "# kind" not in settings
    assert digest(tmp_path / "lab", "check").code == 0


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ("dayly-papers", "'dayly-papers' is none of daily-papers, arxiv:CATEGORIES"),
        ("arxiv", "without `query` or `categories`"),
        ("feed:journal", "'journal' is not an http(s) URL"),
    ],
)
def test_a_source_that_cannot_be_switched_on_makes_no_home(
    tmp_path: Path, named: str, told: str
) -> None:
    ended = digest(tmp_path, "init", tmp_path / "lab", "--source", named)
    assert ended.code == 2
    assert told in ended.err
    assert not (tmp_path / "lab").exists()


def test_the_sources_in_the_settings_only_have_to_be_uncommented(tmp_path: Path) -> None:
    assert digest(tmp_path, "init", tmp_path / "lab").code == 0
    path = tmp_path / "lab" / "digest.toml"
    before, begin, rest = path.read_text().partition("# [[sources]]")
    offered, end, after = rest.partition("# [fetch]")
    offered = "\n".join(line.removeprefix("# ") for line in (begin + offered).splitlines())
    path.write_text(f"{before}{offered}\n{end}{after}")
    found = app.open_home(tmp_path / "lab").settings.sources
    assert [(one.name, one.categories) for one in found] == [
        ("daily-papers", ()),
        ("arxiv", ("cs.LG", "cs.CL")),
    ]
