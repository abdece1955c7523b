"""Statements that run once for each of many rows, or for each of many requests. SQLAlchemy takes
longer to bring one row's values to the driver, and back, than a database to write or read the row,
so these rows pass as they are."""

from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Insert, Select
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.dml import UpdateBase

from digest.ledger.aggregate import batches

Row = tuple[Any, ...]  # values of types that the driver takes
_Compiled = tuple[str, Callable[[Row], Row]]
_VALUES = 1000  # in one INSERT: many rows in a statement take half the time of many statements


@dataclass(frozen=True)
class Bulk:
    """A statement for many rows, whose values come in the order of ``names``. It is compiled once
    for each dialect."""

    statement: UpdateBase
    names: tuple[str, ...]
    _compiled: dict[str, _Compiled] = field(default_factory=dict)

    def run(self, connection: Connection, rows: Collection[Row]) -> int:
        """How many rows the statement has changed."""
        if not rows:
            return 0
        sql, arranged = self._for(connection.dialect)
        ordered = [*map(arranged, rows)]
        with closing(connection.connection.cursor()) as cursor:
            if not isinstance(self.statement, Insert):
                cursor.executemany(sql, ordered)
                return int(cursor.rowcount)
            head, values = sql.split(" VALUES ")
            for group in batches(ordered, _VALUES // len(self.names)):
                together = f"{head} VALUES {', '.join([values] * len(group))}"
                cursor.execute(together, [*chain.from_iterable(group)])
            return len(rows)

    def _for(self, dialect: Dialect) -> _Compiled:
        if dialect.name not in self._compiled:
            statement, named = self.statement, None
            if isinstance(statement, Insert):
                statement, named = statement.inline(), self.names
            self._compiled[dialect.name] = _compile(statement, self.names, dialect, named)
        return self._compiled[dialect.name]


@dataclass(frozen=True)
class Lookup:
    """A query for a few rows, whose parameters are ``names``. It is compiled once for each
    dialect."""

    statement: Select[Any]
    names: tuple[str, ...]
    _compiled: dict[str, _Compiled] = field(default_factory=dict)

    def rows(self, connection: Connection, values: Row) -> Sequence[Any]:
        """The rows as the driver has them: what a type of a column does with values is left
        out."""
        dialect = connection.dialect
        if dialect.name not in self._compiled:
            self._compiled[dialect.name] = _compile(self.statement, self.names, dialect)
        sql, arranged = self._compiled[dialect.name]
        with closing(connection.connection.cursor()) as cursor:
            cursor.execute(sql, arranged(values))
            return cursor.fetchall()


def _compile(
    statement: ClauseElement,
    names: tuple[str, ...],
    dialect: Dialect,
    named: Sequence[str] | None = None,
) -> _Compiled:
    """A statement as the driver takes it, and what brings the values of ``names`` into its order.
    ``named``: the columns of an INSERT."""
    positional = "format" if dialect.paramstyle == "pyformat" else dialect.paramstyle
    kind: Any = type(dialect)
    compiled: Any = statement.compile(dialect=kind(paramstyle=positional), column_keys=named)
    order: Sequence[str] = compiled.positiontup or ()
    rest = [name for name in dict.fromkeys(order) if name not in names]
    fixed = tuple(compiled.params[name] for name in rest)
    places = [[*names, *rest].index(name) for name in order]
    return str(compiled), _arranger(places, fixed)


def _arranger(places: Sequence[int], fixed: Row) -> Callable[[Row], Row]:
    """What brings the values of a row, and those that are the same for all, into order."""
    if not fixed and [*places] == [*range(len(places))]:
        return tuple
    pick = itemgetter(*places)
    if len(places) == 1:
        return lambda row: (pick(row + fixed),)
    return lambda row: pick(row + fixed)
