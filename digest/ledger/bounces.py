"""Mail that was accepted and came back all the same."""

from datetime import datetime

from sqlalchemy import update

from digest.ledger.aggregate import REFUSALS, Aggregate
from digest.ledger.deliveries import resting
from digest.ledger.suppressions import suppress
from digest.ledger.tables import delivery
from digest.model import DeliveryId, State

ACCEPTED = (State.SENT, State.UNCERTAIN, State.COMMITTED)
"""States of mail that a server may have had. A report is proof that it did, and may be faster
than the record of its answer."""


class Bounces(Aggregate):
    """Reports of mail that came back."""

    def returned(
        self, number: DeliveryId, fence: int | None, *, address: str, reason: str, now: datetime
    ) -> bool:
        """Record that an email came back, and refuse mail to its address from now on. ``fence`` is
        that of the attempt which came back; None where the report does not tell: it then counts
        only for a delivery in which nobody has stepped in between two attempts. False, and nothing
        changed: not sent, returned before, or another attempt than the last."""
        last = delivery.c.attempts if fence is None else fence
        with self._database.writing(REFUSALS) as connection:
            changed = connection.execute(
                update(delivery)
                .where(delivery.c.id == number, delivery.c.channel == "email")
                .where(delivery.c.fence == last, delivery.c.state.in_(ACCEPTED))
                .values(resting(State.FAILED, f"came back: {reason}", now=now))
                .values(fence=delivery.c.fence + 1)
            )
            if not changed.rowcount:
                return False
            suppress(connection, address, reason=reason, now=now)
            return True
