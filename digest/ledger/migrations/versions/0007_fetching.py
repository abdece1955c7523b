"""What is fetched, what sources say of papers beyond their text, and second looks."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("dump", sa.Column("source", sa.Text()))
    op.add_column("dump", sa.Column("is_pruned", sa.Boolean()))
    for name in ("pdf", "code", "categories", "keywords"):
        op.add_column("paper", sa.Column(name, sa.Text()))
    op.add_column("paper", sa.Column("base_upvotes", sa.Integer()))
    op.execute("UPDATE paper SET base_upvotes = upvotes")
    op.create_table(
        "second_look",
        sa.Column("key", KEY, primary_key=True, autoincrement=False),
        sa.Column("paper", KEY, sa.ForeignKey("paper.key"), nullable=False, unique=True),
        sa.Column("upvotes_before", sa.Integer(), nullable=False),
        sa.Column("arrived", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "source",
        sa.Column("name", sa.String(64), primary_key=True),
        *(sa.Column(name, sa.BigInteger()) for name in ("tried", "succeeded", "failing_since")),
        sa.Column("retry_at", sa.BigInteger()),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("fault", sa.Text()),
        sa.Column("alarmed", sa.BigInteger()),
        sa.Column("busy_until", sa.BigInteger()),
        sa.Column("added", sa.BigInteger()),
        sa.Column("memory", sa.Text()),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "page",
        sa.Column("source", sa.String(64), primary_key=True),
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("papers", sa.Integer(), nullable=False),
        sa.Column("listing", sa.Text()),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "file_stamp",
        sa.Column("path", sa.Text(), primary_key=True),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("size", "changed")),
        sa.Column("inode", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sqlite_with_rowid=False,
    )
