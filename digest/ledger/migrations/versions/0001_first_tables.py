"""The first tables: what came in, what was decided, what went out, who must not be mailed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "dump",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("format", sa.Text()),
        sa.Column("listed", sa.Date()),
        sa.Column("arrived", sa.BigInteger(), nullable=False),
        sa.Column("newest", sa.BigInteger(), nullable=False),
        sa.Column("rejected", sa.Text()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dump")),
        sa.UniqueConstraint("hash", name=op.f("uq_dump_hash")),
    )
    op.create_index("ix_dump_arrived", "dump", ["arrived"])
    op.create_table(
        "mark",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_mark")),
    )
    op.create_table(
        "paper",
        sa.Column("key", KEY, autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("abstract", sa.Text(), nullable=False),
        sa.Column("arrived", sa.BigInteger(), nullable=False),
        sa.Column("listed", sa.Date()),
        sa.Column("authors", sa.Text()),
        sa.Column("author_count", sa.Integer()),
        sa.Column("published", sa.Date()),
        sa.Column("comments", sa.Integer()),
        sa.Column("url", sa.Text()),
        sa.Column("arxiv_id", sa.Text()),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_paper")),
        sa.UniqueConstraint("id", name=op.f("uq_paper_id")),
    )
    op.create_index("ix_paper_arrived", "paper", ["arrived"])
    op.create_table(
        "subscriber",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("feed_token", sa.String(length=64), nullable=False),
        sa.Column("upto", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriber")),
        sa.UniqueConstraint("feed_token", name=op.f("uq_subscriber_feed_token")),
        sa.UniqueConstraint("name", name=op.f("uq_subscriber_name")),
    )
    op.create_table(
        "suppression",
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "target", name=op.f("pk_suppression")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "decision",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("subscriber", KEY, nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("skipped", sa.String(length=64)),
        sa.Column("composed", sa.BigInteger(), nullable=False),
        sa.Column("upto", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber"], ["subscriber.id"], name=op.f("fk_decision_subscriber_subscriber")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
        sa.UniqueConstraint("subscriber", "period", name=op.f("uq_decision_subscriber_period")),
    )
    op.create_table(
        "paper_key",
        sa.Column("hash", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("paper", KEY, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["paper"], ["paper.key"], name=op.f("fk_paper_key_paper_paper")),
        sa.PrimaryKeyConstraint("hash", "paper", name=op.f("pk_paper_key")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sent",
        sa.Column("subscriber", KEY, autoincrement=False, nullable=False),
        sa.Column("paper", KEY, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["paper"], ["paper.key"], name=op.f("fk_sent_paper_paper")),
        sa.ForeignKeyConstraint(
            ["subscriber"], ["subscriber.id"], name=op.f("fk_sent_subscriber_subscriber")
        ),
        sa.PrimaryKeyConstraint("subscriber", "paper", name=op.f("pk_sent")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sighting",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("dump", KEY, nullable=False),
        sa.Column("paper", KEY, nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("raw_title", sa.LargeBinary(), nullable=False),
        sa.Column("raw_abstract", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["dump"], ["dump.id"], name=op.f("fk_sighting_dump_dump")),
        sa.ForeignKeyConstraint(["paper"], ["paper.key"], name=op.f("fk_sighting_paper_paper")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sighting")),
    )
    op.create_index("ix_sighting_dump", "sighting", ["dump"])
    op.create_index("ix_sighting_paper", "sighting", ["paper"])
    op.create_table(
        "unsubscription",
        sa.Column("subscriber", KEY, autoincrement=False, nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber"], ["subscriber.id"], name=op.f("fk_unsubscription_subscriber_subscriber")
        ),
        sa.PrimaryKeyConstraint("subscriber", "channel", name=op.f("pk_unsubscription")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "delivery",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("decision", KEY, nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.BigInteger()),
        sa.Column("owner", sa.Text()),
        sa.Column("detail", sa.Text()),
        sa.ForeignKeyConstraint(
            ["decision"], ["decision.id"], name=op.f("fk_delivery_decision_decision")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("decision", "channel", name=op.f("uq_delivery_decision_channel")),
    )
    op.create_index(
        "ix_delivery_open",
        "delivery",
        ["channel", "due", "id"],
        sqlite_where=sa.text("due IS NOT NULL"),
        postgresql_where=sa.text("due IS NOT NULL"),
    )
    op.create_index(
        "ix_delivery_unsent",
        "delivery",
        ["state"],
        sqlite_where=sa.text("state != 'sent'"),
        postgresql_where=sa.text("state != 'sent'"),
    )
    op.create_table(
        "spool",
        sa.Column("delivery", KEY, autoincrement=False, nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery"], ["delivery.id"], name=op.f("fk_spool_delivery_delivery")
        ),
        sa.PrimaryKeyConstraint("delivery", name=op.f("pk_spool")),
    )
