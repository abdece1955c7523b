"""When digests fall due: ordinary days, DST nights, odd calendars, and laws for all zones."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.model import Period, Profile, Schedule, Subscriber, SubscriberId
from digest.scheduling.periods import first_window, next_occurrence, occurrence, period

BERLIN, NEW_YORK, NUUK, APIA = (
    "Europe/Berlin",
    "America/New_York",
    "America/Nuuk",
    "Pacific/Apia",
)
MICROSECOND = timedelta(microseconds=1)


def local(text: str, zone: str) -> datetime:
    """A local time; with ``+`` at its end, the second of two."""
    wall = datetime.fromisoformat(text.rstrip("+"))
    return wall.replace(tzinfo=ZoneInfo(zone), fold=int(text.endswith("+"))).astimezone(UTC)


def due(schedule: Schedule, zone: str, start: str, count: int) -> list[str]:
    """The next local due times after ``start``, as a person would write them."""
    now, times = local(start, zone), []
    for _ in range(count):
        now = next_occurrence(schedule, zone, now)
        times.append(f"{now.astimezone(ZoneInfo(zone)):%a %d %b %H:%M %z}")
    return times


def test_weekly_falls_due_on_its_day_at_its_local_time() -> None:
    friday = Schedule("week", on=5, at=time(8, 30))
    assert due(friday, BERLIN, "2026-11-18T12:00", 2) == [
        "Fri 20 Nov 08:30 +0100",
        "Fri 27 Nov 08:30 +0100",
    ]


def test_weekly_without_a_day_is_monday() -> None:
    assert due(Schedule(), BERLIN, "2026-11-18T12:00", 1) == ["Mon 23 Nov 08:00 +0100"]


def test_weekdays_leave_out_the_weekend() -> None:
    assert due(Schedule("weekday"), BERLIN, "2026-11-19T09:00", 2) == [
        "Fri 20 Nov 08:00 +0100",
        "Mon 23 Nov 08:00 +0100",
    ]


def test_month_on_the_31st_is_the_last_day_of_shorter_months() -> None:
    assert due(Schedule("month", on=31), "UTC", "2028-01-01T00:00", 4) == [
        "Mon 31 Jan 08:00 +0000",
        "Tue 29 Feb 08:00 +0000",
        "Fri 31 Mar 08:00 +0000",
        "Sun 30 Apr 08:00 +0000",
    ]


def test_an_occurrence_at_this_very_instant_is_due_and_not_next() -> None:
    eight = local("2026-11-20T08:00", BERLIN)
    assert occurrence(Schedule("day"), BERLIN, eight) == eight
    assert occurrence(Schedule("day"), BERLIN, eight - MICROSECOND) == eight - timedelta(days=1)
    assert next_occurrence(Schedule("day"), BERLIN, eight) == eight + timedelta(days=1)
    assert next_occurrence(Schedule("day"), BERLIN, eight - MICROSECOND) == eight


@pytest.mark.parametrize("weekday", ["0", "7", "SUN"])
def test_cron_counts_weekdays_as_cron_does(weekday: str) -> None:
    sunday = Schedule(cron=f"0 8 * * {weekday}")
    assert due(sunday, BERLIN, "2026-11-18T12:00", 1) == ["Sun 22 Nov 08:00 +0100"]
    assert occurrence(sunday, BERLIN, local("2026-11-18T12:00", BERLIN)) == local(
        "2026-11-15T08:00", BERLIN
    )


# --- the nights when the clock changes ---------------------------------------------------


@pytest.mark.parametrize("schedule", [Schedule("day", at=time(2, 30)), Schedule(cron="30 2 * * *")])
@pytest.mark.parametrize(
    ("zone", "start", "expected"),
    [
        (
            BERLIN,
            "2026-03-28T00:00",
            ["Sat 28 Mar 02:30 +0100", "Sun 29 Mar 03:00 +0200", "Mon 30 Mar 02:30 +0200"],
        ),
        (
            BERLIN,
            "2026-10-24T00:00",
            ["Sat 24 Oct 02:30 +0200", "Sun 25 Oct 02:30 +0200", "Mon 26 Oct 02:30 +0100"],
        ),
        (
            NEW_YORK,
            "2026-03-07T00:00",
            ["Sat 07 Mar 02:30 -0500", "Sun 08 Mar 03:00 -0400", "Mon 09 Mar 02:30 -0400"],
        ),
        (
            NEW_YORK,
            "2026-10-31T01:00",
            ["Sat 31 Oct 02:30 -0400", "Sun 01 Nov 02:30 -0500", "Mon 02 Nov 02:30 -0500"],
        ),
    ],
)
def test_a_time_that_is_skipped_comes_right_after_and_one_shown_twice_comes_once(
    schedule: Schedule, zone: str, start: str, expected: list[str]
) -> None:
    assert due(schedule, zone, start, 3) == expected


def test_new_york_repeats_the_hour_from_one() -> None:
    assert due(Schedule("day", at=time(1, 30)), NEW_YORK, "2026-10-31T12:00", 2) == [
        "Sun 01 Nov 01:30 -0400",
        "Mon 02 Nov 01:30 -0500",
    ]


@pytest.mark.parametrize("again", ["2026-10-25T02:10+", "2026-10-25T02:50+"])
def test_in_the_repeated_hour_the_digest_of_the_first_is_still_the_latest(again: str) -> None:
    half_past_two = Schedule("day", at=time(2, 30))
    now = local(again, BERLIN)
    assert occurrence(half_past_two, BERLIN, now) == local("2026-10-25T02:30", BERLIN)
    assert next_occurrence(half_past_two, BERLIN, now) == local("2026-10-26T02:30", BERLIN)


def test_a_gap_that_moves_the_digest_past_midnight_leaves_its_period_alone() -> None:
    late = Schedule("day", at=time(23, 30))  # Nuuk skips 23:00 to 24:00 on 28 March 2026
    assert due(late, NUUK, "2026-03-28T12:00", 2) == [
        "Sun 29 Mar 00:00 -0100",
        "Sun 29 Mar 23:30 -0100",
    ]
    assert period(late, NUUK, local("2026-03-29T00:00", NUUK)) == Period(date(2026, 3, 28), "day")
    assert period(late, NUUK, local("2026-03-29T23:30", NUUK)) == Period(date(2026, 3, 29), "day")


def test_a_day_that_the_calendar_skips_keeps_its_weekly_digest() -> None:
    friday = Schedule("week", on=5)  # Apia had no Friday 30 December 2011
    assert due(friday, APIA, "2011-12-28T00:00", 2) == [
        "Sat 31 Dec 00:00 +1400",
        "Fri 06 Jan 08:00 +1400",
    ]


# --- periods -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schedule", "due", "key"),
    [
        (Schedule("day"), "2026-11-20T08:00", "2026-11-19"),
        (Schedule("day", at=time(11, 59)), "2026-11-20T11:59", "2026-11-19"),
        (Schedule("day", at=time(12)), "2026-11-20T12:00", "2026-11-20"),
        (Schedule("weekday", at=time(18)), "2026-11-23T18:00", "2026-11-23"),
        (Schedule("weekday"), "2026-11-20T08:00", "2026-11-19"),
        (Schedule("weekday"), "2026-11-23T08:00", "2026-11-20"),
        (Schedule("week"), "2026-11-23T08:00", "2026-W47"),
        (Schedule("week", on=3), "2026-11-18T08:00", "2026-W46"),
        (Schedule("week", on=5), "2026-11-20T18:00", "2026-W47"),
        (Schedule("week", on=7), "2026-11-22T08:00", "2026-W47"),
        (Schedule("week"), "2027-01-04T08:00", "2026-W53"),
        (Schedule("month", on=1), "2027-01-01T08:00", "2026-12"),
        (Schedule("month", on=31), "2026-11-30T08:00", "2026-11"),
        (Schedule("month", on=15), "2026-11-15T08:00", "2026-10"),
        (Schedule(cron="0 8 * * 1"), "2026-11-23T08:00", "2026-11-22"),
    ],
)
def test_a_digest_stands_for_the_period_that_most_of_its_stretch_lies_in(
    schedule: Schedule, due: str, key: str
) -> None:
    assert str(period(schedule, BERLIN, local(due, BERLIN))) == key


def test_a_cron_that_is_due_every_hour_stands_for_one_period_a_day() -> None:
    hourly = Schedule(cron="0 * * * *")
    hours = [local("2026-11-20T00:00", BERLIN) + timedelta(hours=h) for h in range(24)]
    assert {str(period(hourly, BERLIN, hour)) for hour in hours} == {"2026-11-19"}


def subscriber(zone: str, backfill: timedelta | None = None) -> Subscriber:
    return Subscriber(
        SubscriberId("ada"), "ada@example.org", Profile(()), timezone=zone, backfill=backfill
    )


NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "start", "expected"),
    [
        (BERLIN, date(2026, 11, 16), "2026-11-15T23:00"),
        (NEW_YORK, date(2026, 11, 16), "2026-11-16T05:00"),
        ("Asia/Beirut", date(2026, 3, 29), "2026-03-28T22:00"),  # midnight is skipped that day
    ],
)
def test_a_new_subscriber_gets_what_came_since_the_local_start_of_the_period(
    zone: str, start: date, expected: str
) -> None:
    window = first_window(subscriber(zone), Period(start, "week"), now=NOW)
    assert window == local(expected, "UTC")


def test_backfill_counts_back_from_now() -> None:
    window = first_window(
        subscriber(BERLIN, timedelta(days=30)), Period(date(2026, 11, 16), "week"), now=NOW
    )
    assert window == datetime(2026, 10, 24, 7, tzinfo=UTC)


# --- what cannot be answered -------------------------------------------------------------


@pytest.mark.parametrize("expression", ["nonsense", "0 25 * * *", "0 0 31 2 *", "0 0 */31 2 3#5"])
def test_a_cron_that_never_comes_true_is_an_error_both_ways(expression: str) -> None:
    for ask in (occurrence, next_occurrence):
        with pytest.raises(ValueError, match="cron"):
            ask(Schedule(cron=expression), "UTC", NOW)


def test_an_unknown_zone_is_an_error() -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        occurrence(Schedule(), "Berlin", NOW)


# --- laws --------------------------------------------------------------------------------

CRONS = ["30 2 * * *", "*/20 * * * *", "0 8 * * 1-5", "15 0,23 1,31 * *", "0 3 * * 7", "5 4 L * *"]
# A time zone, and an instant close to which its clock does something odd.
ODD_NIGHTS = [
    (BERLIN, datetime(2026, 3, 29, 1, tzinfo=UTC)),
    (BERLIN, datetime(2026, 10, 25, 1, tzinfo=UTC)),
    (NEW_YORK, datetime(2026, 3, 8, 7, tzinfo=UTC)),
    (NEW_YORK, datetime(2026, 11, 1, 6, tzinfo=UTC)),
    (NUUK, datetime(2026, 3, 29, 1, tzinfo=UTC)),
    (NUUK, datetime(2026, 10, 25, 1, tzinfo=UTC)),
    (APIA, datetime(2011, 12, 30, 10, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, tzinfo=UTC)),
    ("Africa/Casablanca", datetime(2026, 2, 15, 2, tzinfo=UTC)),
    ("Pacific/Kwajalein", datetime(1993, 8, 21, 12, tzinfo=UTC)),
]

Every = Literal["day", "weekday", "week", "month"]
EVERY: list[Every] = ["day", "weekday", "week", "month"]
schedules = st.builds(
    Schedule,
    every=st.sampled_from(EVERY),
    on=st.none() | st.integers(1, 31),
    at=st.times(timezones=st.none()).map(lambda t: t.replace(second=0, microsecond=0, fold=0))
    | st.sampled_from([time(), time(1, 30), time(2), time(2, 30), time(3), time(23, 30)]),
).map(lambda s: Schedule(s.every, (s.on - 1) % 7 + 1 if s.on and s.every == "week" else s.on, s.at))
crons = st.sampled_from(CRONS).map(lambda cron: Schedule(cron=cron))
moments = st.tuples(
    st.timezone_keys(),
    st.datetimes(datetime(1975, 1, 1), datetime(2080, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 -- bounds of a strategy must be naive
) | st.tuples(
    st.sampled_from(ODD_NIGHTS), st.timedeltas(timedelta(days=-2), timedelta(days=2))
).map(lambda night: (night[0][0], night[0][1] + night[1]))


@given(schedules | crons, moments)
@example(Schedule("day", at=time()), (APIA, datetime(2011, 12, 30, 9, 59, tzinfo=UTC)))
@example(Schedule("day", at=time(23, 30)), (NUUK, datetime(2026, 3, 29, tzinfo=UTC)))
def test_now_lies_between_the_latest_occurrence_and_the_next(
    schedule: Schedule, moment: tuple[str, datetime]
) -> None:
    zone, now = moment
    latest, following = occurrence(schedule, zone, now), next_occurrence(schedule, zone, now)
    assert latest <= now < following
    assert occurrence(schedule, zone, following - MICROSECOND) == latest
    assert occurrence(schedule, zone, following) == following
    assert next_occurrence(schedule, zone, latest) == following
    assert latest.tzinfo is following.tzinfo is UTC


@given(schedules, moments)
@example(Schedule("day", at=time()), (APIA, datetime(2011, 12, 29, tzinfo=UTC)))
@example(Schedule("day", at=time(23, 30)), (NUUK, datetime(2026, 3, 27, tzinfo=UTC)))
def test_each_occurrence_has_its_own_period_that_had_begun(
    schedule: Schedule, moment: tuple[str, datetime]
) -> None:
    zone, now = moment
    instants = [occurrence(schedule, zone, now)]
    for _ in range(6):
        instants.append(next_occurrence(schedule, zone, instants[-1]))
    periods = [period(schedule, zone, instant) for instant in instants]
    assert all(earlier < later for earlier, later in pairwise(instants))
    assert all(earlier < later for earlier, later in pairwise(periods))
    for instant, stands_for in zip(instants, periods, strict=True):
        assert stands_for.start <= instant.astimezone(ZoneInfo(zone)).date()


@given(schedules | crons, moments)
def test_the_period_is_the_same_until_the_next_is_due(
    schedule: Schedule, moment: tuple[str, datetime]
) -> None:
    zone, now = moment
    latest = occurrence(schedule, zone, now)
    assert period(schedule, zone, now) == period(schedule, zone, latest)
