"""Who there is: keys, feed tokens and profiles, and who is due."""

import secrets
from collections.abc import Collection, Mapping
from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    func,
    insert,
    select,
    true,
    union_all,
)

from digest.config.messages import nearest
from digest.errors import NotFound
from digest.ledger.aggregate import Aggregate, next_key, rows_in
from digest.ledger.tables import subscriber
from digest.model import EVERYBODY, Origin, Shard, StoredSubscriber, SubscriberId
from digest.subscribers import codec
from digest.subscribers.changes import Recorded

TOKEN_BYTES = 16  # 128 random bits: 22 URL-safe characters
_LOOK_ALIKES = 5000  # most ids that are compared with an unknown one

STORED: Select[Any] = select(subscriber).where(subscriber.c.profile.is_not(None))
"""The rows with a profile."""


Part = tuple[ColumnElement[bool], tuple[Column[Any], ...]]  # a condition and an order
READER = subscriber.c["id", "profile", "origin", "until", "next_due", "open_since", "feed_token"]


class Subscribers(Aggregate):
    """Everybody who has or had a profile."""

    def subscriber(self, name: str) -> StoredSubscriber:
        """The subscriber with this id.

        Raises:
            NotFound: Nobody has a profile under this id; it names the ids nearest to it.
        """
        for row in self._rows(STORED.where(subscriber.c.name == name)):
            return stored(row)
        alike = STORED.where(subscriber.c.name.startswith(name[:1], autoescape=True))
        rows = self._rows(alike.with_only_columns(subscriber.c.name).limit(_LOOK_ALIKES))
        raise NotFound("subscriber", name, nearest(name, [row.name for row in rows]))

    def stored(self, names: Collection[SubscriberId]) -> Mapping[SubscriberId, StoredSubscriber]:
        """Of these, those that have a profile."""
        rows = self._rows_in(STORED, subscriber.c.name, names)
        return {SubscriberId(row.name): stored(row) for row in rows}

    def recorded(self, names: Collection[SubscriberId]) -> Mapping[SubscriberId, Recorded]:
        """Of these, those that are known, also of those who have no profile any more."""
        query = select(subscriber.c.name, subscriber.c.origin, subscriber.c.profile)
        rows = self._rows_in(query, subscriber.c.name, names)
        return {SubscriberId(name): Recorded(*rest) for name, *rest in rows}

    def subscribers(self, *, after: int = 0, limit: int) -> list[StoredSubscriber]:
        """Up to ``limit`` of all who have a profile and a key beyond ``after``, by key."""
        query = STORED.where(subscriber.c.id > after).order_by(subscriber.c.id).limit(limit)
        return [stored(row) for row in self._rows(query)]

    def count_subscribers(self, *, origin: Origin | None = None) -> int:
        """How many have a profile; with ``origin``, how many have it from there."""
        query = select(func.count()).where(subscriber.c.profile.is_not(None))
        return self._count(query if origin is None else query.where(subscriber.c.origin == origin))

    def due(
        self,
        now: datetime,
        *,
        reopened: bool,
        after: StoredSubscriber | None = None,
        limit: int,
        shard: Shard = EVERYBODY,
    ) -> list[StoredSubscriber]:
        """Up to ``limit`` of those of a shard who are due, those due longest first, from beyond
        ``after`` as it was returned. With ``reopened``, first also those whose period was due and
        empty, and stays open. What is recorded meanwhile brings up nobody twice."""
        found: list[StoredSubscriber] = []
        query = STORED.where(_of(shard))
        with self._database.reading() as connection:
            for part, order in _parts(now, after, reopened=reopened):
                if len(found) < limit:
                    rows = query.where(part).order_by(*order).limit(limit - len(found))
                    found += [stored(one) for one in connection.execute(rows)]
        return found

    def count_due(self, now: datetime, *, reopened: bool, shard: Shard = EVERYBODY) -> int:
        """How many ``due`` returns in all."""
        found = waiting(now, reopened=reopened, shard=shard).subquery()
        return self._count(select(func.count()).select_from(found))

    def next_due(self) -> datetime | None:
        """When the next digest falls due; None: for nobody."""
        is_due = select(subscriber.c.next_due).where(subscriber.c.next_due.is_not(None))
        at: datetime | None = self._value(is_due.order_by(subscriber.c.next_due).limit(1))
        return at

    def upcoming(
        self, *, limit: int, origin: Origin | None = None
    ) -> list[tuple[datetime, SubscriberId]]:
        """Whose digests fall due next, and when: the first ``limit``, with ``origin`` of those who
        have their profile from there."""
        query = select(subscriber.c.next_due, subscriber.c.name)
        query = query.where(subscriber.c.next_due.is_not(None))
        if origin is not None:
            query = query.where(subscriber.c.origin == origin)
        query = query.order_by(subscriber.c.next_due, subscriber.c.id).limit(limit)
        return [(row.next_due, SubscriberId(row.name)) for row in self._rows(query)]

    def subscribers_at(self, addresses: Collection[str]) -> Mapping[str, list[StoredSubscriber]]:
        """Of these folded addresses, those of subscribers, each with its subscribers by key."""
        found: dict[str, list[StoredSubscriber]] = {}
        query = STORED.order_by(subscriber.c.id)
        for row in self._rows_in(query, subscriber.c.address, addresses):
            found.setdefault(row.address, []).append(stored(row))
        return found


