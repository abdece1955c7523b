"""Readers whose published files are behind: noted, claimed by one publisher, and settled."""

from collections.abc import Collection
from datetime import datetime, timedelta
from importlib import import_module

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
    delete,
    func,
    or_,
    select,
    update,
)

from digest.ledger.aggregate import INTAKE, SKEW, Aggregate, batches
from digest.ledger.column_types import EPOCH
from digest.ledger.deliveries import resting
from digest.ledger.tables import decision, delivery, publication, subscriber
from digest.model import Publication, State, SubscriberId
from digest.subscribers import codec

_UNSETTLED = (State.PENDING, State.DEFERRED, State.CLAIMED)


class Publications(Aggregate):
    """Published files that are to be made, by reader."""

    def count_publications(self) -> int:
        """How many readers have files that are behind."""
        return self._count(select(func.count()).select_from(publication))

    def publish_everybody(self) -> None:
        """Have the files of every reader who has a profile made anew, but for those of the database
        who await their first digest: their feeds come with it."""
        with self._database.writing(INTAKE) as connection:
            mark_everybody_behind(connection)

    def claim_publications(
        self, owner: str, *, now: datetime, lease: timedelta, limit: int
    ) -> list[Publication]:
        """Take up to ``limit`` readers whose files are behind and whom nobody else has in hand."""
        until = publication.c.lease_until
        free = or_(publication.c.owner.is_(None), until <= now, until > now + lease + SKEW)
        with self._database.writing() as connection:
            taken = (
                select(publication.c.subscriber)
                .where(free)
                .order_by(publication.c.subscriber)
                .limit(limit)
                .with_for_update(skip_locked=True)
            )
            keys = connection.scalars(taken).all()
            if not keys:
                return []
            theirs = publication.c.subscriber.in_(keys)
            connection.execute(
                update(publication).where(theirs).values(owner=owner, lease_until=now + lease)
            )
            return _behind(connection, theirs, limit)

    def publications_behind(self, *, after: int, limit: int) -> list[Publication]:
        """``limit`` readers whose files are behind, by key from beyond ``after``."""
        with self._database.reading() as connection:
            return _behind(connection, publication.c.subscriber > after, limit)

    def publication_owners(self) -> list[str]:
        """Everybody who has a reader's files in hand."""
        owned = select(publication.c.owner).where(publication.c.owner.is_not(None)).distinct()
        return [one for (one,) in self._rows(owned)]

    def renew_publications(self, owner: str, *, now: datetime, lease: timedelta) -> set[int]:
        """Extend the lease of the readers that an owner has in hand; their keys."""
        mine = publication.c.owner == owner
        with self._database.writing() as connection:
            held = set(_hold(connection, mine))
            connection.execute(update(publication).where(mine).values(lease_until=now + lease))
            return held

    def settle_publications(
        self, done: Collection[Publication], owner: str, *, now: datetime
    ) -> None:
        """Record that the files of these readers are in place: their deliveries by feed are sent. A
        reader for whom something was decided meanwhile stays behind."""
        with self._database.writing() as connection:
            for batch in batches(done):
                claimed = {one.key: one.version for one in batch}
                mine = and_(publication.c.subscriber.in_(claimed), publication.c.owner == owner)
                rows = _hold(connection, mine).items()
                settled = [key for key, version in rows if claimed[key] == version]
                connection.execute(delete(publication).where(publication.c.subscriber.in_(settled)))
                theirs = select(decision.c.id).where(decision.c.subscriber.in_(settled))
                settle_feeds(connection, delivery.c.decision.in_(theirs), now=now)

    def release_publications(self, owners: Collection[str]) -> None:
        """Let others take what these owners have claimed and not settled."""
        with self._database.writing() as connection:
            theirs = publication.c.owner.in_(owners)
            _hold(connection, theirs)
            free = update(publication).where(theirs).values(owner=None, lease_until=None)
            connection.execute(free)


def settle_feeds(connection: Connection, *which: ColumnElement[bool], now: datetime) -> None:
    """Record that deliveries by feed are sent, unless they have come to rest."""
    waiting = (delivery.c.channel == "feed", delivery.c.due.is_not(None))
    connection.execute(
        update(delivery)
        .where(*waiting, delivery.c.state.in_(_UNSETTLED), *which)
        .values(resting(State.SENT, "published", now=now))
    )


def _behind(connection: Connection, which: ColumnElement[bool], limit: int) -> list[Publication]:
    reader = subscriber.c
    columns = (reader.id, reader.name, reader.profile, reader.feed_token)
    query = select(*columns, publication.c.since, publication.c.version)
    behind = query.join_from(publication, subscriber).where(which).order_by(reader.id).limit(limit)
    return [
        Publication(key, SubscriberId(name), codec.decode(profile) if profile else None, *rest)
        for key, name, profile, *rest in connection.execute(behind)
    ]


def mark_everybody_behind(connection: Connection) -> None:
    decided = or_(subscriber.c.origin == "file", subscriber.c.until.is_not(None))
    everybody = select(subscriber.c.id).where(subscriber.c.profile.is_not(None), decided)
    mark_behind(connection, connection.scalars(everybody).all(), since=EPOCH)


def mark_behind(connection: Connection, subscribers: Collection[int], *, since: datetime) -> None:
    """Have the files of these subscribers, given by key, published: the pages of digests composed
    at ``since`` or later, the index and the feeds; of who has left, all files are removed."""
    # Of the dialects only the one in use is imported: the other takes 30 ms.
    dialect = import_module(f"sqlalchemy.dialects.{connection.dialect.name}")
    new = dialect.insert(publication)
    earlier = publication.c.since < new.excluded.since
    also = {
        "version": publication.c.version + 1,
        "since": case((earlier, publication.c.since), else_=new.excluded.since),
    }
    noted = new.on_conflict_do_update(index_elements=["subscriber"], set_=also)
    for batch in batches(sorted(subscribers)):
        rows = [{"subscriber": key, "version": 0, "since": since} for key in batch]
        connection.execute(noted, rows)


def _hold(connection: Connection, which: ColumnElement[bool]) -> dict[int, int]:
    """Keep others from writing these rows, taken in the order of keys as all writers take them;
    the version of each, by key."""
    rows = connection.execute(
        select(publication.c.subscriber, publication.c.version)
        .where(which)
        .order_by(publication.c.subscriber)
        .with_for_update()
    )
    return {row.subscriber: row.version for row in rows}
