"""Deciding once: a digest or a closed skip for a subscriber and period, and its deliveries."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, bindparam, case, insert, select, update

from digest.ledger import decision_codec
from digest.ledger.aggregate import Aggregate
from digest.ledger.database import INTAKE, batches
from digest.ledger.deliveries import New, add
from digest.ledger.subscribers import ensure_keys, keys
from digest.ledger.tables import decision, delivery, sent, subscriber
from digest.model import (
    Channel,
    Digest,
    PaperKey,
    Period,
    Progress,
    Skip,
    SkipReason,
    SubscriberId,
)

Channels = Mapping[SubscriberId, tuple[Channel, ...]]


class Decisions(Aggregate):
    """Digests and closed skips, one a subscriber and period."""

    def progress(self, due: Mapping[SubscriberId, Period]) -> Mapping[SubscriberId, Progress]:
        """What is known of each subscriber for the period that is due."""
        found = dict.fromkeys(due, Progress(decided=False, until=None))
        with self._database.reading() as connection:
            for batch in batches(due):
                decided = _decided(connection, {(name, str(due[name])) for name in batch})
                rows = connection.execute(
                    select(subscriber.c.name, subscriber.c.until).where(
                        subscriber.c.name.in_(batch)
                    )
                )
                found.update(
                    (name, Progress((name, str(due[name])) in decided, until))
                    for name, until in rows
                )
        return found

    def sent(self, after: Mapping[SubscriberId, PaperKey]) -> Mapping[SubscriberId, set[PaperKey]]:
        """The papers beyond each cursor that a digest of that subscriber already holds."""
        found: dict[SubscriberId, set[PaperKey]] = {name: set() for name in after}
        with self._database.reading() as connection:
            for batch in batches(after):
                rows = connection.execute(
                    select(subscriber.c.name, sent.c.paper)
                    .join_from(subscriber, sent)
                    .where(subscriber.c.name.in_(batch))
                    .where(sent.c.paper > min(after[name] for name in batch))
                )
                for name, paper in rows:
                    if paper > after[name]:
                        found[name].add(paper)
        return found

    def record(self, decisions: Sequence[Digest | Skip], channels: Channels) -> int:
        """Store decisions, and a pending delivery for each channel of each digest; how many.

        Dropped: skips that leave their period open, what is decided already, and a digest with a
        paper that its subscriber has had. Several processes may record at once.
        """
        rounds: defaultdict[int, list[Digest | Skip]] = defaultdict(list)
        before: Counter[SubscriberId] = Counter()
        for one in decisions:
            if not (isinstance(one, Skip) and one.reason is SkipReason.NOTHING_NEW):
                rounds[before[one.subscriber]].append(one)
                before[one.subscriber] += 1
        with self._database.writing() as connection:
            all_known = len(keys(connection, before)) == len(before)
            self._database.lock(connection, INTAKE, shared=all_known)
            known = ensure_keys(connection, before)
            _hold(connection, known.values())
            return sum(
                _record_batch(connection, batch, channels, known)
                for once_each in rounds.values()
                for batch in batches(once_each)
            )

    def add_channels(
        self, due: Mapping[SubscriberId, Period], channels: Channels, *, now: datetime
    ) -> int:
        """Deliver the digests of these periods also on channels that were switched on since.

        How many deliveries were added.
        """
        with self._database.writing(INTAKE) as connection:
            return add_channels(connection, due, channels, now=now)


def add_channels(
    connection: Connection, due: Mapping[SubscriberId, Period], channels: Channels, *, now: datetime
) -> int:
    """Give the digests of these periods the deliveries that these channels lack; how many."""
    missing: list[New] = []
    for batch in batches(due):
        wanted = {(name, str(due[name])) for name in batch}
        digests = _decided(connection, wanted, decision.c.skipped.is_(None))
        rows = connection.execute(
            select(delivery.c.decision, delivery.c.channel).where(
                delivery.c.decision.in_(digests.values())
            )
        )
        have = {(number, channel) for number, channel in rows}
        missing += [
            New(number, channel, due[SubscriberId(name)], now)
            for (name, _), number in digests.items()
            for channel in dict.fromkeys(channels.get(SubscriberId(name), ()))
            if (number, channel) not in have
        ]
    add(connection, missing)
    return len(missing)


def _hold(connection: Connection, numbers: Collection[int]) -> None:
    """Keep others from deciding for these subscribers meanwhile; SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        for batch in batches(sorted(numbers)):
            connection.execute(
                select(subscriber.c.id)
                .where(subscriber.c.id.in_(batch))
                .order_by(subscriber.c.id)
                .with_for_update(key_share=True)
            )


