"""Unsubscribing and suppression are of email, and what is suppressed is an address."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    connection = op.get_bind()
    off = connection.execute(
        sa.text("SELECT subscriber, since FROM unsubscription WHERE channel = 'email'")
    ).all()
    gone = connection.execute(
        sa.text("SELECT target, reason, since FROM suppression WHERE kind = 'address'")
    ).all()
    op.drop_table("unsubscription")
    op.drop_table("suppression")
    unsubscription = op.create_table(
        "unsubscription",
        sa.Column("subscriber", KEY, sa.ForeignKey("subscriber.id"), primary_key=True),
        sa.Column("since", sa.BigInteger(), nullable=False),
    )
    suppression = op.create_table(
        "suppression",
        sa.Column("address", sa.Text(), primary_key=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.bulk_insert(unsubscription, [dict(row._mapping) for row in off])
    op.bulk_insert(
        suppression,
        [{"address": row.target, "reason": row.reason, "since": row.since} for row in gone],
    )
