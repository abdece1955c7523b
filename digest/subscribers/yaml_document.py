"""One YAML document as nodes that remember their lines, with all that is wrong with it. Scalars are
resolved by the core schema of YAML 1.2 (section 10.3.2): ``no`` and ``08:00`` are text. Tags,
anchors and aliases are not read, so a document never makes an object and never grows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, NamedTuple

import yaml

from digest.config.messages import quoted

DEEPEST = 20  # collections inside one another; a profile needs six

_Loader: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_LINES_TOLD = 10  # further lines of the same fault that are named; the others are counted
_WORDS = {"null": None, "~": None, "": None, "true": True, "false": False}
_CASES = {"Null": "null", "NULL": "null", "True": "true", "TRUE": "true"}
_CASES |= {"False": "false", "FALSE": "false"}
_INTEGER = re.compile(r"[-+]?\d{1,300}|0o[0-7]{1,300}|0x[0-9a-fA-F]{1,200}", re.ASCII)
_FLOAT = re.compile(r"[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?", re.ASCII)
_INFINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_FIRST = frozenset("-+.0123456789~nNtTfF")  # what a scalar that is no text can begin with


class Fault(NamedTuple):
    """Something wrong at a line of one file."""

    line: int
    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Plain:
    """A scalar that is no text by the core schema: its value, and how it was written."""

    text: str
    value: float | bool | None

    def __str__(self) -> str:
        return self.text


class Unparsable(Exception):
    """The syntax is wrong. Lines and columns are indices; ``begun`` is where ``context`` began."""

    def __init__(
        self, line: int, column: int, problem: str, context: str = "", begun: int | None = None
    ) -> None:
        super().__init__(problem)
        self.line, self.column, self.problem = line, column, problem
        self.context, self.begun = context, begun


class Unreadable(Enum):
    """Stands for a value whose fault has been reported."""

    VALUE = "unreadable"


@dataclass(slots=True)
class Node:
    """A value with its 1-based line; a mapping also knows the lines of its keys."""

    line: int
    value: str | Plain | Unreadable | list[Node] | dict[str, Node]
    keys: dict[str, int] = field(default_factory=dict)

    def plain(self) -> Any:
        """The value without lines."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        return [node.plain() for node in self.value] if isinstance(self.value, list) else self.value

    def find(self, path: tuple[int | str, ...]) -> Node:
        """The node at the end of ``path``, with the line of its key where it has one. Parts that
        name nothing in the document are passed over."""
        node, line = self, self.line
        for part in path:
            if isinstance(node.value, dict) and part in node.keys:
                node, line = node.value[str(part)], node.keys[str(part)]
            elif isinstance(node.value, list) and isinstance(part, int):
                node = node.value[part]
                line = node.line
        return Node(line, node.value, node.keys)


def resolve(text: str) -> str | Plain:
    """A plain scalar by the core schema."""
    if text and text[0] not in _FIRST:
        return text
    word = _CASES.get(text, text)
    if word in _WORDS:
        return Plain(text, _WORDS[word])
    if _INTEGER.fullmatch(text):
        base = {"0o": 8, "0x": 16}.get(text[:2], 10)
        return Plain(text, int(text, base))
    if _FLOAT.fullmatch(text):
        return Plain(text, float(text))
    if _INFINITE.fullmatch(text):
        return Plain(text, float(text.replace(".", "")))
    return text


def compose(text: str, line: int | None = None) -> tuple[Node | None, list[Fault]]:
    """The nodes of a document, None if it is empty; raises ``Unparsable``. With ``line``, all of it
    stands on that line of its file."""
    composer = _Composer(yaml.parse(text, Loader=_Loader), line)
    try:
        return composer.document(), composer.faults
    except yaml.MarkedYAMLError as error:
        mark, begun = error.problem_mark, error.context_mark
        line, column = (mark.line, mark.column) if mark else (0, 0)
        problem, context = error.problem or "not YAML", error.context or ""
        raise Unparsable(line, column, problem, context, begun.line if begun else None) from error


