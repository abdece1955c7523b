"""Deciding once: a digest or a closed skip for a subscriber and period, and its deliveries. Digests
are read back as they were decided, with their papers."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    Text,
    bindparam,
    case,
    cast,
    func,
    insert,
    select,
    update,
)

from digest.ledger import decision_codec
from digest.ledger.aggregate import Aggregate, rows_in
from digest.ledger.bulk import Bulk, Row
from digest.ledger.column_types import microseconds
from digest.ledger.deliveries import New, add
from digest.ledger.papers import papers_with_keys
from digest.ledger.publications import mark_behind
from digest.ledger.subscribers import hold
from digest.ledger.tables import HAS_PICKS, decision, delivery, paper, sent, subscriber
from digest.model import (
    Channel,
    Decided,
    Decision,
    Digest,
    Paper,
    PaperKey,
    Period,
    Skip,
    SubscriberId,
)

_COLUMNS = (
    *(subscriber.c.name, decision.c.id.label("decision"), decision.c.period, decision.c.composed),
    *(decision.c.until.label("newest"), decision.c.body),
)
DIGESTS: Select[Any] = select(*_COLUMNS).join_from(decision, subscriber).where(HAS_PICKS)
NEWEST_FIRST = decision.c.id.desc()
AGE = func.row_number().over(partition_by=decision.c.subscriber, order_by=NEWEST_FIRST).label("age")
"""Of a digest: which one it is of its subscriber, counted from the newest, which is 1."""
_INSERT = Bulk(insert(decision), ("subscriber", "period", "skipped", "composed", "until", "body"))
_SEND = Bulk(insert(sent), ("subscriber", "paper"))
_SEEN: ColumnElement[int] = bindparam("seen", type_=BigInteger)
_NEVER_BACK = case((subscriber.c.until > _SEEN, subscriber.c.until), else_=_SEEN)
"""A period decided out of turn must not bring its papers up again."""
_LOOK_AGAIN = Bulk(
    update(subscriber)
    .where(subscriber.c.id == bindparam("who"))
    .values(until=case((_SEEN.is_(None), subscriber.c.until), else_=_NEVER_BACK))
    .values(next_due=bindparam("then"), open_since=bindparam("open")),
    ("who", "seen", "then", "open"),
)


class Decisions(Aggregate):
    """Digests and closed skips, one a subscriber and period."""

    def sent(self, after: Mapping[SubscriberId, PaperKey]) -> Mapping[SubscriberId, set[PaperKey]]:
        """The papers beyond each cursor that a digest of that subscriber already holds."""
        found: dict[SubscriberId, set[PaperKey]] = {name: set() for name in after}
        # One text a subscriber: a row for each paper takes the driver four times as long.
        keys = func.aggregate_strings(cast(sent.c.paper, Text), ",")
        theirs = select(keys).where(sent.c.subscriber == subscriber.c.id)
        theirs = theirs.where(sent.c.paper > min(after.values(), default=0))
        query = select(subscriber.c.name, theirs.scalar_subquery())
        for name, text in self._rows_in(query, subscriber.c.name, after):
            cursor = after[name]
            found[name] = {key for key in json.loads(f"[{text or ''}]") if key > cursor}
        return found

    def decided(self, due: Mapping[int, Period]) -> set[int]:
        """Of these subscribers, by key, those whose period has a decision."""
        with self._database.reading() as connection:
            return {key for key, _ in _decided(connection, {key: str(due[key]) for key in due})}

    def record(self, decisions: Sequence[Decision], *, now: datetime, serves: bool = False) -> int:
        """Store what was decided of a batch of subscribers, and when each is due next. A digest
        gets a pending delivery for each of its channels, and its reader's files are to be
        published; with ``serves`` there are no files, and its feed is delivered already. Dropped
        are decisions for a period that has one already, and a digest with a paper that its
        subscriber has had, or that turned out to be another one, which stays due; and all for
        somebody who has left, or whose profile has changed since, who stays due. Several processes
        may record at once. Returns how many decisions were stored."""
        with self._database.writing() as connection:
            profiles = hold(connection, [one.reader.key for one in decisions])
            current = [one for one in decisions if profiles.get(one.reader.key) == one.reader.text]
            closing = {
                one.reader.key: (one, str(one.period))
                for one in current
                if one.outcome and not one.open_since
            }
            decided = _decided(connection, {who: period for who, (_, period) in closing.items()})
            picked = {
                who: _picked(one.outcome)
                for who, (one, period) in closing.items()
                if (who, period) not in decided
            }
            stale = _stale(connection, picked)
            stale |= _send(connection, {who: picked[who] for who in picked if who not in stale})
            fresh = {who: closing[who] for who in picked if who not in stale}
            _store(connection, fresh, serves=serves)
            _LOOK_AGAIN.run(
                connection,
                [
                    (
                        who := one.reader.key,
                        one.outcome.until if one.outcome and who in fresh else None,
                        microseconds(one.next_due),
                        microseconds(one.open_since) if one.open_since else None,
                    )
                    for one in current
                    if one.reader.key not in stale
                ],
            )
            return len(fresh)

    def digests(self, name: SubscriberId, *, limit: int) -> list[Digest]:
        """A subscriber's digests, newest first, but for those whose picks are forgotten."""
        return self.newest_digests([name], limit=limit)[name]

    def newest_digests(
        self, names: Collection[SubscriberId], *, limit: int
    ) -> dict[SubscriberId, list[Digest]]:
        """The newest ``limit`` digests of each of these subscribers, newest first."""
        aged = (
            select(decision.c.id, AGE)
            .join_from(decision, subscriber)
            .where(subscriber.c.name.in_(names), HAS_PICKS)
            .subquery()
        )
        wanted = select(aged.c.id).where(aged.c.age <= limit)
        query = DIGESTS.where(decision.c.id.in_(wanted)).order_by(NEWEST_FIRST)
        found: dict[SubscriberId, list[Digest]] = {name: [] for name in names}
        with self._database.reading() as connection:
            for digest in read_digests(connection, connection.execute(query)).values():
                found[digest.subscriber].append(digest)
        return found

    def decisions(self, name: SubscriberId, *, limit: int) -> list[Decided]:
        """A subscriber's decisions, digests and closed skips, newest first."""
        ended = func.max(decision.c.until).over(order_by=decision.c.id, rows=(None, -1))
        query = (
            select(decision.c.period, decision.c.composed, ended, decision.c.until, decision.c.body)
            .join_from(decision, subscriber)
            .where(subscriber.c.name == name)
            .order_by(decision.c.id.desc())
            .limit(limit)
        )
        return [
            Decided(
                decision_codec.period(period), at, after, until, decision_codec.count_picks(body)
            )
            for period, at, after, until, body in self._rows(query)
        ]


