"""The tables of the ledger. Keys are integers, so that they sort, serve as cursors and take few
bytes; names are kept once. The database gives those of decisions and deliveries, since several
processes may add them at once. The ledger gives the others itself, one process at a time, in the
order of commits."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
)

from digest.ledger.column_types import Count, Instant, Names, Raw, StateName, Words
from digest.model import State

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


_KEY = BigInteger().with_variant(Integer, "sqlite")
"""SQLite makes the row's own number of an INTEGER key, and of no other."""


def _key(name: str = "id") -> Column[int]:
    return Column(name, _KEY, primary_key=True, autoincrement=False)


def _given_key() -> Column[int]:
    """A key that the database gives: SQLite gives the rows of an INTEGER key theirs anyway."""
    return Column("id", _KEY, Identity(), primary_key=True)


def _reference(name: str, target: str, **options: Any) -> Column[int]:
    return Column(name, _KEY, ForeignKey(target), nullable=False, **options)


# --- what came in ------------------------------------------------------------------------

dump = Table(
    "dump",
    metadata,
    _key(),
    Column("hash", String(64), nullable=False, unique=True),
    Column("name", Words, nullable=False),
    Column("format", Words),
    Column("listed", Date),
    Column("arrived", Instant, nullable=False),
    Column("newest", BigInteger, nullable=False),
    Column("rejected", Words),
    Index("ix_dump_arrived", "arrived"),
)
"""Contents that were read. ``rejected`` says why one is no dump; ``format`` then holds the version
of the readers that rejected it, NULL standing for those of before versions were kept."""

paper = Table(
    "paper",
    metadata,
    _key("key"),
    Column("id", Words, nullable=False, unique=True),
    Column("title", Words, nullable=False),
    Column("abstract", Words, nullable=False),
    Column("arrived", Instant, nullable=False),
    Column("listed", Date),
    Column("authors", Names),
    Column("author_count", Count),
    Column("published", Date),
    Column("comments", Count),
    Column("url", Words),
    Column("arxiv_id", Words),
    Index("ix_paper_arrived", "arrived"),
)

