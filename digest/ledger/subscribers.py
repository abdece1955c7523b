"""Who there is: keys, feed tokens and profiles, and who is due."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, union_all

from digest.config.messages import nearest
from digest.errors import NotFound
from digest.ledger.aggregate import Aggregate
from digest.ledger.database import INTAKE, batches, next_key
from digest.ledger.tables import subscriber
from digest.model import Origin, StoredSubscriber, SubscriberId
from digest.subscribers import codec

TOKEN_BYTES = 16
"""128 random bits: 22 URL-safe characters."""
_LOOK_ALIKES = 5000
"""Most ids that are compared with an unknown one."""

STORED: Select[Any] = select(subscriber).where(subscriber.c.profile.is_not(None))
"""The rows with a profile."""


class Subscribers(Aggregate):
    """Everybody who has or had a profile."""

    def ensure_subscribers(self, names: Collection[SubscriberId]) -> Mapping[SubscriberId, str]:
        """Each one's feed token (22 or more URL-safe characters), made when first seen."""
        with self._database.reading() as connection:
            found = _tokens(connection, names)
        if found.keys() >= set(names):
            return found
        with self._database.writing(INTAKE) as connection:
            ensure_keys(connection, names)
            return _tokens(connection, names)

    def subscriber(self, name: str) -> StoredSubscriber:
        """The subscriber with this id.

        Raises:
            NotFound: Nobody has a profile under this id; it names the ids nearest to it.
        """
        with self._database.reading() as connection:
            row = connection.execute(STORED.where(subscriber.c.name == name)).first()
            if row is not None:
                return stored(row)
            alike = (
                select(subscriber.c.name)
                .where(subscriber.c.profile.is_not(None))
                .where(subscriber.c.name.startswith(name[:1], autoescape=True))
                .limit(_LOOK_ALIKES)
            )
            raise NotFound("subscriber", name, nearest(name, connection.scalars(alike)))

    def stored(self, names: Collection[SubscriberId]) -> Mapping[SubscriberId, StoredSubscriber]:
        """Of these, those that have a profile."""
        found: dict[SubscriberId, StoredSubscriber] = {}
        with self._database.reading() as connection:
            for batch in batches(names):
                rows = connection.execute(STORED.where(subscriber.c.name.in_(batch)))
                found.update((SubscriberId(row.name), stored(row)) for row in rows)
        return found

    def subscribers(self, *, after: int = 0, limit: int) -> list[StoredSubscriber]:
        """Up to ``limit`` of all who have a profile and a key beyond ``after``, by key."""
        query = STORED.where(subscriber.c.id > after).order_by(subscriber.c.id).limit(limit)
        with self._database.reading() as connection:
            return [stored(row) for row in connection.execute(query)]

    def count_subscribers(self, *, origin: Origin | None = None) -> int:
        """How many have a profile; with ``origin``, how many have it from there."""
        query = select(func.count()).where(subscriber.c.profile.is_not(None))
        if origin is not None:
            query = query.where(subscriber.c.origin == origin)
        with self._database.reading() as connection:
            return connection.execute(query).scalar_one()

    def due(
        self, now: datetime, *, reopened: bool, after: int = 0, limit: int
    ) -> list[StoredSubscriber]:
        """Up to ``limit`` of those who are due and have a key beyond ``after``, by key.

        With ``reopened``, also those whose period was due and empty, and stays open.
        """
        # As a subquery, so that SQLite takes the indices of the due times and not that of the key.
        waiting = _waiting(now, reopened=reopened, after=after)
        query = STORED.where(subscriber.c.id.in_(waiting)).order_by(subscriber.c.id).limit(limit)
        with self._database.reading() as connection:
            return [stored(row) for row in connection.execute(query)]

    def count_due(self, now: datetime, *, reopened: bool) -> int:
        """How many ``due`` returns in all."""
        waiting = _waiting(now, reopened=reopened, after=0).subquery()
        query = select(func.count(waiting.c.id.distinct()))
        with self._database.reading() as connection:
            return connection.execute(query).scalar_one()

    def next_due(self) -> datetime | None:
        """When the next digest falls due; None: for nobody."""
        query = (
            select(subscriber.c.next_due)
            .where(subscriber.c.next_due.is_not(None))
            .order_by(subscriber.c.next_due)
            .limit(1)
        )
        with self._database.reading() as connection:
            return connection.scalar(query)

    def subscribers_at(
        self, addresses: Collection[str]
    ) -> Mapping[str, Sequence[StoredSubscriber]]:
        """Of these folded addresses, those of subscribers, each with its subscribers by key."""
        found: dict[str, list[StoredSubscriber]] = {}
        with self._database.reading() as connection:
            for batch in batches(addresses):
                query = STORED.where(subscriber.c.address.in_(batch)).order_by(subscriber.c.id)
                for row in connection.execute(query):
                    found.setdefault(row.address, []).append(stored(row))
        return found


def _waiting(now: datetime, *, reopened: bool, after: int) -> Any:
    beyond = select(subscriber.c.id).where(subscriber.c.id > after)
    is_due = beyond.where(subscriber.c.next_due <= now)
    if not reopened:
        return is_due
    return union_all(is_due, beyond.where(subscriber.c.open_since.is_not(None)))


def stored(row: Row[Any]) -> StoredSubscriber:
    """A row of the table that has a profile."""
    return StoredSubscriber(
        row.id,
        codec.decode(row.profile),
        row.origin,
        row.until,
        row.next_due,
        row.open_since,
        row.feed_token,
    )


def keys(connection: Connection, names: Collection[SubscriberId]) -> dict[SubscriberId, int]:
    """The keys of those that are known."""
    found: dict[SubscriberId, int] = {}
    for batch in batches(names):
        query = select(subscriber.c.name, subscriber.c.id).where(subscriber.c.name.in_(batch))
        found.update((SubscriberId(row.name), row.id) for row in connection.execute(query))
    return found


def ensure_keys(connection: Connection, names: Collection[SubscriberId]) -> dict[SubscriberId, int]:
    """The keys of all of these; who is unknown gets one, and a feed token.

    The caller holds INTAKE, unless all are known.
    """
    found = keys(connection, names)
    unknown = [name for name in dict.fromkeys(names) if name not in found]
    if unknown:
        first = next_key(connection, subscriber.c.id)
        rows = [
            {"id": first + offset, "name": name, "feed_token": secrets.token_urlsafe(TOKEN_BYTES)}
            for offset, name in enumerate(unknown)
        ]
        connection.execute(insert(subscriber), rows)
        found.update((name, first + offset) for offset, name in enumerate(unknown))
    return found


def _tokens(connection: Connection, names: Collection[SubscriberId]) -> dict[SubscriberId, str]:
    found: dict[SubscriberId, str] = {}
    for batch in batches(names):
        query = select(subscriber.c.name, subscriber.c.feed_token).where(
            subscriber.c.name.in_(batch)
        )
        found.update((SubscriberId(row.name), row.feed_token) for row in connection.execute(query))
    return found
