"""Fetches what is due of the sources, page by page, and saves it as dumps. Whatever is interrupted
is taken up by the next attempt: an answer is saved first, then recorded with what follows it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime

from digest.errors import LedgerError
from digest.model import Source, SourceState
from digest.sources.fetch import plan
from digest.sources.fetch.context import LEASE, FetchContext, FetchLedger, SourceFetched
from digest.sources.fetch.exchange import FetchError, Interrupted, Page
from digest.sources.fetch.memory import Memory
from digest.sources.fetch.page import PageAttempt

TRIES = 3
"""An interrupted page goes on where it was, up to so many failures in a row; then it begins
anew."""

BUSY = "another process is fetching it"
log = logging.getLogger(__name__)


def next_due(sources: Sequence[Source], ledger: FetchLedger, now: datetime) -> datetime | None:
    """When the next source is due; the past or ``now`` where one is; None without sources."""
    states = ledger.source_states()
    return min((plan.due_at(one, states.get(one.name), now) for one in sources), default=None)


def fetch(
    context: FetchContext, sources: Sequence[Source], *, at_once: bool = False
) -> Iterator[SourceFetched]:
    """Fetch each source that is due, ``at_once`` also the others, one after the other; yield what
    came of each. What goes wrong with one does not touch the others.

    Raises:
        LedgerError: The ledger cannot be used.
    """
    # What has changed since this look, a claim finds out.
    states = context.ledger.source_states() if sources else {}
    for source in sources:
        if context.stopping():
            return
        now = context.clock()
        state = states.get(source.name)
        due = plan.due_at(source, state, now)
        if due > now and not at_once:
            why = BUSY if state and state.busy_until else f"not due before {due:%a %d %b %H:%M} UTC"
            yield SourceFetched(source.name, skipped=why)
            continue
        tried = state.tried if state else None
        if not context.ledger.claim_source(source.name, tried=tried, now=now, lease=LEASE):
            yield SourceFetched(source.name, skipped=BUSY)
            continue
        yield _Attempt(context, source, state, now, at_once=at_once).run()


class _Attempt:
    """One attempt to fetch one source."""

    def __init__(
        self,
        context: FetchContext,
        source: Source,
        state: SourceState | None,
        now: datetime,
        *,
        at_once: bool,
    ) -> None:
        self._context, self._ledger, self._source = context, context.ledger, source
        self._state, self._now, self._at_once = state, now, at_once
        self._failures = state.failures if state else 0
        self._memory = Memory.from_json(self._ledger.memory(source.name))
        self._found = SourceFetched(source.name)
        self._faults: list[FetchError] = []

    def run(self) -> SourceFetched:
        """Fetch the pages, and record how that went."""
        is_finished = False
        try:
            is_finished = self._fetch_pages()
        except Interrupted:
            pass
        except FetchError as error:
            self._faults.append(error)
        except LedgerError:
            raise
        except OSError as error:
            what = f"its answer cannot be saved: {error.strerror or error}"
            remedy = "make room on the disk, and check the permissions of state/"
            self._faults.append(FetchError(what, remedy))
        except Exception as error:  # a fault of one source must not keep the others from fetching
            what = f"{type(error).__name__}: {error}"
            if not self._state or self._state.fault != what:
                log.exception("fetching %s failed", self._source.name)
            self._faults.append(FetchError(what, "report this fault"))
        if self._faults:
            self._fail()
        elif is_finished:
            self._ledger.record_success(self._source.name)
        else:
            self._found.skipped = "stopped before its end; the next fetch goes on there"
            self._ledger.release_source(self._source.name, now=self._context.clock())
        return self._found

    def _fail(self) -> None:
        fault, found = self._faults[0], self._found
        asked = max((one.retry_at for one in self._faults if one.retry_at), default=None)
        found.fault, found.remedy = fault.what, fault.remedy
        found.retry_at = plan.retry_at(
            self._source,
            self._failures + 1,
            self._context.clock(),
            asked=asked,
            jitter=self._context.jitter(),
        )
        self._ledger.record_failure(found.source, fault.what, retry_at=found.retry_at)

    def _fetch_pages(self) -> bool:
        """Fetch page by page; False: it was told to stop before the last one. An answer that cannot
        be read is a fault of its page; any other fault ends the attempt.

        Raises:
            FetchError: There was no answer, or an error in the source's words.
            OSError: An answer cannot be saved.
        """
        context, source, now = self._context, self._source, self._now
        kind = context.kind(source)
        fetched = self._ledger.pages(since=(now - plan.LONGEST_GAP).date(), source=source.name)
        seen = {one.day: one for one in fetched}
        since = min([plan.since(source, self._state, now), *seen])  # they may still be open
        pages = kind.pages(source, since=since, now=now)
        listings = self._ledger.listings(source.name, since=since)
        todo = plan.wanted(source, pages, seen, changing=listings, now=now, at_once=self._at_once)
        self._memory.forget_but({page.day for page in pages if page.again is not None})
        get = context.connect(source, kind)
        for page in self._in_order(todo):
            if context.stopping():
                return False
            known, papers = seen.get(page.day), set(listings.get(page.day, "").split())
            attempt = PageAttempt(
                context, source, kind, get, self._memory, page, known, papers, now
            )
            if found := attempt.run():
                self._found.pages.append(found)
            if attempt.fault:
                self._faults.append(attempt.fault)
            if self._memory.progress:
                return False
        return True

    def _in_order(self, pages: list[Page]) -> list[Page]:
        """The page that was interrupted is the first. One that does not get on is the last, and
        begins anew."""
        at = self._memory.progress
        if at is None:
            return pages
        goes_on = self._failures < TRIES
        if not goes_on:
            self._memory.progress = None
        return sorted(pages, key=lambda page: (page.day == at.day) is not goes_on)
