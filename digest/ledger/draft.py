"""A ledger whose changes stay in memory: for dry runs, previews and other questions."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import chain, islice
from operator import attrgetter
from typing import Any, TypeVar

from digest import model as m
from digest.config.messages import nearest
from digest.errors import NotFound
from digest.ledger.column_types import EPOCH
from digest.ledger.commits import Fenced
from digest.ledger.database import Database
from digest.ledger.draft_papers import DraftPapers
from digest.subscribers.changes import Saved, folded

T = TypeVar("T")


class Draft(DraftPapers):
    """A ledger as it would be after the changes that it is given, which it writes nowhere. It reads
    the database as it is, and takes what a pass writes: papers, profiles of the files, decisions
    and what becomes of deliveries. Every other method that writes raises LedgerError, and the
    database is not even brought up to date."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._profiles: dict[m.SubscriberId, m.StoredSubscriber] = {}
        self._gone: set[m.SubscriberId] = set()
        self._digests: dict[m.SubscriberId, m.Digest] = {}
        self._new_claims: list[m.Claim] = []
        self._due: Iterator[m.StoredSubscriber] = iter(())
        self._claims: Iterator[m.Claim] | None = None
        self._behind: Iterator[m.Publication] | None = None
        self._publishes_all = False
        self._in_hand: set[int] = set()
        """The keys of readers whose publications were claimed."""

    # --- subscribers ---------------------------------------------------------------------

    def follow_clock(self, *_: Any, **__: Any) -> int:
        """Change no due time."""
        return 0

    def compiled(self, host: str, content: str | None, *, now: datetime) -> bool:
        return self.is_compiled(host, content)

    def compile(
        self, host: str, content: str | None, listed: Sequence[m.Subscriber], *, now: datetime
    ) -> Saved:
        """Keep the profiles of the files in memory.

        Raises:
            ConfigError: An id is taken or was somebody else's.
        """
        found = self.planned(listed, "file", now=now)
        new = [*found.added, *found.returned, *(after for _, after in found.changed)]
        self._profiles = {one.subscriber.id: one for one in new}
        self._gone = set(found.saved.removed)
        return Saved()

    def subscriber(self, name: str) -> m.StoredSubscriber:
        if found := self._profiles.get(m.SubscriberId(name)):
            return found
        try:
            return super().subscriber(name)
        except NotFound as error:
            known = [*self._profiles, *error.nearest]
            raise NotFound(error.kind, name, nearest(name, known)) from None

    def subscribers(self, *, after: int = 0, limit: int) -> list[m.StoredSubscriber]:
        rows = super().subscribers(after=after, limit=limit)
        is_last = len(rows) < limit
        found = {row.key: row for row in rows if row.subscriber.id not in self._gone}
        for one in self._profiles.values():
            if one.key > after and (is_last or one.key <= rows[-1].key):
                found[one.key] = one
        if not found and not is_last:
            return self.subscribers(after=rows[-1].key, limit=limit)
        return [found[key] for key in sorted(found)]

    def subscribers_at(self, addresses: Collection[str]) -> Mapping[str, list[m.StoredSubscriber]]:
        stored = chain.from_iterable(super().subscribers_at(addresses).values())
        replaced = self._profiles.keys() | self._gone
        kept = [one for one in stored if one.subscriber.id not in replaced]
        found: dict[str, list[m.StoredSubscriber]] = {}
        for one in (*kept, *self._profiles.values()):
            if (own := folded(one.subscriber.email)) in addresses:
                found.setdefault(own, []).append(one)
        return found

    def stored(self, names: Collection[m.SubscriberId]) -> dict[m.SubscriberId, m.StoredSubscriber]:
        found = {**super().stored(names), **self._profiles}
        return {name: found[name] for name in names if name in found and name not in self._gone}

    def count_due(self, now: datetime, *, reopened: bool, shard: m.Shard = m.EVERYBODY) -> int:
        return super().count_due(now, reopened=reopened, shard=shard) + len(self._profiles)

    def due(
        self,
        now: datetime,
        *,
        reopened: bool,
        after: m.StoredSubscriber | None = None,
        limit: int,
        shard: m.Shard = m.EVERYBODY,
    ) -> list[m.StoredSubscriber]:
        """The next ``limit`` subscribers whose digest is due; ``after`` None begins anew."""
        if after is None:
            self._due = self._all_due(now, reopened, limit)
        return list(islice(self._due, limit))

    def _all_due(self, now: datetime, reopened: bool, limit: int) -> Iterator[m.StoredSubscriber]:
        for one in self._profiles.values():
            if one.next_due and one.next_due <= now:
                yield one
        found = super().due(now, reopened=reopened, limit=limit)
        while found:
            for one in found:
                if one.subscriber.id not in self._profiles.keys() | self._gone:
                    yield one
            found = super().due(now, reopened=reopened, after=found[-1], limit=limit)

    # --- decisions -----------------------------------------------------------------------

    def record(
        self, decisions: Sequence[m.Decision], *, now: datetime, serves: bool = False
    ) -> int:
        """Keep the digests in memory, to be sent and published."""
        for one in decisions:
            if isinstance(digest := one.outcome, m.Digest):
                self._digests[digest.subscriber] = digest
                if "email" in one.reader.subscriber.channels:
                    number = m.DeliveryId(-len(self._digests))
                    self._new_claims.append(
                        m.Claim(number, "email", digest, fence=0, attempt=1, reader=one.reader)
                    )
        return len(decisions)

    def newest_digests(
        self, names: Collection[m.SubscriberId], *, limit: int
    ) -> dict[m.SubscriberId, list[m.Digest]]:
        found = super().newest_digests(names, limit=limit)
        for name in found.keys() & self._digests.keys():
            found[name] = [self._digests[name], *found[name]][:limit]
        return found

    # --- deliveries ----------------------------------------------------------------------

    def waiting(self, channel: m.Channel, *, now: datetime, shard: m.Shard = m.EVERYBODY) -> int:
        return super().waiting(channel, now=now, shard=shard) + len(self._new_claims)

    def claim(
        self,
        channel: m.Channel,
        owner: str,
        *,
        now: datetime,
        lease: timedelta,
        limit: int,
        shard: m.Shard = m.EVERYBODY,
    ) -> list[m.Claim]:
        """The next ``limit`` deliveries; each comes once."""
        if self._claims is None:
            pages = partial(self.claimable, channel, now=now, limit=limit)
            self._claims = chain(_all(pages, attrgetter("delivery")), self._new_claims)
        return list(islice(self._claims, limit))

    def commit(self, claims: Collection[Fenced], **_: Any) -> set[m.DeliveryId]:
        """All of them may go on, and nothing is recorded."""
        return {number for number, _ in claims}

    def settle(self, *_: Any, **__: Any) -> None:
        """Record nothing."""

    def renew(self, *_: Any, **__: Any) -> int:
        """Extend no lease: nothing is claimed."""
        return 0

    def expire(self, **_: Any) -> int:
        """End nothing."""
        return 0

    # --- publications --------------------------------------------------------------------

    def count_publications(self) -> int:
        everybody = self.count_subscribers() if self._publishes_all else 0
        return super().count_publications() + len(self._digests) + everybody

    def publish_everybody(self) -> None:
        """Have ``claim_publications`` return every reader."""
        self._publishes_all = True

    def claim_publications(
        self, owner: str, *, now: datetime, lease: timedelta, limit: int
    ) -> list[m.Publication]:
        """The next ``limit`` readers whose files are behind; each comes once."""
        if self._behind is None:
            self._behind = self._all_behind(limit)
        claimed = list(islice(self._behind, limit))
        self._in_hand.update(one.key for one in claimed)
        return claimed

    def renew_publications(self, *_: Any, **__: Any) -> set[int]:
        return set(self._in_hand)

    def _all_behind(self, limit: int) -> Iterator[m.Publication]:
        done: set[m.SubscriberId] = set()
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

    def settle_publications(self, *_: Any, **__: Any) -> None:
        """Record nothing."""

    def settle_served(self, **_: Any) -> None:
        """Record nothing."""

    def release_publications(self, *_: Any) -> None:
        """Release nothing: nothing is claimed."""


def _all(page: Callable[..., list[T]], key: Callable[[T], int]) -> Iterator[T]:
    """Every row of a query that is read in pages, each from beyond the last key before it."""
    after = 0
    while rows := page(after=after):
        after = key(rows[-1])
        yield from rows


def _publication(reader: m.StoredSubscriber, *, since: datetime) -> m.Publication:
    subscriber = reader.subscriber
    return m.Publication(reader.key, subscriber.id, subscriber, reader.feed_token, since, version=0)
