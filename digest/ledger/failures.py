"""Digests that were refused for good or came back, counted against the address that they went to.
It is suppressed at once where it does not exist, and otherwise where failures persist."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import dropwhile, takewhile

from sqlalchemy import Connection, delete, insert, or_, select, update

from digest.ledger.aggregate import REFUSALS, Aggregate
from digest.ledger.column_types import fit
from digest.ledger.deliveries import resting
from digest.ledger.suppressions import suppress
from digest.ledger.tables import decision, delivery, failure, subscriber, suppression
from digest.model import DeliveryId, Outcome, State, SubscriberId
from digest.subscribers.changes import folded

PERSISTENT, OVER = 3, timedelta(days=7)
"""So many digests in a row, the first and the last of them so far apart, suppress an address."""
ACCEPTED = (State.SENT, State.UNCERTAIN, State.COMMITTED)
"""States of mail that a server may have had. A report is proof that it did, and may be faster
than the record of its answer."""
_LONGEST = 500  # the most deliveries of one subscriber that are looked at
_SHOWN = timedelta(days=30)  # how long after its last failure an address is listed


@dataclass(frozen=True, slots=True)
class Failing:
    """The digests that failed in a row on their way to one address."""

    subscriber: SubscriberId
    address: str  # folded
    digests: int
    since: datetime  # when the first of them was composed
    until: datetime  # when the last of them was
    reason: str  # why the last of them failed
    suppressed: bool = False  # whether the address is suppressed for it


class Failures(Aggregate):
    """Mail that came back, and what fails in a row."""

    def returned(
        self,
        number: DeliveryId,
        fence: int | None,
        *,
        address: str,
        reason: str,
        at_once: bool,
        now: datetime,
    ) -> Failing | None:
        """Record that an email came back, and count it against its address, which is refused all
        mail from now on, ``at_once`` or where failures persist. ``fence`` is that of the attempt
        which came back; None where the report does not tell: it then counts only for a delivery in
        which nobody has stepped in between two attempts. None, and nothing changed: not sent,
        returned before, or another attempt than the last."""
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
                return None
            return _count(connection, number, address, reason, at_once=at_once, now=now)

    def failing(self, *, now: datetime) -> list[Failing]:
        """The addresses to which digests failed within a month and that are not suppressed, each
        with its last failures in a row, by subscriber."""
        theirs = (
            select(subscriber.c.id, failure.c.address)
            .join_from(failure, delivery)
            .join(decision)
            .join(subscriber)
            .where(failure.c.at > now - _SHOWN)
            .where(failure.c.address.not_in(select(suppression.c.address)))
            .order_by(subscriber.c.name)
            .distinct()
            .add_columns(subscriber.c.name)
        )
        with self._database.reading() as connection:
            return [
                _in_a_row(connection, row.id, row.address)
                for row in connection.execute(theirs).all()
            ]


def count(connection: Connection, ended: Collection[tuple[Outcome, int]], *, now: datetime) -> None:
    """Count deliveries that have just been settled as refused for good, each with its fence, if
    they were. The caller holds REFUSALS."""
    for outcome, fence in ended:
        refusal = outcome.refusal
        settled = select(delivery.c.id).where(
            delivery.c.id == outcome.delivery,
            delivery.c.fence == fence,
            delivery.c.state == State.FAILED,
        )
        if refusal is not None and connection.scalar(settled) is not None:
            address, at_once = refusal.address, refusal.is_unknown
            _count(connection, outcome.delivery, address, outcome.detail, at_once=at_once, now=now)


def _count(
    connection: Connection,
    number: DeliveryId,
    address: str,
    reason: str,
    *,
    at_once: bool,
    now: datetime,
) -> Failing:
    place, words = folded(address), fit(reason)
    connection.execute(delete(failure).where(failure.c.delivery == number))
    row = {"delivery": number, "address": place, "reason": words, "at": now}
    connection.execute(insert(failure), row)
    whose = select(decision.c.subscriber).join_from(delivery, decision)
    key = connection.execute(whose.where(delivery.c.id == number)).scalar_one()
    found = _in_a_row(connection, key, place)
    if at_once:
        suppress(connection, address, reason=words, now=now)
    elif found.digests >= PERSISTENT and found.until - found.since >= OVER:
        why = f"{found.digests} digests failed since {found.since:%Y-%m-%d}: {words}"
        suppress(connection, address, reason=why, now=now)
    else:
        return found
    return replace(found, suppressed=True)


def _in_a_row(connection: Connection, key: int, place: str) -> Failing:
    """The failures of a subscriber at an address, back from the last one to the digest before them
    that got through. A digest that has no count, since it was cancelled, say, is passed over."""
    query = (
        select(subscriber.c.name, decision.c.composed, failure.c.address, failure.c.reason)
        .join_from(delivery, decision)
        .join(subscriber)
        .outerjoin(failure, failure.c.delivery == delivery.c.id)
        .where(decision.c.subscriber == key, delivery.c.channel == "email")
        .where(or_(delivery.c.state == State.SENT, failure.c.delivery.is_not(None)))
        .order_by(delivery.c.id.desc())
        .limit(_LONGEST)
    )
    rows = dropwhile(lambda row: row.address != place, connection.execute(query).all())
    failed = list(takewhile(lambda row: row.address == place, rows))
    first, last = failed[-1], failed[0]
    number = len(failed)
    return Failing(last.name, place, number, first.composed, last.composed, last.reason)
