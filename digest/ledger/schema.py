"""Which version of the tables a database has, and bringing it up to date. Alembic takes a while to
import, so a new database, and one that is up to date, do without it."""

from sqlalchemy import Connection, inspect, text

from digest.errors import LedgerError
from digest.ledger.tables import metadata

HEAD = "0009"
"""The newest migration in ``migrations/versions``."""
VERSION_TABLE = "digest_schema"
"""Alembic's own table, under a name that no other program in a shared database uses."""


def version(connection: Connection) -> str | None:
    """The migration the database stands at; None where it has never seen one."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608
    return found.scalar_one_or_none()


def upgrade(connection: Connection) -> None:
    """Make the tables, or run the migrations that are missing, inside the connection's transaction.

    Raises:
        LedgerError: the database is newer than this program.
    """
    current = version(connection)
    if current is None:
        _create(connection)
        return
    from alembic import command  # noqa: PLC0415 — 0.15 s that an up-to-date database saves
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", "digest.ledger:migrations")
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if current not in known:
        raise LedgerError(
            f"the ledger was written by a newer digest (its tables are at version {current}, "
            f"this program knows {HEAD}): update the program, or restore an older backup"
        )
    command.upgrade(config, "head")


def _create(connection: Connection) -> None:
    """What all migrations together make of a database that has none of the tables."""
    metadata.create_all(connection, checkfirst=False)
    column, name = "version_num VARCHAR(32) NOT NULL", f"{VERSION_TABLE}_pkc"  # as Alembic's are
    key = f"CONSTRAINT {name} PRIMARY KEY (version_num)"
    connection.execute(text(f"CREATE TABLE {VERSION_TABLE} ( {column}, {key} )"))
    connection.execute(text(f"INSERT INTO {VERSION_TABLE} VALUES ('{HEAD}')"))  # noqa: S608
