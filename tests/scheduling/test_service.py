"""``digest serve``: as real processes, and on machines whose clock is moved by the test."""

from __future__ import annotations

import logging
import mailbox
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from threading import Thread

import pytest
from freezegun import freeze_time

import digest.ledger
import digest.subscribers.reading  # its models cannot be built while the clock stands still
from digest import tokens
from digest.cli import app
from digest.cli.serve import Profiles, Watch, next_due
from digest.model import State, SubscriberId
from digest.pipeline.run import run
from digest.scheduling.service import Service
from digest.sources.inbox import Inbox
from tests.cli import sample_home
from tests.cli.command import digest as command
from tests.cli.sample_home import mails
from tests.sources.fetch.server import Reply, SourceServer
from tests.world import answer, read_mail, snapshot, titles, utc

PATIENCE = 90
"""Seconds until a process that does nothing fails a test; never waited for otherwise."""
WEEKLY_AND_DAILY = """\
subscribers:
  - id: weekly
    email: weekly@example.org
    interests: [lighthouse]
    timezone: Europe/Berlin
    schedule: {every: week, on: sunday, at: "02:30"}
  - id: daily
    email: daily@example.org
    interests: [lighthouse]
    channels: [email, feed]
    timezone: America/New_York
    schedule: {every: day, at: "%s"}
"""


def rows(home: Path) -> list[tuple[str, str, State, int]]:
    """Who gets what for which period, in which state, after how many tries."""
    with digest.ledger.open(f"sqlite:///{home / 'state' / 'digest.db'}") as book:
        found = book.deliveries(channel="email")
    return sorted((row.subscriber, str(row.period), row.state, row.attempts) for row in found)


# --- real processes ----------------------------------------------------------------------


