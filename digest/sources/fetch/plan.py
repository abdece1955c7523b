"""Which sources are due, and which of their pages are to be fetched. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta

from digest.model import PageSeen, Source, SourceState
from digest.sources.fetch.exchange import Page

FIRST_RETRY = timedelta(minutes=1)
"""The pause after a first failure; it doubles with each further one, up to ``every``."""
LONGEST_GAP = timedelta(days=30)  # back to which the gap after an outage is filled
SKEW = timedelta(hours=1)
"""What was tried further ahead of ``now`` than this was tried before a clock was put back."""


def due_at(source: Source, state: SourceState | None, now: datetime) -> datetime:
    """When a source is to be fetched next; the past, or ``now``, where it is due."""
    if state is None or state.tried is None or state.tried > now + SKEW:
        return now
    if state.busy_until:
        return state.busy_until
    return state.retry_at or state.tried + source.every


def retry_at(
    source: Source, failures: int, now: datetime, *, asked: datetime | None, jitter: float
) -> datetime:
    """When a source is to be tried again after so many ``failures`` in a row, this one included.
    ``asked``: not before, as its server says. ``jitter``: a number between 0 and 1."""
    pause = min(FIRST_RETRY * (1 << min(failures - 1, 20)), source.every)
    own = now + pause * (1 - jitter / 4)
    return max(own, asked) if asked else own


def since(source: Source, state: SourceState | None, now: datetime) -> date:
    """The first day whose page is to be had: ``backfill`` before the first attempt, or before the
    last one that succeeded, however long that was ago up to ``LONGEST_GAP``."""
    anchor = (state and (state.succeeded or state.failing_since)) or now
    longest = max(source.backfill, LONGEST_GAP)
    return max(min(anchor, now) - source.backfill, now - longest).date()


def wanted(
    source: Source,
    pages: Iterable[Page],
    seen: Mapping[date, PageSeen],
    *,
    changing: Collection[date],
    now: datetime,
    at_once: bool,
) -> list[Page]:
    """Of these pages those to fetch now, the newest first.

    Args:
        source: The source.
        pages: Its pages.
        seen: What is known of those that were fetched.
        changing: The days whose lists could still change when they were fetched last. Such a page
            is fetched once more when its time has come.
        now: The instant of the attempt.
        at_once: Whether a page whose list may change is fetched before its time.
    """

    def is_wanted(page: Page) -> bool:
        known = seen.get(page.day)
        if known is None or known.state == "partial":
            return True
        if known.state == "unreadable":
            return page.again is not None or page.day >= (now - source.backfill).date()
        if page.again is None and page.day not in changing:
            return False
        return at_once or not (known.at <= now < known.at + (page.again or source.every))

    return sorted(filter(is_wanted, pages), key=lambda page: page.day, reverse=True)
