"""The way of a delivery: claimed, committed, settled, and taken up again after a crash.

Every claim raises the delivery's fence; a write that brings an older fence changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    func,
    insert,
    null,
    or_,
    select,
    update,
)

from digest.ledger import digests, spool, suppressions
from digest.ledger.bulk import Bulk
from digest.ledger.database import batches
from digest.ledger.restore_mark import may_have_gone_out, restored_on
from digest.ledger.tables import EPOCH, decision, delivery, fit, microseconds, subscriber
from digest.model import Channel, Claim, DeliveryId, Outcome, Period, State

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


_THIS = and_(delivery.c.id == bindparam("which"), delivery.c.fence == bindparam("held"))
_GO = Bulk(
    update(delivery)
    .where(_THIS, delivery.c.state == State.CLAIMED, delivery.c.since > bindparam("oldest"))
    .where(~suppressions.of_delivery(bindparam("address")))
    .values(state=State.COMMITTED, updated=bindparam("now"))
)
_SETTLED = Bulk(
    update(delivery)
    .where(_THIS, or_(*(delivery.c.state == state for state in _SETTLEABLE)))
    .values(
        state=bindparam("to"),
        detail=bindparam("words"),
        due=bindparam("again"),
        owner=null(),
        updated=bindparam("now"),
    )
)


class SomeRefused(Exception):
    """Of deliveries that were to be committed together, not all may go on."""


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
    restored = restored_on(connection)
    rows = []
    for one in new:
        held = one.channel == "email" and may_have_gone_out(one.period, restored)
        rows.append(
            {
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
    spool.tidy(connection)
    taken = (
        select(delivery.c.id)
        .where(_free(channel, now))
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
    kept = spool.kept(connection, [row.id for row in rows if row.attempts > 1])
    return [
        Claim(
            DeliveryId(row.id),
            channel,
            decided[row.decision],
            row.fence,
            row.attempts,
            kept.get(row.id),
        )
        for row in sorted(rows, key=lambda row: row.id)
    ]


def due(connection: Connection, channel: Channel, *, now: datetime) -> int:
    """How many deliveries may be worked on."""
    return connection.execute(select(func.count()).where(_free(channel, now))).scalar_one()


def commit(
    connection: Connection,
    claims: Collection[tuple[DeliveryId, int]],
    *,
    now: datetime,
    expire_after: timedelta | None = None,
    recipients: Mapping[DeliveryId, str | None],
) -> set[DeliveryId]:
    """Mark (delivery, fence) pairs as about to be accepted, all of them in one statement.

    Raises SomeRefused where one may not go on: undo the transaction, then ``commit_each``.
    """
    rows = _asking(claims, now, expire_after, recipients)
    if _GO.run(connection, rows) != len(rows):
        raise SomeRefused
    return {number for number, _ in claims}


def commit_each(
    connection: Connection,
    claims: Collection[tuple[DeliveryId, int]],
    *,
    now: datetime,
    expire_after: timedelta | None = None,
    recipients: Mapping[DeliveryId, str | None],
) -> set[DeliveryId]:
    """Mark (delivery, fence) pairs as about to be accepted; those that may go on.

    The others have lost their fence, or end here as cancelled or expired, with the reason:
    unsubscribed, suppressed (``recipients`` gives the addresses), older than ``expire_after``.
    """
    rows = _asking(claims, now, expire_after, recipients)
    allowed = {row["which"] for row in rows if _GO.run(connection, [row])}
    claimed = connection.execute(
        select(delivery.c.id, delivery.c.fence, delivery.c.channel, subscriber.c.name)
        .join_from(delivery, decision)
        .join(subscriber)
        .where(delivery.c.id.in_({number for number, _ in claims}))
        .where(delivery.c.state == State.CLAIMED)
    )
    pairs = set(claims)
    back = [row for row in claimed if (row.id, row.fence) in pairs]
    people = {row.name: recipients.get(row.id) for row in back if row.channel == "email"}
    why = suppressions.refused(connection, people)
    ends = [
        (Outcome(row.id, State.CANCELLED, why[row.name]), row.fence)
        if row.channel == "email" and row.name in why
        else (Outcome(row.id, State.EXPIRED, _too_late(expire_after)), row.fence)
        for row in back
    ]
    settle(connection, ends, now=now)
    return allowed


def settle(
    connection: Connection, outcomes: Collection[tuple[Outcome, int]], *, now: datetime
) -> None:
    """Record outcomes with their fences; one whose fence is old changes nothing."""
    first = {(outcome.delivery, fence): outcome for outcome, fence in reversed([*outcomes])}
    rows = [
        {
            "which": number,
            "held": fence,
            "to": one.state.value,
            "words": fit(one.detail),
            "again": microseconds(one.retry_at or now) if one.state is State.DEFERRED else None,
            "now": microseconds(now),
        }
        for (number, fence), one in sorted(first.items())
    ]
    _SETTLED.run(connection, rows)


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
    spool.tidy(connection)
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
    waiting = (
        select(delivery.c.id)
        .where(delivery.c.due.is_not(None), delivery.c.since <= now - expire_after)
        .where(
            or_(
                delivery.c.state.in_((State.PENDING, State.DEFERRED)),
                and_(delivery.c.state == State.CLAIMED, _lapsed(now)),
            )
        )
        .with_for_update(skip_locked=True)
    )
    return connection.execute(
        update(delivery)
        .where(delivery.c.id.in_(waiting))
        .values(
            state=State.EXPIRED,
            detail=_too_late(expire_after),
            due=None,
            owner=None,
            updated=now,
        )
    ).rowcount


def _asking(
    claims: Collection[tuple[DeliveryId, int]],
    now: datetime,
    expire_after: timedelta | None,
    recipients: Mapping[DeliveryId, str | None],
) -> list[dict[str, Any]]:
    """What ``_GO`` asks for each claim, in an order that keeps two writers from a deadlock."""
    oldest = EPOCH if expire_after is None else now - expire_after
    shared = {"now": microseconds(now), "oldest": microseconds(oldest)}
    return [
        {
            "which": number,
            "held": fence,
            "address": suppressions.folded(recipients.get(number) or ""),
            **shared,
        }
        for number, fence in sorted(set(claims))
    ]


def _too_late(expire_after: timedelta | None) -> str:
    return f"not sent within {(expire_after or timedelta()) / timedelta(hours=1):g} hours"


def _free(channel: Channel, now: datetime) -> ColumnElement[bool]:
    """May be worked on."""
    return and_(
        delivery.c.channel == channel,
        delivery.c.due.is_not(None),
        delivery.c.state.in_(_OPEN),
        or_(delivery.c.state == State.PENDING, _lapsed(now)),
    )


def _lapsed(now: datetime) -> ColumnElement[bool]:
    return or_(delivery.c.due <= now, delivery.c.updated > now + SKEW)


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
