"""What every part of the ledger stands on."""

from __future__ import annotations

from digest.ledger.database import Database


class Aggregate:
    """The methods about one kind of thing in the ledger, each with its SQL.

    Every public method is one transaction, and threads may share an instance. What several
    aggregates need inside one transaction is a function of a connection in their module.

    Raises:
        LedgerError: in every method, in words, where the database cannot be used.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
