"""Files of subscribers for an import, and from an export: profiles as YAML, JSON Lines, CSV or
Parquet. Each line of JSON Lines is one entry of ``subscribers``. In CSV and Parquet the columns are
its keys; ``cells`` says what stands in them."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any, BinaryIO, TextIO

import yaml

from digest.config.messages import quoted
from digest.model import Problem, Subscriber
from digest.subscribers import cells, parquet
from digest.subscribers.codec import as_entry
from digest.subscribers.reading import Reading
from digest.subscribers.rows import JsonReader, Row
from digest.subscribers.yaml_document import Fault, resolve
from digest.subscribers.yaml_recovery import read as read_yaml

TEXT_KINDS = (".yaml", ".jsonl", ".csv")
KINDS = (*TEXT_KINDS, ".parquet")  # the names of files end in these

Rows = Iterator[tuple[Row | None, list[Fault]]]
"""Entries, each with what is wrong with its writing; None: there is no entry to speak of."""

_BaseDumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_NOT_UTF8 = "this line is not UTF-8", "save the file as UTF-8"


class _Dumper(_BaseDumper):  # type: ignore[misc]  # chosen above
    """Leaves `on` without quotes, which YAML 1.1 needs and YAML 1.2 does not."""

    yaml_implicit_resolvers = {  # noqa: RUF012  as PyYAML has it
        first: words
        for first, words in _BaseDumper.yaml_implicit_resolvers.items()
        if first not in ("o", "O")
    }


def _quoted_where_needed(dumper: Any, text: str) -> Any:
    """Text that YAML 1.2 would take for a number, as `1e5`, has quotes."""
    style = None if isinstance(resolve(text), str) else "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _quoted_where_needed)


def entries(path: Path, name: str, reading: Reading) -> Iterator[Subscriber]:
    """The subscribers of a file, one at a time; ``reading`` collects the problems.

    Raises:
        DigestError: It is Parquet, and pyarrow is not installed.
    """
    if path.suffix == ".yaml":
        reading.file(path, name)
        yield from reading.subscribers
    elif path.suffix == ".parquet":
        with parquet.opened(path, name) as table:
            reading.problems += [Problem(name, *fault) for fault in cells.misnamed(table.columns)]
            yield from _taken_in(table.rows(), f"{name}: row ", reading)
    else:
        read: Callable[[BinaryIO], Rows] = _json_lines if path.suffix == ".jsonl" else _csv_rows
        with path.open("rb") as file:
            yield from _taken_in(read(file), f"{name}:", reading)


def _taken_in(rows: Rows, place: str, reading: Reading) -> Iterator[Subscriber]:
    for row, faults in rows:
        found = reading.entry(row, (), place) if row else ()
        reading.tell(place, [*faults, *found])
        yield from reading.subscribers
        reading.subscribers.clear()


def size(path: Path) -> int:
    """About how many subscribers a file has: its lines, or its rows.

    Raises:
        DigestError: It is Parquet, and pyarrow is not installed.
    """
    if path.suffix == ".parquet":
        with parquet.opened(path, path.name) as table:
            return table.size
    with path.open("rb") as file:
        return sum(1 for _ in file)


def edited(content: bytes, name: str) -> Subscriber:
    """The subscriber that one entry alone describes. Raises ConfigError with every problem."""
    reading, document, place = Reading(), read_yaml(content), f"{name}:"
    faults = list(document.faults)
    if document.root is not None:
        faults += reading.entry(document.root, (), place, whole=not document.cut)
    elif not faults:
        faults.append(Fault(1, "there is no entry", "write `id: `, `email: ` and `interests: `"))
    reading.tell(place, faults)
    (subscriber,) = reading.result()
    return subscriber


def as_yaml(subscriber: Subscriber) -> str:
    """The subscriber as one entry of a profile file."""
    return _yaml(as_entry(subscriber))


def write(out: TextIO, kind: str, subscribers: Iterable[Subscriber]) -> None:
    """Write subscribers in one of ``TEXT_KINDS``; reading them gives the same subscribers."""
    made = map(as_entry, subscribers)
    if kind == ".yaml":
        out.write("subscribers:\n")
        out.writelines(_yaml([entry]) for entry in made)
    elif kind == ".jsonl":
        out.writelines(json.dumps(entry, ensure_ascii=False) + "\n" for entry in made)
    else:
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(cells.COLUMNS)
        rows.writerows([cells.cell(entry.get(key)) for key in cells.COLUMNS] for entry in made)


def _yaml(value: object) -> str:
    flow: Any = {"default_flow_style": None, "width": 100}
    return str(yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, **flow))


def _json_lines(file: Iterable[bytes]) -> Rows:
    reader = JsonReader()
    for number, line in enumerate(file, 1):
        content = line.strip()
        if not content:
            continue
        row, faults = None, list[Fault]()
        try:
            value, twice = reader.read(content.decode("utf-8-sig" if number == 1 else "utf-8"))
            row = Row(number, value)
            faults += [
                Fault(number, f"{quoted(one)} stands there twice", "keep one") for one in twice
            ]
        except UnicodeDecodeError:
            faults.append(Fault(number, *_NOT_UTF8))
        except json.JSONDecodeError as error:
            what = f"not JSON: {error.msg}, at character {error.colno}"
            faults.append(Fault(number, what, "write one object a line, from { to }"))
        except (ValueError, RecursionError) as error:
            faults.append(Fault(number, f"not JSON: {error}", "write one object a line"))
        yield row, faults


def _csv_rows(file: Iterable[bytes]) -> Rows:
    lines = (line.decode("utf-8-sig") for line in file)
    columns: list[str] = []
    begin = 1
    try:
        head = next(lines, "")
        rows = csv.reader(chain([head], lines), delimiter=_delimiter(head), strict=True)
        for row in rows:
            if not columns:
                columns = [cells.column(name) for name in row]
                yield None, [Fault(1, *fault) for fault in cells.misnamed(columns)]
            elif any(cell.strip() for cell in row):
                faults: list[Fault] = []
                yield _row(columns, row, begin, faults), faults
            begin = rows.line_num + 1
    except UnicodeDecodeError:
        yield None, [Fault(begin, *_NOT_UTF8)]
    except csv.Error as error:
        yield None, [Fault(begin, f"not CSV: {error}", "save the file as CSV with commas")]


def _delimiter(head: str) -> str:
    """What holds the columns of a table apart: a comma, or what spreadsheets write where a comma
    stands in numbers."""

    def known(delimiter: str) -> int:
        return sum(cells.column(name.strip(' "')) in cells.KEYS for name in head.split(delimiter))

    return max(",;\t", key=known)


def _row(columns: list[str], row: list[str], line: int, faults: list[Fault]) -> Row:
    for key, cell in zip_longest(columns, row, fillvalue=""):
        if not key and cell.strip():
            remedy = "put cells that hold a comma in double quotes, or name the column"
            faults.append(Fault(line, f"{quoted(cell)} stands under no column", remedy))
    found = {
        key: cells.value(key, text, line, faults)
        for key, cell in zip(columns, row, strict=False)
        if key in cells.KEYS and (text := cell.strip())
    }
    return Row(line, found)
