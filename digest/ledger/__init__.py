"""The database of papers, subscribers, decisions and deliveries."""

from datetime import timedelta

from digest.ledger.database import connect, connect_for_reading
from digest.ledger.draft import Draft
from digest.ledger.ledger import Ledger

__all__ = ["Draft", "Ledger", "open", "open_draft"]

_PATIENCE = timedelta(seconds=10)


def open(url: str, *, patience: timedelta = _PATIENCE) -> Ledger:  # noqa: A001 — read as ledger.open
    """The ledger at a database URL; it is created, or upgraded, when first used.

    ``patience`` is how long to wait for another process that holds a lock. What is wrong with
    the database itself is raised by the first method that uses it.

    Raises:
        LedgerError: where the URL names no database that can be used.
    """
    return Ledger(connect(url, patience=patience))


def open_draft(url: str) -> Draft:
    """The ledger at a database URL for questions: it is read as it is, and nothing is written.

    A database that does not exist is not created; the draft then begins empty. One of an older
    version is not upgraded: the first method that uses it raises LedgerError.

    Raises:
        LedgerError: where the URL names no database that can be used.
    """
    return Draft(connect_for_reading(url, patience=_PATIENCE))
