"""Mail that was accepted and came back all the same."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, update

from digest.ledger import suppressions
from digest.ledger.tables import delivery
from digest.model import DeliveryId, State

ACCEPTED = (State.SENT, State.UNCERTAIN, State.COMMITTED)
"""States of mail that a server may have had. A report is proof that it did, and may be faster
than the record of its answer."""


def returned(
    connection: Connection,
    number: DeliveryId,
    fence: int | None,
    *,
    address: str,
    reason: str,
    now: datetime,
) -> bool:
    """Record that an email came back, and refuse mail to its address from now on.

    ``fence`` is that of the attempt which came back; None where the report does not tell: it
    then counts only for a delivery in which nobody has stepped in between two attempts.
    False, and nothing changed: not sent, returned before, or another attempt than the last.
    """
    last = delivery.c.attempts if fence is None else fence
    changed = connection.execute(
        update(delivery)
        .where(delivery.c.id == number, delivery.c.channel == "email")
        .where(delivery.c.fence == last)
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
    suppressions.suppress(connection, address, reason=reason, now=now)
    return True
