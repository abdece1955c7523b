"""What a database's failure means, in words that say what to do."""

import sqlite3

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from digest.errors import LedgerError

_SQLITE = {
    sqlite3.SQLITE_BUSY: "is locked by another process; stop that one or try again later",
    sqlite3.SQLITE_LOCKED: "is locked by another process; stop that one or try again later",
    sqlite3.SQLITE_READONLY: "cannot be written; check the permissions of the file and its folder",
    sqlite3.SQLITE_PERM: "cannot be opened; check the permissions of the file and its folder",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; check that its folder exists and may be written",
    sqlite3.SQLITE_FULL: "cannot grow: the disk is full; make room and run again",
    sqlite3.SQLITE_IOERR: "cannot be read or written: the disk reports an error",
    sqlite3.SQLITE_CORRUPT: "is damaged; restore a backup",
    sqlite3.SQLITE_NOTADB: "is not a database of this program; move it away or restore a backup",
}
_POSTGRESQL = {
    "25006": "is read-only: connect to the primary server",
    "42501": "does not let this user do that: grant it the rights on the schema",
    "53100": "is out of disk space",
    "55P03": "is locked by another process; stop that one or try again later",
    "57P": "is shutting down; try again in a moment",
}


def in_words(error: Exception, url: URL) -> LedgerError:
    """The error to raise for ``error``; a password in the URL is not shown."""
    is_sqlite = url.get_backend_name() == "sqlite"
    shown = url.database or "(in memory)" if is_sqlite else url.render_as_string(hide_password=True)
    name = f"the ledger {shown}"
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    if isinstance(cause, sqlite3.Error):
        words = _SQLITE.get(getattr(cause, "sqlite_errorcode", 0) & 0xFF)
    else:
        state = getattr(cause, "sqlstate", None) or ""
        words = next((said for code, said in _POSTGRESQL.items() if state.startswith(code)), None)
        if words is None and isinstance(error, DBAPIError) and error.statement is None:
            words = "cannot be reached; check that the server runs and what its URL says"
    said = str(cause).strip().partition("\n")[0]
    return LedgerError(f"{name} {words} ({said})" if words else f"{name}: {said}")


def wrong_url(url: str, error: Exception) -> LedgerError:
    """For a database URL that names no database this program can use."""
    remedy = "write sqlite:///state/digest.db or postgresql+psycopg://user@host/name"
    before, at, after = url.rpartition("@")
    shown = before.partition("://")[0] + "://…@" + after if at else url
    return LedgerError(f"database_url {shown!r} cannot be used: {error}; {remedy}")


FAILURES: tuple[type[Exception], ...] = (SQLAlchemyError, sqlite3.Error, OSError)
"""What a transaction can raise, beside the errors of another driver, that ``in_words`` turns into a
``LedgerError``."""
