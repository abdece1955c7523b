"""Which pages were expected in a period, and which of them did not come. A page is what one place
lists for one day, however often and in however many files it came."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from digest.model import (
    DumpSeen,
    Expected,
    Fault,
    Missing,
    Pages,
    PageSeen,
    PageState,
    PaperKey,
    Source,
    SourceState,
    is_expected,
)

_FAULTS: dict[PageState, Fault] = {"partial": "partial", "unreadable": "unreadable"}
ExpectedPage = tuple[date, str, Fault | None]
"""The day of a page that was expected, its source, and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What came, of all places together."""

    dumps: Sequence[DumpSeen]
    pages: Pages = field(default_factory=dict)
    states: Mapping[str, SourceState] = field(default_factory=dict)
    """Of the sources, by name; one that was never tried is not there."""


def expected_pages(
    arrivals: Arrivals, expected: Expected, first: date, last: date, *, now: datetime
) -> tuple[int, tuple[Missing, ...]]:
    """How many pages of these days should have come by ``now``, and which of them did not, or not
    as they should. The place of a page is named where pages are expected from several."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    known = {source.name for source in expected.sources}
    # What was fetched from a source that has since been removed counts like the operator's own.
    own = [dump for dump in arrivals.dumps if dump.source not in known]
    pages = list(_of_inbox(own, expected, days))
    for source in expected.sources:
        state = arrivals.states.get(source.name)
        if state and state.added:
            since = [day for day in days if day >= state.added.date()]
            mine = arrivals.pages.get(source.name, {})
            pages += _of_source(source, state, mine, since, now)
    places = sum(source.expect != "none" for source in expected.sources)
    is_one = places + (expected.inbox != "none") < 2
    missing = (Missing(day, "" if is_one else of, fault) for day, of, fault in pages if fault)
    return len(pages), tuple(sorted(missing))


def _of_inbox(
    dumps: Sequence[DumpSeen], expected: Expected, days: Sequence[date]
) -> Iterator[ExpectedPage]:
    """A day whose dump could only be read in part counts whether a page was expected or not, unless
    another dump of that day came whole."""
    came = {dump.listed for dump in dumps if not dump.is_incomplete}
    cut = {dump.listed or dump.arrived.date() for dump in dumps if dump.is_incomplete} - came
    if expected.inbox == "none":
        return
    for day in days:
        if day in cut:
            yield day, "inbox", "partial"
        elif is_expected(day, expected.inbox):
            yield day, "inbox", None if day in came else "missing"


def _of_source(
    source: Source,
    state: SourceState,
    pages: Mapping[date, PageSeen],
    days: Sequence[date],
    now: datetime,
) -> Iterator[ExpectedPage]:
    """A page that the source says is empty has come: the day was quiet. It has not if the source
    could not be fetched since, although the day is over."""
    for day in days:
        if not source.expects(day):
            continue
        if page := pages.get(day):
            over = datetime.combine(day + timedelta(days=1), time(), UTC)
            last = max(page.at, state.succeeded or page.at)
            is_early = last < over and now >= source.due(day) + timedelta(days=1)
            is_missing = page.state == "empty" and is_early
            yield day, source.name, "missing" if is_missing else _FAULTS.get(page.state)
        elif now >= source.due(day):
            yield day, source.name, "missing"


def pages_since(arrivals: Arrivals, after: PaperKey) -> int:
    """How many pages came after a paper was the newest; each dump in the inbox is one."""
    new = [dump for dump in arrivals.dumps if dump.newest > after]
    fetched = {(dump.source, dump.listed) for dump in new if dump.source}
    return sum(not dump.source for dump in new) + len(fetched)