@contextmanager
def served(home: Path) -> Iterator[subprocess.Popen[str]]:
    """The service of a home, from when it listens; it is killed if the block leaves it alive."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith("DIGEST_")}
    process = subprocess.Popen(  # noqa: S603  our own command
        [sys.executable, "-m", "digest", "--home", str(home), "serve"],
        env=environ | {"DIGEST_WEB__BIND": "127.0.0.1:0"},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        while "watching" not in (line := process.stderr.readline()):
            assert line, "the service has ended"
        yield process
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE)


def until(condition: Callable[[], object], *processes: subprocess.Popen[str]) -> None:
    """Wait for something that processes do, as long as they live."""
    patience = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < patience
        assert all(process.poll() is None for process in processes)
        time.sleep(0.05)


def ended_well(process: subprocess.Popen[str]) -> bool:
    """Whether it ended by itself, without a word of trouble."""
    _, said = process.communicate(timeout=PATIENCE)
    return process.returncode == 0 and "stopped" in said and "Traceback" not in said


def test_two_services_at_once_fetch_and_send_what_came_once_and_wait_for_no_slow_source(
    tmp_path: Path,
) -> None:
    with SourceServer().running() as server:
        feed = answer("A lighthouse keeper's log")
        server.play("/feed", Reply(feed))
        server.play("/slow", Reply(feed, fault="drip"))
        sources = "".join(
            f'[[sources]]\nkind = "feed"\nname = "{name}"\nurl = "{server.url}/{name}"\n'
            for name in ("feed", "slow")
        )
        home = sample_home.make(tmp_path / "home", sample_home.SETTINGS + sources)
        (home / "inbox" / "first.json").unlink()
        with served(home) as one, served(home) as other:
            until(lambda: "/slow" in server.paths(), one, other)
            until(lambda: {row[2] for row in rows(home)} == {State.SENT}, one, other)
            for process in (one, other):
                process.send_signal(signal.SIGTERM)
            assert ended_well(one)
            assert ended_well(other)
    assert command(home, "status", "--json").json["service"] is False

    assert sorted(server.paths()) == ["/feed", "/slow"]
    assert [path.name for path in (home / "state" / "fetched").iterdir()] == ["feed"]
    assert len(mails(home)) == 2
    assert [row[0] for row in rows(home)] == ["ada", "bob"]
    assert {row[2:] for row in rows(home)} == {(State.SENT, 1)}
    assert list((home / "state" / "owners").iterdir()) == []


def test_returned_mail_is_read_before_a_pass_and_a_mailbox_that_is_gone_stops_none(
    tmp_path: Path,
) -> None:
    settings = f'{sample_home.SETTINGS}[delivery]\nmailboxes = ["gone", "returned"]\n'
    home = sample_home.make(tmp_path / "home", settings)
    token = tokens.load(home / "state" / "keys").link("unsubscribe", SubscriberId("bob"))
    mailbox.Maildir(home / "returned").add(f"Subject: unsubscribe {token}\n\n")
    with served(home) as process:
        until((home / "public" / "index.html").exists, process)
        until(lambda: {row[2] for row in rows(home)} >= {State.SENT, State.CANCELLED}, process)
    assert [name.rpartition("-")[2] for name in mails(home)] == ["ada"]


def test_sigterm_in_the_middle_of_a_pass_leaves_nothing_half_done(tmp_path: Path) -> None:
    many = 60
    people = "\n".join(
        f"  - {{id: r{n}, email: r{n}@example.org, interests: [lighthouse]}}" for n in range(many)
    )
    home = sample_home.make(tmp_path / "home", profiles=f"subscribers:\n{people}\n")
    with served(home) as process:
        until(lambda: mails(home), process)
        process.send_signal(signal.SIGTERM)
        assert ended_well(process)

    states = {row[2] for row in rows(home)}
    assert states <= {State.PENDING, State.SENT}
    assert sum(row[2] is State.SENT for row in rows(home)) == len(mails(home)) > 0
    assert not [name for name in snapshot(home) if name.endswith(".tmp")]
    with sqlite3.connect(home / "state" / "digest.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()

    before = snapshot(home / "outbox")
    assert command(home, "run").code == 0
    assert before.items() <= snapshot(home / "outbox").items()
    assert len(mails(home)) == many
    assert {row[2:] for row in rows(home)} <= {(State.SENT, 1), (State.SENT, 2)}


# --- clocks that are moved ---------------------------------------------------------------


def every(step: timedelta, start: str, end: str) -> list[datetime]:
    """The moments from one to another."""
    first = utc(start)
    return [first + step * n for n in range((utc(end) - first) // step + 1)]


def serve(home: Path, moments: Sequence[datetime], happens: Callable[[datetime], None]) -> None:
    """Run the service while its clock goes on by one moment at each look.

    Whenever it wakes for a pass, so does the service of another process.
    """
    clock = iter(moments)
    opened = app.open_home(home)
    inbox, profiles = Inbox(opened.inbox), Profiles(opened)
    watch = Watch(opened, inbox)

    def look() -> bool:
        moment = next(clock, None)
        if moment is None:
            service.stop()
            return False
        frozen.move_to(moment)
        happens(moment)
        return watch.changed()

    def one_pass(now: datetime, failures: list[Exception]) -> None:
        try:
            with app.open_context(opened, now=now, inbox=Inbox(opened.inbox)) as context:
                profiles.follow(context.ledger, now=now)
                assert run(context, now=now).problems == ()
        except Exception as error:
            failures.append(error)

    def two_passes(now: datetime) -> None:
        failures: list[Exception] = []
        threads = [Thread(target=one_pass, args=(now, failures)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        broken.extend(failures)
        watch.seen()

    broken: list[Exception] = []
    # A pass measures how long it takes by the machine's own clock, which no test moves.
    with freeze_time(moments[0], ignore=["digest.cli.app"]) as frozen:
        service = Service(
            run_pass=two_passes,
            next_due=lambda: next_due(opened),
            profiles_changed=profiles.changed,
            inbox_changed=look,
            clock=lambda: datetime.now(UTC),
            look=timedelta(0),
            regular=timedelta(days=10_000),
        )
        service.run()
    assert broken == []


def put(home: Path, title: str) -> None:
    """A dump comes in that, by the disk's own clock, was finished long ago."""
    name = title.replace(" ", "-")
    sample_home.put(home, name, title)
    os.utime(home / "inbox" / f"{name}.json", (1, 1))