def add_channels(
    connection: Connection,
    due: Mapping[SubscriberId, Period],
    channels: Mapping[SubscriberId, tuple[Channel, ...]],
    *,
    now: datetime,
) -> int:
    """Deliver the digests of these periods also on channels that they have no delivery on. Returns
    how many deliveries were added. The caller holds INTAKE."""
    query = (
        select(
            subscriber.c.name, subscriber.c.id, decision.c.period, decision.c.id, delivery.c.channel
        )
        .join_from(subscriber, decision)
        .outerjoin(delivery)
        .where(decision.c.skipped.is_(None))
        .where(decision.c.period.in_(set(map(str, due.values()))))
    )
    have: dict[tuple[SubscriberId, int, int], set[str | None]] = {}
    for name, key, period, number, channel in rows_in(connection, query, subscriber.c.name, due):
        if period == str(due[name]):
            have.setdefault((name, key, number), set()).add(channel)
    missing = [
        New(number, key, channel, due[name], now)
        for (name, key, number), there in have.items()
        for channel in dict.fromkeys(channels.get(name, ()))
        if channel not in there
    ]
    add(connection, missing)
    return len(missing)


def _store(
    connection: Connection,
    fresh: Mapping[int, tuple[Decision, str]],
    *,
    serves: bool,
) -> None:
    """Insert decisions, each with its period as text, by subscriber; with their deliveries."""
    rows: list[Row] = []
    digests: dict[int, Digest] = {}
    for who, (one, period) in fresh.items():
        outcome = one.outcome
        assert outcome is not None  # noqa: S101 — the period of a decision is that of its outcome
        skipped = outcome.reason.value if isinstance(outcome, Skip) else None
        if isinstance(outcome, Digest):
            digests[who] = outcome
        composed, body = microseconds(outcome.composed), decision_codec.pack(outcome)
        rows.append((who, period, skipped, composed, outcome.until, body))
    _INSERT.run(connection, rows)
    if not digests:
        return
    periods = {who: fresh[who][1] for who in digests}
    numbers = {who: number for (who, _), number in _decided(connection, periods).items()}
    new = [
        New(numbers[who], who, channel, digest.period, digest.composed)
        for who, digest in digests.items()
        for channel in dict.fromkeys(fresh[who][0].reader.subscriber.channels)
    ]
    add(connection, new, serves=serves)
    if not serves:
        since = min(digest.composed for digest in digests.values())
        mark_behind(connection, digests.keys(), since=since)


