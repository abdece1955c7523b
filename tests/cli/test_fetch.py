"""``digest fetch``: what a person sees of it, from a server that plays sources."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli import sample_home
from tests.cli.command import digest
from tests.sources.fetch.made import weeks
from tests.sources.fetch.play import Play
from tests.sources.fetch.server import Asked, Reply, SourceServer
from tests.world import utc

NOW = "2026-11-16T13:00Z"
FEED = """\
[[sources]]
kind = "feed"
name = "journal"
url = "{url}/feed"
"""


@pytest.fixture
def server() -> Iterator[SourceServer]:
    with SourceServer().running() as running:
        played = Play(weeks(utc(NOW).date(), 5, 3), lambda: utc(NOW))

        def answer(asked: Asked) -> Reply:
            reply = played.reply(f"https://play.example{asked.path}")
            return Reply(reply.body, reply.status, reply.headers)

        running.play("/feed", answer)
        yield running


@pytest.fixture
def home(tmp_path: Path, server: SourceServer) -> Path:
    return sample_home.make(tmp_path / "home", sample_home.SETTINGS + FEED.format(url=server.url))


def test_what_was_fetched_is_shown_page_by_page_and_read_by_the_next_run(home: Path) -> None:
    ended = digest(home, "fetch", "--now", NOW)
    assert (ended.code, ended.err) == (0, "")
    assert [" ".join(line.split()) for line in ended.out.splitlines()] == [
        "Source Page papers",
        "journal Mon 16 Nov 2026 3 new or changed",
        "",
        "`digest run` reads what is new.",
    ]
    run = digest(home, "run", "--now", NOW, "--json").json
    assert (run["dumps"]["read"], run["papers"]["new"]) == (2, 4)


def test_what_is_not_due_is_fetched_if_it_is_named(home: Path, server: SourceServer) -> None:
    digest(home, "fetch", "--now", NOW)
    ended = digest(home, "fetch", "--now", "2026-11-16T13:30Z", "--json")
    (found,) = ended.json
    assert found["skipped"] == "not due before Mon 16 Nov 14:00 UTC"
    assert len(server.asked) == 1
    (found,) = digest(home, "fetch", "journal", "--now", "2026-11-16T13:30Z", "--json").json
    assert found["pages"] == [{"day": "2026-11-16", "state": "whole", "papers": 3, "files": 0}]
    assert len(server.asked) == 2


def test_who_asks_is_told_to_the_server(home: Path, server: SourceServer) -> None:
    digest(home, "fetch", "--now", NOW)
    assert "(mailto:digest@example.org)" in server.asked[0].headers["user-agent"]
    with (home / "digest.toml").open("a") as settings:
        settings.write('[fetch]\ncontact = "ada@example.org"\n')
    digest(home, "fetch", "journal", "--now", NOW)
    assert "(mailto:ada@example.org)" in server.asked[1].headers["user-agent"]


@pytest.mark.parametrize(
    ("setting", "reply", "said"),
    [
        ("megabytes = 1", Reply(grown=1_100_000), "is larger than 1 MB"),
        ('timeout = "1s"', Reply(b"{}", fault="drip"), "did not answer within 1 s"),
    ],
)
def test_an_answer_takes_no_more_than_the_settings_allow(
    home: Path, server: SourceServer, setting: str, reply: Reply, said: str
) -> None:
    server.play("/feed", reply)
    with (home / "digest.toml").open("a") as settings:
        settings.write(f"[fetch]\n{setting}\n")
    assert said in digest(home, "fetch", "--now", NOW).err


def test_a_source_that_fails_is_told_with_its_remedy_and_the_others_are_fetched(
    home: Path, server: SourceServer
) -> None:
    other = f"localhost:{server.port}"  # another host need not be waited for
    with (home / "digest.toml").open("a") as settings:
        settings.write(f'[[sources]]\nkind = "feed"\nname = "gone"\nurl = "http://{other}/gone"\n')
    ended = digest(home, "fetch", "--now", NOW)
    assert ended.code == 1
    assert ended.err == (
        f"gone: {other}/gone answered with status 404; next try Mon 16 Nov 13:01 UTC"
        " – check the URL of the source\n"
    ).replace("13:01", ended.err.split(" UTC")[0][-5:])
    lines = [" ".join(line.split()) for line in ended.out.splitlines()]
    assert lines[1:3] == ["journal Mon 16 Nov 2026 3 new or changed", "gone – could not be fetched"]


def test_a_form_that_nobody_knows_is_a_failure(home: Path, server: SourceServer) -> None:
    server.play("/feed", Reply(b"<html><body>Welcome</body></html>"))
    ended = digest(home, "fetch", "--now", NOW)
    assert ended.code == 1
    assert "journal: its form has changed" in ended.err
    assert "cannot be read" in ended.out


def test_an_unknown_name_brings_the_nearest(home: Path) -> None:
    ended = digest(home, "fetch", "jurnal")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == "There is no source 'jurnal'.\nDid you mean journal?\n"


def test_without_sources_it_says_how_to_switch_one_on(tmp_path: Path) -> None:
    home = sample_home.make(tmp_path / "home")
    ended = digest(home, "fetch")
    assert (ended.code, ended.err) == (0, "")
    assert '[[sources]]\n  kind = "daily-papers"' in ended.out
    assert digest(home, "fetch", "--json").json == []
    assert not (home / "state").exists()
