"""Digests that were refused for good or came back, by the address that they count against."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "failure",
        sa.Column("delivery", KEY, sa.ForeignKey("delivery.id"), primary_key=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_failure_address", "failure", ["address"])