def _picked(outcome: Digest | Skip | None) -> list[PaperKey]:
    picks = outcome.picks if isinstance(outcome, Digest) else ()
    return sorted({pick.paper.key for pick in picks})


def _decided(connection: Connection, wanted: Mapping[int, str]) -> dict[tuple[int, str], int]:
    """The (subscriber, period) pairs of ``wanted`` that are decided, with the keys of decisions."""
    query = select(decision.c.subscriber, decision.c.period, decision.c.id)
    query = query.where(decision.c.period.in_(set(wanted.values())))
    rows = rows_in(connection, query, decision.c.subscriber, wanted)
    return {(who, period): number for who, period, number in rows if wanted[who] == period}


def _stale(connection: Connection, picked: Mapping[int, Collection[PaperKey]]) -> set[int]:
    """The subscribers, by key, for whom a paper is picked that turned out to be another one."""
    every = set().union(*picked.values())
    copies = select(paper.c.key).where(paper.c.same_as.is_not(None))
    gone = {key for (key,) in rows_in(connection, copies, paper.c.key, every)}
    return {who for who, keys in picked.items() if not gone.isdisjoint(keys)} if gone else set()


def _send(connection: Connection, picked: Mapping[int, Collection[PaperKey]]) -> set[int]:
    """Record these papers as sent, but for the subscribers, by key, who have had one of theirs:
    they are returned. Only where the database refuses a row is it asked who they are."""
    try:
        with connection.begin_nested():
            _SEND.run(connection, [(who, key) for who, keys in picked.items() for key in keys])
    except connection.dialect.loaded_dbapi.IntegrityError:
        every = set().union(*picked.values())
        query = select(sent.c.subscriber, sent.c.paper)
        query = query.where(sent.c.paper.between(min(every), max(every)))
        rows = rows_in(connection, query, sent.c.subscriber, picked)
        stale = {who for who, key in rows if key in picked[who]}
        if not stale:
            raise
        return stale | _send(connection, {who: picked[who] for who in picked if who not in stale})
    return set()


def read_digests(connection: Connection, rows: Iterable[Any]) -> dict[int, Digest]:
    """The digests of rows with the columns of ``DIGESTS``, by the key of their decision."""
    bodies = [(row, decision_codec.unpack(row.body)) for row in rows]
    wanted = {entry[0] for _, body in bodies for entry in body.entries}
    papers = {one.key: one for one in papers_with_keys(connection, wanted)}
    return {
        row.decision: as_digest(
            row.name, row.period, row.composed, row.newest, body=body, papers=papers
        )
        for row, body in bodies
    }


def as_digest(
    name: str,
    period: str,
    composed: datetime,
    newest: PaperKey,
    *,
    body: decision_codec.Body,
    papers: Mapping[PaperKey, Paper],
) -> Digest:
    """A digest as it was decided."""
    picks, seen = decision_codec.picks(body, papers), decision_codec.coverage(body)
    return Digest(SubscriberId(name), decision_codec.period(period), composed, newest, picks, seen)
