"""Reads untrusted JSON: huge numbers, NaN, deep nesting, and files that were cut off."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeGuard

DIGITS = 15  # an integer with more digits is not a count of anything here, and slow to parse
TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}]', re.DOTALL)
SCALAR = re.compile(r'[^\s,\[\]{}"]+')
SEPARATORS = re.compile(r"[\s,]*+")
ISO_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ]|$)")


@dataclass(frozen=True, slots=True)
class Element:
    """An element of an array: its value or an error."""

    line: int
    value: Any = None
    error: str = ""


def _whole(digits: str) -> int | None:
    return int(digits) if len(digits) <= DIGITS else None


_DECODER = json.JSONDecoder(parse_int=_whole, parse_constant=lambda _name: None)


def value_of(text: str) -> Any:
    """Parse ``text`` as JSON.

    Raises:
        ValueError: It is not JSON, or nested too deeply.
    """
    try:
        return _DECODER.decode(text.lstrip("\ufeff"))
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except ValueError as error:
        raise ValueError("it is no valid JSON") from error


def elements(text: str) -> Iterator[Element]:
    """Parse the elements of an array one by one, so that an invalid element costs no other."""
    position = text.index("[") + 1
    line, counted = 1, 0
    while True:
        position = _after(SEPARATORS, text, position)
        if text.startswith("]", position):
            return
        line += text.count("\n", counted, position)
        counted = position
        end = _end_of(text, position)
        if end is None:
            yield Element(line, error="the JSON ends in the middle of it")
            return
        try:
            yield Element(line, value_of(text[position:end]))
        except ValueError as error:
            yield Element(line, error=str(error))
        position = end


def _end_of(text: str, start: int) -> int | None:
    """Where the value at ``start`` ends, by its brackets alone; None: the file ends before."""
    end = _after(SCALAR, text, start)
    if end > start:
        return end
    depth = 0
    for match in TOKEN.finditer(text, start):
        depth += (match[0] in "[{") - (match[0] in "]}")
        if depth <= 0:
            return match.end()
    return None


def _after(pattern: re.Pattern[str], text: str, start: int) -> int:
    match = pattern.match(text, start)
    return match.end() if match else start


def string(value: object) -> str:
    """``value`` if it is a string, otherwise an empty string."""
    return value if isinstance(value, str) else ""


def count(value: object) -> int | None:
    """``value`` if it is a plausible count, otherwise None."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number and isinstance(value, int) and 0 <= value < 10**9 else None


def day(value: object) -> date | None:
    """The ISO 8601 date at the beginning of ``value``; None if there is none."""
    match = ISO_DATE.match(string(value))
    try:
        return date.fromisoformat(match[1]) if match else None
    except ValueError:
        return None


def names(value: object) -> list[str]:
    """The names in a list of names, or of objects with a name."""
    listed = value if isinstance(value, list) else []
    found = (string(each.get("name") if isinstance(each, dict) else each) for each in listed)
    return [name for name in found if name.strip()]


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether ``value`` is a JSON object."""
    return isinstance(value, dict)