def _record_batch(
    connection: Connection,
    decisions: Sequence[Digest | Skip],
    channels: Channels,
    known: Mapping[SubscriberId, int],
) -> int:
    decided = _decided(connection, {(one.subscriber, str(one.period)) for one in decisions})
    had = _had(connection, {known[one.subscriber]: _picked(one) for one in decisions})
    fresh = [
        one
        for one in decisions
        if (one.subscriber, str(one.period)) not in decided and not had[known[one.subscriber]]
    ]
    if fresh:
        numbers = _store(connection, fresh, known)
        add(
            connection,
            [
                New(
                    numbers[known[one.subscriber], str(one.period)],
                    channel,
                    one.period,
                    one.composed,
                )
                for one in fresh
                if isinstance(one, Digest)
                for channel in dict.fromkeys(channels.get(one.subscriber, ()))
            ],
        )
    return len(fresh)


def _store(
    connection: Connection, fresh: Sequence[Digest | Skip], known: Mapping[SubscriberId, int]
) -> dict[tuple[int, str], int]:
    """Insert decisions, what they sent and where they ended; their keys by subscriber, period."""
    rows = [
        {
            "subscriber": known[one.subscriber],
            "period": str(one.period),
            "skipped": one.reason.value if isinstance(one, Skip) else None,
            "composed": one.composed,
            "until": one.until,
            "body": decision_codec.pack(one),
        }
        for one in fresh
    ]
    added = connection.execute(
        insert(decision).returning(decision.c.subscriber, decision.c.period, decision.c.id), rows
    )
    numbers = {(who, period): number for who, period, number in added}
    pairs = [
        {"subscriber": known[one.subscriber], "paper": key} for one in fresh for key in _picked(one)
    ]
    if pairs:
        connection.execute(insert(sent), pairs)
    connection.execute(
        update(subscriber)
        .where(subscriber.c.id == bindparam("who"))
        # Never back: a period decided out of turn must not bring its papers up again.
        .values(
            until=case(
                (subscriber.c.until > bindparam("seen"), subscriber.c.until),
                else_=bindparam("seen"),
            )
        ),
        [{"who": known[one.subscriber], "seen": one.until} for one in fresh],
    )
    return numbers


def _picked(one: Digest | Skip) -> list[PaperKey]:
    return sorted({pick.paper.key for pick in one.picks}) if isinstance(one, Digest) else []


def _decided(
    connection: Connection, wanted: Collection[tuple[str, str]], *also: ColumnElement[bool]
) -> dict[tuple[str, str], int]:
    """(subscriber, period) → decision, for those of ``wanted`` that are decided."""
    rows = connection.execute(
        select(subscriber.c.name, decision.c.period, decision.c.id)
        .join_from(decision, subscriber)
        .where(subscriber.c.name.in_({name for name, _ in wanted}))
        .where(decision.c.period.in_({period for _, period in wanted}), *also)
    )
    return {(name, period): number for name, period, number in rows if (name, period) in wanted}


def _had(
    connection: Connection, candidates: Mapping[int, Collection[PaperKey]]
) -> dict[int, set[PaperKey]]:
    """Of these papers, by subscriber key, those that the subscriber has had."""
    had: dict[int, set[PaperKey]] = {who: set() for who in candidates}
    asked = {who: set(papers) for who, papers in candidates.items() if papers}
    for batch in batches(asked):
        # A range, not a list: it reads only rows that exist, and few do so near the cursor.
        oldest = min(min(asked[who]) for who in batch)
        newest = max(max(asked[who]) for who in batch)
        rows = connection.execute(
            select(sent.c.subscriber, sent.c.paper)
            .where(sent.c.subscriber.in_(batch))
            .where(sent.c.paper.between(oldest, newest))
        )
        for who, paper in rows:
            if paper in asked[who]:
                had[who].add(paper)
    return had
