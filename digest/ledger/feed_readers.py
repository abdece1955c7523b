"""Readers whose feeds and pages are rendered when they are asked for: who has a token, and their
digests."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from zlib import crc32

from sqlalchemy import bindparam, delete, exists, func, select

from digest.ledger import decision_codec
from digest.ledger.aggregate import Aggregate
from digest.ledger.bulk import Lookup
from digest.ledger.column_types import instant
from digest.ledger.database import Database
from digest.ledger.decisions import NEWEST_FIRST, as_digest
from digest.ledger.kept_papers import KeptPapers
from digest.ledger.publications import settle_feeds
from digest.ledger.tables import (
    HAS_PICKS,
    decision,
    delivery,
    dump,
    publication,
    subscriber,
)
from digest.model import Digest, FeedReader, Paper, PaperKey, SubscriberId
from digest.subscribers import codec

_BATCH = 5000  # readers in one transaction
_FEW = 6  # digests that are read at once where most readers draw no more

_PAPERS = 10_000  # that are kept: those of some months
_ABOVE_ALL = 2**63 - 1
_Row = tuple[int, str, int, PaperKey, bytes, int]  # of the columns of ``_THEIRS``

_any = decision.alias()
_NEWEST = select(func.max(_any.c.id)).where(_any.c.subscriber == subscriber.c.id)
_READER = Lookup(
    select(subscriber.c.profile, decision.c.id, decision.c.composed)
    .select_from(subscriber)
    .outerjoin(decision, decision.c.id == _NEWEST.correlate(subscriber).scalar_subquery())
    .where(subscriber.c.feed_token == bindparam("its_token"), subscriber.c.profile.is_not(None)),
    ("its_token",),
)
_COLUMNS = (
    decision.c.id,
    decision.c.period,
    decision.c.composed,
    decision.c.until,
    decision.c.body,
)
_THEIRS = (
    select(*_COLUMNS, select(func.max(dump.c.id)).scalar_subquery())
    .join_from(decision, subscriber)
    .where(subscriber.c.name == bindparam("who"), HAS_PICKS)
)
_BEFORE = Lookup(
    _THEIRS.where(decision.c.id < bindparam("before"))
    .order_by(NEWEST_FIRST)
    .limit(bindparam("most")),
    ("who", "before", "most"),
)
_OF_PERIOD = Lookup(_THEIRS.where(decision.c.period == bindparam("then")), ("who", "then"))


class FeedReaders(Aggregate):
    """What is read to answer requests for the feeds and pages of readers."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._kept_papers = KeptPapers(_PAPERS)

    def feed_reader(self, token: str) -> FeedReader | None:
        """Who has this feed token, with the version of what they are shown; None: nobody who has a
        profile."""
        with self._database.reading() as connection:
            found = _READER.rows(connection, (token,))
        if not found:
            return None
        profile, number, composed = found[0]
        # After a backup was put back, numbers of decisions are given again.
        version = f"{number or 0}-{composed or 0:x}-{crc32(profile.encode()):08x}"
        changed = None if composed is None else instant(composed)
        return FeedReader(token, version, changed, partial(codec.decode, profile))

    def newest_first(self, name: SubscriberId, *, limit: int) -> Iterator[Digest]:
        """A subscriber's digests, newest first, but for those whose picks are forgotten. They are
        read a few at a time while they are drawn."""
        before = _ABOVE_ALL
        while limit > 0:
            found, papers = self._read(_BEFORE, name, before, min(limit, _FEW))
            for row in found:
                yield _digest(name, row, papers)
            if len(found) < _FEW:
                return
            before, limit = found[-1][0], limit - len(found)

    def digest_of(self, name: SubscriberId, period: str) -> Digest | None:
        """A subscriber's digest of a period; None where there is none, or its picks are
        forgotten."""
        found, papers = self._read(_OF_PERIOD, name, period)
        return _digest(name, found[0], papers) if found else None

    def _read(
        self, query: Lookup, *values: object
    ) -> tuple[Sequence[_Row], Mapping[PaperKey, Paper]]:
        """Digests as they are kept, and the papers that they hold."""
        with self._database.reading() as connection:
            rows: Sequence[_Row] = query.rows(connection, values)
            keys = {key for row in rows for key in decision_codec.picked(row[4])}
            newest = rows[0][5] if rows else 0
            return rows, self._kept_papers.of(connection, keys, newest=newest)

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


def _digest(name: SubscriberId, row: _Row, papers: Mapping[PaperKey, Paper]) -> Digest:
    _, period, composed, until, kept, _ = row
    body = decision_codec.unpack(kept)
    return as_digest(name, period, instant(composed), until, body=body, papers=papers)
