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
    _name: str

    def rows(self) -> Iterator[tuple[Row, list[Fault]]]:
        """The rows as entries, counted from 1; columns that are unknown are left out.

        Raises:
            ConfigError: The file is damaged.
        """
        for number, given in enumerate(self._read(), 1):
            faults: list[Fault] = []
            found = {key: _value(key, cell, number, faults) for key, cell in given.items()}
            yield Row(number, found), faults

    def _read(self) -> Iterator[dict[str, Any]]:
        known = [column for column in self.columns if column in cells.KEYS]
        with _in_words(self._name):
            for batch in self._file.iter_batches(batch_size=BATCH, columns=known):
                yield from batch.to_pylist()


@contextmanager
def opened(path: Path, name: str) -> Iterator[Table]:
    """A file to read, which problems call ``name``.

    Raises:
        ConfigError: It is not Parquet.
        DigestError: pyarrow is not installed.
    """
    arrow = find_pyarrow()
    with _in_words(name):
        file = arrow.parquet.ParquetFile(path)
        table = Table(file.schema_arrow.names, file.metadata.num_rows, file, name)
    with file:
        yield table


@contextmanager
def _in_words(name: str) -> Iterator[None]:
    """Raise ConfigError for whatever pyarrow raises about a file that is damaged, or has values
    that Python has not."""
    arrow = find_pyarrow()
    try:
        yield
    except (arrow.ArrowException, OSError, ValueError, OverflowError) as error:
        what = f"cannot be read as Parquet: {str(error).partition(chr(10))[0]}"
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
    cell = _text(cell)
    if isinstance(cell, str) and cell.strip():
        return cells.value(key, cell.strip(), line, faults)
    if isinstance(cell, list) and key in cells.LISTS:
        return [
            cells.structured(key, one.strip(), line, faults)
            if isinstance(one, str)
            else _plain(one)
            for one in map(_text, cell)
        ]
    return _plain(cell or None if isinstance(cell, str) else cell)


def _text(value: Any) -> Any:
    """Bytes, as which some programs write text, as text. What of them is not UTF-8 becomes
    characters that no text may have, which are then told."""
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value


def _plain(value: Any) -> Any:
    """A value of a column as an entry has it; a field of a struct that is null is left out."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items() if one is not None}
    if isinstance(value, tuple):  # an item of a map
        return {str(value[0]): _plain(value[1])}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if value is None or isinstance(value, (bool, int, float)):
        return Plain(str(value).lower(), value)
    return value.isoformat("minutes") if isinstance(value, time) else str(value)  # or of a date
