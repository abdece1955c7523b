"""Cells of a table of subscribers, whose columns are the keys of an entry. A cell of several values
holds them apart by ``;``, or is JSON or YAML in brackets. A single value, ``LoRA`` or ``mixture of
experts: 2.5`` or ``{author: Yann LeCun}``, is written as in a profile file."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

import yaml

from digest.config.messages import did_you_mean, quoted
from digest.subscribers.fields import MOST_REMEMBERED
from digest.subscribers.rows import JsonReader
from digest.subscribers.schema import Entry
from digest.subscribers.yaml_document import Fault, Plain, Unparsable, Unreadable, compose, resolve

KEYS = tuple(Entry.model_fields)
COLUMNS = tuple(sorted(KEYS, key=("id", "name", "email", *KEYS).index))
LISTS = ("channels", "interests", "exclude")
_STRUCTURED = (*LISTS, "schedule", "paused")
TEXTS = ("id", "name", "email", "timezone", "backfill", "feed_entries")
_SIMPLE = re.compile(r"([A-Za-z][\w -]*\w)(?:: (\d+(?:\.\d+)?))?")
"""A phrase, perhaps with a weight, that means what it says in YAML and has no ``;``."""


def column(name: str) -> str:
    """The key that the name of a column stands for, as people write it: ``E-Mail``, ``Feed
    entries``."""
    key = re.sub(r"[\s-]+", "_", name.strip().casefold())
    return "email" if key == "e_mail" else key


def misnamed(columns: Iterable[str]) -> Iterator[tuple[str, str]]:
    """What is wrong with the names of columns, each with its remedy. A column may have no name: it
    has to be empty."""
    otherwise = f"the columns are {', '.join(COLUMNS)}"
    for key, count in Counter(filter(None, columns)).items():
        if key not in KEYS:
            yield f"unknown column {quoted(key)}", did_you_mean(key, KEYS, otherwise)
        elif count > 1:
            yield f"the column {quoted(key)} stands there {count} times", "keep one"


def value(key: str, cell: str, line: int, faults: list[Fault]) -> Any:
    """What the text of a cell that is not empty stands for."""
    if key in TEXTS:
        return cell
    if key not in _STRUCTURED:
        return resolve(cell)
    if key not in LISTS or cell.startswith("["):
        return structured(key, cell, line, faults)
    return [structured(key, one.strip(), line, faults) for one in cell.split(";")]


def structured(key: str, text: str, line: int, faults: list[Fault]) -> Any:
    """What a single value stands for that may be text, a list or a mapping."""
    try:
        found, wrong = _structured(text)
    except (Unparsable, yaml.YAMLError) as error:
        what = f"{quoted(key)} cannot be read: {str(error).splitlines()[0]}"
        faults.append(Fault(line, what, "put text that has a colon or bracket in quotes"))
        return Unreadable.VALUE
    faults += [Fault(line, *words) for words in wrong]
    return found


@lru_cache(MOST_REMEMBERED)
def _structured(text: str) -> tuple[Any, tuple[tuple[str, str], ...]]:
    """What JSON or YAML stands for, and what is wrong with it. Raises Unparsable."""
    if simple := _SIMPLE.fullmatch(text):  # YAML would say the same, in fifty times the time
        phrase = resolve(simple[1])
        if isinstance(phrase, str):
            return ({phrase: resolve(simple[2])} if simple[2] else phrase), ()
    if text[:1] in ("[", "{"):
        try:
            found, twice = JsonReader().read(text)
        except (ValueError, RecursionError):
            pass  # then it is YAML
        else:
            return found, tuple((f"{quoted(key)} stands there twice", "keep one") for key in twice)
    node, faults = compose(text, 1)
    return node.plain() if node else Plain("", None), tuple(fault[1:] for fault in faults)


def cell(value: Any) -> str:
    """The text of a cell with a value of an entry of plain values; None: an empty one."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, list):
        items = [item(one) for one in value]
        if all(map(_SIMPLE.fullmatch, items)):
            return "; ".join(items)
    return json.dumps(value, ensure_ascii=False)


def item(value: Any) -> str:
    """The text of one value of a list."""
    text, meant = value, value
    if isinstance(value, dict) and len(value) == 1:
        ((phrase, weight),) = value.items()
        if isinstance(weight, (int, float)):
            text, meant = f"{phrase}: {weight}", {phrase: resolve(str(weight))}
    if isinstance(text, str) and _SIMPLE.fullmatch(text) and _structured(text)[0] == meant:
        return text
    return json.dumps(value, ensure_ascii=False)
