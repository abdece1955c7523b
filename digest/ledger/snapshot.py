"""Copies of a database that take writes and are thrown away: a dry run changes nothing.

A copy is taken in one read transaction, so it keeps nobody waiting. SQLite's lives in memory
or an unnamed temporary file; PostgreSQL's in temporary tables of one session, which stand
before the real ones in the search path and vanish with the session.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, event
from sqlalchemy.pool import QueuePool

from digest.errors import LedgerError
from digest.ledger.database import RESTART_KEYS, Database, postgresql_options, private
from digest.ledger.db_errors import FAILURES, in_words
from digest.ledger.schema import VERSION_TABLE
from digest.ledger.tables import metadata


@contextmanager
def rehearsal(database: Database) -> Iterator[Database]:
    """A copy of the database as it stands now; a file that does not exist is not created."""
    try:
        copy = _sqlite_copy(database) if database.is_sqlite else _postgresql_copy(database)
    except FAILURES as error:
        raise in_words(error, database.url) from error
    try:
        yield copy
    finally:
        copy.close()


def _sqlite_copy(database: Database) -> Database:
    patience = database.patience
    if database.path is None:
        with closing(database.raw()) as source:
            return private(database.url, patience=patience, fill=source.driver_connection.backup)
    fill = partial(_fill, database.path.absolute(), patience.total_seconds())
    return private(database.url, patience=patience, fill=fill)


def _fill(path: Path, patience: float, copy: sqlite3.Connection) -> None:
    if not path.exists():
        return
    log = path.with_name(path.name + "-wal")
    if not log.exists():
        # Nobody has it open: read it without the files that SQLite would lay beside it.
        before = path.stat()
        _backup(f"{path.as_uri()}?immutable=1", patience, copy)
        after = path.stat()
        if not log.exists() and (before.st_mtime_ns, before.st_size) == (
            after.st_mtime_ns,
            after.st_size,
        ):
            return
    _backup(f"{path.as_uri()}?mode=ro", patience, copy)


def _backup(uri: str, patience: float, copy: sqlite3.Connection) -> None:
    with closing(sqlite3.connect(uri, uri=True, timeout=patience)) as source:
        source.backup(copy)


def _postgresql_copy(database: Database) -> Database:
    if database.is_copy:
        raise LedgerError("a rehearsal on PostgreSQL cannot be rehearsed once more")
    engine = create_engine(
        database.url,
        connect_args=postgresql_options(database.url, database.patience),
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=0,
    )
    # On every connection, so that one that was lost never writes into the real tables.
    event.listen(engine, "connect", _shadow)
    return Database(database.url, engine, patience=database.patience, is_copy=True)


def _shadow(connection: Any, record: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT quote_ident(current_schema())")
        (schema,) = cursor.fetchone()
        for name in (*metadata.tables, VERSION_TABLE):
            real = f"{schema}.{name}"
            cursor.execute("SELECT to_regclass(%s) IS NOT NULL", (real,))
            if cursor.fetchone() == (True,):
                cursor.execute(f"CREATE TEMPORARY TABLE {name} (LIKE {real} INCLUDING ALL)")
                cursor.execute(f"INSERT INTO pg_temp.{name} SELECT * FROM {real}")  # noqa: S608 — names of ours
        cursor.execute("SET search_path TO pg_temp")
        cursor.execute("SELECT to_regclass('decision') IS NOT NULL")
        for statement in RESTART_KEYS if cursor.fetchone() == (True,) else ():
            cursor.execute(statement)
    connection.commit()
