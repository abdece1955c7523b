"""What subscribers said of papers."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "verdict",
        sa.Column("subscriber", KEY, sa.ForeignKey("subscriber.id"), primary_key=True),
        sa.Column("paper", KEY, sa.ForeignKey("paper.key"), primary_key=True),
        sa.Column("liked", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
