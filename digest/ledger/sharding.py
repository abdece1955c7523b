"""Divides the work of a pass into shards, and counts what became of it."""

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, union

from digest.ledger.aggregate import Aggregate
from digest.ledger.leases import free
from digest.ledger.subscribers import waiting
from digest.ledger.tables import delivery
from digest.model import EVERYBODY, Shard, State


class Sharding(Aggregate):
    """What is left to do in a pass, in parts of bounded size."""

    def shards(
        self, now: datetime, *, clock: datetime, reopened: bool, size: int
    ) -> list[tuple[Shard, int]]:
        """Shards of ``size`` subscribers whose digest is due or for whom an email waits, each with
        their number, in the order of keys. ``reopened`` is that of ``due``; ``now`` decides who is
        due, ``clock`` what mail may be claimed."""
        mailed = select(delivery.c.subscriber.label("id")).where(free("email", clock))
        due = waiting(now, reopened=reopened, shard=EVERYBODY).subquery()
        left = union(select(due.c.id), mailed).subquery()
        place = func.row_number().over(order_by=left.c.id) - 1
        placed = select(left.c.id, (place // size).label("part")).subquery()
        query: Any = (
            select(func.min(placed.c.id), func.max(placed.c.id), func.count())
            .group_by(placed.c.part)
            .order_by(placed.c.part)
        )
        return [(Shard(first, last), number) for first, last, number in self._rows(query)]

    def outcomes(self, *, since: datetime) -> Counter[State]:
        """How many emails have come into each state at ``since`` or later."""
        query = (
            select(delivery.c.state, func.count())
            .where(delivery.c.channel == "email", delivery.c.updated >= since)
            .group_by(delivery.c.state)
        )
        return Counter({row[0]: row[1] for row in self._rows(query)})
