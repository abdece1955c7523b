"""Which sources the operator should look at: they fail, have changed their form, or went quiet.
Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice

from digest.model import Alarm, Pages, PageSeen, Source, SourceState
from digest.text.clean import one_line

LOOK_BACK = timedelta(days=21)  # how far back pages are looked at
QUIET = 3  # so many expected pages in a row without a paper mean that a source went quiet


def alarms(
    sources: Iterable[Source],
    states: Mapping[str, SourceState],
    pages: Pages,
    *,
    after: timedelta,
    now: datetime,
) -> dict[str, Alarm]:
    """The sources to look at, by name. ``pages`` are those since ``LOOK_BACK``, as far as they
    could be read; a source has to fail for as long as ``after``."""
    found = {}
    for source in sources:
        if state := states.get(source.name):
            mine = pages.get(source.name, {})
            alarm = (
                _fails(state, after, now)
                or _unreadable(source, mine)
                or _absent(source, state, mine, after)
                or _empty(source, mine, now)
            )
            if alarm:
                found[source.name] = alarm
    return found


def _fails(state: SourceState, after: timedelta, now: datetime) -> Alarm | None:
    since = state.failing_since
    if since is None or now - since < after:
        return None
    count = f"{state.failures} attempts" if state.failures > 1 else "1 attempt"
    what = f"cannot be fetched, after {count}: {one_line(state.fault or '')}"
    return Alarm(state.name, "fails", since, what)


def _unreadable(source: Source, pages: Mapping[date, PageSeen]) -> Alarm | None:
    """The newest page that holds anything cannot be read."""
    full = [page for page in pages.values() if page.state in ("whole", "unreadable")]
    last = max(full, key=lambda page: page.day, default=None)
    if last is None or last.state == "whole":
        return None
    what = f"may have changed its form: its page of {last.day:%a %d %b} cannot be read"
    return Alarm(source.name, "unreadable", last.at, what)


def _absent(
    source: Source, state: SourceState, pages: Mapping[date, PageSeen], after: timedelta
) -> Alarm | None:
    """Fetching went well, and the newest expected page is not there."""
    if state.succeeded is None or state.added is None:
        return None
    known = state.succeeded - after
    due = [
        day
        for day in _days_back(known.date())
        if day >= state.added.date() and source.expects(day) and source.due(day) <= known
    ]
    newest = max((day for day, page in pages.items() if page.state != "partial"), default=date.min)
    if not due or newest >= due[0]:
        return None
    what = f"has no page of {due[0]:%a %d %b}, which was expected"
    return Alarm(source.name, "quiet", source.due(due[0]), what)


def _empty(source: Source, pages: Mapping[date, PageSeen], now: datetime) -> Alarm | None:
    """The last expected pages, of days that are over, hold no paper."""
    yesterday = now.date() - timedelta(days=1)
    due = (day for day in _days_back(yesterday) if source.expects(day) and source.due(day) <= now)
    last = list(islice(due, QUIET))
    empty = [day for day in last if day in pages and pages[day].state == "empty"]
    if len(empty) < QUIET:
        return None
    what = f"listed no paper on the last {QUIET} days on which some were expected"
    return Alarm(source.name, "quiet", datetime.combine(last[-1], time(), UTC), what)


def _days_back(last: date) -> list[date]:
    """The days to look at, newest first."""
    return [last - timedelta(days=n) for n in range(LOOK_BACK.days)]
