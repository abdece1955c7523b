"""Deciding once: a digest or a closed skip for a subscriber and period, and its deliveries. Digests
are read back as they were decided, with their papers."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, case, func, insert, select, update

from digest.ledger import decision_codec
from digest.ledger.aggregate import Aggregate, rows_in
from digest.ledger.deliveries import New, add
from digest.ledger.papers import papers_with_keys
from digest.ledger.publications import mark_behind
from digest.ledger.subscribers import hold
from digest.ledger.tables import decision, delivery, paper, sent, subscriber
from digest.model import Channel, Decided, Decision, Digest, PaperKey, Period, Skip, SubscriberId
from digest.subscribers import codec

_COLUMNS = decision.c["id", "period", "composed", "until", "body"]
HAS_PICKS = decision.c.skipped.is_(None) & (func.length(decision.c.body) > 0)
DIGESTS = select(subscriber.c.name, *_COLUMNS).join_from(decision, subscriber).where(HAS_PICKS)
NEWEST_FIRST = decision.c.id.desc()
AGE = func.row_number().over(partition_by=decision.c.subscriber, order_by=NEWEST_FIRST).label("age")
"""Of a digest: which one it is of its subscriber, counted from the newest, which is 1."""
_UPDATE = update(subscriber).where(subscriber.c.id == bindparam("who"))


class Decisions(Aggregate):
    """Digests and closed skips, one a subscriber and period."""

    def sent(self, after: Mapping[SubscriberId, PaperKey]) -> Mapping[SubscriberId, set[PaperKey]]:
        """The papers beyond each cursor that a digest of that subscriber already holds."""
        found: dict[SubscriberId, set[PaperKey]] = {name: set() for name in after}
        query = select(subscriber.c.name, sent.c.paper).join_from(subscriber, sent)
        query = query.where(sent.c.paper > min(after.values(), default=0))
        for name, key in self._rows_in(query, subscriber.c.name, after):
            if key > after[name]:
                found[name].add(key)
        return found

    def decided(self, due: Mapping[int, Period]) -> set[int]:
        """Of these subscribers, by key, those whose period has a decision."""
        with self._database.reading() as connection:
            return {key for key, _ in _decided(connection, {key: str(due[key]) for key in due})}

    def record(self, decisions: Sequence[Decision], *, now: datetime) -> int:
        """Store what was decided of a batch of subscribers, and when each is due next. A digest
        gets a pending delivery for each of its channels, and its reader's files are to be
        published. Dropped are decisions for a period that has one already, and a digest with a
        paper that its subscriber has had, or that turned out to be another one, which stays due;
        and all for somebody who has left, or whose profile has changed since, who stays due.
        Several processes may record at once. Returns how many decisions were stored."""
        with self._database.writing() as connection:
            held = hold(connection, [one.reader.key for one in decisions])
            profiles = {row.id: row.profile for row in held}
            decisions = [one for one in decisions if _is_current(one, profiles)]
            closing = [one for one in decisions if one.outcome and not one.open_since]
            decided = _decided(connection, {one.reader.key: str(one.period) for one in closing})
            undecided = [one for one in closing if (one.reader.key, str(one.period)) not in decided]
            picked = {one.reader.key: _picked(one.outcome) for one in undecided}
            had = _had(connection, picked)
            fresh = [one for one in undecided if not had[one.reader.key]]
            if fresh:
                _store(connection, fresh)
            stale = {one.reader.key for one in undecided} - {one.reader.key for one in fresh}
            due = [
                {"who": one.reader.key, "then": one.next_due, "open": one.open_since}
                for one in decisions
                if one.reader.key not in stale
            ]
            if due:
                change = _UPDATE.values(next_due=bindparam("then"), open_since=bindparam("open"))
                connection.execute(change, due)
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
            Decided(decision_codec.period(period), at, after, until, decision_codec.count(body))
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


def _is_current(one: Decision, profiles: Mapping[int, str | None]) -> bool:
    profile = profiles.get(one.reader.key)
    return profile is not None and codec.decode(profile) == one.reader.subscriber


def _store(connection: Connection, fresh: Sequence[Decision]) -> None:
    """Insert decisions with their deliveries, what they sent and where they ended."""
    rows = [
        {
            "subscriber": one.reader.key,
            "period": str(outcome.period),
            "skipped": outcome.reason.value if isinstance(outcome, Skip) else None,
            "composed": outcome.composed,
            "until": outcome.until,
            "body": decision_codec.pack(outcome),
        }
        for one in fresh
        if (outcome := one.outcome)
    ]
    keys = insert(decision).returning(decision.c.subscriber, decision.c.id)
    numbers = {row.subscriber: row.id for row in connection.execute(keys, rows)}
    digests = [(one, one.outcome) for one in fresh if isinstance(one.outcome, Digest)]
    new: list[New] = []
    pairs: list[dict[str, int]] = []
    for one, digest in digests:
        who, channels = one.reader.key, dict.fromkeys(one.reader.subscriber.channels)
        new += [New(numbers[who], who, each, digest.period, digest.composed) for each in channels]
        pairs += [{"subscriber": who, "paper": key} for key in _picked(digest)]
    add(connection, new)
    if pairs:
        connection.execute(insert(sent), pairs)
    # Never back: a period decided out of turn must not bring its papers up again.
    seen: ColumnElement[int] = bindparam("seen")
    newest = case((subscriber.c.until > seen, subscriber.c.until), else_=seen)
    values = [{"who": row["subscriber"], "seen": row["until"]} for row in rows]
    connection.execute(_UPDATE.values(until=newest), values)
    if digests:
        since = min(digest.composed for _, digest in digests)
        mark_behind(connection, [one.reader.key for one, _ in digests], since=since)


def _picked(outcome: Digest | Skip | None) -> list[PaperKey]:
    picks = outcome.picks if isinstance(outcome, Digest) else ()
    return sorted({pick.paper.key for pick in picks})


def _decided(connection: Connection, wanted: Mapping[int, str]) -> set[tuple[int, str]]:
    """(subscriber, period) pairs of ``wanted`` that are decided."""
    query = select(decision.c.subscriber, decision.c.period)
    query = query.where(decision.c.period.in_(set(wanted.values())))
    rows = rows_in(connection, query, decision.c.subscriber, wanted)
    return {(key, period) for key, period in rows if wanted[key] == period}


def _had(
    connection: Connection, candidates: Mapping[int, Collection[PaperKey]]
) -> dict[int, set[PaperKey]]:
    """Of these papers, by subscriber key, those that the subscriber has had, and those that turned
    out to be another paper."""
    had: dict[int, set[PaperKey]] = {who: set() for who in candidates}
    asked = {who: set(papers) for who, papers in candidates.items() if papers}
    every = set().union(*asked.values())
    # A range, not a list: it reads only rows that exist, and few do so near the cursor.
    near = sent.c.paper.between(min(every, default=0), max(every, default=0))
    query = select(sent.c.subscriber, sent.c.paper).where(near)
    for who, key in rows_in(connection, query, sent.c.subscriber, asked):
        if key in asked[who]:
            had[who].add(key)
    copies = select(paper.c.key).where(paper.c.same_as.is_not(None))
    gone = {key for (key,) in rows_in(connection, copies, paper.c.key, every)}
    return {who: had[who] | (asked.get(who, set()) & gone) for who in had}


def by_number(connection: Connection, numbers: Collection[int]) -> dict[int, Digest]:
    """Digests by the key of their decision."""
    return read_digests(connection, rows_in(connection, DIGESTS, decision.c.id, numbers))


def read_digests(connection: Connection, rows: Iterable[Any]) -> dict[int, Digest]:
    """The digests of rows of ``DIGESTS``, by the key of their decision."""
    bodies = [(row, decision_codec.unpack(row.body)) for row in rows]
    wanted = {key for _, body in bodies for key in decision_codec.picked(body)}
    papers = {one.key: one for one in papers_with_keys(connection, wanted)}
    return {
        row.id: Digest(
            SubscriberId(row.name),
            decision_codec.period(row.period),
            row.composed,
            row.until,
            decision_codec.picks(body, papers),
            decision_codec.coverage(body),
        )
        for row, body in bodies
    }
