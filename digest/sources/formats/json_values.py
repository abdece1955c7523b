"""Reads untrusted JSON: huge numbers, NaN, deep nesting, and files that were cut off."""

import json
import re
from collections.abc import Generator
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeGuard

DIGITS = 15  # an integer with more digits is not a count of anything here, and slow to parse
FAILURES = 50
"""After so many invalid elements, the end of each is looked for before it is parsed: to report an
error, the parser counts all lines before it."""
TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z(?P<cut>))|[\[\]{}]', re.DOTALL)
SCALAR = re.compile(r'[^\s,\[\]{}"]+')
SEPARATORS = re.compile(r"[\s,]*+")
SPACE = re.compile(r"[\s\x1e\ufeff]*+")
COLON = re.compile(r"\s*+:\s*+")
ISO_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ]|$)")
CUT_OFF = "the JSON ends in the middle of it"


@dataclass(frozen=True, slots=True)
class Element:
    """An element of an array, or one of several values in a row: its value or an error."""

    line: int
    value: Any = None
    error: str = ""
    array: int = -1
    """Where the array begins that it is an element of; -1: it is in none."""


def _whole(digits: str) -> int | None:
    return int(digits) if len(digits) <= DIGITS else None


_DECODER = json.JSONDecoder(strict=False, parse_int=_whole, parse_constant=lambda _name: None)


def value_of(text: str) -> Any:
    """Parse ``text`` as JSON.

    Raises:
        ValueError: It is not JSON, or nested too deeply.
    """
    text = text.strip("\ufeff \t\r\n")
    value, end = value_at(text, 0)
    if end < len(text):
        raise ValueError("it is no valid JSON")
    return value


def value_at(text: str, start: int) -> tuple[Any, int]:
    """Parse the value that begins at ``start``; also return where it ends.

    Raises:
        ValueError: It is not JSON, or nested too deeply.
    """
    try:
        return _DECODER.raw_decode(text, start)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except ValueError as error:
        raise ValueError("it is no valid JSON") from error


def elements(text: str, start: int = 0, line: int = 1) -> Generator[Element, None, int]:
    """Parse the elements of the array that begins at ``start``, in this line, one by one, so that
    an invalid element costs no other. Return where the array ends."""
    start = text.index("[", start)
    position, counted, failures = start + 1, start, 0
    while True:
        position = after(SEPARATORS, text, position)
        if text.startswith("]", position):
            return position + 1
        line += text.count("\n", counted, position)
        counted = position
        value, error, end = _element(text, position, is_slow=failures > FAILURES)
        yield Element(line, value, error, start)
        failures += bool(error)
        if end is None:
            return len(text)
        position = end


def _element(text: str, start: int, *, is_slow: bool) -> tuple[Any, str, int | None]:
    """The value that begins at ``start``, the error if it is invalid, and where it ends."""
    if not is_slow:
        try:
            value, end = value_at(text, start)
        except ValueError:
            pass
        else:
            return value, "", end
    end_of_it = end_of(text, start)
    if end_of_it is None:
        return None, CUT_OFF, None
    try:
        return value_of(text[start:end_of_it]), "", end_of_it
    except ValueError as error:
        return None, str(error), end_of_it


def members(text: str, start: int) -> Generator[tuple[str, int], None, int]:
    """Yield the keys of the object that begins at ``start``, each with where its value begins.
    Return where the object ends. The elements of arrays are never in memory all at once."""
    position = start + 1
    while True:
        position = after(SEPARATORS, text, position)
        if text.startswith("}", position):
            return position + 1
        try:
            key, position = value_at(text, position)
        except ValueError:
            return len(text)
        colon = COLON.match(text, position)
        if not isinstance(key, str) or not colon or colon.end() == len(text):
            return len(text)
        yield key, colon.end()
        position = _skipped(text, colon.end())


def _skipped(text: str, start: int) -> int:
    """Where the value that begins at ``start`` ends; for one that was cut off, the end of text."""
    if text[start] == "[":
        walk = elements(text, start)
        while True:
            try:
                next(walk)
            except StopIteration as end:
                return int(end.value)
    end_of_it = _element(text, start, is_slow=False)[2]
    return len(text) if end_of_it is None else end_of_it


def end_of(text: str, start: int) -> int | None:
    """Where the value at ``start`` ends, by its brackets alone; None: the file ends before."""
    end = after(SCALAR, text, start)
    if end > start:
        return end
    depth = 0
    for match in TOKEN.finditer(text, start):
        if match["cut"] is not None:
            return None
        depth += (match[0] in "[{") - (match[0] in "]}")
        if depth <= 0:
            return match.end()
    return None


def after(pattern: re.Pattern[str], text: str, start: int) -> int:
    """Where what ``pattern`` matches at ``start`` ends."""
    match = pattern.match(text, start)
    return match.end() if match else start


def string(value: object) -> str:
    """``value`` if it is a string, otherwise an empty string."""
    return value if isinstance(value, str) else ""


def count(value: object) -> int | None:
    """``value`` if it is a plausible count, also as digits or with ``.0``; otherwise None."""
    if isinstance(value, str) and value.strip().isdecimal() and len(value) <= DIGITS:
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
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


def as_object(value: object) -> dict[str, Any]:
    """``value``, or an empty object where it is none."""
    return value if is_object(value) else {}


def objects(value: object) -> list[dict[str, Any]]:
    """The objects in a list; nothing where ``value`` is no list."""
    return [*filter(is_object, value)] if isinstance(value, list) else []