def a_dump_every_evening(home: Path) -> Callable[[datetime], None]:
    """What happens at a moment: in the evening a dump comes in."""

    def happens(moment: datetime) -> None:
        if (moment.hour, moment.minute) == (18, 0):
            put(home, f"Lighthouse of the {moment:%d %B}")

    return happens


def made(home: Path, mail: str) -> datetime:
    """When a mail was made, by its own word."""
    return parsedate_to_datetime(read_mail(home / "outbox" / f"{mail}.eml")["Date"])


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("at", "span", "expected", "in_the_night"),
    [
        (
            "02:30",
            ("2026-03-07T12:00", "2026-03-09T12:00"),
            ["2026-W09", "2026-W10", *(f"2026-03-{day:02}" for day in range(6, 9))],
            ("2026-03-07-daily", "2026-03-08T07:00"),  # 02:30 is skipped in New York
        ),
        (
            "02:30",
            ("2026-03-28T12:00", "2026-03-30T12:00"),
            ["2026-W12", "2026-W13", *(f"2026-03-{day:02}" for day in range(27, 30))],
            ("2026-W13-weekly", "2026-03-29T01:00"),  # and here in Berlin
        ),
        (
            "01:30",
            ("2026-10-24T12:00", "2026-10-26T12:00"),
            ["2026-W42", "2026-W43", *(f"2026-10-{day:02}" for day in range(23, 26))],
            ("2026-W43-weekly", "2026-10-25T00:30"),  # 02:30 comes twice in Berlin
        ),
        (
            "01:30",
            ("2026-10-31T12:00", "2026-11-02T12:00"),
            ["2026-W43", "2026-W44", "2026-10-30", "2026-10-31", "2026-11-01"],
            ("2026-10-31-daily", "2026-11-01T05:30"),  # and 01:30 in New York
        ),
    ],
    ids=["New York, spring", "Berlin, spring", "Berlin, autumn", "New York, autumn"],
)
def test_a_weekly_and_a_daily_reader_get_one_mail_a_period_through_the_nights_of_the_clock(
    tmp_path: Path,
    at: str,
    span: tuple[str, str],
    expected: list[str],
    in_the_night: tuple[str, str],
) -> None:
    home = sample_home.make(tmp_path / "home", profiles=WEEKLY_AND_DAILY % at)
    serve(home, every(timedelta(minutes=30), *span), a_dump_every_evening(home))

    names = [f"{period}-{'weekly' if 'W' in period else 'daily'}" for period in expected]
    assert mails(home) == sorted(names)
    assert sorted(f"{period}-{who}" for who, period, *_ in rows(home)) == sorted(names)
    assert {row[2:] for row in rows(home)} == {(State.SENT, 1)}
    name, due = in_the_night
    assert made(home, name) == utc(due)
    for who in ("weekly", "daily"):
        read = [
            title
            for path in (home / "outbox").glob(f"*-{who}.eml")
            for title in titles(read_mail(path))
        ]
        assert len(read) == len(set(read)) >= 2


@pytest.mark.no_cover
def test_three_days_without_the_machine_are_caught_up_with_one_mail_each(tmp_path: Path) -> None:
    home = sample_home.make(tmp_path / "home", profiles=WEEKLY_AND_DAILY % "08:00")
    evening = a_dump_every_evening(home)
    hour = timedelta(hours=1)
    before = every(hour, "2026-11-19T14:00", "2026-11-20T14:00")
    after = every(hour, "2026-11-23T15:00", "2026-11-24T15:00")

    def happens(moment: datetime) -> None:
        if moment == after[0]:
            for missed in every(timedelta(days=1), "2026-11-20T18:00", "2026-11-22T18:00"):
                evening(missed)
        evening(moment)

    serve(home, before + after, happens)

    days = ["2026-11-18", "2026-11-19", "2026-11-22", "2026-11-23"]
    weeks = ["2026-W46", "2026-W47"]
    assert mails(home) == [f"{day}-daily" for day in days] + [f"{week}-weekly" for week in weeks]
    caught_up = titles(read_mail(home / "outbox" / "2026-11-22-daily.eml"))
    assert caught_up == sorted(f"Lighthouse of the {day} November" for day in (20, 21, 22))


