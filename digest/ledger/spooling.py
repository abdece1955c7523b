"""Composed messages kept until their delivery is settled, so that a retry sends the same bytes."""

from __future__ import annotations

import zlib
from collections.abc import Collection

from sqlalchemy import Connection, bindparam, delete, insert, select

from digest.ledger.database import batches
from digest.ledger.tables import delivery, spool
from digest.model import DeliveryId, Message, State

SETTLED = (State.SENT, State.FAILED, State.CANCELLED, State.EXPIRED)
"""States after which the bytes are not needed again."""
LEVEL = 1
"""Of zlib: three times as fast as its default, for a tenth more bytes that soon go."""

_DROP = delete(spool).where(spool.c.delivery.in_(bindparam("numbers", expanding=True)))


def keep(connection: Connection, messages: Collection[tuple[Message, int]]) -> set[DeliveryId]:
    """Store (message, fence) pairs of claimed deliveries; those whose fence still holds.

    The first composition stays: a later one for the same delivery is not stored.
    """
    held: set[DeliveryId] = set()
    for batch in batches(messages, 500):
        fences = {message.delivery: fence for message, fence in batch}
        rows = connection.execute(
            select(delivery.c.id, delivery.c.fence, spool.c.delivery)
            .join_from(delivery, spool, isouter=True)
            .where(delivery.c.id.in_(fences), delivery.c.state == State.CLAIMED)
            .with_for_update(of=delivery)
        )
        kept = {number: old is not None for number, fence, old in rows if fences[number] == fence}
        held.update(kept)
        new = [
            {
                "delivery": message.delivery,
                "sender": message.sender,
                "recipient": message.recipient,
                "name": message.name,
                "content": zlib.compress(message.content, LEVEL),
            }
            for message, _ in batch
            if kept.get(message.delivery) is False
        ]
        if new:
            connection.execute(insert(spool), new)
    return held


def kept(connection: Connection, numbers: Collection[DeliveryId]) -> dict[DeliveryId, Message]:
    """The messages on record for these deliveries, byte for byte."""
    found: dict[DeliveryId, Message] = {}
    for batch in batches(numbers):
        rows = connection.execute(select(spool).where(spool.c.delivery.in_(batch)))
        for row in rows:
            content = zlib.decompress(row.content)
            found[row.delivery] = Message(
                row.delivery, row.sender, row.recipient, content, row.name
            )
    return found


def drop(connection: Connection, numbers: Collection[DeliveryId]) -> None:
    """Forget the messages of settled deliveries."""
    for batch in batches(numbers):
        connection.execute(_DROP, {"numbers": batch})
