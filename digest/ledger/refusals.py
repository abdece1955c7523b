"""Who must not be mailed: unsubscribed people, suppressed addresses and subscribers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, delete, insert, select

from digest.ledger.database import batches
from digest.ledger.subscribers import enrolled, keys
from digest.ledger.tables import subscriber, suppression, unsubscription
from digest.model import Channel, DeliveryId, SubscriberId

ADDRESS, SUBSCRIBER = "address", "subscriber"


@dataclass(frozen=True, slots=True)
class Suppression:
    """An address or a subscriber that must not be mailed; exactly one of the two is set."""

    reason: str
    since: datetime
    address: str | None = None
    subscriber: SubscriberId | None = None


@dataclass(frozen=True, slots=True)
class Unsubscription:
    """A channel that a subscriber has turned off."""

    subscriber: SubscriberId
    channel: Channel
    since: datetime


def folded(address: str) -> str:
    """An address as it is compared: without case or outer space."""
    return address.strip().casefold()


def suppress(
    connection: Connection,
    *,
    address: str | None = None,
    subscriber: SubscriberId | None = None,
    reason: str,
    now: datetime,
) -> bool:
    """Refuse all mail to an address, or to a subscriber wherever it lives; False: it was so."""
    kind, target = _target(address, subscriber)
    there = and_(suppression.c.kind == kind, suppression.c.target == target)
    if connection.scalar(select(suppression.c.since).where(there)):
        return False
    row = {"kind": kind, "target": target, "reason": reason, "since": now}
    connection.execute(insert(suppression), row)
    return True


def unsuppress(
    connection: Connection, *, address: str | None = None, subscriber: SubscriberId | None = None
) -> bool:
    """Lift a suppression; False: there was none."""
    kind, target = _target(address, subscriber)
    gone = connection.execute(
        delete(suppression).where(suppression.c.kind == kind, suppression.c.target == target)
    )
    return gone.rowcount > 0


def suppressions(connection: Connection) -> list[Suppression]:
    """All of them, oldest first."""
    rows = connection.execute(
        select(
            suppression.c.kind, suppression.c.target, suppression.c.reason, suppression.c.since
        ).order_by(suppression.c.since, suppression.c.target)
    )
    return [
        Suppression(reason, since, address=target)
        if kind == ADDRESS
        else Suppression(reason, since, subscriber=SubscriberId(target))
        for kind, target, reason, since in rows
    ]


def suppressed(connection: Connection, addresses: Collection[str]) -> dict[str, str]:
    """Of these addresses, those suppressed, each with the reason."""
    known = _known(connection, {folded(address) for address in addresses})
    by_address = {address: (ADDRESS, folded(address)) for address in addresses}
    return {address: known[key] for address, key in by_address.items() if key in known}


def unsubscribe(
    connection: Connection, name: SubscriberId, channel: Channel, *, now: datetime
) -> bool:
    """Turn a channel off for good, whatever the profile says; False: it was off."""
    key = enrolled(connection, [name])[name]
    if (key, channel) in _unsubscribed(connection, [key]):
        return False
    row = {"subscriber": key, "channel": channel, "since": now}
    connection.execute(insert(unsubscription), row)
    return True


def resubscribe(connection: Connection, name: SubscriberId, channel: Channel) -> bool:
    """Turn a channel on again; False: it was not off."""
    key = keys(connection, [name]).get(name)
    gone = connection.execute(
        delete(unsubscription).where(
            unsubscription.c.subscriber == key, unsubscription.c.channel == channel
        )
    )
    return gone.rowcount > 0


def unsubscriptions(connection: Connection) -> list[Unsubscription]:
    """All of them, oldest first."""
    rows = connection.execute(
        select(subscriber.c.name, unsubscription.c.channel, unsubscription.c.since)
        .join_from(unsubscription, subscriber)
        .order_by(unsubscription.c.since, subscriber.c.name)
    )
    return [Unsubscription(SubscriberId(name), channel, since) for name, channel, since in rows]


@dataclass(frozen=True, slots=True)
class Recipient:
    """For whom a delivery is meant."""

    key: int
    name: SubscriberId
    channel: Channel
    address: str | None


def refused(connection: Connection, meant: Mapping[DeliveryId, Recipient]) -> dict[DeliveryId, str]:
    """Of these deliveries, those that must not go out, each with the reason in words."""
    off = _unsubscribed(connection, {one.key for one in meant.values()})
    addressed = {one.address: folded(one.address) for one in meant.values() if one.address}
    known = _known(connection, {*(one.name for one in meant.values()), *addressed.values()})
    people = {target: reason for (kind, target), reason in known.items() if kind == SUBSCRIBER}
    addresses = {
        address: known[ADDRESS, target]
        for address, target in addressed.items()
        if (ADDRESS, target) in known
    }
    reasons: dict[DeliveryId, str] = {}
    for number, one in meant.items():
        if (one.key, one.channel) in off:
            reasons[number] = "unsubscribed"
        elif one.channel == "email" and one.name in people:
            reasons[number] = f"suppressed: {people[one.name]}"
        elif one.address in addresses:
            reasons[number] = f"address suppressed: {addresses[one.address]}"
    return reasons


def _target(address: str | None, name: SubscriberId | None) -> tuple[str, str]:
    if (address is None) == (name is None):
        raise ValueError("name an address or a subscriber")
    return (ADDRESS, folded(address)) if address is not None else (SUBSCRIBER, str(name))


_SUPPRESSED = select(suppression.c.kind, suppression.c.target, suppression.c.reason).where(
    suppression.c.target.in_(bindparam("targets", expanding=True))
)
_OFF = select(unsubscription.c.subscriber, unsubscription.c.channel).where(
    unsubscription.c.subscriber.in_(bindparam("who", expanding=True))
)


def _known(connection: Connection, targets: Collection[str]) -> dict[tuple[str, str], str]:
    """Reasons by kind and target."""
    found: dict[tuple[str, str], str] = {}
    for batch in batches(targets):
        rows = connection.execute(_SUPPRESSED, {"targets": batch})
        found.update(((kind, target), reason) for kind, target, reason in rows)
    return found


def _unsubscribed(connection: Connection, who: Collection[int]) -> set[tuple[int, str]]:
    found: set[tuple[int, str]] = set()
    for batch in batches(who):
        found.update((key, channel) for key, channel in connection.execute(_OFF, {"who": batch}))
    return found
