"""Deliveries can be claimed by the subscribers whose they are, and who has a period that stays open
is found in the order of keys."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("delivery", sa.Column("subscriber", sa.BigInteger()))
    op.execute(
        "UPDATE delivery SET subscriber ="
        " (SELECT d.subscriber FROM decision d WHERE d.id = delivery.decision)"
        " WHERE due IS NOT NULL"
    )
    is_open = sa.text("due IS NOT NULL")
    op.create_index(
        "ix_delivery_shard",
        "delivery",
        ["channel", "subscriber"],
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    op.drop_index("ix_subscriber_open_since", "subscriber")
    stays_open = sa.text("open_since IS NOT NULL")
    op.create_index(
        "ix_subscriber_open",
        "subscriber",
        ["id"],
        sqlite_where=stays_open,
        postgresql_where=stays_open,
    )
