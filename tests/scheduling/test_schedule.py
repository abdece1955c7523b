"""The service: on machines whose clock is moved by the test, and on this one."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from queue import SimpleQueue
from threading import Thread, Timer
from zoneinfo import ZoneInfo

import pytest
from freezegun import freeze_time

from digest.cli.stop_signals import stop_on_signals
from digest.model import Profile, Schedule, Subscriber, SubscriberId
from digest.scheduling import periods
from digest.scheduling.service import Service

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"
NEVER = timedelta(days=10_000)
HOUR = timedelta(hours=1)


def person(name: str, schedule: Schedule, zone: str = BERLIN) -> Subscriber:
    return Subscriber(SubscriberId(name), None, Profile(()), schedule=schedule, timezone=zone)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def every(step: timedelta, start: str, end: str) -> list[datetime]:
    first = utc(start)
    return [first + step * n for n in range((utc(end) - first) // step + 1)]


class Due:
    """When subscribers are due next, as a ledger remembers it."""

    def __init__(self, people: Callable[[], Sequence[Subscriber]]) -> None:
        self._people = people
        self._due: dict[Subscriber, datetime] = {}

    def next_due(self) -> datetime | None:
        now = datetime.now(UTC)
        people = self._people()
        self._due = {each: self._due.get(each) or periods.next_due(each, now) for each in people}
        return min(self._due.values(), default=None)

    def decided(self, now: datetime) -> None:
        """A pass was made, which also notices a clock that was put back."""
        self._due = {each: periods.next_due(each, now) for each in self._due}


def serve(
    moments: Sequence[datetime],
    people: Sequence[Subscriber] | Callable[[], Sequence[Subscriber]] = (),
    *,
    run_pass: Callable[[datetime], None] = lambda now: None,
    inbox: Callable[[], bool] = lambda: False,
    regular: timedelta = NEVER,
    ignore: Sequence[str] = (),
) -> list[datetime]:
    """Run a service whose clock goes on by one moment at each look; when it made passes."""
    passes: list[datetime] = []
    clock = iter(moments)
    due = Due(people if callable(people) else lambda: people)

    def look() -> bool:
        moment = next(clock, None)
        if moment is None:
            service.stop()
            return False
        frozen.move_to(moment)
        return inbox()

    def record(now: datetime) -> None:
        passes.append(now)
        run_pass(now)
        due.decided(now)

    with freeze_time(moments[0], ignore=list(ignore)) as frozen:
        service = Service(
            run_pass=record,
            next_due=due.next_due,
            profiles_changed=lambda: False,
            inbox_changed=look,
            clock=lambda: datetime.now(UTC),
            look=timedelta(0),
            regular=regular,
        )
        service.run()
    return passes


def shown(passes: Iterable[datetime], zone: str = BERLIN) -> list[str]:
    return [f"{now.astimezone(ZoneInfo(zone)):%a %d %H:%M %z}" for now in passes]


class Mail:
    """What a ledger makes of passes: one digest for each subscriber and period."""

    def __init__(self, people: Sequence[Subscriber]) -> None:
        self._people = people
        self.sent: dict[tuple[str, str], datetime] = {}

    def run_pass(self, now: datetime) -> None:
        for each in self._people:
            period = periods.period(each.schedule, each.timezone, now)
            self.sent.setdefault((each.id, str(period)), now)

    def of(self, name: str) -> dict[str, datetime]:
        return {period: now for (owner, period), now in self.sent.items() if owner == name}


# --- clocks that are moved ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "start", "end", "expected"),
    [
        (
            BERLIN,
            "2026-03-27T12:00",
            "2026-03-30T12:00",
            ["Sat 28 02:30 +0100", "Sun 29 03:00 +0200", "Mon 30 02:30 +0200"],
        ),
        (
            BERLIN,
            "2026-10-24T12:00",
            "2026-10-27T12:00",
            ["Sun 25 02:30 +0200", "Mon 26 02:30 +0100", "Tue 27 02:30 +0100"],
        ),
        (
            NEW_YORK,
            "2026-03-06T12:00",
            "2026-03-09T12:00",
            ["Sat 07 02:30 -0500", "Sun 08 03:00 -0400", "Mon 09 02:30 -0400"],
        ),
        (
            NEW_YORK,
            "2026-10-30T12:00",
            "2026-11-02T12:00",
            ["Sat 31 02:30 -0400", "Sun 01 02:30 -0500", "Mon 02 02:30 -0500"],
        ),
    ],
)
@pytest.mark.parametrize("schedule", [Schedule("day", at=time(2, 30)), Schedule(cron="30 2 * * *")])
def test_a_daily_alarm_goes_off_once_a_day_in_the_nights_when_the_clock_changes(
    schedule: Schedule, zone: str, start: str, end: str, expected: list[str]
) -> None:
    moments = every(timedelta(minutes=10), start, end)
    first, *alarms = serve(moments, [person("ada", schedule, zone)])
    assert first == utc(start)
    assert shown(alarms, zone) == expected


@pytest.mark.parametrize(
    ("start", "end"), [("2026-03-05", "2026-04-02"), ("2026-10-22", "2026-11-05")]
)
def test_a_weekly_and_a_daily_subscriber_get_one_digest_a_period_on_time(
    start: str, end: str
) -> None:
    people = [
        person("weekly", Schedule("week", on=7, at=time(2, 30)), BERLIN),
        person("daily", Schedule("day", at=time(1, 30)), NEW_YORK),
    ]
    mail = Mail(people)
    serve(every(timedelta(minutes=30), start, end), people, run_pass=mail.run_pass)
    for each in people:
        _, *on_time = mail.of(each.id).values()
        due, expected = utc(start), []
        while (due := periods.next_occurrence(each.schedule, each.timezone, due)) <= utc(end):
            expected.append(due)
        assert on_time == expected


def test_after_three_days_without_the_machine_one_pass_catches_up() -> None:
    daily = person("ada", Schedule("day"))
    before = every(HOUR, "2026-11-16T00:00", "2026-11-17T12:00")
    after = every(HOUR, "2026-11-20T12:00", "2026-11-21T12:00")
    assert shown(serve(before + after, [daily])) == [
        "Mon 16 01:00 +0100",
        "Mon 16 08:00 +0100",
        "Tue 17 08:00 +0100",
        "Fri 20 13:00 +0100",
        "Sat 21 08:00 +0100",
    ]


def test_a_service_that_starts_makes_a_pass_at_once() -> None:
    moments = every(HOUR, "2026-11-20T12:00", "2026-11-20T15:00")
    assert serve(moments, [person("ada", Schedule("day"))]) == [utc("2026-11-20T12:00")]


def test_a_clock_that_was_a_year_ahead_leaves_no_alarm_there() -> None:
    weekly = person("ada", Schedule("week"))
    wrong = every(HOUR, "2027-11-20T12:00", "2027-11-20T15:00")
    right = every(HOUR, "2026-11-20T15:00", "2026-11-24T00:00")
    # No machine's monotonic clock goes back, so the service gets the real one.
    passes = serve(wrong + right, [weekly], ignore=["digest.scheduling.service"])
    assert shown(passes) == ["Sat 20 13:00 +0100", "Fri 20 16:00 +0100", "Mon 23 08:00 +0100"]


def test_only_the_next_due_time_has_an_alarm(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "apscheduler")
    people = [person(f"p{n}", Schedule("day"), zone) for n in range(50) for zone in (BERLIN, "UTC")]
    passes = serve(every(HOUR, "2026-11-20T00:00", "2026-11-20T12:00"), people)
    assert shown(passes) == ["Fri 20 01:00 +0100", "Fri 20 08:00 +0100", "Fri 20 09:00 +0100"]
    assert len([text for text in caplog.messages if text.startswith("Added job")]) == 3


def test_schedules_that_fall_due_together_make_one_pass() -> None:
    people = [person("ada", Schedule("day")), person("bo", Schedule("week", on=5))]
    passes = serve(every(HOUR, "2026-11-20T00:00", "2026-11-20T12:00"), people)
    assert shown(passes) == ["Fri 20 01:00 +0100", "Fri 20 08:00 +0100"]


def test_alarms_follow_the_profiles() -> None:
    day = [person("ada", Schedule("day", at=time(9)))]
    evening = [person("ada", Schedule("day", at=time(21)))]

    def people() -> Sequence[Subscriber]:
        return day if datetime.now(UTC) < utc("2026-11-21T12:00") else evening

    passes = serve(every(HOUR, "2026-11-20T12:00", "2026-11-22T12:00"), people)
    assert shown(passes) == ["Fri 20 13:00 +0100", "Sat 21 09:00 +0100", "Sat 21 21:00 +0100"]


def test_a_new_dump_makes_a_pass() -> None:
    arrived = utc("2026-11-20T14:00")
    passes = serve(
        every(HOUR, "2026-11-20T12:00", "2026-11-20T18:00"),
        inbox=lambda: datetime.now(UTC) == arrived,
    )
    assert passes == [utc("2026-11-20T12:00"), arrived]


def test_a_pass_comes_regularly_for_what_was_put_off() -> None:
    passes = serve(
        every(timedelta(minutes=1), "2026-11-20T12:00", "2026-11-20T12:30"),
        regular=timedelta(minutes=10),
    )
    assert [now.minute for now in passes] == [0, 10, 20, 30]


# --- faults ------------------------------------------------------------------------------


def test_a_pass_that_fails_is_logged_and_repeated_less_and_less_often(
    caplog: pytest.LogCaptureFixture,
) -> None:
    well = utc("2026-11-20T12:01:30")

    def run_pass(now: datetime) -> None:
        if now < well:
            raise OSError("disk full")

    moments = every(timedelta(seconds=5), "2026-11-20T12:00", "2026-11-20T12:10")
    passes = serve(moments, run_pass=run_pass)
    assert [now - passes[0] for now in passes] == [
        timedelta(seconds=seconds) for seconds in (0, 10, 30, 70, 150)
    ]
    faults = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(faults) == 4
    assert all("disk full" in str(fault.exc_info and fault.exc_info[1]) for fault in faults)


def test_a_due_digest_whose_pass_failed_is_made_up_for() -> None:
    daily = person("ada", Schedule("day"))
    mail = Mail([daily])

    def run_pass(now: datetime) -> None:
        if utc("2026-11-21T07:00") <= now < utc("2026-11-21T07:01"):
            raise OSError("disk full")
        mail.run_pass(now)

    moments = every(timedelta(seconds=30), "2026-11-21T06:00", "2026-11-21T08:00")
    serve(moments, [daily], run_pass=run_pass)
    assert mail.of("ada")["2026-11-20"] == utc("2026-11-21T07:01")


def test_a_ledger_that_cannot_be_read_leaves_the_last_alarm_and_is_reported_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def people() -> Sequence[Subscriber]:
        if datetime.now(UTC) > utc("2026-11-20T13:00"):
            raise ValueError("line 3")
        return [person("ada", Schedule("day", at=time(18)))]

    passes = serve(every(HOUR, "2026-11-20T12:00", "2026-11-20T20:00"), people)
    assert shown(passes) == ["Fri 20 13:00 +0100", "Fri 20 18:00 +0100"]
    assert [record.getMessage() for record in caplog.records if record.exc_info] == [
        "the next due time cannot be read"
    ]


def test_an_inbox_that_cannot_be_read_stops_no_alarm() -> None:
    def inbox() -> bool:
        raise PermissionError("inbox")

    people = [person("ada", Schedule("day", at=time(18)))]
    passes = serve(every(HOUR, "2026-11-20T12:00", "2026-11-20T20:00"), people, inbox=inbox)
    assert shown(passes) == ["Fri 20 13:00 +0100", "Fri 20 18:00 +0100"]


# --- this machine's clock ----------------------------------------------------------------


@contextmanager
def running(service: Service) -> Iterator[None]:
    """The service in a thread of its own; at the end it has stopped."""
    thread = Thread(target=service.run)
    thread.start()
    try:
        yield
    finally:
        service.stop()
        thread.join(30)
        assert not thread.is_alive()


def waiting(run_pass: Callable[[datetime], None], people: Sequence[Subscriber] = ()) -> Service:
    """A service that only an alarm or ``stop`` can wake after its first pass."""
    return Service(
        run_pass=run_pass,
        next_due=Due(lambda: people).next_due,
        profiles_changed=lambda: False,
        inbox_changed=lambda: False,
        clock=lambda: datetime.now(UTC),
        look=HOUR,
    )


def test_it_sleeps_until_the_alarm() -> None:
    passes: SimpleQueue[datetime] = SimpleQueue()
    due = datetime.now(UTC) + timedelta(seconds=1.5)
    with running(waiting(passes.put, [person("ada", Schedule("day", at=due.time()), "UTC")])):
        assert passes.get(timeout=30) < due
        assert passes.get(timeout=30) >= due


def test_stop_wakes_it_and_lets_the_pass_in_flight_finish() -> None:
    begun: SimpleQueue[None] = SimpleQueue()
    go_on: SimpleQueue[None] = SimpleQueue()
    ended: list[bool] = []

    def run_pass(now: datetime) -> None:
        begun.put(None)
        go_on.get(timeout=30)
        ended.append(service.stopping())

    service = waiting(run_pass)
    with running(service):
        begun.get(timeout=30)
        service.stop()
        go_on.put(None)
    assert ended == [True]


def test_once_it_is_to_stop_no_pass_begins() -> None:
    passes: list[datetime] = []

    def look() -> bool:
        service.stop()
        return True

    service = Service(
        run_pass=passes.append,
        next_due=lambda: None,
        profiles_changed=lambda: False,
        inbox_changed=look,
        clock=lambda: datetime.now(UTC),
    )
    service.run()
    assert passes == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_in_a_pass_stops_the_service_after_it(number: signal.Signals) -> None:
    ended: list[datetime] = []

    def run_pass(now: datetime) -> None:
        os.kill(os.getpid(), number)
        ended.append(now)

    service = waiting(run_pass)
    before = signal.getsignal(number)
    with stop_on_signals(service.stop):
        service.run()
    assert len(ended) == 1
    assert signal.getsignal(number) is before


def test_only_the_first_signal_waits_for_the_pass() -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def run_pass(now: datetime) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        handlers.update({number: signal.getsignal(number) for number in before})

    handlers: dict[int, object] = {}
    service = waiting(run_pass)
    with stop_on_signals(service.stop) as stopping:
        service.run()
        assert stopping()
    assert handlers == before


def test_a_signal_wakes_a_sleeping_service() -> None:
    service = waiting(lambda now: Timer(0.2, os.kill, (os.getpid(), signal.SIGTERM)).start())
    with stop_on_signals(service.stop):
        service.run()
    assert service.stopping()
