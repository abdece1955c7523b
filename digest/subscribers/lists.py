"""Files of subscribers for an import, and from an export: profiles as YAML, JSON Lines or CSV. Each
line of JSON Lines is one entry of ``subscribers``. In CSV the columns are its keys. A cell of
several values holds them apart by ``;``, or is JSON or YAML in brackets."""

import csv
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

import yaml

from digest.config.messages import did_you_mean, quoted
from digest.model import Subscriber
from digest.subscribers import yaml_document
from digest.subscribers.codec import as_entry
from digest.subscribers.profile_files import Reading
from digest.subscribers.schema import Entry
from digest.subscribers.yaml_document import Fault, Node, Plain, Unreadable, resolve
from digest.subscribers.yaml_recovery import read as read_yaml

KINDS = (".yaml", ".jsonl", ".csv")  # the names of files end in these

_BaseDumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_KEYS = tuple(Entry.model_fields)
_COLUMNS = tuple(sorted(_KEYS, key=("id", "name", "email", *_KEYS).index))
_LISTS = ("channels", "interests", "exclude")
_STRUCTURED = (*_LISTS, "schedule", "paused")
_TEXTS = ("id", "name", "email", "timezone", "backfill", "feed_entries")
_NOT_UTF8 = "this line is not UTF-8", "save the file as UTF-8"
_SIMPLE = re.compile(r"[A-Za-z][\w -]*\w")  # an item of a list that CSV shows without brackets


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
    """The subscribers of a file, one at a time; ``reading`` collects the problems."""
    if path.suffix == ".yaml":
        reading.file(path, name)
        yield from reading.subscribers
        return
    nodes = _json_lines if path.suffix == ".jsonl" else _csv_rows
    with path.open("rb") as file:
        for node, faults in nodes(file):
            found = reading.entry(node, (), name) if node else ()
            reading.tell(name, [*faults, *found])
            yield from reading.subscribers
            reading.subscribers.clear()


def edited(content: bytes, name: str) -> Subscriber:
    """The subscriber that one entry alone describes. Raises ConfigError with every problem."""
    reading, document = Reading(), read_yaml(content)
    faults = list(document.faults)
    if document.root is not None:
        faults += reading.entry(document.root, (), name, whole=not document.cut)
    elif not faults:
        faults.append(Fault(1, "there is no entry", "write `id: `, `email: ` and `interests: `"))
    reading.tell(name, faults)
    (subscriber,) = reading.result()
    return subscriber


def as_yaml(subscriber: Subscriber) -> str:
    """The subscriber as one entry of a profile file."""
    return _yaml(as_entry(subscriber))


def write(out: TextIO, kind: str, subscribers: Iterable[Subscriber]) -> None:
    """Write subscribers in one of ``KINDS``; reading them gives the same subscribers."""
    made = map(as_entry, subscribers)
    if kind == ".yaml":
        out.write("subscribers:\n")
        out.writelines(_yaml([entry]) for entry in made)
    elif kind == ".jsonl":
        out.writelines(json.dumps(entry, ensure_ascii=False) + "\n" for entry in made)
    else:
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(_COLUMNS)
        rows.writerows([_cell(entry.get(key)) for key in _COLUMNS] for entry in made)


def _yaml(value: object) -> str:
    flow: Any = {"default_flow_style": None, "width": 100}
    return str(yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, **flow))


def _cell(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, list) and all(isinstance(one, str) and _is_simple(one) for one in value):
        return "; ".join(value)
    return json.dumps(value, ensure_ascii=False)


def _is_simple(text: str) -> bool:
    return _SIMPLE.fullmatch(text) is not None and isinstance(resolve(text), str)


def _json_lines(file: Iterable[bytes]) -> Iterator[tuple[Node | None, list[Fault]]]:
    for number, line in enumerate(file, 1):
        content = line.strip()
        if not content:
            continue
        node, faults = None, list[Fault]()
        try:
            node = _json(content.decode("utf-8-sig" if number == 1 else "utf-8"), number, faults)
        except UnicodeDecodeError:
            faults.append(Fault(number, *_NOT_UTF8))
        except json.JSONDecodeError as error:
            what = f"not JSON: {error.msg}, at character {error.colno}"
            faults.append(Fault(number, what, "write one object a line, from { to }"))
        except (ValueError, RecursionError) as error:
            faults.append(Fault(number, f"not JSON: {error}", "write one object a line"))
        yield node, faults


