"""What the fetcher works with, and what it made of a source."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Protocol

from digest.model import PageSeen, Source, SourceState
from digest.sources.fetch.exchange import Answer, Identity, Kind, Request, Validators

LEASE = timedelta(minutes=15)
"""How long a source stays in the hand of a process that gives no sign: longer than one answer takes
with all its attempts."""


class FetchLedger(Protocol):
    """The part of the ledger that the fetcher uses."""

    def source_states(self) -> Mapping[str, SourceState]: ...
    def claim_source(
        self, name: str, *, tried: datetime | None, now: datetime, lease: timedelta
    ) -> bool: ...
    def memory(self, name: str) -> str | None: ...
    def pages(self, *, since: date, source: str | None = None) -> Sequence[PageSeen]: ...
    def listings(self, name: str, *, since: date) -> Mapping[date, str]: ...
    def record_page(
        self, seen: PageSeen, *, listing: str | None, memory: str, busy_until: datetime
    ) -> None: ...
    def record_success(self, name: str) -> None: ...
    def record_failure(self, name: str, fault: str, *, retry_at: datetime) -> None: ...
    def release_source(self, name: str, *, now: datetime) -> None: ...


class Get(Protocol):
    """Asks the servers of one source."""

    def __call__(self, request: Request, known: Validators | None = None) -> Answer:
        """Get an answer; with ``known``, only if it differs from the one with these validators.

        Raises:
            FetchError: There is no whole answer.
            Interrupted: The program was told to stop.
        """


@dataclass(frozen=True, slots=True)
class FetchContext:
    """What the fetcher works with."""

    folder: Path  # of all fetched files; each source has a folder of its own in it
    ledger: FetchLedger
    identity: Identity
    kind: Callable[[Source], Kind]
    connect: Callable[[Source, Kind], Get]
    clock: Callable[[], datetime]
    jitter: Callable[[], float]  # a number between 0 and 1 by which pauses differ
    stopping: Callable[[], bool] = lambda: False
    """Whether to begin no further request; what is left is then due at once."""


@dataclass(frozen=True, slots=True)
class PageFetched:
    """What came of a page."""

    page: PageSeen
    files: int  # how many answers held something new


@dataclass(slots=True)
class SourceFetched:
    """What came of a source."""

    source: str
    pages: list[PageFetched] = field(default_factory=list)
    fault: str = ""
    remedy: str = ""
    retry_at: datetime | None = None  # after a fault
    skipped: str = ""  # why nothing was tried, or not all
