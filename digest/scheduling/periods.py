"""When a digest falls due, and which period it stands for. All decisions about DST are made here.

A schedule gives local wall times. Each of them is one instant: a wall time that the clock skips is
taken right after the gap; one that the clock shows twice is taken the first time. A digest belongs
to the date of its wall time, even if the gap moved its instant past midnight, so that two digests
of a schedule never stand for the same period.

Every function is pure; ``zone`` is an IANA key. Many subscribers have the same schedule and zone,
and are asked about together: what was found for one is remembered. Every function
raises ``ZoneInfoNotFoundError`` for an unknown zone, and ``ValueError`` for a cron expression that
is wrong or never comes true.
"""

from bisect import bisect_left
from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from digest.model import Period, Schedule, Subscriber

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
MICROSECOND = timedelta(microseconds=1)
HALF = {"day": DAY / 2, "weekday": DAY / 2, "week": DAY * 3.5, "month": DAY * 15}
"""Half the time that a digest looks back on."""
_remembered = lru_cache(maxsize=10_000)


@_remembered
def occurrence(schedule: Schedule, zone: str, now: datetime) -> datetime:
    """The last instant, in UTC, at or before ``now`` at which a digest fell due."""
    return _instant(_latest_wall(schedule, zone, now), ZoneInfo(zone))


@_remembered
def next_occurrence(schedule: Schedule, zone: str, now: datetime) -> datetime:
    """The first instant, in UTC, after ``now`` at which a digest falls due."""
    tz = ZoneInfo(zone)
    start = now.astimezone(tz).replace(tzinfo=None)
    instants = (_instant(wall, tz) for wall in _walls(schedule, start, back=False))
    return next(instant for instant in instants if instant > now)


@_remembered
def period(schedule: Schedule, zone: str, occurrence: datetime) -> Period:
    """The period for which the digest that fell due at ``occurrence`` stands. It is the day, week
    or month that contains the middle of the time that the digest looks back on: a weekly digest on
    Monday morning stands for the week before, one on Friday evening for the same week. A
    ``weekday`` digest never stands for a weekend. A ``cron`` digest stands for the day before, so a
    subscriber gets at most one a day, however often the expression matches."""
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
    """The first instant after ``now``, in UTC, at which the subscriber's digest falls due. For who
    is paused, the first one on or after the local day to which ``paused`` is set."""
    if (end := pause_end(subscriber)) and end > now:
        now = end - MICROSECOND
    return next_occurrence(subscriber.schedule, subscriber.timezone, now)


def pause_end(subscriber: Subscriber) -> datetime | None:
    """The beginning, in UTC, of the first local day with digests again."""
    if subscriber.paused is None:
        return None
    return _midnight(subscriber.paused, subscriber.timezone)


def first_window(subscriber: Subscriber, period: Period, *, now: datetime) -> datetime:
    """The instant, in UTC, from which on papers belong to a new subscriber's first digest. It is
    the local start of the digest's period, or ``now`` minus the subscriber's ``backfill``."""
    if subscriber.backfill is not None:
        return now - subscriber.backfill
    return _midnight(period.start, subscriber.timezone)


@_remembered
def _midnight(day: date, zone: str) -> datetime:
    return _instant(datetime.combine(day, time()), ZoneInfo(zone))


def _latest_wall(schedule: Schedule, zone: str, now: datetime) -> datetime:
    """The schedule's last (naive) wall time whose instant is at or before ``now``."""
    tz = ZoneInfo(zone)
    wall = now.astimezone(tz).replace(tzinfo=None)
    # While the clock shows an hour for the second time, all of that hour's wall times are past.
    # So the search starts at the wall time that the clock would show if it had not been put back.
    start = now.astimezone(UTC).replace(tzinfo=None) + _offset(wall, tz, fold=0)
    return next(w for w in _walls(schedule, start, back=True) if _instant(w, tz) <= now)


def _instant(wall: datetime, tz: ZoneInfo) -> datetime:
    """The one instant of a naive wall time, in UTC."""
    before = _offset(wall, tz, fold=0)
    after = _offset(wall, tz, fold=1)
    latest = wall.replace(tzinfo=UTC) - before
    if before >= after:
        return latest
    # The clock skips this wall time; the change lies between these two instants.
    earliest = wall.replace(tzinfo=UTC) - after
    seconds = range((latest - earliest) // SECOND)
    return earliest + SECOND * bisect_left(
        seconds, True, key=lambda s: (earliest + s * SECOND).astimezone(tz).utcoffset() == after
    )


def _offset(wall: datetime, tz: ZoneInfo, *, fold: int) -> timedelta:
    return wall.replace(tzinfo=UTC) - wall.replace(tzinfo=tz, fold=fold).astimezone(UTC)


def _walls(schedule: Schedule, start: datetime, *, back: bool) -> Iterator[datetime]:
    """The schedule's wall times after ``start``, earliest first; with ``back`` those at or before
    it, latest first. They are naive, so that CronSim does not apply its own rules for DST."""
    if (cron := schedule.cron) is not None:
        begin = start.replace(microsecond=0) + SECOND if back else start
        try:
            yield from CronSim(cron, begin, reverse=back)
        except CronSimError as error:
            raise ValueError(f"cron {cron!r}: {error}") from error
        raise ValueError(f"cron {cron!r} does not come true within 50 years")
    day = start.date()
    while True:
        if _falls_on(schedule, day):
            wall = datetime.combine(day, schedule.at)
            if (wall <= start) == back:
                yield wall
        day += -DAY if back else DAY


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
