"""The way of a delivery: claimed, committed, settled, and taken up again after a crash.

Every claim raises the delivery's fence; a write that brings an older fence changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, Connection, bindparam, insert, or_, select, update

from digest.ledger import digests, refusals, spooling
from digest.ledger.database import batches, next_key
from digest.ledger.refusals import Recipient
from digest.ledger.restoring import may_have_gone_out, restored_on
from digest.ledger.tables import decision, delivery, subscriber
from digest.model import Channel, Claim, DeliveryId, Outcome, Period, State, SubscriberId

Mode = Literal["hold", "resend"]
"""What becomes of a delivery that may or may not have been accepted."""

SKEW = timedelta(hours=1)
"""A row written further ahead of ``now`` than this was written before a clock was put back;
its waiting time means nothing any more."""

_OPEN = (State.PENDING, State.DEFERRED, State.CLAIMED)
_IN_HAND = (State.CLAIMED, State.COMMITTED)
_SETTLEABLE = (State.CLAIMED, State.COMMITTED, State.UNCERTAIN, State.PENDING)
"""States in which the last owner's outcome counts: also where it was given up for dead and
nobody has claimed the delivery since."""
_STOPPED = "its sender stopped before the server's answer was recorded"
_RESTORED = "an older backup was restored: it may have been sent before"

# Built once: for every mail of a pass these run anew, and building them takes longer than that.
_NUMBERED = delivery.c.id.in_(bindparam("numbers", expanding=True))
_HELD = (
    select(
        delivery.c.id,
        delivery.c.fence,
        subscriber.c.id.label("key"),
        subscriber.c.name,
        delivery.c.channel,
        delivery.c.since,
    )
    .join_from(delivery, decision)
    .join(subscriber)
    .where(_NUMBERED, delivery.c.state == State.CLAIMED)
    .order_by(delivery.c.id)
    .with_for_update(of=delivery)
)
_GO = update(delivery).where(_NUMBERED).values(state=State.COMMITTED, updated=bindparam("now"))
_OPEN_TO = (
    select(delivery.c.id, delivery.c.fence)
    .where(_NUMBERED, delivery.c.state.in_(_SETTLEABLE))
    .order_by(delivery.c.id)
    .with_for_update()
)
_SETTLED = (
    update(delivery)
    .where(delivery.c.id == bindparam("which"))
    .values(
        state=bindparam("to"),
        detail=bindparam("words"),
        due=bindparam("again"),
        owner=None,
        updated=bindparam("now"),
    )
)


@dataclass(frozen=True, slots=True)
class New:
    """A delivery to be added."""

    decision: int
    channel: Channel
    period: Period
    since: datetime


def add(connection: Connection, new: Sequence[New]) -> None:
    """Add deliveries: pending, or uncertain where a restored backup may have forgotten them."""
    if not new:
        return
    first, restored = next_key(connection, delivery.c.id), restored_on(connection)
    rows = []
    for number, one in enumerate(new, first):
        held = one.channel == "email" and may_have_gone_out(one.period, restored)
        rows.append(
            {
                "id": number,
                "decision": one.decision,
                "channel": one.channel,
                "state": State.UNCERTAIN if held else State.PENDING,
                "fence": 0,
                "attempts": 0,
                "since": one.since,
                "updated": one.since,
                "due": None if held else one.since,
                "detail": _RESTORED if held else None,
            }
        )
    connection.execute(insert(delivery), rows)


def claim(
    connection: Connection,
    channel: Channel,
    owner: str,
    *,
    now: datetime,
    lease: timedelta,
    limit: int,
) -> list[Claim]:
    """Take up to ``limit`` deliveries that may be worked on, those due longest first."""
    taken = (
        select(delivery.c.id)
        .where(delivery.c.channel == channel, delivery.c.due.is_not(None))
        .where(delivery.c.state.in_(_OPEN))
        .where(or_(delivery.c.state == State.PENDING, _lapsed(now)))
        .order_by(delivery.c.due, delivery.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("taken")
    )
    rows = connection.execute(
        update(delivery)
        .where(delivery.c.id.in_(select(taken.c.id)))
        .values(
            state=State.CLAIMED,
            owner=owner,
            fence=delivery.c.fence + 1,
            attempts=delivery.c.attempts + 1,
            updated=now,
            due=now + lease,
        )
        .returning(delivery.c.id, delivery.c.decision, delivery.c.fence, delivery.c.attempts)
    ).all()
    decided = digests.by_number(connection, {row.decision for row in rows})
    return [
        Claim(DeliveryId(row.id), channel, decided[row.decision], row.fence, row.attempts)
        for row in sorted(rows, key=lambda row: row.id)
    ]


def commit(
    connection: Connection,
    claims: Collection[tuple[DeliveryId, int]],
    *,
    now: datetime,
    expire_after: timedelta | None = None,
    recipients: Mapping[DeliveryId, str] | None = None,
) -> set[DeliveryId]:
    """Mark (delivery, fence) pairs as about to be accepted; those that may go on.

    The others have lost their fence, or end here as cancelled or expired, with the reason:
    unsubscribed, suppressed (``recipients`` gives the addresses), older than ``expire_after``.
    """
    allowed: set[DeliveryId] = set()
    for batch in batches(set(claims)):
        held = _claimed(connection, batch)
        addresses = recipients or {}
        meant = {
            number: Recipient(key, name, channel, addresses.get(number))
            for number, (key, name, channel, _) in held.items()
        }
        ends = {
            number: (State.CANCELLED, reason)
            for number, reason in refusals.refused(connection, meant).items()
        }
        for number, (_, _, _, since) in held.items():
            if expire_after is not None and since + expire_after <= now:
                ends.setdefault(number, _expired(expire_after))
        _end(connection, ends, now=now)
        going = sorted(held.keys() - ends.keys())
        if going:
            connection.execute(_GO, {"numbers": going, "now": now})
        allowed.update(going)
    return allowed


def settle(
    connection: Connection, outcomes: Collection[tuple[Outcome, int]], *, now: datetime
) -> None:
    """Record outcomes with their fences; one whose fence is old changes nothing."""
    first = {(outcome.delivery, fence): outcome for outcome, fence in reversed([*outcomes])}
    for batch in batches(sorted(first)):
        rows = connection.execute(_OPEN_TO, {"numbers": [number for number, _ in batch]})
        known = {(number, fence) for number, fence in rows}
        _write(connection, [first[pair] for pair in batch if pair in known], now=now)


def renew(connection: Connection, owner: str, *, now: datetime, lease: timedelta) -> int:
    """Extend the lease of everything an owner has in hand; how many deliveries that is."""
    return connection.execute(
        update(delivery)
        .where(delivery.c.due.is_not(None), delivery.c.state.in_(_IN_HAND))
        .where(delivery.c.owner == owner)
        .values(updated=now, due=now + lease)
    ).rowcount


def owners(connection: Connection) -> list[str]:
    """Everybody who has a delivery in hand."""
    return list(
        connection.scalars(
            select(delivery.c.owner)
            .distinct()
            .where(delivery.c.due.is_not(None), delivery.c.state.in_(_IN_HAND))
            .order_by(delivery.c.owner)
        )
    )


def recover(connection: Connection, *, now: datetime, mode: Mode) -> int:
    """Give up on what was committed under a lease that has lapsed; how many deliveries.

    ``hold`` makes them uncertain, ``resend`` pending again. What was only claimed needs no
    recovery: it is free to be claimed.
    """
    return _give_up_committed(connection, _lapsed(now), now=now, mode=mode)


def release(connection: Connection, dead: Collection[str], *, now: datetime, mode: Mode) -> int:
    """Give up on everything these owners have in hand, before their leases end; how many."""
    given_up = 0
    for batch in batches(dead):
        theirs = delivery.c.owner.in_(batch)
        given_up += _give_up_committed(connection, theirs, now=now, mode=mode)
        given_up += connection.execute(
            update(delivery)
            .where(delivery.c.due.is_not(None), delivery.c.state == State.CLAIMED, theirs)
            .values(state=State.PENDING, owner=None, updated=now, due=delivery.c.since)
        ).rowcount
    return given_up


def expire(connection: Connection, *, now: datetime, expire_after: timedelta) -> int:
    """End what has waited longer than ``expire_after`` without being accepted; how many."""
    waiting = connection.scalars(
        select(delivery.c.id)
        .where(delivery.c.due.is_not(None))
        .where(delivery.c.state.in_((State.PENDING, State.DEFERRED)))
        .where(delivery.c.since <= now - expire_after)
        .with_for_update(skip_locked=True)
    ).all()
    _end(connection, dict.fromkeys(waiting, _expired(expire_after)), now=now)
    return len(waiting)


def _expired(expire_after: timedelta) -> tuple[State, str]:
    return State.EXPIRED, f"not sent within {expire_after / timedelta(hours=1):g} hours"


def _lapsed(now: datetime) -> ColumnElement[bool]:
    return or_(delivery.c.due <= now, delivery.c.updated > now + SKEW)


def _claimed(
    connection: Connection, claims: Collection[tuple[DeliveryId, int]]
) -> dict[DeliveryId, tuple[int, SubscriberId, Channel, datetime]]:
    """Of these (delivery, fence) pairs, those still held: for whom, on which channel, since."""
    rows = connection.execute(_HELD, {"numbers": [number for number, _ in claims]})
    wanted = set(claims)
    return {
        row.id: (row.key, row.name, row.channel, row.since)
        for row in rows
        if (row.id, row.fence) in wanted
    }


def _give_up_committed(
    connection: Connection, which: ColumnElement[bool], *, now: datetime, mode: Mode
) -> int:
    values: dict[str, object] = {"state": State.UNCERTAIN, "due": None, "detail": _STOPPED}
    if mode == "resend":
        values = {"state": State.PENDING, "due": delivery.c.since}
    return connection.execute(
        update(delivery)
        .where(delivery.c.due.is_not(None), delivery.c.state == State.COMMITTED, which)
        .values(**values, owner=None, updated=now)
    ).rowcount


def _end(
    connection: Connection, ends: Mapping[DeliveryId, tuple[State, str]], *, now: datetime
) -> None:
    outcomes = [Outcome(number, state, detail) for number, (state, detail) in ends.items()]
    _write(connection, outcomes, now=now)


def _write(connection: Connection, outcomes: Sequence[Outcome], *, now: datetime) -> None:
    if not outcomes:
        return
    connection.execute(
        _SETTLED,
        [
            {
                "which": one.delivery,
                "to": one.state,
                "words": one.detail,
                "again": (one.retry_at or now) if one.state is State.DEFERRED else None,
                "now": now,
            }
            for one in outcomes
        ],
    )
    spooling.drop(connection, [one.delivery for one in outcomes if one.state in spooling.SETTLED])
