"""Places in the web that dumps come from, and the pages that they are expected to have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

SourceKind = Literal[
    "daily-papers",
    "arxiv",
    "feed",
    "openalex",
    "semantic-scholar",
    "crossref",
    "biorxiv",
    "pubmed",
]
Expect = Literal["weekday", "day", "none"]
"""The days for which a page is expected."""
PageState = Literal["whole", "empty", "partial", "unreadable"]
"""What came of a page: all of it; the source says that there is nothing; not all answers of it have
come yet; its form is not known."""
Fault = Literal["missing", "partial", "unreadable"]
"""What is wrong with an expected page: it did not come; only a part of it came; it cannot be
read."""
_ANNOUNCED: dict[SourceKind, timedelta] = {"arxiv": timedelta(days=1)}
"""How long after its day has begun a source first lists what is of that day; others at once."""
_LEEWAY = timedelta(minutes=15)  # in which a source is surely fetched once it is due


@dataclass(frozen=True, slots=True)
class Source:
    """A place in the web that dumps come from, as the settings describe it."""

    name: str  # names it in commands, messages and the folder of its dumps
    kind: SourceKind
    url: str | None = None  # of a feed; for others, another server than the public one
    query: str = ""
    categories: tuple[str, ...] = ()
    via: Literal["api", "rss"] = "api"
    server: Literal["biorxiv", "medrxiv"] = "biorxiv"
    every: timedelta = timedelta(hours=1)
    expect: Expect = "none"
    holidays: tuple[date, ...] = ()  # days for which no page is expected
    backfill: timedelta = timedelta(days=3)
    """How far back the first fetch reaches. The gap after an outage is filled back to the last
    success."""

    def expects(self, day: date) -> bool:
        """Whether a page is expected for this day."""
        return is_expected(day, self.expect) and day not in self.holidays

    def due(self, day: date) -> datetime:
        """When the page of a day should have come."""
        begins = datetime.combine(day, time(), UTC)
        return begins + _ANNOUNCED.get(self.kind, timedelta(0)) + self.every + _LEEWAY


@dataclass(frozen=True, slots=True)
class Expected:
    """Where pages are expected from: on which days the operator puts them into the inbox, and the
    sources."""

    inbox: Expect
    sources: tuple[Source, ...] = ()


def is_expected(day: date, expect: Expect) -> bool:
    """Whether a page is expected for this day."""
    return expect == "day" or (expect == "weekday" and day.isoweekday() <= 5)


@dataclass(frozen=True, slots=True)
class SourceState:
    """How fetching a source went so far."""

    name: str
    tried: datetime | None = None  # when the last attempt began
    succeeded: datetime | None = None  # when the last attempt that succeeded began
    failing_since: datetime | None = None  # the first of the attempts that failed in a row
    retry_at: datetime | None = None  # not to be tried again before; None: as ``every`` says
    failures: int = 0  # how many attempts in a row failed
    fault: str | None = None  # why the last one failed
    alarmed: datetime | None = None  # when the operator was told
    busy_until: datetime | None = None  # the end of the lease of the process that is fetching
    added: datetime | None = None  # when it was tried first


@dataclass(frozen=True, slots=True, order=True)
class PageSeen:
    """What is known of one page of a source: of what it listed for one day."""

    source: str
    day: date  # the day that the page is of; of a feed, the day of the fetch
    state: PageState
    papers: int  # how many papers it lists
    at: datetime  # when it was fetched last


Pages = Mapping[str, Mapping[date, PageSeen]]
"""What is known of pages, by source and day."""


@dataclass(frozen=True, slots=True, order=True)
class Missing:
    """An expected page that did not come, or not as it should."""

    day: date
    source: str = ""  # empty: pages are expected from one place alone
    fault: Fault = "missing"


@dataclass(frozen=True, slots=True)
class Alarm:
    """A source that the operator should look at."""

    source: str
    why: Literal["fails", "unreadable", "quiet"]
    since: datetime
    what: str  # in words, to go on from the name of the source
