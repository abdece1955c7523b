"""What is old and keeps no promise is forgotten. Who was sent what, cursors, papers with their keys
and the hashes of dumps stay for good."""

import sqlite3
from collections.abc import Collection, Mapping
from contextlib import closing
from datetime import date, datetime, timedelta

from sqlalchemy import delete, func, insert, or_, select, update

from digest.errors import LedgerError
from digest.ledger.aggregate import INTAKE, SKEW, Aggregate, rows_in
from digest.ledger.decisions import AGE
from digest.ledger.deliveries import UNFINISHED
from digest.ledger.tables import (
    HAS_PICKS,
    decision,
    delivery,
    dump,
    file_stamp,
    mark,
    page,
    sighting,
    subscriber,
)
from digest.model import PART, DumpHash

_PRUNED = "pruned"  # the name of the mark
_UNFINISHED = (
    select(delivery.c.id)
    .where(delivery.c.decision == decision.c.id, delivery.c.state.in_(UNFINISHED))
    .exists()
)


class Pruning(Aggregate):
    """Finds and forgets what is old."""

    def is_pruning_due(self, now: datetime, *, every: timedelta) -> bool:
        """Whether the last pruning that came to its end is ``every`` ago."""
        at = self._value(select(mark.c.at).where(mark.c.name == _PRUNED))
        return at is None or at > now + SKEW or now - at >= every

    def record_pruned(self, *, now: datetime) -> None:
        """Record that a pruning has come to its end."""
        with self._database.writing() as connection:
            connection.execute(delete(mark).where(mark.c.name == _PRUNED))
            connection.execute(insert(mark).values(name=_PRUNED, at=now))

    def old_dumps(
        self,
        before: datetime,
        *,
        present: Collection[DumpHash] = (),
        gone: Collection[DumpHash] = (),
    ) -> list[int]:
        """Dumps that arrived before an instant, whose records are on record, and that no newer
        reader can read again since their files are gone. The files that are there are those on
        record, without ``gone``, and those with the contents ``present``. Parts of a large file go
        by its name."""
        query = select(dump.c.id, dump.c.hash, dump.c.name, dump.c.format).order_by(dump.c.id)
        old = dump.c.arrived < before, dump.c.rejected.is_(None), dump.c.is_pruned.is_(None)
        with self._database.reading() as connection:
            stamped = set(connection.scalars(select(file_stamp.c.hash)))
            here = (stamped - set(gone)) | set(present)
            names = rows_in(connection, select(dump.c.name), dump.c.hash, here)
            large = {name for (name,) in names}
            return [
                row.id
                for row in connection.execute(query.where(*old))
                if row.hash not in here and not (row.format.endswith(PART) and row.name in large)
            ]

    def forget_records(self, dumps: Collection[int]) -> None:
        """Forget how the records of these dumps stood there. No version of the readers reads such a
        dump again: without them it could not tell which papers an older one misread. Of the records
        of a paper one stays, without its text: it says that more than one dump listed the paper, so
        that it is never hidden as misread (``joining.formers``)."""
        elder, of = sighting.alias(), dump.alias()
        has_elder = (
            select(elder.c.id)
            .join(of, of.c.id == elder.c.dump)
            .where(elder.c.paper == sighting.c.paper, elder.c.id < sighting.c.id, of.c.is_pruned)
            .exists()
        )
        theirs = sighting.c.dump.in_(dumps)
        with self._database.writing(INTAKE) as connection:
            connection.execute(update(dump).where(dump.c.id.in_(dumps)).values(is_pruned=True))
            connection.execute(delete(sighting).where(theirs, has_elder))
            connection.execute(update(sighting).where(theirs).values(raw_title="", raw_abstract=""))

    def known_dumps(self, hashes: Collection[DumpHash], before: datetime) -> set[DumpHash]:
        """Of these contents, those that were read or rejected before an instant."""
        query = select(dump.c.hash).where(dump.c.arrived < before)
        return {row.hash for row in self._rows_in(query, dump.c.hash, hashes)}

    def old_digests(self, before: datetime, *, newest: int) -> list[int]:
        """Digests composed before an instant that still have their picks. Not among them are the
        ``newest`` of each subscriber, which feeds and lists show, and those that are on their
        way."""
        columns = (decision.c.id, decision.c.composed, AGE)
        have_old = select(decision.c.subscriber).where(HAS_PICKS, decision.c.composed < before)
        theirs = decision.c.subscriber.in_(have_old)
        aged = select(*columns).where(HAS_PICKS, ~_UNFINISHED, theirs).subquery()
        old = select(aged.c.id).where(aged.c.composed < before, aged.c.age > newest)
        return [number for (number,) in self._rows(old.order_by(aged.c.id))]

    def forget_digests(self, numbers: Collection[int]) -> None:
        """Forget the picks and reasons of these digests. Which papers they held stays in ``sent``,
        and for which periods they were."""
        these = decision.c.id.in_(numbers)
        with self._database.writing() as connection:
            connection.execute(update(decision).where(these, ~_UNFINISHED).values(body=b""))

    def long_standing_readers(self, *, newest: int, after: int, limit: int) -> dict[int, str]:
        """The feed tokens of those for whom more periods than the ``newest`` were decided, so that
        some page of theirs may be old; by key from beyond ``after``."""
        who = decision.c.subscriber
        counted = select(who).where(who > after).group_by(who).having(func.count() > newest)
        found = counted.order_by(who).limit(limit).subquery()
        query = select(subscriber.c.id, subscriber.c.feed_token)
        query = query.join(found, found.c.subscriber == subscriber.c.id).order_by(subscriber.c.id)
        return {row.id: row.feed_token for row in self._rows(query)}

    def page_periods(
        self, readers: Collection[int], since: datetime, *, newest: int
    ) -> Mapping[int, set[str]]:
        """The periods of these subscribers' digests whose pages stay: of the ``newest``, which the
        index lists, and of those composed at ``since`` or later."""
        theirs = decision.c.subscriber.in_(readers), decision.c.skipped.is_(None)
        made = select(*decision.c["subscriber", "period", "composed"], AGE)
        aged = made.where(*theirs).subquery()
        stay = or_(aged.c.composed >= since, aged.c.age <= newest)
        found: dict[int, set[str]] = {key: set() for key in readers}
        for key, period in self._rows(select(aged.c.subscriber, aged.c.period).where(stay)):
            found[key].add(period)
        return found

    def count_old_pages(self, before: date) -> int:
        """How many pages of sources are of days before this one."""
        return self._count(select(func.count()).select_from(page).where(page.c.day < before))

    def forget_pages(self, before: date) -> None:
        """Forget what became of pages of days before this one."""
        with self._database.writing() as connection:
            connection.execute(delete(page).where(page.c.day < before))

    def compact(self) -> None:
        """Give room that is free in the file of SQLite back to the file system; others wait
        meanwhile. PostgreSQL needs none of it.

        Raises:
            LedgerError: Somebody else uses the file, or there is no room for a second one.
        """
        if self._database.is_sqlite:
            try:
                with closing(self._database.raw()) as lent:
                    lent.driver_connection.execute("VACUUM")
                    lent.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            except sqlite3.Error as error:
                raise LedgerError(f"the ledger cannot be compacted: {error}") from error
