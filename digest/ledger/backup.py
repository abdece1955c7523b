"""Backups of a ledger in use, putting one back, and copies into another database. A copy is proved
to be the same. A backup that is put back is whole, and marked as old before anybody can open it."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, insert, select

from digest import private_files
from digest.errors import LedgerError
from digest.ledger.aggregate import INTAKE, REFUSALS, Aggregate
from digest.ledger.database import Database, connect, restart_keys
from digest.ledger.deliveries_admin import DeliveriesAdmin
from digest.ledger.schema import VERSION_TABLE
from digest.ledger.tables import metadata

_ROWS = 2000  # rows that are held in memory at a time
_MODULUS = 1 << 256
_FILES = ("", "-wal", "-shm")
"""What a SQLite database consists of; a log left beside another file would destroy it."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a table holds, whatever database it is in."""

    table: str
    rows: int
    hash: str  # the sum of the SHA-256 of every row, modulo 2**256, in hex: rows have no order


@dataclass(frozen=True, slots=True)
class PutBack:
    """What came of it."""

    held: int  # emails that may have gone out since the backup
    aside: Path | None  # where the old ledger lies now; None: there was none


class Backups(Aggregate):
    """Copies of the whole ledger."""

    def copy_into(self, target: Backups) -> list[Content]:
        """Copy every table into an empty ledger, in one transaction on either side.

        Returns what each table holds in both.

        Raises:
            LedgerError: ``target`` is not empty, or does not give back what was put in; it is
                left as it was.
        """
        with self._database.reading() as old, target._database.writing(INTAKE, REFUSALS) as new:
            for table in metadata.sorted_tables:
                if new.execute(select(table).limit(1)).first() is not None:
                    raise LedgerError(
                        f"the target holds a ledger already (rows in {table.name!r}): "
                        "name an empty database"
                    )
            copied = [_content(table, old, into=new) for table in metadata.sorted_tables]
            for one, table in zip(copied, metadata.sorted_tables, strict=True):
                if (found := _content(table, new)) != one:
                    raise LedgerError(
                        f"the copy of {table.name!r} differs: {one.rows} rows, hash "
                        f"{one.hash[:12]}, became {found.rows} rows, hash {found.hash[:12]}; "
                        "nothing was kept"
                    )
            restart_keys(new)
        return copied

    def back_up(self, path: Path) -> None:
        """Write a consistent copy into a new SQLite file, while others go on using the ledger.

        The file appears whole or not at all, and its owner alone may read it.

        Raises:
            LedgerError: the file cannot be written, or the ledger is damaged.
        """
        try:
            with _new_file(path) as partial:
                private_files.create(partial)
                if self._database.is_sqlite:
                    _copy_pages(self._database, partial)
                else:
                    with closing(_opened(partial, self._database)) as target:
                        self.copy_into(Backups(target))
                _complete(partial)
        except (OSError, sqlite3.Error) as error:
            said = error.strerror if isinstance(error, OSError) else error
            raise LedgerError(f"the backup {path} cannot be written: {said}") from error

    def put_back(self, backup: Path, *, now: datetime) -> PutBack:
        """Replace the ledger by a backup in which what may have gone out since then is held.

        Raises:
            LedgerError: the backup is none, or the ledger is in use or in PostgreSQL; nothing
                has changed.
        """
        path = self._database.path
        if path is None:
            raise LedgerError(
                "a backup is a SQLite file and this ledger is not: copy it with `digest db copy` "
                "into an empty database, then run `digest db restored`"
            )
        self._database.close()
        try:
            private_files.make_folder(path.parent)
            with _new_file(path) as partial:
                _copy_backup(backup, partial)
                with closing(_opened(partial, self._database)) as copy:
                    held = DeliveriesAdmin(copy).restored(now=now)
                _complete(partial)
                aside = _move_aside(path, now=now)
        except (OSError, sqlite3.Error) as error:
            raise LedgerError(f"{backup} cannot be put back: {error}") from error
        return PutBack(held, aside)


@contextmanager
def _new_file(path: Path) -> Iterator[Path]:
    """A file to fill with a database, which takes its place at the end of the block."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        yield partial
        partial.replace(path)
        private_files.sync(path.parent)  # the rename survives a power cut
    finally:
        for leftover in path.parent.glob(f"{partial.name}*"):
            leftover.unlink()


def _opened(path: Path, like: Database) -> Database:
    return connect(f"sqlite:///{path}", patience=like.patience)


def _complete(path: Path) -> None:
    """See that a copy is in one file and on the disk; raise LedgerError if it is damaged."""
    with closing(sqlite3.connect(path)) as made:
        made.execute("PRAGMA journal_mode = DELETE")
        (found,) = made.execute("PRAGMA integrity_check(1)").fetchone()
    if found != "ok":
        raise LedgerError(f"the ledger is damaged, and so is its copy: {found}")
    private_files.sync(path)


def _content(table: Table, connection: Connection, into: Connection | None = None) -> Content:
    """What a table holds; with ``into``, its rows are copied there as they are read."""
    rows = connection.execute(select(table).execution_options(yield_per=_ROWS))
    count = total = 0
    for batch in rows.partitions():
        if into is not None:
            into.execute(insert(table), [dict(row._mapping) for row in batch])
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


def _copy_backup(backup: Path, partial: Path) -> None:
    private_files.create(partial)
    uri = f"{backup.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as old, closing(sqlite3.connect(partial)) as new:
        ours = "SELECT 1 FROM sqlite_master WHERE name = ?"
        if old.execute(ours, (VERSION_TABLE,)).fetchone() is None:
            raise LedgerError(f"{backup} is no backup of a ledger")
        old.backup(new)


def _move_aside(path: Path, *, now: datetime) -> Path | None:
    if not path.exists():
        for left in _FILES[1:]:
            path.with_name(path.name + left).unlink(missing_ok=True)
        return None
    _refuse_in_use(path)
    aside = path.with_name(f"{path.name}.before-{now:%Y%m%dT%H%M%S}")
    for kind in reversed(_FILES):
        with suppress(FileNotFoundError):
            path.with_name(path.name + kind).replace(aside.with_name(aside.name + kind))
    return aside


def _refuse_in_use(path: Path) -> None:
    """Nobody else may have it open: only then can it be switched to be a single file."""
    with closing(sqlite3.connect(path, timeout=0)) as old:
        try:
            old.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                raise LedgerError(
                    f"the ledger {path} is in use: stop the service, then try again"
                ) from error
            raise
        except sqlite3.DatabaseError:
            return  # it is damaged, which is why a backup is put back
