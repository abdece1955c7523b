"""Statements that run once for each of many rows. SQLAlchemy takes longer to bring one row's values
to the driver than a database to write the row, so these rows go to the driver as they are."""

from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.dml import UpdateBase

Row = tuple[Any, ...]  # values of types that the driver takes


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
        with closing(connection.connection.cursor()) as cursor:
            cursor.executemany(sql, [*map(arranged, rows)])
            return int(cursor.rowcount)

    def _for(self, dialect: Dialect) -> tuple[str, Callable[[Row], Row]]:
        if dialect.name not in self._compiled:
            positional = "format" if dialect.paramstyle == "pyformat" else dialect.paramstyle
            kind: Any = type(dialect)
            named = self.names if self.statement.is_insert else None
            compiled = self.statement.compile(
                dialect=kind(paramstyle=positional), column_keys=named
            )
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
