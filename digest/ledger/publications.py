"""Subscribers whose published files are behind what was decided."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, bindparam, case, insert, select, update

from digest.ledger.database import batches
from digest.ledger.tables import publication


def mark_behind(connection: Connection, subscribers: Collection[int], *, since: datetime) -> None:
    """Have the files of these subscribers, given by key, published: the pages of digests composed
    at ``since`` or later, the index and the feeds; of who has left, all files are removed.

    The caller holds what keeps others from recording for these subscribers.
    """
    for batch in batches(sorted(subscribers)):
        behind = publication.c.subscriber.in_(batch)
        known = set(connection.scalars(select(publication.c.subscriber).where(behind)))
        connection.execute(
            update(publication)
            .where(behind)
            .values(
                version=publication.c.version + 1,
                since=case(
                    (publication.c.since < bindparam("from"), publication.c.since),
                    else_=bindparam("from"),
                ),
            ),
            {"from": since},
        )
        new = [
            {"subscriber": key, "version": 0, "since": since} for key in batch if key not in known
        ]
        if new:
            connection.execute(insert(publication), new)
