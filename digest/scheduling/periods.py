"""When a digest falls due, and the period it stands for; the one place that decides DST.

A schedule names local wall times. Each is one instant: a time that the clock skips is taken
right after the gap, a time that it shows twice is taken the first time. A digest belongs to the
date on which it was to fall due by its schedule, even where the gap moved it past midnight, so
no two digests of a schedule ever stand for the same period.

Every function is pure; ``zone`` is an IANA key. All raise ``ZoneInfoNotFoundError`` for an
unknown zone and ``ValueError`` for a cron expression that is wrong or never comes true.
"""

from __future__ import annotations

from bisect import bisect_left
from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from digest.model import Period, Schedule, Subscriber

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
MICROSECOND = timedelta(microseconds=1)
HALF = {"day": DAY / 2, "weekday": DAY / 2, "week": DAY * 3.5, "month": DAY * 15}
"""Half the stretch that a digest looks back on."""


def occurrence(schedule: Schedule, zone: str, now: datetime) -> datetime:
    """The latest instant at or before ``now`` at which a digest fell due, in UTC."""
    return _instant(_latest_wall(schedule, zone, now), ZoneInfo(zone))


def next_occurrence(schedule: Schedule, zone: str, now: datetime) -> datetime:
    """The first instant after ``now`` at which a digest falls due, in UTC."""
    tz = ZoneInfo(zone)
    start = now.astimezone(tz).replace(tzinfo=None)
    instants = (_instant(wall, tz) for wall in _walls_after(schedule, start))
    return next(instant for instant in instants if instant > now)


def period(schedule: Schedule, zone: str, occurrence: datetime) -> Period:
    """The period for which the digest that fell due at ``occurrence`` stands.

    It is the day, week or month that holds the middle of the stretch that the digest looks back
    on: Monday morning's weekly digest stands for the week before, Friday evening's for this one.
    A ``weekday`` digest never stands for a weekend. A ``cron`` digest stands for the day before,
    so a subscriber gets one a day at most, however often the expression comes true.
    """
    due = _latest_wall(schedule, zone, occurrence)
    if schedule.cron is not None:
        return Period(due.date() - DAY, "day")
    middle = (due - HALF[schedule.every]).date()
    match schedule.every:
        case "day":
            return Period(middle, "day")
        case "weekday":
            return Period(middle - DAY * max(0, middle.isoweekday() - 5), "day")
        case "week":
            return Period(middle - DAY * middle.weekday(), "week")
        case "month":
            return Period(middle.replace(day=1), "month")


def due_period(subscriber: Subscriber, now: datetime) -> Period:
    """The period of the subscriber's digest that fell due last."""
    schedule, zone = subscriber.schedule, subscriber.timezone
    return period(schedule, zone, occurrence(schedule, zone, now))


def next_due(subscriber: Subscriber, now: datetime) -> datetime:
    """The first instant after ``now``, in UTC, at which the subscriber's digest falls due.

    For who is paused, the first one on or after the local day to which ``paused`` is set.
    """
    if (end := pause_end(subscriber)) and end > now:
        now = end - MICROSECOND
    return next_occurrence(subscriber.schedule, subscriber.timezone, now)


def pause_end(subscriber: Subscriber) -> datetime | None:
    """The beginning, in UTC, of the first local day with digests again."""
    if subscriber.paused is None:
        return None
    return _instant(datetime.combine(subscriber.paused, time()), ZoneInfo(subscriber.timezone))


def first_window(subscriber: Subscriber, period: Period, *, now: datetime) -> datetime:
    """From when on, in UTC, papers that arrived belong to a new subscriber's first digest.

    It is the local start of the period that the digest stands for, or ``now`` less the
    subscriber's ``backfill``.
    """
    if subscriber.backfill is not None:
        return now - subscriber.backfill
    return _instant(datetime.combine(period.start, time()), ZoneInfo(subscriber.timezone))


def _latest_wall(schedule: Schedule, zone: str, now: datetime) -> datetime:
    """The schedule's latest wall time (naive) whose instant is at or before ``now``."""
    tz = ZoneInfo(zone)
    wall = now.astimezone(tz).replace(tzinfo=None)
    # While the clock shows an hour for the second time, all of that hour has been already; so
    # the walk back starts where the clock would stand had it not been put back.
    start = now.astimezone(UTC).replace(tzinfo=None) + _offset(wall, tz, fold=0)
    return next(w for w in _walls_until(schedule, start) if _instant(w, tz) <= now)


def _instant(wall: datetime, tz: ZoneInfo) -> datetime:
    """The one instant of a naive wall time, in UTC."""
    before = _offset(wall, tz, fold=0)
    after = _offset(wall, tz, fold=1)
    latest = wall.replace(tzinfo=UTC) - before
    if before >= after:
        return latest
    # The clock skips this time, and does so between these two instants.
    earliest = wall.replace(tzinfo=UTC) - after
    seconds = range((latest - earliest) // SECOND)
    return earliest + SECOND * bisect_left(
        seconds,
        True,
        key=lambda s: (earliest + s * SECOND).astimezone(tz).utcoffset() == after,
    )


def _offset(wall: datetime, tz: ZoneInfo, *, fold: int) -> timedelta:
    return wall.replace(tzinfo=UTC) - wall.replace(tzinfo=tz, fold=fold).astimezone(UTC)


def _walls_until(schedule: Schedule, start: datetime) -> Iterator[datetime]:
    """The schedule's wall times at or before ``start``, latest first."""
    if schedule.cron is not None:
        yield from _cron(schedule.cron, start.replace(microsecond=0) + SECOND, reverse=True)
    day = start.date()
    while True:
        if _falls_on(schedule, day) and (wall := datetime.combine(day, schedule.at)) <= start:
            yield wall
        day -= DAY


def _walls_after(schedule: Schedule, start: datetime) -> Iterator[datetime]:
    """The schedule's wall times after ``start``, earliest first."""
    if schedule.cron is not None:
        yield from _cron(schedule.cron, start, reverse=False)
    day = start.date()
    while True:
        if _falls_on(schedule, day) and (wall := datetime.combine(day, schedule.at)) > start:
            yield wall
        day += DAY


def _cron(expression: str, start: datetime, *, reverse: bool) -> Iterator[datetime]:
    """The wall times of a cron expression from ``start``, which is left out; never ends.

    It runs on naive times, which keeps the library's own handling of DST out of the way.
    """
    try:
        yield from CronSim(expression, start, reverse=reverse)
    except CronSimError as error:
        raise ValueError(f"cron {expression!r}: {error}") from error
    raise ValueError(f"cron {expression!r} does not come true within 50 years")


def _falls_on(schedule: Schedule, day: date) -> bool:
    match schedule.every:
        case "day":
            return True
        case "weekday":
            return day.isoweekday() <= 5
        case "week":
            return day.isoweekday() == (schedule.on or 1)
        case "month":
            return day.day == min(schedule.on or 1, monthrange(day.year, day.month)[1])
