"""Whether the database itself is well."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, text

from digest.ledger.aggregate import Aggregate
from digest.ledger.schema import version
from digest.ledger.tables import delivery, dump

_LISTED = 3  # faults that are told


@dataclass(frozen=True, slots=True)
class Health:
    """What a look at the database has shown."""

    engine: str  # ``SQLite 3.45.1``, ``PostgreSQL 16.2``
    schema: str  # the migration that its tables stand at
    faults: tuple[str, ...]  # what is damaged, in SQLite's words; PostgreSQL watches over itself
    clock: datetime | None  # the server's; None: the database is a file
    newest: datetime | None  # when the ledger was last written, by the clock of whoever wrote


class HealthCheck(Aggregate):
    """Looks at the database as such."""

    def examine(self) -> Health:
        """Whether the database is well; read from end to end, seconds for each gigabyte."""
        with self._database.reading() as connection:
            written = [
                connection.scalar(select(func.max(column)))
                for column in (dump.c.arrived, delivery.c.updated)
            ]
            newest = max((at for at in written if at is not None), default=None)
            schema = version(connection) or ""
            if self._database.is_sqlite:
                engine = f"SQLite {sqlite3.sqlite_version}"
                return Health(engine, schema, _faults(connection), None, newest)
            number = connection.scalar(text("SHOW server_version"))
            clock = connection.scalar(text("SELECT clock_timestamp()"))
            return Health(f"PostgreSQL {number}", schema, (), clock, newest)


def _faults(connection: Connection) -> tuple[str, ...]:
    found = connection.execute(text(f"PRAGMA integrity_check({_LISTED})")).scalars()
    torn = connection.execute(text("PRAGMA foreign_key_check")).fetchmany(_LISTED)
    return (
        *(words for words in found if words != "ok"),
        *(f"a row of {row[0]} belongs to a row of {row[2]} that is gone" for row in torn),
    )
