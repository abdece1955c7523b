"""Finds what may be papers in JSON of any shape: an array, an object around one, an
answer of an API, objects by their ids, one object alone, or several values (JSON Lines)."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from digest.sources.formats.json_values import (
    FAILURES,
    SPACE,
    Element,
    after,
    elements,
    is_object,
    members,
    value_at,
    value_of,
)


def names(text: str) -> frozenset[str]:
    """The names in ``text``."""
    return frozenset(text.split())


DEEPEST = 5  # levels of objects around an array of papers
LONGEST_LINE = 2**20
WITHIN_PAPERS = names(
    "abstract affiliations annotations assertion author authors authorships categories children"
    " citations citedby concepts contributors counts creators fields files funders grants"
    " identifiers institutions keywords license link links locations media mesh meta reference"
    " references related relatedwork relations reviews subjects tags topics versions"
)
"""Keys of lists that are part of a paper, so that they are never lists of papers."""
OF_ONE_PAPER = names("displayname paper medlinecitation bookdocument uid")
"""Keys of an object that is one paper, beside those that end in ``title``."""
NOT_LETTERS = re.compile(r"[\W_]+")
ARRAY_OF_OBJECTS = re.compile(r"\[\s*[{\]]")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an array of papers, or an object that may be a paper, begins."""

    start: int
    is_array: bool
    is_titled: bool = True
    """Whether the first element of an array has a title, as papers do."""


@lru_cache(maxsize=5000)
def normal_key(key: str) -> str:
    """A key or the head of a column as letters and digits in lower case."""
    return NOT_LETTERS.sub("", key.casefold())


def walk(text: str, line: int = 1) -> Iterator[Element]:
    """Yield every element of an array that may list papers, and every object outside of such an
    array that may be a paper. ``line`` is the number of the first line."""
    if is_lines(text):
        yield from _lines(text, line)
        return
    position, counted, failures = 0, 0, 0
    while (position := after(SPACE, text, position)) < len(text):
        line += text.count("\n", counted, position)
        counted = position
        if text[position] == "[":
            position = yield from elements(text, position, line)
        elif text[position] == "{":
            places: list[Place] = []
            end = _places(text, position, 0, places)
            for element in _at(text, places or [Place(position, is_array=False)], position, line):
                failures += bool(element.error) and element.array < 0
                yield element
            position = end
        else:
            failures = FAILURES
        if failures >= FAILURES:
            yield Element(line, error="it is no valid JSON")
            return


def is_lines(text: str) -> bool:
    """Whether it is JSON Lines: one of its first two lines is an object, or looks like one that was
    damaged, and another follows."""
    lines = [line.strip("\x1e\ufeff \t") for line in text[:LONGEST_LINE].split("\n", 50)]
    first = list(filter(None, lines))[:2]
    if len(first) < 2:
        return False
    is_damaged = all(line.startswith('{"') and line.endswith("}") for line in first)
    return is_damaged or any(is_object(_value(line)) for line in first)


def _lines(text: str, line: int) -> Iterator[Element]:
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        content = text[start:end].strip("\x1e\ufeff \t\n,")
        if content:
            try:
                yield Element(line, value_of(content))
            except ValueError as error:
                yield Element(line, error=str(error))
        start, line = end, line + 1


def _value(text: str) -> object:
    try:
        return value_of(text)
    except ValueError:
        return None


def inside(value: object, fits: Callable[[object], bool], depth: int = 0) -> Iterator[object]:
    """Yield the elements of the lists of papers in an object or array, such as one of several
    answers of an API in one file."""
    if isinstance(value, list) and any(map(fits, value)):
        yield from value
    elif isinstance(value, list | dict) and depth < DEEPEST:
        for each in value.values() if isinstance(value, dict) else value:
            yield from inside(each, fits, depth + 1)


def _at(text: str, places: list[Place], start: int, line: int) -> Iterator[Element]:
    for place in places:
        line += text.count("\n", start, place.start)
        start = place.start
        if place.is_array:
            yield from elements(text, start, line)
            continue
        try:
            yield Element(line, value_at(text, start)[0])
        except ValueError as error:
            yield Element(line, error=str(error))


def _places(text: str, start: int, depth: int, found: list[Place]) -> int:
    """Add the places in the object that begins at ``start``; return where it ends. An object with a
    title of its own, and no list of others with titles, is one place."""
    inner: list[Place] = []
    keys: set[str] = set()
    walk_members = members(text, start)
    while True:
        try:
            name, at = next(walk_members)
        except StopIteration as end:
            if _is_titled(keys) and not any(each.is_array and each.is_titled for each in inner):
                inner = [Place(start, is_array=False)]
            found += inner
            return int(end.value)
        key = normal_key(name)
        keys.add(key)
        if key in WITHIN_PAPERS:
            continue
        if text[at] == "{" and depth < DEEPEST:
            _places(text, at, depth + 1, inner)
        elif ARRAY_OF_OBJECTS.match(text, at):
            inner.append(Place(at, is_array=True, is_titled=_begins_with_paper(text, at)))


def _is_titled(keys: Iterable[str]) -> bool:
    return any(key.endswith("title") or key in OF_ONE_PAPER for key in keys)


def _begins_with_paper(text: str, array: int) -> bool:
    """Whether the first element of an array has a title, or has one in an object inside it."""
    first = next(elements(text, array), None)
    if first is None or not is_object(first.value):
        return False
    values = first.value.values()
    objects = (first.value, *filter(is_object, values))
    return any(_is_titled(normal_key(key) for key in each) for each in objects)
