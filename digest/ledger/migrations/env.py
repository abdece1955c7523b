"""Alembic's entry: migrates over the connection that ``digest.ledger.schema`` hands in."""

from alembic import context

from digest.ledger.schema import VERSION_TABLE
from digest.ledger.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
context.run_migrations()
