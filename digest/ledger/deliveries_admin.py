"""What only an operator may decide about deliveries."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from digest.errors import LedgerError, NotFound
from digest.ledger.aggregate import Aggregate
from digest.ledger.deliveries import mark_restored, resting
from digest.ledger.publications import mark_everybody_behind
from digest.ledger.tables import decision, delivery
from digest.model import DeliveryId, State

_RESTORED = "an older backup was restored: it may have been sent since"


class DeliveriesAdmin(Aggregate):
    """Settles deliveries on the operator's word.

    Raises:
        NotFound: In ``mark_sent``, ``resend`` and ``cancel``: there is no such delivery.
        LedgerError: There, too: the delivery's state forbids it.
    """

    def mark_sent(self, number: DeliveryId, *, now: datetime) -> None:
        """Settle a delivery as sent."""
        frm = (State.UNCERTAIN, State.FAILED, State.EXPIRED, State.DEFERRED, State.PENDING)
        self._decide(number, frm, resting(State.SENT, "marked as sent by the operator", now=now))

    def resend(self, number: DeliveryId, *, now: datetime) -> None:
        """Have a delivery sent again; its time to expire begins anew."""
        frm = (State.UNCERTAIN, State.FAILED, State.EXPIRED, State.CANCELLED, State.DEFERRED)
        # A sender that still has it in hand must not settle what is now another attempt.
        fence = delivery.c.fence + 1
        anew = {"state": State.PENDING, "since": now, "due": now, "detail": None, "fence": fence}
        self._decide(number, frm, {**anew, "owner": None, "updated": now}, with_picks=True)

    def cancel(self, number: DeliveryId, *, now: datetime) -> None:
        """Give a delivery up for good, unless it is at this moment being accepted."""
        frm = (State.PENDING, State.DEFERRED, State.CLAIMED, State.UNCERTAIN)
        self._decide(number, frm, resting(State.CANCELLED, "cancelled by the operator", now=now))

    def restored(self, *, now: datetime) -> int:
        """To be said after an older copy of the database was put back; how many emails are held.
        Emails that this copy has as unsent may have gone out since it was made: they become
        uncertain. So will those of periods that had ended by now, when they are decided again.
        Published files may be ahead of this copy, so everybody's are made anew."""
        with self._database.writing() as connection:
            mark_restored(connection, now=now)
            mark_everybody_behind(connection)
            return connection.execute(
                update(delivery)
                .where(delivery.c.channel == "email", delivery.c.due.is_not(None))
                .values(resting(State.UNCERTAIN, _RESTORED, now=now))
                .values(fence=delivery.c.fence + 1)
            ).rowcount

    def _decide(
        self,
        number: DeliveryId,
        frm: Collection[State],
        values: dict[str, Any],
        *,
        with_picks: bool = False,
    ) -> None:
        """Change a delivery that is in one of these states and, with ``with_picks``, whose digest
        still has them."""
        this = delivery.c.id == number
        query = select(delivery.c.state, func.length(decision.c.body)).join_from(delivery, decision)
        with self._database.writing() as connection:
            row = connection.execute(query.where(this)).first()
            forgotten = row is not None and with_picks and not row[1]
            change = update(delivery).where(this, delivery.c.state.in_(frm)).values(values)
            if not forgotten and connection.execute(change).rowcount:
                return
        if row is None:
            raise NotFound("delivery", str(number))
        if forgotten:
            raise LedgerError(f"delivery {number} is so old that its picks are no longer kept")
        state = row[0]
        *most, last = (one.value for one in frm)
        allowed = f"{', '.join(most)} or {last}"
        raise LedgerError(f"delivery {number} is {state}: only {allowed} can become that")
