"""Subscribers as Apache Parquet: a column for each key of an entry. Lists are columns of lists,
whose items are text as in a cell of CSV. A schedule is such a text, or a struct."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import time
from itertools import islice
from pathlib import Path
from typing import Any

from digest import private_files
from digest.errors import ConfigError
from digest.export.columns import Column, Kind
from digest.export.parquet import find_pyarrow, write_parquet
from digest.model import Problem, Subscriber
from digest.subscribers import cells
from digest.subscribers.codec import as_entry
from digest.subscribers.rows import Row
from digest.subscribers.yaml_document import Fault, Plain

BATCH = 1000  # rows that are in memory at a time
_KINDS: dict[Kind, Sequence[str]] = {
    "texts": cells.LISTS,
    "whole": ("limit",),
    "number": ("threshold", "comments", "upvotes", "freshness"),
    "switch": ("send_empty", "learn", "revisions", "second_look"),
}
"""The types of columns that do not hold text."""


@dataclass(frozen=True, slots=True)
class Table:
    """An open file."""

    columns: list[str]
    size: int
    _file: Any

    def rows(self) -> Iterator[tuple[Row, list[Fault]]]:
        """The rows as entries, counted from 1; columns that are unknown are left out."""
        known = [column for column in self.columns if column in cells.KEYS]
        number = 0
        for batch in self._file.iter_batches(batch_size=BATCH, columns=known):
            for given in batch.to_pylist():
                number += 1
                faults: list[Fault] = []
                found = {key: _value(key, cell, number, faults) for key, cell in given.items()}
                yield Row(number, found), faults


@contextmanager
def opened(path: Path, name: str) -> Iterator[Table]:
    """A file to read, which problems call ``name``.

    Raises:
        ConfigError: It is not Parquet.
        DigestError: pyarrow is not installed.
    """
    arrow = find_pyarrow()
    try:
        with arrow.parquet.ParquetFile(path) as file:
            yield Table(file.schema_arrow.names, file.metadata.num_rows, file)
    except arrow.ArrowException as error:
        what = f"not Parquet: {str(error).splitlines()[0]}"
        raise ConfigError([Problem(name, what, "write it as Parquet anew")]) from error


def write(path: Path, subscribers: Iterable[Subscriber]) -> None:
    """Write a file; reading it gives the same subscribers.

    Raises:
        DigestError: pyarrow is not installed.
    """
    find_pyarrow()
    private_files.create(path)
    write_parquet(path, _COLUMNS, _batches(iter(subscribers)))


def _batches(subscribers: Iterator[Subscriber]) -> Iterator[list[list[Any]]]:
    while batch := list(islice(subscribers, BATCH)):
        yield [[column.value(entry) for column in _COLUMNS] for entry in map(as_entry, batch)]


def _column(key: str) -> Column:
    kind: Kind = next((kind for kind, keys in _KINDS.items() if key in keys), "text")

    def value(entry: dict[str, Any]) -> Any:
        given = entry.get(key)
        if kind == "texts" and given is not None:
            return [cells.item(one) for one in given]
        return cells.cell(given) or None if kind == "text" else given

    return Column(key, kind, value)


_COLUMNS = tuple(map(_column, cells.COLUMNS))


def _value(key: str, cell: Any, line: int, faults: list[Fault]) -> Any:
    if isinstance(cell, str) and cell.strip():
        return cells.value(key, cell.strip(), line, faults)
    if isinstance(cell, list) and key in cells.LISTS:
        return [
            cells.structured(key, one.strip(), line, faults)
            if isinstance(one, str)
            else _plain(one)
            for one in cell
        ]
    return _plain(cell or None if isinstance(cell, str) else cell)


def _plain(value: Any) -> Any:
    """A value of a column as an entry has it; a field of a struct that is null is left out."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items() if one is not None}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if value is None or isinstance(value, (bool, int, float)):
        return Plain(str(value).lower(), value)
    return value.isoformat("minutes") if isinstance(value, time) else str(value)  # or of a date
