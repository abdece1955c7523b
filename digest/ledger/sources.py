"""What is known of sources and their pages: how fetching went, who is at it, what came."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, false, func, insert, select, update

from digest.ledger.aggregate import FETCHING, SKEW, Aggregate
from digest.ledger.tables import dump, page, source
from digest.model import Pages, PageSeen, SourceState

_STATE = (
    source.c.name,
    source.c.tried,
    source.c.succeeded,
    source.c.failing_since,
    source.c.retry_at,
    source.c.failures,
    source.c.fault,
    source.c.alarmed,
    source.c.busy_until,
    source.c.added,
)
_PAGE = (page.c.source, page.c.day, page.c.state, page.c.papers, page.c.at)


class Sources(Aggregate):
    """Sources and their pages."""

    def source_states(self) -> dict[str, SourceState]:
        """How fetching each source went so far, by name; one that was never tried is left out."""
        return {row.name: SourceState(*row) for row in self._rows(select(*_STATE))}

    def claim_source(
        self, name: str, *, tried: datetime | None, now: datetime, lease: timedelta
    ) -> bool:
        """Take a source to fetch it. False: another process has it in hand, or has tried it since
        ``tried``, the instant that the caller goes by."""
        with self._database.writing(FETCHING) as connection:
            there = source.c.name == name
            row = connection.execute(select(*_STATE).where(there)).one_or_none()
            if row is None:
                connection.execute(insert(source), {"name": name, "failures": 0, "added": now})
            elif row.tried != tried or (row.busy_until and now < row.busy_until < now + SKEW):
                return False
            values = {"tried": now, "busy_until": now + lease}
            connection.execute(update(source).where(there).values(values))
            return True

    def memory(self, name: str) -> str | None:
        """What the fetcher remembers of a source."""
        value: str | None = self._value(select(source.c.memory).where(source.c.name == name))
        return value

    def record_page(
        self, seen: PageSeen, *, listing: str | None, memory: str, busy_until: datetime
    ) -> None:
        """Keep what came of a page so far, with what the fetcher remembers from then on, and extend
        the lease on its source."""
        with self._database.writing(FETCHING) as connection:
            there = (page.c.source == seen.source) & (page.c.day == seen.day)
            values = {"state": seen.state, "papers": seen.papers, "at": seen.at, "listing": listing}
            if not connection.execute(update(page).where(there).values(values)).rowcount:
                row = {"source": seen.source, "day": seen.day, **values}
                connection.execute(insert(page), row)
            _set(connection, seen.source, memory=memory, busy_until=busy_until)

    def record_success(self, name: str) -> None:
        """Record that the attempt on a source that is under way has succeeded."""
        good = {"failing_since": None, "failures": 0, "fault": None, "retry_at": None}
        with self._database.writing(FETCHING) as connection:
            _set(connection, name, busy_until=None, succeeded=source.c.tried, **good)

    def record_failure(self, name: str, fault: str, *, retry_at: datetime) -> None:
        """Record that the attempt on a source that is under way has failed, and why."""
        with self._database.writing(FETCHING) as connection:
            since = func.coalesce(source.c.failing_since, source.c.tried)
            bad = {"failing_since": since, "failures": source.c.failures + 1, "fault": fault}
            _set(connection, name, busy_until=None, retry_at=retry_at, **bad)

    def release_source(self, name: str, *, now: datetime) -> None:
        """Record that the attempt on a source was broken off, so that it is due again."""
        with self._database.writing(FETCHING) as connection:
            _set(connection, name, busy_until=None, retry_at=now)

    def record_alarm(self, name: str, *, since: datetime | None, at: datetime | None) -> bool:
        """Record when the operator was told that a source needs attention; None: all is well.
        False: another process has told something since ``since``, which was recorded last."""
        there = (source.c.name == name) & source.c.alarmed.is_not_distinct_from(since)
        with self._database.writing(FETCHING) as connection:
            changed = connection.execute(update(source).where(there).values(alarmed=at))
            return changed.rowcount == 1

    def pages(self, *, since: date, source: str | None = None) -> list[PageSeen]:
        """The pages of the days from ``since`` on, by source and day; of all sources, or of one."""
        query = select(*_PAGE).where(page.c.day >= since).order_by(page.c.source, page.c.day)
        if source is not None:
            query = query.where(page.c.source == source)
        return [PageSeen(*row) for row in self._rows(query)]

    def pages_read(self, *, since: date) -> Pages:
        """The pages as far as they could be read: one that was fetched, and whose newest dumps no
        reader could read whole, is unreadable."""
        unread = self._unread_pages(since)
        found: dict[str, dict[date, PageSeen]] = {}
        for seen in self.pages(since=since):
            is_unread = (seen.source, seen.day) in unread
            one = replace(seen, state="unreadable") if is_unread else seen
            found.setdefault(one.source, {})[one.day] = one
        return found

    def _unread_pages(self, since: date) -> set[tuple[str, date | None]]:
        """Those of whose dumps that arrived last one was rejected, or is not whole. Answers that
        the fetcher could not read are left out: the state of their page tells of them, which may
        have come whole since with a listing that was known."""
        is_bad = dump.c.rejected.is_not(None) | func.coalesce(dump.c.is_incomplete, false())
        query = select(dump.c.source, dump.c.listed, dump.c.arrived, is_bad)
        query = query.where(dump.c.source.is_not(None), dump.c.listed >= since)
        query = query.where(dump.c.name.not_like("%.unreadable.%"))
        latest: dict[tuple[str, date | None], tuple[datetime, bool]] = {}
        for name, day, arrived, bad in self._rows(query):
            last, was_bad = latest.get((name, day), (arrived, False))
            if arrived >= last:
                latest[name, day] = arrived, bad or (arrived == last and was_bad)
        return {page for page, (_, bad) in latest.items() if bad}

    def listings(self, name: str, *, since: date) -> dict[date, str]:
        """The listings of a source's pages that may still change."""
        mine = (page.c.source == name) & (page.c.day >= since) & page.c.listing.is_not(None)
        rows = self._rows(select(page.c.day, page.c.listing).where(mine))
        return {row.day: row.listing for row in rows}


def _set(connection: Connection, name: str, **values: object) -> None:
    connection.execute(update(source).where(source.c.name == name).values(values))