def _json(text: str, line: int, faults: list[Fault]) -> Node:
    """JSON as nodes, numbers with their spelling. Raises ValueError, or RecursionError."""

    def mapping(pairs: list[tuple[str, Any]]) -> Node:
        found = {key: node(value) for key, value in pairs}
        if len(found) < len(pairs):
            twice = next(key for n, (key, _) in enumerate(pairs) if key in dict(pairs[:n]))
            faults.append(Fault(line, f"{quoted(twice)} stands there twice", "keep one"))
        return Node(line, found, dict.fromkeys(found, line))

    def node(value: Any) -> Node:
        if isinstance(value, Node):
            return value
        if isinstance(value, list):
            return Node(line, [node(one) for one in value])
        is_word = value is None or isinstance(value, bool)
        return Node(line, Plain(json.dumps(value), value) if is_word else value)

    return node(
        json.loads(
            text,
            object_pairs_hook=mapping,
            parse_int=lambda spelled: Plain(spelled, int(spelled)),
            parse_float=lambda spelled: Plain(spelled, float(spelled)),
            parse_constant=lambda spelled: Plain(spelled, float(spelled)),
        )
    )


def _csv_rows(file: Iterable[bytes]) -> Iterator[tuple[Node | None, list[Fault]]]:
    rows = csv.reader((line.decode("utf-8-sig") for line in file), strict=True)
    columns: list[str] = []
    begin = 1
    try:
        for row in rows:
            if not columns:
                columns = [column.strip() for column in row]
                yield None, list(_unknown(columns))
            elif any(cell.strip() for cell in row):
                faults: list[Fault] = []
                yield _row(columns, row, begin, faults), faults
            begin = rows.line_num + 1
    except UnicodeDecodeError:
        yield None, [Fault(begin, *_NOT_UTF8)]
    except csv.Error as error:
        yield None, [Fault(begin, f"not CSV: {error}", "save the file as CSV with commas")]


def _unknown(columns: Iterable[str]) -> Iterator[Fault]:
    otherwise = f"the columns are {', '.join(_COLUMNS)}"
    for column in columns:
        if column not in _KEYS:
            remedy = did_you_mean(column, _KEYS, otherwise)
            yield Fault(1, f"unknown column {quoted(column)}", remedy)


def _row(columns: list[str], row: list[str], line: int, faults: list[Fault]) -> Node:
    if len(row) > len(columns):
        what = f"{len(row)} cells, but {len(columns)} columns"
        faults.append(Fault(line, what, "put cells that hold a comma in double quotes"))
    cells = {key: cell.strip() for key, cell in zip(columns, row, strict=False) if key in _KEYS}
    found = {key: _value(key, cell, line, faults) for key, cell in cells.items() if cell}
    return Node(line, found, dict.fromkeys(found, line))


def _value(key: str, cell: str, line: int, faults: list[Fault]) -> Node:
    if key in _TEXTS:
        return Node(line, cell)
    if key not in _STRUCTURED:
        return Node(line, resolve(cell))
    try:
        if key not in _LISTS or cell.startswith("["):
            return _structured(cell, line, faults)
        return Node(line, [_structured(one.strip(), line, faults) for one in cell.split(";")])
    except (yaml_document.Unparsable, yaml.YAMLError) as error:
        what = f"{quoted(key)} cannot be read: {str(error).splitlines()[0]}"
        faults.append(Fault(line, what, "put text that has a colon or bracket in quotes"))
        return Node(line, Unreadable.VALUE)


def _structured(text: str, line: int, faults: list[Fault]) -> Node:
    """A cell in JSON or YAML, all of it on one line. Raises Unparsable."""
    if text[:1] in ("[", "{"):
        try:
            return _json(text, line, faults)
        except (ValueError, RecursionError):
            pass  # then it is YAML
    node, found = yaml_document.compose(text, line)
    faults += found
    return node or Node(line, Plain("", None))