paper_key = Table(
    "paper_key",
    metadata,
    Column("hash", BigInteger, primary_key=True, autoincrement=False),
    _reference("paper", "paper.key", primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
"""By which hashes later records find a paper; several papers may share one."""

sighting = Table(
    "sighting",
    metadata,
    _key(),
    _reference("dump", "dump.id"),
    _reference("paper", "paper.key"),
    Column("line", BigInteger, nullable=False),
    Column("raw_title", Raw, nullable=False),
    Column("raw_abstract", Raw, nullable=False),
    Index("ix_sighting_dump", "dump"),
    Index("ix_sighting_paper", "paper"),
)
"""Every record of every dump, as it stood there."""

# --- what was decided --------------------------------------------------------------------

subscriber = Table(
    "subscriber",
    metadata,
    _key(),
    Column("name", Text, nullable=False, unique=True),
    Column("feed_token", String(64), nullable=False, unique=True),
    Column("until", BigInteger),
    Column("origin", String(8)),
    Column("profile", Text),
    Column("address", Text),
    Column("next_due", Instant),
    Column("open_since", Instant),
    Column("left_at", Instant),
    Index("ix_subscriber_address", "address"),
)
"""Everybody who has or had a profile: ids are never given to somebody else, so rows stay.

``until``: the newest paper that a decision for this subscriber has considered. ``origin``:
``file`` or ``database``; NULL: the subscriber has left, or was known before profiles were kept.
``profile``: JSON; NULL where there is none now. ``address``: the e-mail address, folded.
``open_since``: since when the period that is due is empty and stays open. ``left_at``: when the
profile went."""

decision = Table(
    "decision",
    metadata,
    _given_key(),
    _reference("subscriber", "subscriber.id"),
    Column("period", String(10), nullable=False),
    Column("skipped", String(64)),
    Column("composed", Instant, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("subscriber", "period"),
)
"""One a subscriber and period: a digest, or a skip with its reason."""

sent = Table(
    "sent",
    metadata,
    _reference("subscriber", "subscriber.id", primary_key=True, autoincrement=False),
    _reference("paper", "paper.key", primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
"""Which papers a subscriber's digests hold: the largest table, two integers a row."""

verdict = Table(
    "verdict",
    metadata,
    _reference("subscriber", "subscriber.id", primary_key=True, autoincrement=False),
    _reference("paper", "paper.key", primary_key=True, autoincrement=False),
    Column("liked", Boolean, nullable=False),
    Column("at", Instant, nullable=False),
    sqlite_with_rowid=False,
)
"""What subscribers said of papers: liked, or not."""

# --- what went out -----------------------------------------------------------------------

delivery = Table(
    "delivery",
    metadata,
    _given_key(),
    _reference("decision", "decision.id"),
    Column("channel", String(8), nullable=False),
    Column("state", StateName, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("since", Instant, nullable=False),
    Column("updated", Instant, nullable=False),
    Column("due", Instant),
    Column("owner", Words),
    Column("detail", Words),
    UniqueConstraint("decision", "channel"),
)
"""``since``: where its time to expire begins. ``due``: from when it may be taken up (pending,
deferred), or until when its owner's lease runs (claimed, committed); NULL once it rests."""

_PARTIAL = {
    Index(
        "ix_delivery_open", delivery.c.channel, delivery.c.due, delivery.c.id
    ): delivery.c.due.is_not(None),
    Index("ix_delivery_unsent", delivery.c.state): delivery.c.state != State.SENT,
    Index(
        "ix_subscriber_next_due", subscriber.c.next_due, subscriber.c.id
    ): subscriber.c.next_due.is_not(None),
    Index("ix_subscriber_open_since", subscriber.c.open_since): subscriber.c.open_since.is_not(
        None
    ),
}
"""Indices, each with the rows that it is for."""


@event.listens_for(metadata, "before_create")
def _make_partial(_: MetaData, connection: Connection, **__: object) -> None:
    # An index that is made with a dialect's own options has the dialect imported, used or not.
    for index, where in _PARTIAL.items():
        index.dialect_options[connection.dialect.name]["where"] = where


spool = Table(
    "spool",
    metadata,
    _reference("delivery", "delivery.id", primary_key=True, autoincrement=False),
    Column("sender", Words, nullable=False),
    Column("recipient", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("content", LargeBinary, nullable=False),
)
"""Messages that may have arrived, compressed, so that a second try sends the same bytes."""

publication = Table(
    "publication",
    metadata,
    _reference("subscriber", "subscriber.id", primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
    Column("since", Instant, nullable=False),
    Column("owner", Words),
    Column("lease_until", Instant),
)
"""Subscribers whose published files are behind. Pages of digests composed at ``since`` or later
are not in place. ``version`` grows with every change, so that a publisher settles only what it
has seen."""

# --- who must not be mailed --------------------------------------------------------------

unsubscription = Table(
    "unsubscription",
    metadata,
    _reference("subscriber", "subscriber.id", primary_key=True, autoincrement=False),
    Column("since", Instant, nullable=False),
)

suppression = Table(
    "suppression",
    metadata,
    Column("address", Words, primary_key=True),
    Column("reason", Words, nullable=False),
    Column("since", Instant, nullable=False),
    sqlite_with_rowid=False,
)
"""Addresses, folded."""

mark = Table(
    "mark",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("value", Text),
)
"""What the ledger itself remembers, and since when."""

compilation = Table(
    "compilation",
    metadata,
    Column("host", String(64), primary_key=True),
    Column("hash", String(64), primary_key=True),
    Column("at", Instant, nullable=False),
    sqlite_with_rowid=False,
)
"""Which contents of the file of profiles were compiled by which host."""
