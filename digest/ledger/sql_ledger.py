"""The ledger as the pipeline uses it, over the queries of its modules."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from digest.ledger import decisions as deciding
from digest.ledger import deliveries, digests, feedback, papers, snapshot, spool, suppressions
from digest.ledger import subscribers as people
from digest.ledger.database import INTAKE, REFUSALS, batches
from digest.ledger.operators_ledger import OperatorsLedger
from digest.model import (
    Channel,
    Claim,
    Decided,
    DeliveryId,
    Digest,
    Dump,
    DumpHash,
    DumpSeen,
    Match,
    Message,
    Outcome,
    Paper,
    PaperKey,
    Period,
    Progress,
    Skip,
    SubscriberId,
    Verdicts,
)
from digest.pipeline.protocols import Matcher

ARCHIVES = 100
"""Subscribers whose digests are read at a time."""


class SqlLedger(OperatorsLedger):
    """Papers, decisions and deliveries in SQLite or PostgreSQL; every method is one transaction.

    Threads may share one. Each method raises LedgerError, in words, where the database cannot
    be used. What a method does in full is said at the function it calls.
    """

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give back the connections."""
        self._database.close()

    @contextmanager
    def rehearsal(self) -> Iterator[SqlLedger]:
        """A ledger whose writes are seen inside the block and gone at its end.

        It is a copy: nobody else is kept waiting, and a database that does not exist yet is
        not created.
        """
        with snapshot.rehearsal(self._database) as copy:
            yield SqlLedger(copy)

    # --- what came in --------------------------------------------------------------------

    def seen(self, hashes: Collection[DumpHash], *, readers: str) -> set[DumpHash]:
        """Of these, the dumps already read, and the files rejected by this version of readers."""
        with self._database.reading() as connection:
            return papers.seen(connection, hashes, readers=readers)

    def record_dump(
        self, dump: Dump, keys: Collection[int], match: Matcher, *, now: datetime
    ) -> Sequence[Match]:
        """Match and store a dump's records; empty, and nothing stored, if it has been read."""
        with self._database.writing(INTAKE) as connection:
            return papers.record_dump(connection, dump, keys, match, now=now)

    def record_rejected(
        self, name: str, content: DumpHash, reason: str, *, readers: str, now: datetime
    ) -> None:
        """Remember that this version of the readers can make no dump of this content."""
        with self._database.writing(INTAKE) as connection:
            papers.record_rejected(connection, name, content, reason, readers=readers, now=now)

    def papers(
        self,
        *,
        after: PaperKey | None = None,
        until: PaperKey | None = None,
        limit: int | None = None,
    ) -> list[Paper]:
        """Papers beyond ``after`` up to ``until``, oldest first; at most the newest ``limit``."""
        with self._database.reading() as connection:
            return papers.papers(connection, after=after, until=until, limit=limit)

    def cursor(self, before: datetime) -> PaperKey:
        """The newest paper that arrived before this instant; 0: none did."""
        with self._database.reading() as connection:
            return papers.cursor(connection, before)

    def dumps(self, *, since: datetime) -> list[DumpSeen]:
        """Dumps that arrived at or after ``since``, oldest first."""
        with self._database.reading() as connection:
            return papers.dumps(connection, since=since)

    # --- what was decided ----------------------------------------------------------------

    def ensure_subscribers(
        self, subscribers: Collection[SubscriberId]
    ) -> Mapping[SubscriberId, str]:
        """Each one's feed token, made when first seen."""
        with self._database.reading() as connection:
            tokens = people.tokens(connection, subscribers)
        if tokens.keys() >= set(subscribers):
            return tokens
        with self._database.writing(INTAKE) as connection:
            people.ensure_keys(connection, subscribers)
            return people.tokens(connection, subscribers)

    def progress(self, due: Mapping[SubscriberId, Period]) -> Mapping[SubscriberId, Progress]:
        """What is known of each subscriber for the period that is due."""
        with self._database.reading() as connection:
            return deciding.progress(connection, due)

    def sent(self, after: Mapping[SubscriberId, PaperKey]) -> Mapping[SubscriberId, set[PaperKey]]:
        """The papers beyond each cursor that a digest of that subscriber already holds."""
        with self._database.reading() as connection:
            return deciding.sent_papers(connection, after)

    def record(
        self,
        decisions: Sequence[Digest | Skip],
        channels: Mapping[SubscriberId, tuple[Channel, ...]],
    ) -> int:
        """Store decisions and their pending deliveries; how many were new and stored."""
        with self._database.writing(INTAKE) as connection:
            return deciding.record(connection, decisions, channels)

    def add_channels(
        self,
        due: Mapping[SubscriberId, Period],
        channels: Mapping[SubscriberId, tuple[Channel, ...]],
        *,
        now: datetime,
    ) -> int:
        """Deliver the digests of these periods also on channels that were switched on since."""
        with self._database.writing(INTAKE) as connection:
            return deciding.add_channels(connection, due, channels, now=now)

    def digests(self, subscriber: SubscriberId, *, limit: int) -> list[Digest]:
        """Its digests, newest first."""
        with self._database.reading() as connection:
            return digests.newest(connection, [subscriber], limit=limit)[subscriber]

    def archives(
        self, subscribers: Collection[SubscriberId], *, limit: int
    ) -> Iterator[list[Digest]]:
        """The digests of each of them, newest first; read a few subscribers at a time."""
        for batch in batches(subscribers, ARCHIVES):
            with self._database.reading() as connection:
                found = digests.newest(connection, batch, limit=limit)
            yield from found.values()

    def decided(self, subscriber: SubscriberId, *, limit: int) -> list[Decided]:
        """Its decisions, digests and closed skips, newest first."""
        with self._database.reading() as connection:
            return digests.decided(connection, subscriber, limit=limit)

    def verdicts(self, subscribers: Collection[SubscriberId]) -> Mapping[SubscriberId, Verdicts]:
        """The papers that each of these liked and disliked; who gave no verdict is left out."""
        with self._database.reading() as connection:
            return feedback.by_subscriber(connection, subscribers)

    # --- what went out -------------------------------------------------------------------

    def claim(
        self, channel: Channel, owner: str, *, now: datetime, lease: timedelta, limit: int
    ) -> list[Claim]:
        """Take up to ``limit`` deliveries that may be worked on, those due longest first."""
        with self._database.writing() as connection:
            return deliveries.claim(connection, channel, owner, now=now, lease=lease, limit=limit)

    def due(self, channel: Channel, *, now: datetime) -> int:
        """How many deliveries ``claim`` would find."""
        with self._database.reading() as connection:
            return deliveries.due(connection, channel, now=now)

    def refused(self, people: Mapping[SubscriberId, str | None]) -> Mapping[SubscriberId, str]:
        """Of these people, each with an address, those who must not be mailed, and why."""
        with self._database.reading() as connection:
            return suppressions.refused(connection, people)

    def commit(
        self,
        claims: Collection[tuple[DeliveryId, int]],
        *,
        now: datetime,
        expire_after: timedelta | None = None,
        recipients: Mapping[DeliveryId, str | None] | None = None,
        keep: Collection[Message] = (),
        outcomes: Collection[tuple[Outcome, int]] = (),
    ) -> set[DeliveryId]:
        """Durably mark (delivery, fence) pairs as about to be accepted; those that may go on.
        Of these, the messages in ``keep`` are kept for a second try, and ``outcomes`` of other
        deliveries are settled, in the same transaction."""

        def attempt(commit: Callable[..., set[DeliveryId]]) -> set[DeliveryId]:
            with self._database.writing() as connection:
                # Whoever unsubscribes waits for this, or is seen by it: never in between.
                self._database.lock(connection, REFUSALS, shared=True)
                deliveries.settle(connection, outcomes, now=now)
                allowed = commit(
                    connection,
                    claims,
                    now=now,
                    expire_after=expire_after,
                    recipients=recipients or {},
                )
                spool.keep(connection, [one for one in keep if one.delivery in allowed])
                return allowed

        try:
            return attempt(deliveries.commit)
        except deliveries.SomeRefused:
            return attempt(deliveries.commit_each)

    def settle(self, outcomes: Collection[tuple[Outcome, int]], *, now: datetime) -> None:
        """Durably record outcomes with their fences; one whose fence is old changes nothing."""
        with self._database.writing() as connection:
            deliveries.settle(connection, outcomes, now=now)
