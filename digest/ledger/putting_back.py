"""A backup put in the ledger's place: whole, and marked as old before anybody can open it."""

from __future__ import annotations

import secrets
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from digest import private_files
from digest.errors import LedgerError
from digest.ledger import deliveries_admin
from digest.ledger.copying import complete, sync_folder
from digest.ledger.database import Database, connect
from digest.ledger.schema import VERSION_TABLE

_FILES = ("", "-wal", "-shm")
"""What a SQLite database consists of; a log left beside another file would destroy it."""


@dataclass(frozen=True, slots=True)
class PutBack:
    """What came of it."""

    held: int
    """Emails that may have gone out since the backup."""
    aside: Path | None
    """Where the old ledger lies now; None: there was none."""


def put_back(database: Database, backup: Path, *, now: datetime) -> PutBack:
    """Replace the ledger by a backup in which what may have gone out since then is held.

    Raises LedgerError, and changes nothing, where the backup is none, or the ledger is in use.
    """
    path = database.path
    if path is None:
        raise LedgerError(
            "a backup is a SQLite file and this ledger is not: copy it with `digest db copy` "
            "into an empty database, then run `digest db restored`"
        )
    database.close()
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        private_files.make_folder(path.parent)
        _copy(backup, partial)
        held = _mark(partial, database, now=now)
        complete(partial)
        aside = _move_aside(path, now=now)
        partial.replace(path)
        sync_folder(path.parent)
    except (OSError, sqlite3.Error) as error:
        raise LedgerError(f"{backup} cannot be put back: {error}") from error
    finally:
        for leftover in path.parent.glob(f"{partial.name}*"):
            leftover.unlink()
    return PutBack(held, aside)


def _copy(backup: Path, partial: Path) -> None:
    private_files.create(partial)
    uri = f"{backup.absolute().as_uri()}?mode=ro"
    with (
        closing(sqlite3.connect(uri, uri=True)) as source,
        closing(sqlite3.connect(partial)) as target,
    ):
        ours = "SELECT 1 FROM sqlite_master WHERE name = ?"
        if source.execute(ours, (VERSION_TABLE,)).fetchone() is None:
            raise LedgerError(f"{backup} is no backup of a ledger")
        source.backup(target)


def _mark(partial: Path, database: Database, *, now: datetime) -> int:
    """Bring the copy up to date and hold what may have gone out; how many emails."""
    copy = connect(f"sqlite:///{partial}", patience=database.patience)
    try:
        with copy.writing() as connection:
            return deliveries_admin.restored(connection, now=now)
    finally:
        copy.close()


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
