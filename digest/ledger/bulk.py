"""Statements that run once for each of many rows. SQLAlchemy takes longer to bring one row's values
to the driver than a database to write the row, so these rows go to the driver as they are."""

from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Insert
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.dml import UpdateBase

from digest.ledger.aggregate import batches

Row = tuple[Any, ...]  # values of types that the driver takes
_VALUES = 1000  # in one INSERT: many rows in a statement take half the time of many statements


@dataclass(frozen=True)
class Bulk:
    """A statement for many rows, whose values come in the order of ``names``. It is compiled once
    for each dialect."""

    statement: UpdateBase
    names: tuple[str, ...]
    _compiled: dict[str, tuple[str, Callable[[Row], Row]]] = field(default_factory=dict)

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

    def _for(self, dialect: Dialect) -> tuple[str, Callable[[Row], Row]]:
        if dialect.name not in self._compiled:
            positional = "format" if dialect.paramstyle == "pyformat" else dialect.paramstyle
            kind: Any = type(dialect)
            statement, named = self.statement, None
            if isinstance(statement, Insert):
                statement, named = statement.inline(), self.names
            compiled = statement.compile(dialect=kind(paramstyle=positional), column_keys=named)
            order: Sequence[str] = compiled.positiontup or ()
            rest = [name for name in dict.fromkeys(order) if name not in self.names]
            fixed = tuple(compiled.params[name] for name in rest)
            places = [[*self.names, *rest].index(name) for name in order]
            self._compiled[dialect.name] = str(compiled), _arranger(places, fixed)
        return self._compiled[dialect.name]


def _arranger(places: Sequence[int], fixed: Row) -> Callable[[Row], Row]:
    """What brings the values of a row, and those that are the same for all, into order."""
    if not fixed and [*places] == [*range(len(places))]:
        return tuple
    pick = itemgetter(*places)
    return lambda row: pick(row + fixed)
