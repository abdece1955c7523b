"""Deliveries as they are added and listed; the rows of decisions on their way to a channel."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, delete, func, insert, select

from digest.ledger import decision_codec
from digest.ledger.aggregate import Aggregate
from digest.ledger.bulk import Bulk, Row
from digest.ledger.column_types import microseconds
from digest.ledger.tables import decision, delivery, dump, mark, paper, subscriber
from digest.model import PART, Channel, DeliveryId, DeliveryRow, Period, State, SubscriberId

UNFINISHED = (State.PENDING, State.CLAIMED, State.COMMITTED, State.DEFERRED, State.UNCERTAIN)
TROUBLED = (State.FAILED, State.UNCERTAIN, State.DEFERRED, State.EXPIRED)
"""States whose detail says what went wrong."""
_LAST = 5  # how many of the latest troubles a status shows
_RESTORED = "restored"  # the name of the mark


@dataclass(frozen=True, slots=True)
class Status:
    """The ledger at a glance."""

    papers: int
    dumps: int
    last_dump: datetime | None  # when the newest dump arrived
    incomplete: tuple[str, ...]
    """The newest dumps in which there seem to be more papers than were read, by name."""
    subscribers: int
    deliveries: Mapping[State, int]
    oldest: DeliveryRow | None  # the oldest delivery that is not finished
    troubles: tuple[DeliveryRow, ...]
    """The latest that failed, were deferred, expired or are uncertain, newest first."""


_COLUMNS: tuple[Any, ...] = (
    *(delivery.c.id, subscriber.c.name, delivery.c.channel, decision.c.period, delivery.c.state),
    *(delivery.c.attempts, delivery.c.detail, delivery.c.updated, decision.c.composed),
    *(delivery.c.due, delivery.c.owner, decision.c.body),
)
_LISTING = select(*_COLUMNS).join_from(delivery, decision).join(subscriber)


class Deliveries(Aggregate):
    """Lists deliveries, and counts what the ledger holds."""

    def deliveries(
        self,
        *,
        states: Collection[State] = (),
        subscribers: Collection[SubscriberId] = (),
        channel: Channel | None = None,
        numbers: Collection[DeliveryId] = (),
        limit: int | None = None,
    ) -> list[DeliveryRow]:
        """Deliveries that fit every filter given, newest first."""
        query = _LISTING.order_by(delivery.c.id.desc()).limit(limit)
        if states:
            query = query.where(delivery.c.state.in_(states))
        if subscribers:
            query = query.where(subscriber.c.name.in_(subscribers))
        if channel is not None:
            query = query.where(delivery.c.channel == channel)
        if numbers:
            query = query.where(delivery.c.id.in_(numbers))
        with self._database.reading() as connection:
            return _listed(connection, query)

    def status(self) -> Status:
        """Counts, the oldest unfinished delivery and the latest troubles."""
        number = func.count().label("number")
        states = select(delivery.c.state, number).group_by(delivery.c.state)
        oldest = _LISTING.where(delivery.c.state.in_(UNFINISHED)).order_by(delivery.c.id).limit(1)
        troubles = (
            _LISTING.where(delivery.c.state.in_(TROUBLED))
            .order_by(delivery.c.updated.desc(), delivery.c.id.desc())
            .limit(_LAST)
        )
        is_whole = dump.c.rejected.is_(None) & ~dump.c.format.endswith(PART)
        dumps = select(number).select_from(dump).where(is_whole)
        cut = select(dump.c.name).where(dump.c.is_incomplete, dump.c.rejected.is_(None))
        cut = cut.order_by(dump.c.id.desc()).limit(_LAST)
        papers = select(number).select_from(paper).where(paper.c.same_as.is_(None))
        last_dump = select(dump.c.arrived).order_by(dump.c.id.desc()).limit(1)
        with self._database.reading() as connection:
            return Status(
                papers=connection.scalar(papers) or 0,
                dumps=connection.scalar(dumps) or 0,
                last_dump=connection.scalar(last_dump),
                incomplete=tuple(connection.scalars(cut)),
                subscribers=connection.scalar(select(number).select_from(subscriber)) or 0,
                deliveries={row.state: row.number for row in connection.execute(states)},
                oldest=next(iter(_listed(connection, oldest)), None),
                troubles=tuple(_listed(connection, troubles)),
            )


def resting(state: State, detail: str, *, now: datetime) -> dict[str, Any]:
    """What an update sets where a delivery has nobody and nothing left to wait for."""
    return {"state": state, "detail": detail, "due": None, "owner": None, "updated": now}


class New(NamedTuple):
    """A delivery to be added."""

    decision: int
    subscriber: int
    channel: Channel
    period: Period
    since: datetime


_ADD = Bulk(
    insert(delivery),
    (
        *("decision", "subscriber", "channel", "fence", "attempts"),
        *("since", "updated", "state", "due", "detail"),
    ),
)


def add(connection: Connection, new: Sequence[New], *, serves: bool = False) -> None:
    """Add deliveries: pending, or uncertain where a restored backup may have forgotten them, since
    the digest can have been sent between the backup and the restore. The UTC day of the restore
    itself counts: in the east the period may have ended by then. With ``serves`` feeds are rendered
    on demand, so that those are delivered."""
    if not new:
        return
    restored = connection.scalar(select(mark.c.at).where(mark.c.name == _RESTORED))
    rows: list[Row] = []
    for one in new:
        since = microseconds(one.since)
        state: Row = (State.PENDING.value, since, None)
        if one.channel == "feed" and serves:
            state = (State.SENT.value, None, "served on demand")
        elif one.channel == "email" and restored and one.period.end <= restored.date():
            what = "an older backup was restored: it may have been sent before"
            state = (State.UNCERTAIN.value, None, what)
        rows.append((one.decision, one.subscriber, one.channel, 0, 0, since, since, *state))
    _ADD.run(connection, rows)


def mark_restored(connection: Connection, *, now: datetime) -> None:
    """Remember that a backup was put back: what this ledger knows ends somewhere before ``now``."""
    connection.execute(delete(mark).where(mark.c.name == _RESTORED))
    connection.execute(insert(mark).values(name=_RESTORED, at=now))


def _listed(connection: Connection, query: Select[Any]) -> list[DeliveryRow]:
    return [
        DeliveryRow(
            *(number, name, channel, decision_codec.period(period), state, attempts),
            *(detail or "", *rest, decision_codec.count_picks(body)),
        )
        for number, name, channel, period, state, attempts, detail, *rest, body in (
            connection.execute(query)
        )
    ]
