"""Who must not be mailed: people who have unsubscribed, addresses that are suppressed.

Both are about email. A feed is fetched by its reader, who need not be kept from it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, exists, insert, or_, select, update

from digest.ledger.database import batches
from digest.ledger.subscribers import ensure_keys, keys
from digest.ledger.tables import decision, delivery, subscriber, suppression, unsubscription
from digest.model import State, SubscriberId


@dataclass(frozen=True, slots=True)
class Suppression:
    """An address that must not be mailed."""

    address: str
    """Folded."""
    reason: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Unsubscription:
    """A subscriber who wants no more mail."""

    subscriber: SubscriberId
    since: datetime


def folded(address: str) -> str:
    """An address as it is compared: without case or outer space."""
    return address.strip().casefold()


def suppress(connection: Connection, address: str, *, reason: str, now: datetime) -> bool:
    """Refuse all mail to an address; False: it was so already."""
    if suppressed(connection, [address]):
        return False
    row = {"address": folded(address), "reason": reason, "since": now}
    connection.execute(insert(suppression), row)
    return True


def suppressions(connection: Connection) -> list[Suppression]:
    """All of them, oldest first."""
    rows = connection.execute(
        select(suppression).order_by(suppression.c.since, suppression.c.address)
    )
    return [Suppression(row.address, row.reason, row.since) for row in rows]


def suppressed(connection: Connection, addresses: Collection[str]) -> dict[str, str]:
    """Of these addresses, those suppressed, each with the reason."""
    reasons: dict[str, str] = {}
    for batch in batches({folded(address) for address in addresses}):
        rows = connection.execute(select(suppression).where(suppression.c.address.in_(batch)))
        reasons.update((row.address, row.reason) for row in rows)
    return {one: reasons[folded(one)] for one in addresses if folded(one) in reasons}


def unsubscribe(connection: Connection, name: SubscriberId, *, now: datetime) -> bool:
    """Send a subscriber no more mail, whatever the profile says; False: it was so already."""
    if refused(connection, {name: None}):
        return False
    key = ensure_keys(connection, [name])[name]
    connection.execute(insert(unsubscription), {"subscriber": key, "since": now})
    return True


def unsubscriptions(connection: Connection) -> list[Unsubscription]:
    """All of them, oldest first."""
    rows = connection.execute(
        select(subscriber.c.name, unsubscription.c.since)
        .join_from(unsubscription, subscriber)
        .order_by(unsubscription.c.since, subscriber.c.name)
    )
    return [Unsubscription(SubscriberId(name), since) for name, since in rows]


def resubscribe(connection: Connection, name: SubscriberId, address: str | None) -> bool:
    """Mail a subscriber again, and an address that is suppressed; False: neither was refused.

    What was accepted so far gets a new fence, so that no report of it counts any more.
    """
    key = keys(connection, [name]).get(name)
    gone = connection.execute(delete(unsubscription).where(unsubscription.c.subscriber == key))
    place = folded(address or "")
    lifted = connection.execute(delete(suppression).where(suppression.c.address == place))
    theirs = select(decision.c.id).where(decision.c.subscriber == key)
    connection.execute(
        update(delivery)
        .where(delivery.c.decision.in_(theirs), delivery.c.channel == "email")
        .where(delivery.c.state.in_((State.SENT, State.UNCERTAIN)))
        .values(fence=delivery.c.fence + 1)
    )
    return gone.rowcount + lifted.rowcount > 0


def of_delivery(address: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a ``delivery`` by email must not go out; ``address``: where it would go, folded."""
    person = exists().where(
        delivery.c.channel == "email",
        decision.c.id == delivery.c.decision,
        unsubscription.c.subscriber == decision.c.subscriber,
    )
    return or_(person, exists().where(suppression.c.address == address))


def refused(
    connection: Connection, people: Mapping[SubscriberId, str | None]
) -> dict[SubscriberId, str]:
    """Of these people, each with an address, those who must not be mailed, and why in words."""
    known = suppressed(connection, [address for address in people.values() if address])
    reasons = {
        name: f"address suppressed: {known[address]}"
        for name, address in people.items()
        if address in known
    }
    for batch in batches(people):
        rows = connection.scalars(
            select(subscriber.c.name)
            .join_from(unsubscription, subscriber)
            .where(subscriber.c.name.in_(batch))
        )
        reasons.update((SubscriberId(name), "unsubscribed") for name in rows)
    return reasons
