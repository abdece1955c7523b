"""Who there is: a subscriber's integer key and the token of its feed."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping

from sqlalchemy import Connection, insert, select

from digest.ledger.aggregate import Aggregate
from digest.ledger.database import INTAKE, batches, next_key
from digest.ledger.tables import subscriber
from digest.model import SubscriberId

TOKEN_BYTES = 16
"""128 random bits: 22 URL-safe characters."""


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
