"""The database of papers, decisions and deliveries."""

from __future__ import annotations

from datetime import timedelta

from digest.ledger.database import connect
from digest.ledger.sql_ledger import SqlLedger

__all__ = ["SqlLedger", "open"]


def open(url: str, *, patience: timedelta = timedelta(seconds=10)) -> SqlLedger:  # noqa: A001 — read as ledger.open
    """The ledger at a database URL; it is created, or upgraded, when first used.

    ``patience`` is how long to wait for another process that holds a lock. Raises LedgerError
    where the URL names no database that can be used; what is wrong with the database itself
    is raised by the first method that touches it.
    """
    return SqlLedger(connect(url, patience=patience))
