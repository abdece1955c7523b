"""The point of no return of a delivery, and how it ends. A delivery is committed right before the
step that may have it accepted, and settled after it."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, bindparam, null, or_, select, update

from digest.ledger import failures, spool, suppressions
from digest.ledger.aggregate import REFUSALS, Aggregate
from digest.ledger.bulk import Bulk, Row
from digest.ledger.column_types import EPOCH, fit, microseconds
from digest.ledger.deliveries import resting
from digest.ledger.leases import lapsed
from digest.ledger.tables import decision, delivery, subscriber
from digest.model import DeliveryId, Message, Outcome, State
from digest.subscribers.changes import folded

Fenced = tuple[DeliveryId, int]  # a delivery, and the fence of the claim that it is held under
Ended = tuple[Outcome, int]  # how a delivery ends, and the fence
Recipients = Mapping[DeliveryId, str | None]  # the addresses to send to

_SETTLEABLE = (State.CLAIMED, State.COMMITTED, State.UNCERTAIN, State.PENDING)
"""States in which the last owner's outcome counts: also where it was given up for dead and
nobody has claimed the delivery since."""

_THIS = and_(delivery.c.id == bindparam("which"), delivery.c.fence == bindparam("held"))
_GO = Bulk(
    update(delivery)
    .where(_THIS, delivery.c.state == State.CLAIMED)
    .where(or_(delivery.c.channel != "email", delivery.c.since > bindparam("oldest")))
    .where(~suppressions.of_delivery(bindparam("address")))
    .values(state=State.COMMITTED, updated=bindparam("now")),
    ("which", "held", "address", "now", "oldest"),
)
_SETTLED = Bulk(
    update(delivery)
    .where(_THIS, or_(*(delivery.c.state == state for state in _SETTLEABLE)))
    .values(state=bindparam("to"), detail=bindparam("words"), due=bindparam("again"))
    .values(owner=null(), updated=bindparam("now")),
    ("which", "held", "to", "words", "again", "now"),
)


class _SomeRefused(Exception):
    """Of deliveries that were to be committed together, not all may go on."""


class Commits(Aggregate):
    """Commits deliveries, and records how they end."""

    def commit(
        self,
        claims: Collection[Fenced],
        *,
        now: datetime,
        expire_after: timedelta | None = None,
        recipients: Recipients | None = None,
        keep: Collection[Message] = (),
        outcomes: Collection[Ended] = (),
    ) -> set[DeliveryId]:
        """Durably mark (delivery, fence) pairs as about to be accepted; those that may go on. Of
        these, the messages in ``keep`` are kept for a second try, and ``outcomes`` of other
        deliveries are settled, in the same transaction. Refused are those that have lost their
        fence, and emails that end here with the reason: cancelled where the subscriber has left or
        the recipient is suppressed, expired where decided ``expire_after`` or longer ago."""
        addresses = recipients or {}
        rows = _asking(claims, now, expire_after, addresses)

        def attempt(*, one_by_one: bool) -> set[DeliveryId]:
            with self._database.writing() as connection:
                # Whoever unsubscribes waits for this, or is seen by it: never in between.
                self._database.lock(connection, REFUSALS, shared=not _refusing(outcomes))
                settle(connection, outcomes, now=now)
                if one_by_one:
                    allowed = {DeliveryId(row[0]) for row in rows if _GO.run(connection, [row])}
                elif _GO.run(connection, rows) == len(rows):
                    allowed = {DeliveryId(row[0]) for row in rows}
                else:
                    raise _SomeRefused
                if others := {pair for pair in claims if pair[0] not in allowed}:
                    late = _too_late(expire_after)
                    settle(connection, _ends(connection, others, late, addresses), now=now)
                spool.keep(connection, [one for one in keep if one.delivery in allowed])
                return allowed

        try:
            return attempt(one_by_one=False)
        except _SomeRefused:  # which is rare
            return attempt(one_by_one=True)

    def settle(self, outcomes: Collection[Ended], *, now: datetime) -> None:
        """Durably record outcomes with their fences; one whose fence is old changes nothing. What
        the server has refused for good counts against the address, which may be suppressed."""
        with self._database.writing(*[REFUSALS] if _refusing(outcomes) else ()) as connection:
            settle(connection, outcomes, now=now)

    def expire(self, *, now: datetime, expire_after: timedelta) -> int:
        """End emails that have waited for ``expire_after`` or longer; how many. A feed does not
        expire: its delivery waits until its files are in place."""
        is_waiting = delivery.c.state.in_((State.PENDING, State.DEFERRED))
        waiting = (
            select(delivery.c.id)
            .where(delivery.c.due.is_not(None), delivery.c.since <= now - expire_after)
            .where(delivery.c.channel == "email")
            .where(or_(is_waiting, and_(delivery.c.state == State.CLAIMED, lapsed(now))))
            .with_for_update(skip_locked=True)
        )
        with self._database.writing() as connection:
            return connection.execute(
                update(delivery)
                .where(delivery.c.id.in_(waiting))
                .values(resting(State.EXPIRED, _too_late(expire_after), now=now))
            ).rowcount


def settle(connection: Connection, outcomes: Collection[Ended], *, now: datetime) -> None:
    """Record outcomes with their fences; one whose fence is old changes nothing."""
    first = {(outcome.delivery, fence): outcome for outcome, fence in reversed([*outcomes])}
    at = microseconds(now)
    rows = [
        (
            *(number, fence, one.state.value, fit(one.detail)),
            microseconds(one.retry_at or now) if one.state is State.DEFERRED else None,
            at,
        )
        for (number, fence), one in sorted(first.items())
    ]
    _SETTLED.run(connection, rows)
    failures.count(connection, _refusing(outcomes), now=now)


def _refusing(outcomes: Collection[Ended]) -> list[Ended]:
    return [ended for ended in outcomes if ended[0].refusal is not None]


def _asking(
    claims: Collection[Fenced], now: datetime, expire_after: timedelta | None, to: Recipients
) -> list[Row]:
    """What ``_GO`` asks for each claim, in an order that keeps two writers from a deadlock."""
    oldest = EPOCH if expire_after is None else now - expire_after
    shared = microseconds(now), microseconds(oldest)
    address = {number: folded(place) for number, place in to.items()}
    return [
        (number, fence, address.get(number, ""), *shared) for number, fence in sorted(set(claims))
    ]


def _ends(
    connection: Connection, claims: Collection[Fenced], late: str, to: Recipients
) -> list[Ended]:
    """How emails end that are still held under these fences and may not go on."""
    rows = connection.execute(
        select(delivery.c.id, delivery.c.fence, subscriber.c.name)
        .join_from(delivery, decision)
        .join(subscriber)
        .where(delivery.c.id.in_({number for number, _ in claims}))
        .where(delivery.c.state == State.CLAIMED, delivery.c.channel == "email")
    )
    held = [row for row in rows if (row.id, row.fence) in claims]
    why = suppressions.refused(connection, {row.name: to.get(row.id) for row in held})
    found = []
    for row in held:
        cancelled = row.name in why
        state, detail = (State.CANCELLED, why[row.name]) if cancelled else (State.EXPIRED, late)
        found.append((Outcome(row.id, state, detail), row.fence))
    return found


def _too_late(expire_after: timedelta | None) -> str:
    return f"not sent within {(expire_after or timedelta()) / timedelta(hours=1):g} hours"
