"""Digests that still have their picks are found by age without reading all others."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    has_picks = sa.text("skipped IS NULL AND length(body) > 0")
    op.create_index(
        "ix_decision_picks",
        "decision",
        ["composed"],
        sqlite_where=has_picks,
        postgresql_where=has_picks,
    )
