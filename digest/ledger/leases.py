"""Deliveries in somebody's hand: claimed under a lease, renewed, and given up after a crash. Every
claim raises the delivery's fence; a write that brings an older fence changes nothing."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    true,
    update,
)

from digest.ledger import decisions, spool
from digest.ledger.aggregate import SKEW, Aggregate, rows_in
from digest.ledger.subscribers import READER, stored
from digest.ledger.tables import decision, delivery
from digest.model import EVERYBODY, Channel, Claim, DeliveryId, Shard, State

Mode = Literal["hold", "resend"]
"""What becomes of a delivery that may or may not have been accepted."""

_OPEN = (State.PENDING, State.DEFERRED, State.CLAIMED)
_IN_HAND = and_(delivery.c.due.is_not(None), delivery.c.state.in_((State.CLAIMED, State.COMMITTED)))
_CLAIM = (delivery.c.id, delivery.c.decision, delivery.c.fence, delivery.c.attempts)
_STOPPED = "its sender stopped before the server's answer was recorded"


class Leases(Aggregate):
    """Who has which deliveries in hand, and until when."""

    def claim(
        self,
        channel: Channel,
        owner: str,
        *,
        now: datetime,
        lease: timedelta,
        limit: int,
        shard: Shard = EVERYBODY,
    ) -> list[Claim]:
        """Take up to ``limit`` deliveries to subscribers of a shard that are pending, deferred
        until now or earlier, or claimed under a lease that has lapsed: those due longest first, or,
        of a part of the subscribers, one after the other. An index gives them in that order, so
        that a claim costs the same however many are waiting."""
        place = delivery.c.due if shard == EVERYBODY else delivery.c.subscriber
        with self._database.writing() as connection:
            spool.tidy(connection)
            taken = (
                select(delivery.c.id)
                .where(free(channel, now, shard))
                .order_by(place, delivery.c.id)
                .limit(limit)
                .with_for_update(skip_locked=True)
                .cte("taken")
            )
            rows = connection.execute(
                update(delivery)
                .where(delivery.c.id.in_(select(taken.c.id)))
                .values(state=State.CLAIMED, owner=owner, updated=now, due=now + lease)
                .values(fence=delivery.c.fence + 1, attempts=delivery.c.attempts + 1)
                .returning(*_CLAIM)
            ).all()
            return _claims(connection, channel, rows)

    def claimable(
        self, channel: Channel, *, now: datetime, after: DeliveryId, limit: int
    ) -> list[Claim]:
        """What ``claim`` would take, without taking it: ``limit`` deliveries beyond ``after``."""
        beyond = and_(free(channel, now), delivery.c.id > after)
        query = select(*_CLAIM).where(beyond).order_by(delivery.c.id)
        with self._database.reading() as connection:
            return _claims(connection, channel, connection.execute(query.limit(limit)).all())

    def waiting(self, channel: Channel, *, now: datetime, shard: Shard = EVERYBODY) -> int:
        """How many deliveries ``claim`` would find."""
        return self._count(select(func.count()).where(free(channel, now, shard)))

    def renew(self, owner: str, *, now: datetime, lease: timedelta) -> int:
        """Extend the lease of everything an owner has in hand; how many deliveries that is."""
        with self._database.writing() as connection:
            return connection.execute(
                update(delivery)
                .where(_IN_HAND, delivery.c.owner == owner)
                .values(updated=now, due=now + lease)
            ).rowcount

    def owners(self) -> list[str]:
        """Everybody who has a delivery in hand."""
        query = select(delivery.c.owner).distinct().where(_IN_HAND).order_by(delivery.c.owner)
        return [one for (one,) in self._rows(query)]

    def recover(self, *, now: datetime, mode: Mode = "hold") -> int:
        """Give up on what was committed under a lease that has lapsed; how many deliveries.
        ``hold`` makes them uncertain, ``resend`` pending again. What was only claimed needs no
        recovery: it is free to be claimed."""
        with self._database.writing() as connection:
            return _give_up_committed(connection, lapsed(now), now=now, mode=mode)

    def release(self, owners: Collection[str], *, now: datetime, mode: Mode = "hold") -> int:
        """Give up on everything these dead owners have in hand, before their leases end. What was
        committed goes the way that ``recover`` says; what was only claimed is pending again.
        Returns how many deliveries were committed."""
        with self._database.writing() as connection:
            spool.tidy(connection)
            theirs = delivery.c.owner.in_(owners)
            given_up = _give_up_committed(connection, theirs, now=now, mode=mode)
            connection.execute(
                update(delivery)
                .where(delivery.c.due.is_not(None), delivery.c.state == State.CLAIMED, theirs)
                .values(state=State.PENDING, owner=None, updated=now, due=_due_again(now))
            )
            return given_up


def _claims(connection: Connection, channel: Channel, rows: Sequence[Any]) -> list[Claim]:
    query = decisions.DIGESTS.add_columns(*READER)
    asked = {row.decision for row in rows}
    decided = list(rows_in(connection, query, decision.c.id, asked))
    digests = decisions.read_digests(connection, decided)
    readers = {row.decision: stored(row) for row in decided if row.profile is not None}
    kept = spool.kept(connection, [row.id for row in rows if row.attempts > 1])
    return [
        Claim(
            number,
            channel,
            digests[decided_as],
            fence,
            attempt,
            readers.get(decided_as),
            kept.get(number),
        )
        for number, decided_as, fence, attempt in sorted(rows)
    ]


def lapsed(now: datetime) -> ColumnElement[bool]:
    """Whether a delivery's time has come, or its lease has ended."""
    return or_(delivery.c.due <= now, delivery.c.updated > now + SKEW)


def free(channel: Channel, now: datetime, shard: Shard = EVERYBODY) -> ColumnElement[bool]:
    """Whether a delivery may be worked on."""
    everybody = shard == EVERYBODY
    return and_(
        delivery.c.channel == channel,
        true() if everybody else delivery.c.subscriber.between(shard.first, shard.last),
        delivery.c.due.is_not(None),
        delivery.c.state.in_(_OPEN),
        or_(delivery.c.state == State.PENDING, lapsed(now)),
    )


def _due_again(now: datetime) -> ColumnElement[datetime]:
    """When a delivery fell due at first; now, where the clock was put back before that."""
    since = delivery.c.since
    return case((since < now, since), else_=literal(now, since.type))


def _give_up_committed(
    connection: Connection, which: ColumnElement[bool], *, now: datetime, mode: Mode
) -> int:
    values: dict[str, object] = {"state": State.UNCERTAIN, "due": None, "detail": _STOPPED}
    if mode == "resend":
        values = {"state": State.PENDING, "due": _due_again(now)}
    return connection.execute(
        update(delivery)
        .where(delivery.c.due.is_not(None), delivery.c.state == State.COMMITTED, which)
        .values(**values, owner=None, updated=now)
    ).rowcount
