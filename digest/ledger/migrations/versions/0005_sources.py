"""What sources say of papers beyond titles, papers that turn out to be one, and reading again."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("dump", sa.Column("readers", sa.Text()))
    op.add_column("dump", sa.Column("is_incomplete", sa.Boolean()))
    for name in ("doi", "venue"):
        op.add_column("paper", sa.Column(name, sa.Text()))
    op.add_column("paper", sa.Column("upvotes", sa.Integer()))
    op.add_column("paper", sa.Column("standing", sa.Text()))
    op.add_column("paper", sa.Column("provenance", sa.Integer()))
    op.add_column("paper", sa.Column("same_as", sa.BigInteger()))
    op.create_index("ix_paper_same_as", "paper", ["same_as"])
    # Before, only a date from a source with an arXiv id was preferred: 3 of 0 to 3.
    op.execute("UPDATE paper SET provenance = CASE WHEN arxiv_id IS NOT NULL THEN 48 ELSE 0 END")