def waiting(now: datetime, *, reopened: bool, shard: Shard) -> Any:
    """A query for the keys of those of a shard who are due."""
    theirs = select(subscriber.c.id).where(_of(shard))
    is_due, is_open = subscriber.c.next_due <= now, subscriber.c.open_since.is_not(None)
    if not reopened:
        return theirs.where(is_due)
    return union_all(theirs.where(is_open), theirs.where(is_due, ~is_open))


def _of(shard: Shard) -> ColumnElement[bool]:
    # Left out where it says nothing: SQLite would take the index of the key for it.
    everybody = shard == EVERYBODY
    return true() if everybody else subscriber.c.id.between(shard.first, shard.last)


def _parts(now: datetime, after: StoredSubscriber | None, *, reopened: bool) -> list[Part]:
    """The parts in which those who are due come. Each is read from where an index says that it
    begins."""
    row = subscriber.c
    parts: list[Part] = []
    if reopened and (after is None or after.open_since):
        known = 0 if after is None else after.key
        parts, after = [(and_(row.open_since.is_not(None), row.id > known), (row.id,))], None
    only: ColumnElement[bool] = row.open_since.is_(None) if reopened else true()
    if after is not None:
        same = and_(only, row.next_due == after.next_due, row.id > after.key)
        parts.append((same, (row.id,)))
        only = and_(only, row.next_due > after.next_due)
    parts.append((and_(only, row.next_due <= now), (row.next_due, row.id)))
    return parts


def stored(row: Row[Any]) -> StoredSubscriber:
    """A row with the columns of ``READER`` that has a profile."""
    rest = (row.origin, row.until, row.next_due, row.open_since, row.feed_token)
    return StoredSubscriber(row.id, codec.decode(row.profile), *rest, row.profile)


def hold(connection: Connection, numbers: Collection[int]) -> dict[int, str | None]:
    """Keep others from writing the rows with these keys until the transaction ends; the text of
    each profile, by key. All writers of several rows take them in the order of keys, so that no two
    wait for each other."""
    query = select(subscriber.c.id, subscriber.c.profile)
    locked = query.order_by(subscriber.c.id).with_for_update(key_share=True)
    rows = rows_in(connection, locked, subscriber.c.id, sorted(numbers))
    return {key: profile for key, profile in rows}  # noqa: C416 — of rows, not of pairs


def keys(connection: Connection, names: Collection[SubscriberId]) -> dict[SubscriberId, int]:
    """The keys of those that are known."""
    query = select(subscriber.c.name, subscriber.c.id)
    rows = rows_in(connection, query, subscriber.c.name, names)
    return {SubscriberId(row.name): row.id for row in rows}


def ensure_keys(connection: Connection, names: Collection[SubscriberId]) -> dict[SubscriberId, int]:
    """The keys of all of these; who is unknown gets one, and a feed token. The caller holds INTAKE,
    unless all are known."""
    found = keys(connection, names)
    unknown = [name for name in dict.fromkeys(names) if name not in found]
    new = dict(zip(unknown, count(next_key(connection, subscriber.c.id)), strict=False))
    rows = [
        {"id": key, "name": name, "feed_token": secrets.token_urlsafe(TOKEN_BYTES)}
        for name, key in new.items()
    ]
    if rows:
        connection.execute(insert(subscriber), rows)
    return found | new
