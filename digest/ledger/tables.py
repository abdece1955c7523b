"""The tables of the ledger. Keys are integers, so that they sort, serve as cursors and take few
bytes; names are kept once. The database gives those of decisions and deliveries, since several
processes may add them at once. The ledger gives the others itself, one process at a time, in the
order of commits."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import SchemaItem

from digest.ledger.column_types import Count, Instant, Names, Raw, StateName, Words
from digest.model import State

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


_KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""SQLite makes the row's own number of an INTEGER key, and of no other."""


def _key(name: str = "id") -> sa.Column[int]:
    return sa.Column(name, _KEY, primary_key=True, autoincrement=False)


def _given_key() -> sa.Column[int]:
    """A key that the database gives: SQLite gives the rows of an INTEGER key theirs anyway."""
    return sa.Column("id", _KEY, sa.Identity(), primary_key=True)


def _reference(name: str, target: str, **options: Any) -> sa.Column[int]:
    return sa.Column(name, _KEY, sa.ForeignKey(target), nullable=False, **options)


def _table(name: str, *parts: SchemaItem, **options: Any) -> sa.Table:
    return sa.Table(name, metadata, *parts, **options)


# --- what came in ------------------------------------------------------------------------

dump = _table(
    "dump",
    _key(),
    sa.Column("hash", sa.String(64), nullable=False, unique=True),
    sa.Column("name", Words, nullable=False),
    sa.Column("format", Words),
    sa.Column("listed", sa.Date),
    sa.Column("arrived", Instant, nullable=False),
    sa.Column("newest", sa.BigInteger, nullable=False),
    sa.Column("rejected", Words),
    sa.Column("readers", Words),
    sa.Column("is_incomplete", sa.Boolean),
    sa.Column("source", Words),
    sa.Column("is_pruned", sa.Boolean),
    sa.Index("ix_dump_arrived", "arrived"),
)
"""Contents that were read, by which version of the ``readers``; NULL is version 1. ``rejected``
says why one is no dump; ``format`` then holds the version of the readers that rejected it, NULL
standing for those of before versions were kept. ``source``: NULL where it lay in the inbox.
``is_pruned``: how its records stood there is forgotten, so that no reader reads it again."""

paper = _table(
    "paper",
    _key("key"),
    sa.Column("id", Words, nullable=False, unique=True),
    sa.Column("title", Words, nullable=False),
    sa.Column("abstract", Words, nullable=False),
    sa.Column("arrived", Instant, nullable=False),
    sa.Column("listed", sa.Date),
    sa.Column("authors", Names),
    sa.Column("author_count", Count),
    sa.Column("published", sa.Date),
    sa.Column("comments", Count),
    sa.Column("url", Words),
    sa.Column("arxiv_id", Words),
    sa.Column("doi", Words),
    sa.Column("venue", Words),
    sa.Column("upvotes", Count),
    sa.Column("standing", Words),
    sa.Column("provenance", sa.Integer),
    sa.Column("same_as", sa.BigInteger),
    sa.Column("pdf", Words),
    sa.Column("code", Words),
    sa.Column("categories", Names),
    sa.Column("keywords", Names),
    sa.Column("base_upvotes", Count),
    sa.Index("ix_paper_arrived", "arrived"),
    sa.Index("ix_paper_same_as", "same_as"),
)
"""``same_as``: NULL for a paper. The key of another row: this row turned out to be that paper; it
stays for the digests that hold it, with the metadata of that paper. Its own key: an older reader
misread a dump, and there is no such paper."""

