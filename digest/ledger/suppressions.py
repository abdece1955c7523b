"""Who must not be mailed: people who have unsubscribed, and addresses that are suppressed. All is
about email. A feed is fetched by its reader, who need not be kept from it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from digest.ledger.aggregate import INTAKE, REFUSALS, Aggregate, rows_in
from digest.ledger.subscribers import ensure_keys, keys
from digest.ledger.tables import (
    decision,
    delivery,
    failure,
    subscriber,
    suppression,
    unsubscription,
)
from digest.model import Origin, State, SubscriberId
from digest.subscribers.changes import folded

Standing = Literal["active", "unsubscribed", "suppressed"]


@dataclass(frozen=True, slots=True)
class Suppression:
    """An address that must not be mailed."""

    address: str  # Folded
    reason: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Unsubscription:
    """A subscriber who wants no more mail."""

    subscriber: SubscriberId
    since: datetime


class Suppressions(Aggregate):
    """Suppressed addresses, and people who have unsubscribed."""

    def suppress(self, address: str, *, reason: str, now: datetime) -> bool:
        """Refuse all mail to an address; False: it was so already."""
        with self._database.writing(REFUSALS) as connection:
            return suppress(connection, address, reason=reason, now=now)

    def suppressed(self, addresses: Collection[str]) -> dict[str, str]:
        """Of these addresses, those suppressed, each with the reason."""
        with self._database.reading() as connection:
            return _suppressed(connection, addresses)

    def suppressions(self, *, of: Collection[str] | None = None) -> list[Suppression]:
        """All suppressed addresses, oldest first; or those of these folded addresses."""
        query = select(suppression).order_by(suppression.c.since, suppression.c.address)
        if of is None:
            return [Suppression(*row) for row in self._rows(query)]
        return [Suppression(*row) for row in self._rows_in(query, suppression.c.address, of)]

    def unsubscribe(self, subscriber: SubscriberId, *, now: datetime) -> bool:
        """Send a subscriber no more mail, whatever the profile says; False: it was so already."""
        with self._database.writing(INTAKE, REFUSALS) as connection:
            if refused(connection, {subscriber: None}):
                return False
            key = ensure_keys(connection, [subscriber])[subscriber]
            connection.execute(insert(unsubscription), {"subscriber": key, "since": now})
            return True

    def unsubscriptions(
        self, *, of: Collection[SubscriberId] | None = None, have_left: bool = False
    ) -> list[Unsubscription]:
        """All who have unsubscribed, oldest first; or those of these subscribers; with
        ``have_left`` only who has no profile any more."""
        query = (
            select(subscriber.c.name, unsubscription.c.since)
            .join_from(unsubscription, subscriber)
            .order_by(unsubscription.c.since, subscriber.c.name)
        )
        if have_left:
            query = query.where(subscriber.c.profile.is_(None))
        if of is None:
            return [Unsubscription(*row) for row in self._rows(query)]
        return [Unsubscription(*row) for row in self._rows_in(query, subscriber.c.name, of)]

    def count_standings(self, *, origin: Origin | None = None) -> dict[Standing, int]:
        """How many of those who have a profile, with ``origin`` from there, are mailed, and how
        many are not; a standing that nobody has is left out."""
        theirs: ColumnElement[bool] = subscriber.c.profile.is_not(None)
        if origin is not None:
            theirs = and_(theirs, subscriber.c.origin == origin)
        is_off = subscriber.c.id.in_(select(unsubscription.c.subscriber))
        is_suppressed = subscriber.c.address.in_(select(suppression.c.address))
        count = select(func.count()).select_from(subscriber).where(theirs)
        with self._database.reading() as connection:
            everybody = connection.scalar(count) or 0
            off = connection.scalar(count.where(is_off)) or 0
            suppressed = connection.scalar(count.where(is_suppressed, ~is_off)) or 0
        found: dict[Standing, int] = {"active": everybody - off - suppressed}
        found |= {"unsubscribed": off, "suppressed": suppressed}
        return {standing: number for standing, number in found.items() if number}

    def resubscribe(self, subscriber: SubscriberId, address: str | None = None) -> bool:
        """Mail a subscriber again, and an address that is suppressed; False: neither was refused.
        What was accepted so far gets a new fence, so that no report of it counts any more, and
        what failed so far is not counted any longer."""
        place = folded(address)
        with self._database.writing(REFUSALS) as connection:
            key = keys(connection, [subscriber]).get(subscriber)
            theirs = select(decision.c.id).where(decision.c.subscriber == key)
            connection.execute(
                update(delivery)
                .where(delivery.c.decision.in_(theirs), delivery.c.channel == "email")
                .where(delivery.c.state.in_((State.SENT, State.UNCERTAIN)))
                .values(fence=delivery.c.fence + 1)
            )
            mails = select(delivery.c.id).where(delivery.c.decision.in_(theirs))
            connection.execute(delete(failure).where(failure.c.delivery.in_(mails)))
            off = delete(unsubscription).where(unsubscription.c.subscriber == key)
            gone = delete(suppression).where(suppression.c.address == place)
            return bool(connection.execute(off).rowcount + connection.execute(gone).rowcount)

    def refused(self, people: Mapping[SubscriberId, str | None]) -> Mapping[SubscriberId, str]:
        """Of these people, each with an address, those who must not be mailed, and why in words."""
        with self._database.reading() as connection:
            return refused(connection, people)


def suppress(connection: Connection, address: str, *, reason: str, now: datetime) -> bool:
    """Refuse all mail to an address; False: it was so already. The caller holds REFUSALS."""
    if _suppressed(connection, [address]):
        return False
    row = {"address": folded(address), "reason": reason, "since": now}
    connection.execute(insert(suppression), row)
    return True


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
    known = _suppressed(connection, [address for address in people.values() if address])
    reasons = {
        name: f"address suppressed: {known[address]}"
        for name, address in people.items()
        if address in known
    }
    left = select(subscriber.c.name).join_from(unsubscription, subscriber)
    gone = rows_in(connection, left, subscriber.c.name, people)
    return reasons | {SubscriberId(row.name): "unsubscribed" for row in gone}


def _suppressed(connection: Connection, addresses: Collection[str]) -> dict[str, str]:
    asked = {folded(address) for address in addresses}
    rows = rows_in(connection, select(suppression), suppression.c.address, asked)
    reasons = {row.address: row.reason for row in rows}
    return {one: reasons[folded(one)] for one in addresses if folded(one) in reasons}
