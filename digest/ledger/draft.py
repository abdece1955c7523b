"""A ledger whose changes stay in memory: for dry runs, previews and other questions."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import chain, islice
from operator import attrgetter
from typing import TypeVar

from digest.config.messages import nearest
from digest.errors import NotFound
from digest.ledger.column_types import EPOCH
from digest.ledger.database import Database
from digest.ledger.ledger import Ledger
from digest.ledger.papers import numbered
from digest.model import (
    Channel,
    Claim,
    Decision,
    DeliveryId,
    Digest,
    Dump,
    DumpHash,
    DumpSeen,
    Match,
    Matcher,
    Message,
    Outcome,
    Paper,
    PaperId,
    PaperKey,
    Publication,
    StoredSubscriber,
    Subscriber,
    SubscriberId,
)
from digest.subscribers.changes import Saved, folded

T = TypeVar("T")


class Draft(Ledger):
    """A ledger as it would be after the changes that it is given, which it writes nowhere. It reads
    the database as it is, and takes what a pass writes: papers, profiles of the files, decisions
    and what becomes of deliveries. Every other method that writes raises LedgerError, and the
    database is not even brought up to date."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._read_hashes: set[DumpHash] = set()
        self._new_papers: dict[PaperKey, Paper] = {}
        self._improved: dict[PaperKey, Paper] = {}
        self._by_hash: dict[int, set[PaperKey]] = {}
        self._new_dumps: list[DumpSeen] = []
        self._profiles: dict[SubscriberId, StoredSubscriber] = {}
        self._gone: set[SubscriberId] = set()
        self._digests: dict[SubscriberId, Digest] = {}
        self._new_claims: list[Claim] = []
        self._due: Iterator[StoredSubscriber] = iter(())
        self._claims: Iterator[Claim] | None = None
        self._behind: Iterator[Publication] | None = None
        self._publishes_all = False
        self._in_hand: set[int] = set()
        """The keys of readers whose publications were claimed."""

    # --- papers --------------------------------------------------------------------------

    def seen(self, hashes: Collection[DumpHash], *, readers: str) -> set[DumpHash]:
        return super().seen(hashes, readers=readers) | (self._read_hashes & set(hashes))

    def record_dump(
        self, read: Dump, keys: Collection[int], match: Matcher, *, now: datetime
    ) -> Sequence[Match]:
        """Match the records of a dump, and keep their papers in memory."""
        known = [self._improved.get(one.key, one) for one in self.candidates(keys)]
        shared: dict[PaperKey, set[int]] = {}
        for each in keys:
            for key in self._by_hash.get(each, ()):
                shared.setdefault(key, set()).add(each)
        known += [
            replace(self._new_papers[key], keys=frozenset(shared[key])) for key in sorted(shared)
        ]
        found = match(read.records, known)
        by_id = self.keys_of_papers([one.paper.id for one in found if one.is_new])
        by_id |= {paper.id: key for key, paper in self._new_papers.items()}
        matches = numbered(found, by_id, self.newest_paper())
        for before, one in zip(found, matches, strict=True):
            key = one.paper.key
            if one.is_new or (key in self._new_papers and not before.is_new):
                self._new_papers[key] = one.paper
            elif not before.is_new:
                self._improved[key] = one.paper
            for each in one.keys:
                self._by_hash.setdefault(each, set()).add(key)
        self._read_hashes.add(read.hash)
        self._new_dumps.append(DumpSeen(read.name, read.listed, now, self.newest_paper()))
        return matches

    def record_rejected(
        self, name: str, content: DumpHash, reason: str, *, readers: str, now: datetime
    ) -> None:
        """Keep in memory that this content was rejected."""
        self._read_hashes.add(content)

    def papers(
        self, *, after: int = 0, until: PaperKey | None = None, limit: int | None = None
    ) -> list[Paper]:
        stored = super().papers(after=after, until=until, limit=limit)
        found = [self._improved.get(one.key, one) for one in stored]
        found += [
            one
            for key, one in self._new_papers.items()
            if key > after and (until is None or key <= until)
        ]
        return found if limit is None else found[-limit:]

    def newest_dump(self) -> int:
        return super().newest_dump() + len(self._new_dumps)

    def newest_paper(self) -> PaperKey:
        return max(self._new_papers, default=None) or super().newest_paper()

    def cursor(self, before: datetime) -> PaperKey:
        found = super().cursor(before)
        if found == super().newest_paper():
            for key, one in self._new_papers.items():
                if one.arrived >= before:
                    break
                found = key
        return found

    def dumps(self, *, since: datetime) -> list[DumpSeen]:
        return super().dumps(since=since) + [one for one in self._new_dumps if one.arrived >= since]

    def _paper_by_id(self, name: str, number: str) -> Paper | None:
        for one in self._new_papers.values():
            if one.id in (name, f"arxiv:{number}") or one.arxiv_id == number:
                return one
        return super()._paper_by_id(name, number)

    def _titles(self) -> dict[PaperKey, tuple[PaperId, str]]:
        new = {key: (one.id, one.title) for key, one in self._new_papers.items()}
        return super()._titles() | new

    # --- subscribers ---------------------------------------------------------------------

    def follow_clock(self, zone_data: str, *, now: datetime) -> int:
        """Change no due time."""
        return 0

    def compiled(self, host: str, content: str | None, *, now: datetime) -> bool:
        return self.is_compiled(host, content)

    def compile(
        self, host: str, content: str | None, listed: Sequence[Subscriber], *, now: datetime
    ) -> Saved:
        """Keep the profiles of the files in memory.

        Raises:
            ConfigError: An id is taken or was somebody else's.
        """
        found = self.planned(listed, "file", now=now)
        new = [*found.added, *found.returned, *(after for _, after in found.changed)]
        self._profiles = {one.subscriber.id: one for one in new}
        self._gone = {one.subscriber.id for one in found.removed}
        return Saved()

    def subscriber(self, name: str) -> StoredSubscriber:
        if found := self._profiles.get(SubscriberId(name)):
            return found
        try:
            return super().subscriber(name)
        except NotFound as error:
            known = [*self._profiles, *error.nearest]
            raise NotFound(error.kind, name, nearest(name, known)) from None

    def subscribers(self, *, after: int = 0, limit: int) -> list[StoredSubscriber]:
        rows = super().subscribers(after=after, limit=limit)
        is_last = len(rows) < limit
        found = {row.key: row for row in rows if row.subscriber.id not in self._gone}
        for one in self._profiles.values():
            if one.key > after and (is_last or one.key <= rows[-1].key):
                found[one.key] = one
        if not found and not is_last:
            return self.subscribers(after=rows[-1].key, limit=limit)
        return [found[key] for key in sorted(found)]

    def subscribers_at(
        self, addresses: Collection[str]
    ) -> Mapping[str, Sequence[StoredSubscriber]]:
        found: dict[str, list[StoredSubscriber]] = {}
        replaced = self._profiles.keys() | self._gone
        for address, there in super().subscribers_at(addresses).items():
            found[address] = [one for one in there if one.subscriber.id not in replaced]
        for one in self._profiles.values():
            own = folded(one.subscriber.email)
            if own and own in addresses:
                found.setdefault(own, []).append(one)
        return found

    def stored(self, names: Collection[SubscriberId]) -> Mapping[SubscriberId, StoredSubscriber]:
        found = {**super().stored(names), **self._profiles}
        return {name: found[name] for name in names if name in found and name not in self._gone}

    def count_due(self, now: datetime, *, reopened: bool) -> int:
        return super().count_due(now, reopened=reopened) + len(self._profiles)

    def due(
        self, now: datetime, *, reopened: bool, after: int = 0, limit: int
    ) -> list[StoredSubscriber]:
        """The next ``limit`` subscribers whose digest is due; ``after`` 0 begins anew."""
        if not after:
            self._due = self._all_due(now, reopened=reopened, limit=limit)
        return list(islice(self._due, limit))

    def _all_due(self, now: datetime, *, reopened: bool, limit: int) -> Iterator[StoredSubscriber]:
        for one in self._profiles.values():
            if one.next_due and one.next_due <= now:
                yield one
        pages = partial(super().due, now, reopened=reopened, limit=limit)
        for one in _all(pages, attrgetter("key")):
            if one.subscriber.id not in self._profiles.keys() | self._gone:
                yield one

    # --- decisions -----------------------------------------------------------------------

    def record(self, decisions: Sequence[Decision], *, now: datetime) -> int:
        """Keep the digests in memory, to be sent and published."""
        for one in decisions:
            if isinstance(digest := one.outcome, Digest):
                self._digests[digest.subscriber] = digest
                if "email" in one.reader.subscriber.channels:
                    number = DeliveryId(-len(self._digests))
                    self._new_claims.append(Claim(number, "email", digest, fence=0, attempt=1))
        return len(decisions)

    def newest_digests(
        self, names: Collection[SubscriberId], *, limit: int
    ) -> dict[SubscriberId, list[Digest]]:
        found = super().newest_digests(names, limit=limit)
        for name in found.keys() & self._digests.keys():
            found[name] = [self._digests[name], *found[name]][:limit]
        return found

    # --- deliveries ----------------------------------------------------------------------

    def waiting(self, channel: Channel, *, now: datetime) -> int:
        return super().waiting(channel, now=now) + len(self._new_claims)

    def claim(
        self, channel: Channel, owner: str, *, now: datetime, lease: timedelta, limit: int
    ) -> list[Claim]:
        """The next ``limit`` deliveries; each comes once."""
        if self._claims is None:
            pages = partial(self.claimable, channel, now=now, limit=limit)
            self._claims = chain(_all(pages, attrgetter("delivery")), self._new_claims)
        return list(islice(self._claims, limit))

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
        """All of them may go on, and nothing is recorded."""
        return {number for number, _ in claims}

    def settle(self, outcomes: Collection[tuple[Outcome, int]], *, now: datetime) -> None:
        """Record nothing."""

    def renew(self, owner: str, *, now: datetime, lease: timedelta) -> int:
        """Extend no lease: nothing is claimed."""
        return 0

    def expire(self, *, now: datetime, expire_after: timedelta) -> int:
        """End nothing."""
        return 0

    # --- publications --------------------------------------------------------------------

    def count_publications(self) -> int:
        everybody = self.count_subscribers() if self._publishes_all else 0
        return super().count_publications() + len(self._digests) + everybody

    def publish_everybody(self, *, now: datetime) -> None:
        """Have ``claim_publications`` return every reader."""
        self._publishes_all = True

    def claim_publications(
        self, owner: str, *, now: datetime, lease: timedelta, limit: int
    ) -> list[Publication]:
        """The next ``limit`` readers whose files are behind; each comes once."""
        if self._behind is None:
            self._behind = self._all_behind(limit)
        claimed = list(islice(self._behind, limit))
        self._in_hand.update(one.key for one in claimed)
        return claimed

    def renew_publications(self, owner: str, *, now: datetime, lease: timedelta) -> set[int]:
        return set(self._in_hand)

    def _all_behind(self, limit: int) -> Iterator[Publication]:
        done: set[SubscriberId] = set()
        for one in _all(partial(self.publications_behind, limit=limit), attrgetter("key")):
            done.add(one.name)
            yield one
        readers = self.stored(self._digests.keys() - done)
        for name, reader in readers.items():
            yield _publication(reader, since=self._digests[name].composed)
        done |= readers.keys()
        if self._publishes_all:
            for reader in _all(partial(self.subscribers, limit=limit), attrgetter("key")):
                decided = reader.origin == "file" or reader.until is not None
                if decided and reader.subscriber.id not in done:
                    yield _publication(reader, since=EPOCH)

    def settle_publications(
        self, done: Collection[Publication], owner: str, *, now: datetime
    ) -> None:
        """Record nothing."""

    def release_publications(self, owners: Collection[str]) -> None:
        """Release nothing: nothing is claimed."""


def _all(page: Callable[..., list[T]], key: Callable[[T], int]) -> Iterator[T]:
    """Every row of a query that is read in pages, each from beyond the last key before it."""
    after = 0
    while rows := page(after=after):
        after = key(rows[-1])
        yield from rows


def _publication(reader: StoredSubscriber, *, since: datetime) -> Publication:
    subscriber = reader.subscriber
    return Publication(reader.key, subscriber.id, subscriber, reader.feed_token, since, version=0)
