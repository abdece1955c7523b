"""Mail that was accepted and came back all the same."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, update

from digest.ledger import refusals, spooling
from digest.ledger.tables import delivery
from digest.model import DeliveryId, State

ACCEPTED = (State.SENT, State.UNCERTAIN, State.COMMITTED)
"""States of mail that a server may have had. A report is proof that it did, and may be faster
than the record of its answer."""


def returned(
    connection: Connection, number: DeliveryId, *, address: str, reason: str, now: datetime
) -> bool:
    """Record that an email came back, and refuse mail to its address from now on.

    False, and nothing changed: it was not sent, or has been returned before.
    """
    changed = connection.execute(
        update(delivery)
        .where(delivery.c.id == number, delivery.c.channel == "email")
        .where(delivery.c.state.in_(ACCEPTED))
        .values(
            state=State.FAILED,
            detail=f"came back: {reason}",
            due=None,
            owner=None,
            updated=now,
            fence=delivery.c.fence + 1,
        )
    )
    if not changed.rowcount:
        return False
    spooling.drop(connection, [number])
    refusals.suppress(connection, address=address, reason=reason, now=now)
    return True