paper_key = _table(
    "paper_key",
    sa.Column("hash", sa.BigInteger, primary_key=True, autoincrement=False),
    _reference("paper", "paper.key", primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
"""By which hashes later records find a paper; several papers may share one."""

sighting = _table(
    "sighting",
    _key(),
    _reference("dump", "dump.id"),
    _reference("paper", "paper.key"),
    sa.Column("line", sa.BigInteger, nullable=False),
    sa.Column("raw_title", Raw, nullable=False),
    sa.Column("raw_abstract", Raw, nullable=False),
    sa.Index("ix_sighting_dump", "dump"),
    sa.Index("ix_sighting_paper", "paper"),
)
"""Every record of a dump, as it stood there. Of dumps that are pruned one a paper, without text."""

second_look = _table(
    "second_look",
    _key("key"),
    _reference("paper", "paper.key", unique=True),
    sa.Column("upvotes_before", Count, nullable=False),
    sa.Column("arrived", Instant, nullable=False),
)
"""Papers whose upvotes jumped, each with its last jump. The keys are from the same sequence as
those of papers, so that a cursor tells what jumped since a subscriber's last digest."""

# --- what is fetched ---------------------------------------------------------------------

source = _table(
    "source",
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("tried", Instant),
    sa.Column("succeeded", Instant),
    sa.Column("failing_since", Instant),
    sa.Column("retry_at", Instant),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("fault", Words),
    sa.Column("alarmed", Instant),
    sa.Column("busy_until", Instant),
    sa.Column("added", Instant),
    sa.Column("memory", sa.Text),
    sqlite_with_rowid=False,
)
"""``failures``: how many attempts in a row failed, the last one with ``fault``. ``alarmed``: when
the operator was told. ``busy_until``: the end of the lease of the process that is fetching.
``added``: when it was tried first.
``memory``: JSON, what the fetcher remembers: where an interrupted page goes on, and what
conditional requests send."""

page = _table(
    "page",
    sa.Column("source", sa.String(64), primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("papers", Count, nullable=False),
    sa.Column("listing", sa.Text),
    sa.Column("at", Instant, nullable=False),
    sqlite_with_rowid=False,
)
"""What a source listed for a day. ``listing``: short hashes of the papers in it, without what
changes from hour to hour; NULL once the page was fetched after it was closed."""

file_stamp = _table(
    "file_stamp",
    sa.Column("path", Words, primary_key=True),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("changed", sa.BigInteger, nullable=False),
    sa.Column("inode", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sqlite_with_rowid=False,
)
"""The hashes of files that lie in the folders of dumps; ``changed`` in nanoseconds. A file with
other properties is hashed anew."""

# --- what was decided --------------------------------------------------------------------

subscriber = _table(
    "subscriber",
    _key(),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("feed_token", sa.String(64), nullable=False, unique=True),
    sa.Column("until", sa.BigInteger),
    sa.Column("origin", sa.String(8)),
    sa.Column("profile", sa.Text),
    sa.Column("address", sa.Text),
    sa.Column("next_due", Instant),
    sa.Column("open_since", Instant),
    sa.Column("left_at", Instant),
    sa.Index("ix_subscriber_address", "address"),
)
"""Everybody who has or had a profile: ids are never given to somebody else, so rows stay.

``until``: the newest paper that a decision for this subscriber has considered. ``origin``:
``file`` or ``database``; NULL: the subscriber has left, or was known before profiles were kept.
``profile``: JSON; NULL where there is none now. ``address``: the e-mail address, folded.
``open_since``: since when the period that is due is empty and stays open. ``left_at``: when the
profile went."""

decision = _table(
    "decision",
    _given_key(),
    _reference("subscriber", "subscriber.id"),
    sa.Column("period", sa.String(10), nullable=False),
    sa.Column("skipped", sa.String(64)),
    sa.Column("composed", Instant, nullable=False),
    sa.Column("until", sa.BigInteger, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.UniqueConstraint("subscriber", "period"),
)
"""One a subscriber and period: a digest, or a skip with its reason. ``body``: empty where the picks
are forgotten."""

sent = _table(
    "sent",
    _reference("subscriber", "subscriber.id", primary_key=True, autoincrement=False),
    _reference("paper", "paper.key", primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
"""Which papers a subscriber's digests hold: the largest table, two integers a row."""

verdict = _table(
    "verdict",
    _reference("subscriber", "subscriber.id", primary_key=True, autoincrement=False),
    _reference("paper", "paper.key", primary_key=True, autoincrement=False),
    sa.Column("liked", sa.Boolean, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sqlite_with_rowid=False,
)
"""What subscribers said of papers: liked, or not."""

# --- what went out -----------------------------------------------------------------------

delivery = _table(
    "delivery",
    _given_key(),
    _reference("decision", "decision.id"),
    sa.Column("channel", sa.String(8), nullable=False),
    sa.Column("state", StateName, nullable=False),
    sa.Column("fence", sa.Integer, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("since", Instant, nullable=False),
    sa.Column("updated", Instant, nullable=False),
    sa.Column("due", Instant),
    sa.Column("owner", Words),
    sa.Column("detail", Words),
    sa.Column("subscriber", sa.BigInteger),
    sa.UniqueConstraint("decision", "channel"),
)
"""``subscriber``: that of the decision; NULL where it came to rest before this was kept.
``since``: where its time to expire begins. ``due``: from when it may be taken up (pending,
deferred), or until when its owner's lease runs (claimed, committed); NULL once it rests."""

HAS_PICKS = decision.c.skipped.is_(None) & (
    sa.func.length(decision.c.body) > sa.literal_column("0")
)
"""Whether a decision is a digest whose picks are not forgotten. The condition of an index has no
parameters, and a query takes the index where it has the same condition."""
_due, _next_due, _open_since = delivery.c.due, subscriber.c.next_due, subscriber.c.open_since
_PARTIAL = {
    sa.Index("ix_decision_picks", decision.c.composed): HAS_PICKS,
    sa.Index("ix_delivery_open", delivery.c.channel, _due, delivery.c.id): _due.is_not(None),
    sa.Index("ix_delivery_shard", delivery.c.channel, delivery.c.subscriber): _due.is_not(None),
    sa.Index("ix_delivery_unsent", delivery.c.state): delivery.c.state != State.SENT,
    sa.Index("ix_subscriber_next_due", _next_due, subscriber.c.id): _next_due.is_not(None),
    sa.Index("ix_subscriber_open", subscriber.c.id): _open_since.is_not(None),
}
"""Indices, each with the rows that it is for."""


@sa.event.listens_for(metadata, "before_create")
def _make_partial(_: sa.MetaData, connection: sa.Connection, **__: object) -> None:
    # An index that is made with a dialect's own options has the dialect imported, used or not.
    for index, where in _PARTIAL.items():
        index.dialect_options[connection.dialect.name]["where"] = where


spool = _table(
    "spool",
    _reference("delivery", "delivery.id", primary_key=True, autoincrement=False),
    sa.Column("sender", Words, nullable=False),
    sa.Column("recipient", Words, nullable=False),
    sa.Column("name", Words, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
)
"""Messages that may have arrived, compressed, so that a second try sends the same bytes."""

publication = _table(
    "publication",
    _reference("subscriber", "subscriber.id", primary_key=True, autoincrement=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("since", Instant, nullable=False),
    sa.Column("owner", Words),
    sa.Column("lease_until", Instant),
)
"""Subscribers whose published files are behind. Pages of digests composed at ``since`` or later
are not in place. ``version`` grows with every change, so that a publisher settles only what it
has seen."""

# --- who must not be mailed --------------------------------------------------------------

unsubscription = _table(
    "unsubscription",
    _reference("subscriber", "subscriber.id", primary_key=True, autoincrement=False),
    sa.Column("since", Instant, nullable=False),
)

suppression = _table(
    "suppression",
    sa.Column("address", Words, primary_key=True),
    sa.Column("reason", Words, nullable=False),
    sa.Column("since", Instant, nullable=False),
    sqlite_with_rowid=False,
)
"""Addresses, folded."""

failure = _table(
    "failure",
    _reference("delivery", "delivery.id", primary_key=True, autoincrement=False),
    sa.Column("address", Words, nullable=False),
    sa.Column("reason", Words, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Index("ix_failure_address", "address"),
)
"""Emails that were refused for good or came back, each with the address, folded, to which it went
and against which it counts."""

mark = _table(
    "mark",
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("value", sa.Text),
)
"""What the ledger itself remembers, and since when."""

compilation = _table(
    "compilation",
    sa.Column("host", sa.String(64), primary_key=True),
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("at", Instant, nullable=False),
    sqlite_with_rowid=False,
)
"""Which contents of the file of profiles were compiled by which host."""
