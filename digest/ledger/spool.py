"""Messages that may have arrived, kept so that a second try sends the same bytes."""

import zlib
from collections.abc import Collection
from dataclasses import asdict

from sqlalchemy import Connection, delete, exists, insert, select

from digest.ledger.aggregate import rows_in
from digest.ledger.tables import delivery, spool
from digest.model import DeliveryId, Message, State

LEVEL = 1  # of zlib: three times as fast as its default, for a tenth more bytes that soon go

_OVER = delete(spool).where(
    exists().where(
        delivery.c.id == spool.c.delivery,
        delivery.c.state.in_((State.SENT, State.FAILED, State.CANCELLED, State.EXPIRED)),
    )
)


def keep(connection: Connection, messages: Collection[Message]) -> None:
    """Store messages, in the place of earlier ones of the same deliveries."""
    if messages:
        numbers = [message.delivery for message in messages]
        connection.execute(delete(spool).where(spool.c.delivery.in_(numbers)))
        rows = [
            {**asdict(message), "content": zlib.compress(message.content, LEVEL)}
            for message in messages
        ]
        connection.execute(insert(spool), rows)


def kept(connection: Connection, numbers: Collection[DeliveryId]) -> dict[DeliveryId, Message]:
    """The messages on record for these deliveries, byte for byte."""
    return {
        row.delivery: Message(
            row.delivery, row.sender, row.recipient, zlib.decompress(row.content), row.name
        )
        for row in rows_in(connection, select(spool), spool.c.delivery, numbers)
    }


def tidy(connection: Connection) -> None:
    """Forget the messages of deliveries that have come to an end."""
    connection.execute(_OVER)
