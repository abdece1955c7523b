"""What every part of the ledger stands on."""

from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Column, ColumnElement, Connection, Select, func, select

from digest.ledger.database import Database

T = TypeVar("T")
_BATCH = 5000  # values in one statement

INTAKE, REFUSALS, FETCHING = 0x64696701, 0x64696702, 0x64696704
"""Advisory locks: storing papers and decisions; who must not be mailed; who fetches what."""

SKEW = timedelta(hours=1)
"""A row written further ahead of ``now`` than this was written before a clock was put back;
its waiting time means nothing any more."""


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


def batches(values: Collection[T], size: int = _BATCH) -> Iterator[list[T]]:
    """The values in lists short enough for one statement."""
    remaining = iter(values)
    while batch := list(islice(remaining, size)):
        yield batch


def rows_in(
    connection: Connection, query: Select[Any], column: ColumnElement[Any], values: Collection[Any]
) -> Iterator[Any]:
    """The rows of a query in which the column has one of these values, however many they are. The
    last value is repeated up to a power of two: the driver of SQLite keeps the last 128 statements,
    which may take a megabyte each, so that there should be few different ones."""
    for batch in batches(values):
        length = min(_BATCH, 1 << (len(batch) - 1).bit_length())
        filled = batch + batch[-1:] * (length - len(batch))
        yield from connection.execute(query.where(column.in_(filled))).all()


def next_key(connection: Connection, column: Column[int]) -> int:
    """The key after the greatest in use; the caller holds what keeps others from taking it."""
    return (connection.scalar(select(func.max(column))) or 0) + 1
