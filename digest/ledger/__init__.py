"""The database of papers, subscribers, decisions and deliveries."""

from __future__ import annotations

from datetime import timedelta

from digest.ledger.database import connect
from digest.ledger.ledger import Ledger

__all__ = ["Ledger", "open"]


def open(url: str, *, patience: timedelta = timedelta(seconds=10)) -> Ledger:  # noqa: A001 — read as ledger.open
    """The ledger at a database URL; it is created, or upgraded, when first used.

    ``patience`` is how long to wait for another process that holds a lock. What is wrong with
    the database itself is raised by the first method that uses it.

    Raises:
        LedgerError: where the URL names no database that can be used.
    """
    return Ledger(connect(url, patience=patience))
