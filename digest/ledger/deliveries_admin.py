"""What an operator asks of deliveries, and what only an operator may decide about them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select, update

from digest.errors import LedgerError, NotFound
from digest.ledger import decision_codec
from digest.ledger.restore_mark import mark_restored
from digest.ledger.tables import decision, delivery, dump, paper, sent, subscriber
from digest.model import Channel, DeliveryId, PaperKey, Period, State, SubscriberId

UNFINISHED = (
    State.PENDING,
    State.CLAIMED,
    State.COMMITTED,
    State.DEFERRED,
    State.UNCERTAIN,
)
TROUBLED = (State.FAILED, State.UNCERTAIN, State.DEFERRED, State.EXPIRED)
"""States whose detail says what went wrong."""
_LAST = 5
"""How many of the latest troubles a status shows."""


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One delivery as it is listed."""

    id: DeliveryId
    subscriber: SubscriberId
    channel: Channel
    period: Period
    state: State
    attempts: int
    detail: str
    """The server's words, or why it ended as it did; empty where nothing has been said."""
    updated: datetime
    composed: datetime
    due: datetime | None
    """When it is tried next (pending, deferred) or its owner's lease ends; None: it rests."""
    owner: str | None
    """Who has it in hand."""
    papers: int


@dataclass(frozen=True, slots=True)
class Status:
    """The ledger at a glance."""

    papers: int
    dumps: int
    last_dump: datetime | None
    """When the newest dump arrived."""
    subscribers: int
    deliveries: Mapping[State, int]
    oldest: DeliveryRow | None
    """The oldest delivery that is not finished."""
    troubles: tuple[DeliveryRow, ...]
    """The latest that failed, were deferred, expired or are uncertain, newest first."""


def deliveries(
    connection: Connection,
    *,
    states: Collection[State] = (),
    subscribers: Collection[SubscriberId] = (),
    channel: Channel | None = None,
    period: Period | None = None,
    numbers: Collection[DeliveryId] = (),
    limit: int | None = None,
) -> list[DeliveryRow]:
    """Deliveries that fit every filter given, newest first."""
    query = _listing().order_by(delivery.c.id.desc()).limit(limit)
    if states:
        query = query.where(delivery.c.state.in_(states))
    if subscribers:
        query = query.where(subscriber.c.name.in_(subscribers))
    if channel is not None:
        query = query.where(delivery.c.channel == channel)
    if period is not None:
        query = query.where(decision.c.period == str(period))
    if numbers:
        query = query.where(delivery.c.id.in_(numbers))
    return _rows(connection, query)


def delivery_of(connection: Connection, name: SubscriberId, key: PaperKey) -> list[DeliveryRow]:
    """The deliveries of the subscriber's digest that holds this paper; empty: none does."""
    rows = connection.execute(
        select(decision.c.id, decision.c.body)
        .join_from(decision, subscriber)
        .join(sent, (sent.c.subscriber == subscriber.c.id) & (sent.c.paper == key))
        .where(subscriber.c.name == name, decision.c.skipped.is_(None))
        .order_by(decision.c.id.desc())
    )
    for number, body in rows:
        if key in decision_codec.picked(decision_codec.unpack(body)):
            query = _listing().where(delivery.c.decision == number).order_by(delivery.c.id)
            return _rows(connection, query)
    return []


def status(connection: Connection) -> Status:
    """Counts, the oldest unfinished delivery and the latest troubles."""
    number = func.count().label("number")
    states = connection.execute(select(delivery.c.state, number).group_by(delivery.c.state))
    oldest = _listing().where(delivery.c.state.in_(UNFINISHED)).order_by(delivery.c.id).limit(1)
    troubles = (
        _listing()
        .where(delivery.c.state.in_(TROUBLED))
        .order_by(delivery.c.updated.desc(), delivery.c.id.desc())
        .limit(_LAST)
    )
    return Status(
        papers=_count(connection, select(func.count()).select_from(paper)),
        dumps=_count(
            connection, select(func.count()).select_from(dump).where(dump.c.rejected.is_(None))
        ),
        last_dump=connection.scalar(select(dump.c.arrived).order_by(dump.c.id.desc()).limit(1)),
        subscribers=_count(connection, select(func.count()).select_from(subscriber)),
        deliveries={row.state: row.number for row in states},
        oldest=next(iter(_rows(connection, oldest)), None),
        troubles=tuple(_rows(connection, troubles)),
    )


