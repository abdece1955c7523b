"""What subscribers said of papers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "verdict",
        sa.Column("subscriber", KEY, autoincrement=False, nullable=False),
        sa.Column("paper", KEY, autoincrement=False, nullable=False),
        sa.Column("liked", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["paper"], ["paper.key"], name=op.f("fk_verdict_paper_paper")),
        sa.ForeignKeyConstraint(
            ["subscriber"], ["subscriber.id"], name=op.f("fk_verdict_subscriber_subscriber")
        ),
        sa.PrimaryKeyConstraint("subscriber", "paper", name=op.f("pk_verdict")),
        sqlite_with_rowid=False,
    )
