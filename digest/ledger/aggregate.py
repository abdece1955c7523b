"""What every part of the ledger stands on."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select

from digest.ledger.database import Database, rows_in


class Aggregate:
    """The methods about one kind of thing in the ledger, each with its SQL.

    Every public method is one transaction, and threads may share an instance. What several
    aggregates need inside one transaction is a function of a connection in their module.

    Raises:
        LedgerError: in every method, in words, where the database cannot be used.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def _rows(self, query: Select[Any]) -> Sequence[Any]:
        with self._database.reading() as connection:
            return connection.execute(query).all()

    def _rows_in(
        self, query: Select[Any], column: ColumnElement[Any], values: Collection[Any]
    ) -> list[Any]:
        with self._database.reading() as connection:
            return list(rows_in(connection, query, column, values))

    def _count(self, query: Select[Any]) -> int:
        return int(self._value(query) or 0)

    def _value(self, query: Select[Any]) -> Any:
        with self._database.reading() as connection:
            return connection.scalar(query)
