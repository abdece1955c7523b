"""Updates that every mail waits for, handed to the driver as they are. SQLAlchemy takes longer to
bring one row's values to the driver than a database to change the row."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Update
from sqlalchemy.engine import Dialect

Row = Mapping[str, Any]  # values by the names of their parameters, of types that the driver takes


@dataclass(frozen=True)
class Bulk:
    """An update run once for each of many rows, in one call; compiled once for each dialect."""

    statement: Update
    _compiled: dict[str, tuple[str, Callable[[Row], Any]]] = field(default_factory=dict)

    def run(self, connection: Connection, rows: Sequence[Row]) -> int:
        """How many rows it has changed."""
        if not rows:
            return 0
        sql, arranged = self._for(connection.dialect)
        with closing(connection.connection.cursor()) as cursor:
            cursor.executemany(sql, [arranged(row) for row in rows])
            return int(cursor.rowcount)

    def _for(self, dialect: Dialect) -> tuple[str, Callable[[Row], Any]]:
        if dialect.name not in self._compiled:
            compiled = self.statement.compile(dialect=dialect)
            fixed = {name: value for name, value in compiled.params.items() if value is not None}
            inorder = itemgetter(*names) if (names := compiled.positiontup) else dict
            self._compiled[dialect.name] = str(compiled), lambda row: inorder({**fixed, **row})
        return self._compiled[dialect.name]
