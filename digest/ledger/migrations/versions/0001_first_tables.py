"""The first tables: what came in, what was decided, what went out, who must not be mailed."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _key(name: str = "id") -> sa.Column[int]:
    return sa.Column(name, KEY, primary_key=True, autoincrement=False)


def _filled(name: str, kind: Any, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, **options)


def _reference(name: str, target: str, **options: Any) -> sa.Column[int]:
    return sa.Column(name, KEY, sa.ForeignKey(target), nullable=False, **options)


def upgrade() -> None:
    _what_came_in()
    _what_was_decided()
    _what_went_out()
    op.create_table(
        "suppression",
        sa.Column("kind", sa.String(10), primary_key=True),
        sa.Column("target", sa.Text(), primary_key=True),
        _filled("reason", sa.Text()),
        _filled("since", sa.BigInteger()),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "mark", sa.Column("name", sa.String(32), primary_key=True), _filled("at", sa.BigInteger())
    )


def _what_came_in() -> None:
    op.create_table(
        "dump",
        _key(),
        _filled("hash", sa.String(64), unique=True),
        _filled("name", sa.Text()),
        sa.Column("format", sa.Text()),
        sa.Column("listed", sa.Date()),
        _filled("arrived", sa.BigInteger()),
        _filled("newest", sa.BigInteger()),
        sa.Column("rejected", sa.Text()),
    )
    op.create_index("ix_dump_arrived", "dump", ["arrived"])
    op.create_table(
        "paper",
        _key("key"),
        _filled("id", sa.Text(), unique=True),
        _filled("title", sa.Text()),
        _filled("abstract", sa.Text()),
        _filled("arrived", sa.BigInteger()),
        sa.Column("listed", sa.Date()),
        sa.Column("authors", sa.Text()),
        sa.Column("author_count", sa.Integer()),
        sa.Column("published", sa.Date()),
        sa.Column("comments", sa.Integer()),
        sa.Column("url", sa.Text()),
        sa.Column("arxiv_id", sa.Text()),
    )
    op.create_index("ix_paper_arrived", "paper", ["arrived"])
    op.create_table(
        "paper_key",
        sa.Column("hash", sa.BigInteger(), primary_key=True, autoincrement=False),
        _reference("paper", "paper.key", primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sighting",
        _key(),
        _reference("dump", "dump.id"),
        _reference("paper", "paper.key"),
        _filled("line", sa.BigInteger()),
        _filled("raw_title", sa.LargeBinary()),
        _filled("raw_abstract", sa.LargeBinary()),
    )
    op.create_index("ix_sighting_dump", "sighting", ["dump"])
    op.create_index("ix_sighting_paper", "sighting", ["paper"])


def _what_was_decided() -> None:
    op.create_table(
        "subscriber",
        _key(),
        _filled("name", sa.Text(), unique=True),
        _filled("feed_token", sa.String(64), unique=True),
        sa.Column("upto", sa.BigInteger()),
    )
    op.create_table(
        "decision",
        _key(),
        _reference("subscriber", "subscriber.id"),
        _filled("period", sa.String(10)),
        sa.Column("skipped", sa.String(64)),
        _filled("composed", sa.BigInteger()),
        _filled("upto", sa.BigInteger()),
        _filled("body", sa.LargeBinary()),
        sa.UniqueConstraint("subscriber", "period"),
    )
    op.create_table(
        "sent",
        _reference("subscriber", "subscriber.id", primary_key=True),
        _reference("paper", "paper.key", primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "unsubscription",
        _reference("subscriber", "subscriber.id", primary_key=True),
        sa.Column("channel", sa.String(8), primary_key=True),
        _filled("since", sa.BigInteger()),
        sqlite_with_rowid=False,
    )


def _what_went_out() -> None:
    op.create_table(
        "delivery",
        _key(),
        _reference("decision", "decision.id"),
        _filled("channel", sa.String(8)),
        _filled("state", sa.String(9)),
        _filled("fence", sa.Integer()),
        _filled("attempts", sa.Integer()),
        _filled("since", sa.BigInteger()),
        _filled("updated", sa.BigInteger()),
        sa.Column("due", sa.BigInteger()),
        sa.Column("owner", sa.Text()),
        sa.Column("detail", sa.Text()),
        sa.UniqueConstraint("decision", "channel"),
    )
    for name, columns, rows in (
        ("ix_delivery_open", ["channel", "due", "id"], sa.text("due IS NOT NULL")),
        ("ix_delivery_unsent", ["state"], sa.text("state != 'sent'")),
    ):
        op.create_index(name, "delivery", columns, sqlite_where=rows, postgresql_where=rows)
    op.create_table(
        "spool",
        _reference("delivery", "delivery.id", primary_key=True),
        _filled("sender", sa.Text()),
        _filled("recipient", sa.Text()),
        _filled("name", sa.Text()),
        _filled("content", sa.LargeBinary()),
    )
