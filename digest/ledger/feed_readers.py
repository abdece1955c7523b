"""Readers whose feeds and pages are rendered when they are asked for: who has a token, and their
digests."""

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from functools import cache, partial
from typing import Any
from zlib import crc32

from sqlalchemy import Dialect, bindparam, delete, exists, func, select

from digest.ledger.aggregate import Aggregate
from digest.ledger.column_types import EPOCH, MICROSECOND
from digest.ledger.decisions import DIGESTS, NEWEST_FIRST, read_digests
from digest.ledger.publications import settle_feeds
from digest.ledger.tables import decision, delivery, publication, subscriber
from digest.model import Digest, FeedReader, SubscriberId
from digest.subscribers import codec

_BATCH = 5000  # readers in one transaction
_FEW = 6  # digests that are read at once where most readers draw no more

_any = decision.alias()
_NEWEST = select(func.max(_any.c.id)).where(_any.c.subscriber == subscriber.c.id)
_READER = (
    select(subscriber.c.profile, decision.c.id, decision.c.composed)
    .select_from(subscriber)
    .outerjoin(decision, decision.c.id == _NEWEST.correlate(subscriber).scalar_subquery())
    .where(subscriber.c.feed_token == bindparam("its_token"), subscriber.c.profile.is_not(None))
)


class FeedReaders(Aggregate):
    """What is read to answer requests for the feeds and pages of readers."""

    def feed_reader(self, token: str) -> FeedReader | None:
        """Who has this feed token, with the version of what they are shown; None: nobody who has a
        profile."""
        with self._database.reading() as connection:
            # Every request waits for it, so the driver gets it as it is: SQLAlchemy would take ten
            # times as long to run it as the database.
            sql, is_positional = _compiled(connection.dialect)
            with closing(connection.connection.cursor()) as cursor:
                cursor.execute(sql, (token,) if is_positional else {"its_token": token})
                found: Any = cursor.fetchone()
        if found is None:
            return None
        profile, number, composed = found
        version = f"{number or 0}-{crc32(profile.encode()):08x}"
        changed = None if composed is None else EPOCH + composed * MICROSECOND
        return FeedReader(token, version, changed, partial(codec.decode, profile))

    def newest_first(self, name: SubscriberId, *, limit: int) -> Iterator[Digest]:
        """A subscriber's digests, newest first, but for those whose picks are forgotten. They are
        read a few at a time while they are drawn."""
        theirs = DIGESTS.where(subscriber.c.name == name).order_by(NEWEST_FIRST)
        before = None
        while limit > 0:
            query = theirs if before is None else theirs.where(decision.c.id < before)
            with self._database.reading() as connection:
                rows = connection.execute(query.limit(min(limit, _FEW)))
                found = read_digests(connection, rows)
            yield from found.values()
            if len(found) < _FEW:
                return
            before, limit = min(found), limit - len(found)

    def digest_of(self, name: SubscriberId, period: str) -> Digest | None:
        """A subscriber's digest of a period; None where there is none, or its picks are
        forgotten."""
        query = DIGESTS.where(subscriber.c.name == name, decision.c.period == period)
        with self._database.reading() as connection:
            found = read_digests(connection, connection.execute(query))
        return next(iter(found.values()), None)

    def settle_served(self, *, now: datetime) -> None:
        """Record that feeds and pages are rendered on demand: whatever is behind of readers with a
        profile needs no file, and all deliveries by feed are sent."""
        reader = subscriber.c.id == publication.c.subscriber
        present = exists().where(reader, subscriber.c.profile.is_not(None))
        behind = select(publication.c.subscriber).where(present)
        behind = behind.order_by(publication.c.subscriber).limit(_BATCH)
        while self._rows(behind):
            with self._database.writing() as connection:
                keys = connection.scalars(behind.with_for_update()).all()
                connection.execute(delete(publication).where(publication.c.subscriber.in_(keys)))
        waiting = (delivery.c.channel == "feed", delivery.c.due.is_not(None))
        if self._rows(select(delivery.c.id).where(*waiting).limit(1)):
            with self._database.writing() as connection:
                settle_feeds(connection, now=now)


@cache
def _compiled(dialect: Dialect) -> tuple[str, bool]:
    """The query for a reader as the driver takes it, and whether its parameter has no name."""
    compiled = _READER.compile(dialect=dialect)
    return str(compiled), compiled.positiontup is not None