def test_a_profile_that_is_edited_meanwhile_counts_and_a_broken_edit_does_not(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "digest")
    home = sample_home.make(tmp_path / "home", profiles=WEEKLY_AND_DAILY % "08:00")
    profiles = home / "subscribers.yaml"
    good = profiles.read_text()

    def happens(moment: datetime) -> None:
        if moment in (utc("2026-11-21T12:00"), utc("2026-11-21T18:00")):
            put(home, f"Lighthouse of the {moment:%d}th, {moment:%H} o'clock")
        if moment == utc("2026-11-20T16:00"):
            profiles.write_text(good.replace("interests", "intrests"))
        if moment == utc("2026-11-21T16:00"):
            profiles.write_text(good.replace("08:00", "20:00"))

    serve(home, every(timedelta(hours=1), "2026-11-20T14:00", "2026-11-22T14:00"), happens)

    assert [(name, made(home, name)) for name in mails(home) if "daily" in name] == [
        ("2026-11-19-daily", utc("2026-11-20T14:00")),
        ("2026-11-20-daily", utc("2026-11-21T13:00")),  # 8:00 in New York
        ("2026-11-21-daily", utc("2026-11-22T01:00")),  # 20:00 there
    ]
    assert caplog.text.count("unknown key 'intrests'") == 2
    assert "profiles read anew: 0 new, 1 changed, 0 removed" in caplog.text


IMPORTED = """\
subscribers:
  - id: cyd
    email: cyd@example.org
    interests: [lighthouse]
    channels: [email, feed]
    schedule: {every: day, at: "%s"}
"""


@pytest.mark.no_cover
def test_days_of_edits_by_file_and_by_command_and_of_a_clock_that_is_put_back_a_day(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "digest")
    home = sample_home.make(tmp_path / "home", profiles=WEEKLY_AND_DAILY % "08:00")
    profiles, given = home / "subscribers.yaml", tmp_path / "given.yaml"
    good = profiles.read_text()
    evening = a_dump_every_evening(home)

    def imports(at: str, moment: datetime) -> None:
        given.write_text(IMPORTED % at)
        ended = command(home, "subscribers", "import", given, "--now", moment.isoformat())
        assert ended.code == 0

    edits: dict[str, Callable[[datetime], object]] = {
        "20 16:00": lambda moment: imports("10:00", moment),
        "21 06:00": lambda moment: imports("11:00", moment),
        "21 16:00": lambda _: profiles.write_text(good.replace("interests", "intrests")),
        "22 09:00": lambda _: profiles.write_text(""),
        "22 20:00": lambda _: profiles.unlink(),
        "23 09:00": lambda _: profiles.write_text(good.replace("08:00", "20:00")),
    }

    def happens(moment: datetime) -> None:
        evening(moment)
        if edit := edits.get(f"{moment:%d %H:%M}"):
            edit(moment)

    hour = timedelta(hours=1)
    moments = every(hour, "2026-11-20T14:00", "2026-11-22T15:00")
    moments += every(hour, "2026-11-21T15:00", "2026-11-25T15:00")
    serve(home, moments, happens)

    read: dict[str, list[str]] = {}
    for name in mails(home):
        read.setdefault(name.rpartition("-")[2], []).extend(
            titles(read_mail(home / "outbox" / f"{name}.eml"))
        )
    new = [f"Lighthouse of the {day} November" for day in range(20, 25)]
    assert {who: [title for title in found if title in new] for who, found in read.items()} == {
        "daily": new,
        "cyd": new,
        "weekly": new[:2],
    }
    assert all(len(found) == len(set(found)) for found in read.values())
    assert [made(home, name) for name in mails(home) if "cyd" in name] == [
        utc(f"2026-11-{day}T11:00") for day in (21, 22, 23, 24, 25)
    ]
    assert {row[2:] for row in rows(home)} == {(State.SENT, 1)}
    assert caplog.text.count("unknown key 'intrests'") == 4  # two lines; that hour came twice
    for what in ("has no subscribers any more", "is missing"):
        assert what in caplog.text
    before = snapshot(home / "public")
    assert command(home, "publish", "--all", "--now", "2026-11-25T15:00Z").code == 0
    assert snapshot(home / "public") == before
