"""Wires the fetcher to a home, and fetches for the service."""

import logging
import random
from collections.abc import Callable
from datetime import datetime
from email.utils import parseaddr

from digest import __version__
from digest.cli.app import Home, open_ledger
from digest.ledger import Ledger
from digest.model import Source
from digest.render.wording import plural
from digest.sources.fetch import fetcher, kinds
from digest.sources.fetch.context import FetchContext, Get, SourceFetched
from digest.sources.fetch.exchange import Identity, Interrupted, Kind

Connect = Callable[[Source, Kind], Get]
Wait = Callable[[float], bool]
"""Waits for so many seconds, or until the program is told to stop; returns whether it was."""

log = logging.getLogger("digest")


def contact(home: Home) -> str:
    """The address that servers are told."""
    return home.settings.fetch.contact or parseaddr(home.settings.sender)[1]


def connecting(home: Home, *, clock: Callable[[], datetime], wait: Wait) -> Connect:
    """What asks the servers of sources, over HTTP."""
    # It imports httpx, for which a home without sources does not wait.
    from digest.sources.fetch.client import Client  # noqa: PLC0415
    from digest.sources.fetch.turns import Turns  # noqa: PLC0415

    def sleep(seconds: float) -> None:
        if wait(seconds):
            raise Interrupted

    turns, settings = Turns(sleep=sleep), home.settings.fetch

    def connect(source: Source, kind: Kind) -> Get:
        return Client(
            agent=f"papers-digest/{__version__} (mailto:{contact(home)})",
            timeout=settings.timeout,
            most=settings.megabytes * 1_000_000,
            interval=kind.INTERVAL,
            trusted=source.url,
            turns=turns,
            stopping=lambda: wait(0),
            now=clock,
        ).get

    return connect


def context(
    home: Home,
    ledger: Ledger,
    connect: Connect,
    *,
    clock: Callable[[], datetime],
    stopping: Callable[[], bool],
) -> FetchContext:
    """What the fetcher works with."""
    return FetchContext(
        folder=home.fetched,
        ledger=ledger,
        identity=Identity(contact(home), home.settings.fetch.keys()),
        kind=kinds.of,
        connect=connect,
        clock=clock,
        jitter=random.random,
        stopping=stopping,
    )


class Fetches:
    """What the service fetches by itself. A source that fails is logged once, and once more when it
    works again."""

    def __init__(
        self,
        home: Home,
        connect: Connect,
        *,
        clock: Callable[[], datetime],
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self._home, self._connect = home, connect
        self._clock, self._stopping = clock, stopping
        self._sources = home.settings.expected.sources
        self._failing: set[str] = set()

    def fetch_due(self) -> datetime | None:
        """Fetch what is due; when the next source is due.

        Raises:
            LedgerError: The ledger cannot be used.
        """
        with open_ledger(self._home) as ledger:
            works_with = context(
                self._home, ledger, self._connect, clock=self._clock, stopping=self._stopping
            )
            for found in fetcher.fetch(works_with, self._sources):
                self._tell(found)
            return fetcher.next_due(self._sources, ledger, self._clock())

    def _tell(self, found: SourceFetched) -> None:
        name = found.source
        if files := sum(page.files for page in found.pages):
            log.info("fetched %s: %s", name, plural(files, "new file"), extra={"source": name})
        if found.fault and name not in self._failing:
            remedy = f" - {found.remedy}" if found.remedy else ""
            log.warning("%s cannot be fetched: %s%s", name, found.fault, remedy)
            self._failing.add(name)
        elif not found.fault and not found.skipped and name in self._failing:
            log.info("%s can be fetched again", name)
            self._failing.discard(name)
