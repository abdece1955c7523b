"""What `digest status` says of sources: what came, when each is fetched next, what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from digest.cli import alarms, app, output
from digest.ledger import Ledger
from digest.model import Alarm, Coverage, Expected, Period, Source, SourceState
from digest.render import coverage
from digest.selection.coverage import Arrivals, expected_pages
from digest.sources.fetch import plan

DAYS = 7  # the days whose pages are counted, today among them


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """What is known of a source."""

    source: Source
    state: SourceState | None  # None: it was never tried
    next: datetime
    seen: Coverage  # of the pages of the last ``DAYS``
    alarm: Alarm | None


def statuses(home: app.Home, ledger: Ledger, *, now: datetime) -> list[SourceStatus]:
    """What is known of each source of the settings."""
    configured = home.settings.expected.sources
    if not configured:
        return []
    first = _first_day(now)
    pages, states = ledger.pages_read(since=first), ledger.source_states()
    found = alarms.find(home, ledger, now=now)
    told = []
    for source in configured:
        mine = [page for day, page in pages.get(source.name, {}).items() if day <= now.date()]
        count, missing = expected_pages(
            Arrivals((), pages, states), Expected("none", (source,)), first, now.date(), now=now
        )
        papers = sum(page.papers for page in mine)
        seen = Coverage(len(mine), papers, missing=missing, expected=count)
        state = states.get(source.name)
        due = plan.due_at(source, state, now)
        told.append(SourceStatus(source, state, due, seen, found.get(source.name)))
    return told


def _first_day(now: datetime) -> date:
    return now.date() - timedelta(days=DAYS - 1)


def rows(found: Sequence[SourceStatus], now: datetime) -> Iterator[tuple[str, str]]:
    """A line for each source, and one for what is wrong with it."""
    heading = "Sources"
    for one in found:
        since = Period(_first_day(now), "week")
        fetched = "not fetched yet"
        if one.state and one.state.succeeded:
            fetched = f"fetched {output.ago(now - one.state.succeeded)}"
        due = f"next {one.next:%a %H:%M} UTC" if one.next > now else "due now"
        pages = coverage.summary(one.seen, since)
        yield heading, f"{one.source.name}: {fetched}, {due}; in {DAYS} days {pages}"
        heading = ""
        if fault := _fault(one):
            yield "", f"{one.source.name} {fault}"


def _fault(one: SourceStatus) -> str:
    if one.alarm:
        return f"{one.alarm.what} (since {one.alarm.since:%d %b %H:%M} UTC)"
    if one.state and one.state.fault and one.state.failing_since:
        since = f"{one.state.failing_since:%d %b %H:%M} UTC"
        return f"could not be fetched the last time: {one.state.fault} (since {since})"
    return ""


def as_json(one: SourceStatus) -> dict[str, Any]:
    """The same as values."""
    state = one.state or SourceState(one.source.name)
    return {
        "source": one.source.name,
        "kind": one.source.kind,
        "succeeded": state.succeeded,
        "next": one.next,
        "pages": one.seen.pages,
        "expected": one.seen.expected,
        "papers": one.seen.papers,
        "missing": [output.fields(page, "day", "fault") for page in one.seen.missing],
        "failing_since": state.failing_since,
        "fault": state.fault,
        "alarm": one.alarm and output.fields(one.alarm, "why", "since", "what"),
    }