def mark_sent(connection: Connection, number: DeliveryId, *, now: datetime) -> None:
    """Settle a delivery as sent, on the operator's word."""
    frm = (State.UNCERTAIN, State.FAILED, State.EXPIRED, State.DEFERRED, State.PENDING)
    values = {"state": State.SENT, "due": None, "detail": "marked as sent by the operator"}
    _decide(connection, number, frm, values, now=now)


def resend(connection: Connection, number: DeliveryId, *, now: datetime) -> None:
    """Have a delivery sent again; its time to expire begins anew."""
    frm = (State.UNCERTAIN, State.FAILED, State.EXPIRED, State.CANCELLED, State.DEFERRED)
    values: dict[str, Any] = {"state": State.PENDING, "since": now, "due": now, "detail": None}
    # A sender that still has it in hand must not settle what is now another attempt.
    _decide(connection, number, frm, {**values, "fence": delivery.c.fence + 1}, now=now)


def cancel(connection: Connection, number: DeliveryId, *, now: datetime) -> None:
    """Give a delivery up for good, unless it is at this moment being accepted."""
    frm = (State.PENDING, State.DEFERRED, State.CLAIMED, State.UNCERTAIN)
    values = {"state": State.CANCELLED, "due": None, "detail": "cancelled by the operator"}
    _decide(connection, number, frm, values, now=now)


def restored(connection: Connection, *, now: datetime) -> int:
    """To be said after an older copy of the database was put back; how many emails are held.

    Emails that this copy has as unsent may have gone out since it was made: they become
    uncertain. So will those of periods that had ended by now, when they are decided again.
    """
    mark_restored(connection, now=now)
    return connection.execute(
        update(delivery)
        .where(delivery.c.channel == "email", delivery.c.due.is_not(None))
        .values(
            state=State.UNCERTAIN,
            due=None,
            owner=None,
            updated=now,
            fence=delivery.c.fence + 1,
            detail="an older backup was restored: it may have been sent since",
        )
    ).rowcount


def _decide(
    connection: Connection,
    number: DeliveryId,
    frm: Collection[State],
    values: Mapping[str, Any],
    *,
    now: datetime,
) -> None:
    changed = connection.execute(
        update(delivery)
        .where(delivery.c.id == number, delivery.c.state.in_(frm))
        .values(**values, owner=None, updated=now)
    )
    if changed.rowcount:
        return
    state = connection.scalar(select(delivery.c.state).where(delivery.c.id == number))
    if state is None:
        raise NotFound("delivery", str(number))
    raise LedgerError(f"delivery {number} is {state}: only {_listed(frm)} can become that")


def _listed(states: Collection[State]) -> str:
    *most, last = (state.value for state in states)
    return f"{', '.join(most)} or {last}"


def _count(connection: Connection, query: Select[Any]) -> int:
    return int(connection.scalar(query) or 0)


def _listing() -> Select[Any]:
    return (
        select(
            delivery.c.id,
            subscriber.c.name,
            delivery.c.channel,
            decision.c.period,
            delivery.c.state,
            delivery.c.attempts,
            delivery.c.detail,
            delivery.c.updated,
            decision.c.composed,
            delivery.c.due,
            delivery.c.owner,
            decision.c.body,
        )
        .join_from(delivery, decision)
        .join(subscriber)
    )


def _rows(connection: Connection, query: Select[Any]) -> list[DeliveryRow]:
    return [
        DeliveryRow(
            row.id,
            SubscriberId(row.name),
            row.channel,
            decision_codec.period(row.period),
            row.state,
            row.attempts,
            row.detail or "",
            row.updated,
            row.composed,
            row.due,
            row.owner,
            len(decision_codec.picked(decision_codec.unpack(row.body))),
        )
        for row in connection.execute(query)
    ]
