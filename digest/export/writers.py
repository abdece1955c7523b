"""Writes rows as JSON Lines or CSV, a batch at a time."""

import csv
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any, TextIO

from digest.export.columns import Column, Row

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Text that begins with one of these is a formula to a spreadsheet program."""

Batches = Iterable[Sequence[Row]]


def write_jsonl(out: TextIO, columns: Sequence[Column], batches: Batches) -> None:
    """Write one JSON object a line, with every column as a key."""
    names = [column.name for column in columns]
    for batch in batches:
        objects = (dict(zip(names, row, strict=True)) for row in batch)
        out.writelines(
            json.dumps(one, ensure_ascii=False, default=_plain) + "\n" for one in objects
        )


def write_csv(out: TextIO, columns: Sequence[Column], batches: Batches) -> None:
    """Write CSV as RFC 4180 has it. Text that a spreadsheet would take for a formula gets an
    apostrophe before it; a list becomes one text, joined by ``; ``."""
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow([column.name for column in columns])
    cells = [_CELLS.get(column.kind, _plain_cell) for column in columns]
    for batch in batches:
        table.writerows(
            ["" if value is None else cell(value) for cell, value in zip(cells, row, strict=True)]
            for row in batch
        )


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _plain_cell(value: object) -> object:
    return _plain(value) if isinstance(value, date) else value


def _text(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA) else value


_CELLS: dict[str, Callable[[Any], object]] = {
    "text": _text,
    "texts": lambda values: _text("; ".join(values)),
    "switch": lambda value: "true" if value else "false",
    "reasons": lambda value: json.dumps(value, ensure_ascii=False),
}
