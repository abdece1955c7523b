"""What the operator is told of a source that needs attention, in log, mail and `digest status`."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from digest.cli import app
from digest.cli.alarms import Alarms
from digest.ledger import Ledger
from digest.model import PageSeen, PageState
from tests.cli import sample_home
from tests.cli.command import digest
from tests.delivery.server import Server, on, running
from tests.world import read_mail, text, utc

SOURCES = """\
[[sources]]
kind = "daily-papers"
[[sources]]
kind = "arxiv"
categories = ["cs.LG"]
"""
TOLD = '[alarms]\nto = "ops@example.org"\n'
START, NOW = utc("2026-11-16T09:00"), utc("2026-11-20T12:00")  # a Monday and a Friday
HOUR = timedelta(hours=1)


@pytest.fixture
def home(tmp_path: Path) -> app.Home:
    return app.open_home(sample_home.make(tmp_path / "home", sample_home.SETTINGS + SOURCES + TOLD))


@contextmanager
def opened(home: app.Home) -> Iterator[Ledger]:
    with app.open_ledger(home) as ledger:
        yield ledger


def tried(home: app.Home, name: str, at: datetime, fault: str = "") -> None:
    with opened(home) as ledger:
        state = ledger.source_states().get(name)
        before = state.tried if state else None
        assert ledger.claim_source(name, tried=before, now=at, lease=HOUR)
        if fault:
            ledger.record_failure(name, fault, retry_at=at + HOUR)
        else:
            ledger.record_success(name)


def came(home: app.Home, name: str, *days: int, state: PageState = "whole") -> None:
    with opened(home) as ledger:
        for day in days:
            at = datetime(2026, 11, day, 22, tzinfo=UTC)
            seen = PageSeen(name, date(2026, 11, day), state, 40, at)
            ledger.record_page(seen, listing=None, memory="{}", busy_until=at)


def failing(home: app.Home) -> None:
    """Daily papers are well; arXiv has failed since yesterday at noon."""
    for name in ("daily-papers", "arxiv"):
        tried(home, name, START)
        came(home, name, 16, 17, 18)
    came(home, "daily-papers", 19, 20)
    tried(home, "daily-papers", NOW - HOUR)
    for hours in (24, 12, 1):
        tried(home, "arxiv", NOW - hours * HOUR, "its server answers 503")


def look(alarms: Alarms, home: app.Home, now: datetime) -> None:
    with opened(home) as ledger:
        alarms.look(ledger, now=now)


def mails(home: app.Home) -> dict[str, EmailMessage]:
    found = {path.stem: read_mail(path) for path in (home.path / "outbox").glob("*.eml")}
    return dict(sorted(found.items()))


def test_the_operator_gets_one_mail_when_it_begins_and_one_when_it_ends(
    home: app.Home, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "digest")
    failing(home)
    for minutes in range(0, 60, 5):
        look(Alarms(home), home, NOW + timedelta(minutes=minutes))  # each time after a restart
    ((name, mail),) = mails(home).items()
    assert name == "2026-11-20T1200-arxiv-alarm"
    assert (mail["To"], mail["Subject"]) == ("ops@example.org", "arxiv needs attention")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert text(mail) == (
        "The source arxiv cannot be fetched, after 3 attempts: its server answers 503.\n"
        "\n"
        "This began on 19 Nov 2026, 12:00 UTC.\n"
        "\n"
        "Digests are made of what the other sources bring, and say which pages are missing. "
        "Pages that come\n"
        "later go into the next digest.\n"
        "\n"
        "`digest status` shows the state of every source; `digest fetch arxiv` fetches this one "
        "at once.\n"
    )
    tried(home, "arxiv", NOW + 2 * HOUR)
    came(home, "arxiv", 19)
    for hours in (2, 3):
        look(Alarms(home), home, NOW + hours * HOUR)
    assert list(mails(home)) == [name, "2026-11-20T1400-arxiv-well"]
    over = mails(home)["2026-11-20T1400-arxiv-well"]
    assert over["Subject"] == "arxiv is well again"
    assert text(over) == (
        "The source arxiv is well again. It needed attention since 20 Nov 2026, 12:00 UTC.\n"
    )
    said = [each.getMessage() for each in caplog.records if "arxiv" in each.getMessage()]
    assert [words for words in said if not words.startswith("delivery")] == [
        "arxiv cannot be fetched, after 3 attempts: its server answers 503",
        "arxiv is well again",
    ]


def test_without_an_address_the_log_tells_it_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = sample_home.make(tmp_path / "home", sample_home.SETTINGS + SOURCES)
    home = app.open_home(folder)
    failing(home)
    for _ in range(3):
        look(Alarms(home), home, NOW)
    assert len([each for each in caplog.records if each.levelno == logging.WARNING]) == 1
    assert not (folder / "outbox").exists()


def test_a_source_may_fail_for_as_long_as_the_settings_say(tmp_path: Path) -> None:
    settings = f'{sample_home.SETTINGS}{SOURCES}{TOLD}after = "2d"\n'
    home = app.open_home(sample_home.make(tmp_path / "home", settings))
    failing(home)
    came(home, "arxiv", 19)
    look(Alarms(home), home, NOW)
    assert not mails(home)
    look(Alarms(home), home, NOW + 24 * HOUR)
    assert len(mails(home)) == 1


def test_a_mail_that_could_not_be_sent_is_sent_later_and_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with running(Server(on("mail", "451 4.3.0 later", times=1))) as smtp:
        by = f'[smtp]\nhost = "127.0.0.1"\nport = {smtp.port}\nsecurity = "none"\n'
        settings = sample_home.SETTINGS + SOURCES + TOLD + by
        home = app.open_home(sample_home.make(tmp_path / "home", settings))
        failing(home)
        alarms = Alarms(home)
        look(alarms, home, NOW)
        assert not smtp.accepted
        look(alarms, home, NOW + HOUR)
        look(alarms, home, NOW + 2 * HOUR)
        assert len(smtp.accepted) == 1
    said = [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]
    assert len([words for words in said if words.startswith("arxiv cannot be fetched")]) == 1


def test_status_tells_of_every_source_what_came_when_it_is_next_and_what_is_wrong(
    home: app.Home,
) -> None:
    failing(home)
    ended = digest(home.path, "status", "--now", NOW.isoformat())
    lines = [" ".join(line.split()) for line in ended.out.splitlines()]
    start = lines.index(next(line for line in lines if line.startswith("Sources")))
    assert lines[start : start + 3] == [
        (
            "Sources daily-papers: fetched 1 hour ago, due now; in 7 days 5 of 5 expected pages, "
            "200 papers"
        ),
        (
            "arxiv: fetched 4 days ago, due now; in 7 days 3 of 4 expected pages, 120 papers; "
            "Thursday's is missing"
        ),
        (
            "arxiv cannot be fetched, after 3 attempts: its server answers 503 "
            "(since 19 Nov 12:00 UTC)"
        ),
    ]
    arxiv = digest(home.path, "status", "--json", "--now", NOW.isoformat()).json["sources"][1]
    assert (arxiv["source"], arxiv["pages"], arxiv["expected"]) == ("arxiv", 3, 4)
    assert arxiv["missing"] == [{"day": "2026-11-19", "fault": "missing"}]
    assert arxiv["alarm"]["why"] == "fails"


def test_the_sources_that_need_attention_are_at_hand_for_the_web_server(home: app.Home) -> None:
    alarms = Alarms(home)
    failing(home)
    look(alarms, home, NOW)
    assert [(one.source, one.why) for one in alarms.raised] == [("arxiv", "fails")]
    tried(home, "arxiv", NOW + HOUR)
    came(home, "arxiv", 19)
    look(alarms, home, NOW + HOUR)
    assert alarms.raised == ()
