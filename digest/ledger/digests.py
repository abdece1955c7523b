"""Digests as they were decided, read back with their papers."""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Connection, func, select

from digest.ledger import decision_codec
from digest.ledger.aggregate import Aggregate, rows_in
from digest.ledger.papers import papers_with_keys
from digest.ledger.tables import decision, subscriber
from digest.model import Decided, Digest, SubscriberId

_COLUMNS = decision.c["id", "period", "composed", "until", "body"]
_DIGESTS = select(subscriber.c.name, *_COLUMNS).join_from(decision, subscriber)
_DIGESTS = _DIGESTS.where(decision.c.skipped.is_(None))


class Digests(Aggregate):
    """The decisions of the past."""

    def digests(self, name: SubscriberId, *, limit: int) -> list[Digest]:
        """A subscriber's digests, newest first."""
        return self.newest_digests([name], limit=limit)[name]

    def newest_digests(
        self, names: Collection[SubscriberId], *, limit: int
    ) -> dict[SubscriberId, list[Digest]]:
        """The newest ``limit`` digests of each of these subscribers, newest first."""
        newest_first = decision.c.id.desc()
        age = func.row_number().over(partition_by=decision.c.subscriber, order_by=newest_first)
        aged = (
            select(decision.c.id, age.label("age"))
            .join_from(decision, subscriber)
            .where(subscriber.c.name.in_(names), decision.c.skipped.is_(None))
            .subquery()
        )
        wanted = select(aged.c.id).where(aged.c.age <= limit)
        query = _DIGESTS.where(decision.c.id.in_(wanted)).order_by(newest_first)
        found: dict[SubscriberId, list[Digest]] = {name: [] for name in names}
        with self._database.reading() as connection:
            for digest in _read(connection, connection.execute(query)).values():
                found[digest.subscriber].append(digest)
        return found

    def decisions(self, name: SubscriberId, *, limit: int) -> list[Decided]:
        """A subscriber's decisions, digests and closed skips, newest first."""
        ended = func.max(decision.c.until).over(order_by=decision.c.id, rows=(None, -1))
        query = (
            select(decision.c.period, decision.c.composed, ended, decision.c.until, decision.c.body)
            .join_from(decision, subscriber)
            .where(subscriber.c.name == name)
            .order_by(decision.c.id.desc())
            .limit(limit)
        )
        return [
            Decided(decision_codec.period(period), at, after, until, decision_codec.count(body))
            for period, at, after, until, body in self._rows(query)
        ]


def by_number(connection: Connection, numbers: Collection[int]) -> dict[int, Digest]:
    """Digests by the key of their decision."""
    return _read(connection, rows_in(connection, _DIGESTS, decision.c.id, numbers))


def _read(connection: Connection, rows: Iterable[Any]) -> dict[int, Digest]:
    bodies = [(row, decision_codec.unpack(row.body)) for row in rows]
    wanted = {key for _, body in bodies for key in decision_codec.picked(body)}
    papers = {one.key: one for one in papers_with_keys(connection, wanted)}
    return {
        row.id: Digest(
            SubscriberId(row.name),
            decision_codec.period(row.period),
            row.composed,
            row.until,
            decision_codec.picks(body, papers),
            decision_codec.coverage(body),
        )
        for row, body in bodies
    }