class _Composer:
    def __init__(self, events: Iterator[yaml.Event], only_line: int | None) -> None:
        self.events, self.only_line = events, only_line
        self.found: list[Fault] = []
        self.references: dict[int, str] = {}
        """Line → the first anchor or alias on it."""

    @property
    def faults(self) -> list[Fault]:
        if not self.references:
            return self.found
        line, *others = sorted(self.references)
        also = f"; also on line {', '.join(map(str, others[:_LINES_TOLD]))}" if others else ""
        if len(others) > _LINES_TOLD:
            also += f" and {len(others) - _LINES_TOLD:,} more"
        what = f"the anchor or alias {self.references[line]!r} is not read{also}"
        return [*self.found, Fault(line, what, "write the value out, or use `defaults`")]

    def document(self) -> Node | None:
        root, documents = None, 0
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents == 2:
                    self.fault(event, "a second document begins", "keep one in a file")
            elif isinstance(event, yaml.NodeEvent):
                node = self.node(event, 0)
                root = root or node
        return root

    def line(self, event: yaml.Event) -> int:
        return self.only_line or (event.start_mark.line + 1 if event.start_mark else 1)

    def fault(self, event: yaml.Event, what: str, remedy: str) -> None:
        self.found.append(Fault(self.line(event), what, remedy))

    def node(self, event: yaml.NodeEvent, depth: int) -> Node:
        line = self.line(event)
        self.limit(event, depth)
        if not self.readable(event):
            self.skip(event, depth)
            return Node(line, Unreadable.VALUE)
        if isinstance(event, yaml.ScalarEvent):
            return Node(line, resolve(event.value) if event.implicit[0] else event.value)
        if isinstance(event, yaml.SequenceStartEvent):
            return Node(line, [self.node(item, depth + 1) for item in self.content()])
        return self.mapping(line, depth)

    def limit(self, event: yaml.NodeEvent, depth: int) -> None:
        # Going on, if only to skip, would take the scanner quadratic time.
        if depth > DEEPEST:
            raise Unparsable(
                self.line(event) - 1, 0, f"more than {DEEPEST} levels inside one another"
            )

    def readable(self, event: yaml.NodeEvent) -> bool:
        if isinstance(event, yaml.AliasEvent):
            self.references.setdefault(self.line(event), f"*{event.anchor}")
            return False
        if event.anchor is not None:
            self.references.setdefault(self.line(event), f"&{event.anchor}")
        tag = getattr(event, "tag", None)
        if tag is not None:
            name = tag.replace("tag:yaml.org,2002:", "!!")
            self.fault(event, f"the tag {quoted(name)} is not read", "write the plain value")
            return False
        return True

    def content(self) -> Iterator[yaml.NodeEvent]:
        """The first event of each of a collection's items, up to its end."""
        for event in self.events:
            if not isinstance(event, yaml.NodeEvent):
                return
            yield event

    def skip(self, event: yaml.NodeEvent, depth: int) -> None:
        """Pass over all that belongs to ``event``."""
        self.limit(event, depth)
        if isinstance(event, yaml.CollectionStartEvent):
            for item in self.content():
                self.skip(item, depth + 1)

    def mapping(self, line: int, depth: int) -> Node:
        items: dict[str, Node] = {}
        keys: dict[str, int] = {}
        content = self.content()
        for event in content:
            readable = self.readable(event)
            if readable and not isinstance(event, yaml.ScalarEvent):
                self.fault(event, "a key that is not text", "write `key: value`")
            self.skip(event, depth)
            node = self.node(next(content), depth + 1)
            if not readable or not isinstance(event, yaml.ScalarEvent):
                continue
            key = event.value
            if key in items:
                self.fault(event, f"{quoted(key)} stands on line {keys[key]} already", "keep one")
            else:
                items[key], keys[key] = node, self.line(event)
        return Node(line, items, keys)
