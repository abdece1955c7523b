"""A ledger copied into another database, proved to be the same; and backups of one in use."""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, insert, select

from digest import private_files
from digest.errors import LedgerError
from digest.ledger.database import INTAKE, REFUSALS, Database, connect, restart_keys
from digest.ledger.tables import metadata

_ROWS = 2000
"""Rows that are held in memory at a time."""
_MODULUS = 1 << 256


@dataclass(frozen=True, slots=True)
class Content:
    """What a table holds, whatever database it is in."""

    table: str
    rows: int
    hash: str
    """The sum of the SHA-256 of every row, modulo 2**256, in hex: rows have no order."""


def copy(source: Database, target: Database) -> list[Content]:
    """Copy every table in one transaction on either side; what each holds in both.

    Raises LedgerError, and leaves ``target`` as it was, where that is not empty or does not
    give back what was put in.
    """
    with source.reading() as old, target.writing(INTAKE, REFUSALS) as new:
        for table in metadata.sorted_tables:
            if new.execute(select(table).limit(1)).first() is not None:
                raise LedgerError(
                    f"the target holds a ledger already (rows in {table.name!r}): "
                    "name an empty database"
                )
        copied = [_copy_table(table, old, new) for table in metadata.sorted_tables]
        for one, table in zip(copied, metadata.sorted_tables, strict=True):
            if (found := _content(table, new)) != one:
                raise LedgerError(
                    f"the copy of {table.name!r} differs: {one.rows} rows, hash {one.hash[:12]}, "
                    f"became {found.rows} rows, hash {found.hash[:12]}; nothing was kept"
                )
        restart_keys(new)
    return copied


def back_up(source: Database, path: Path) -> None:
    """Write a consistent copy into a new SQLite file, while others go on using ``source``.

    The file appears whole or not at all, and its owner alone may read it. Raises LedgerError.
    """
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        private_files.create(partial)
        if source.is_sqlite:
            _copy_pages(source, partial)
        else:
            target = connect(f"sqlite:///{partial}", patience=source.patience)
            try:
                copy(source, target)
            finally:
                target.close()
        complete(partial)
        partial.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise LedgerError(f"the backup {path} cannot be written: {error.strerror}") from error
    except sqlite3.Error as error:
        raise LedgerError(f"the backup {path} cannot be written: {error}") from error
    finally:
        for leftover in partial.parent.glob(f"{partial.name}*"):
            leftover.unlink()


def complete(path: Path) -> None:
    """See that a copy is sound, in one file and on the disk. Raises LedgerError."""
    with closing(sqlite3.connect(path)) as made:
        made.execute("PRAGMA journal_mode = DELETE")
        (found,) = made.execute("PRAGMA integrity_check(1)").fetchone()
    if found != "ok":
        raise LedgerError(f"the ledger is damaged, and so is its copy: {found}")
    _sync(path, os.O_RDWR)


def sync_folder(folder: Path) -> None:
    """Make a rename in the folder survive a power cut."""
    _sync(folder, os.O_RDONLY | os.O_DIRECTORY)


def _copy_table(table: Table, old: Connection, new: Connection) -> Content:
    """Copy the rows of a table; what was read."""
    rows = old.execute(select(table).execution_options(yield_per=_ROWS))
    count = total = 0
    for batch in rows.mappings().partitions():
        new.execute(insert(table), [dict(row) for row in batch])
        count, total = count + len(batch), total + _sum(row.values() for row in batch)
    return Content(table.name, count, f"{total % _MODULUS:064x}")


def _content(table: Table, connection: Connection) -> Content:
    rows = connection.execute(select(table).execution_options(yield_per=_ROWS))
    count = total = 0
    for batch in rows.partitions():
        count, total = count + len(batch), total + _sum(batch)
    return Content(table.name, count, f"{total % _MODULUS:064x}")


def _sum(rows: Iterable[Iterable[Any]]) -> int:
    hashes = (sha256(repr(tuple(row)).encode("utf-8", "surrogatepass")).digest() for row in rows)
    return sum(int.from_bytes(each) for each in hashes)


def _copy_pages(source: Database, path: Path) -> None:
    """SQLite's own backup: in one go, so that a writer never makes it begin anew."""
    with source.reading():
        pass  # the tables are up to date, or this is no ledger
    with closing(source.raw()) as lent, closing(sqlite3.connect(path)) as copy_:
        lent.driver_connection.backup(copy_)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
