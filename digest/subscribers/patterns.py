"""Which patterns may be run on text that anybody may have written.

Python's ``re`` backtracks: on a hostile abstract ``(a+)+x`` runs for longer than the universe has.
``check`` counts beforehand in how many ways a pattern can be tried from one place of a text. A
repetition or alternative whose next character settles which way to go counts once; each other one
multiplies the count (ambiguity as in Brüggemann-Klein and Wood, "One-unambiguous regular
languages", 1998; here an upper bound, so a harmless pattern may be refused but no harmful one
passes). Character sets are compared on a probe alphabet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from typing import NoReturn

from digest.config.messages import quoted, wrong

LONGEST = 300
"""Characters in a pattern."""
MOST_WAYS = 100_000
GAP = 1_000
"""What an open end such as ``.*`` counts as: characters of an abstract."""

_BASE_PROBES = "".join(map(chr, range(128))) + "éßµſK²٣中\u00a0\u2003"
_QUANTIFIER = re.compile(r"([*+?]|\{(?:\d+(?:,\d*)?|,\d+)\})[?+]?", re.ASCII)
_GROUP = re.compile(r"\((?:\?(?::|>|=|!|<=|<!|P<\w+>))?")
_LOOKS = ("(?=", "(?!", "(?<=", "(?<!")
_ZERO_WIDTH = frozenset(["^", "$", r"\b", r"\B", r"\A", r"\Z"])
_ESCAPE = re.compile(
    r"\\(?:x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|N\{[^}]*\}|.)", re.IGNORECASE | re.DOTALL
)
_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_SET_OPERATION = re.compile(r"(?<!\\)(?:\[|--|&&|~~|\|\|)")
_FLAGS = re.IGNORECASE | re.DOTALL

Probes = frozenset[str]


@dataclass(frozen=True, slots=True)
class _Node:
    """Part of a pattern; ``first`` holds the probes it can begin with."""

    first: Probes
    empty: bool
    """It can match nothing."""

    def ways(self, follow: Probes) -> int:
        """In how many ways it can be tried at one place, before something out of ``follow``."""
        return 1

    def ahead(self, follow: Probes) -> Probes:
        """The probes that can come next where this part is to begin."""
        return self.first | follow if self.empty else self.first


@dataclass(frozen=True, slots=True)
class _Sequence(_Node):
    parts: Sequence[_Node]

    def ways(self, follow: Probes) -> int:
        total = 1
        for part in reversed(self.parts):
            total *= part.ways(follow)
            follow = part.ahead(follow)
        return total


@dataclass(frozen=True, slots=True)
class _Choice(_Node):
    branches: Sequence[_Node]

    def ways(self, follow: Probes) -> int:
        counts = [branch.ways(follow) for branch in self.branches]
        ahead = [branch.ahead(follow) for branch in self.branches]
        settled = all(a.isdisjoint(b) for a, b in combinations(ahead, 2))
        return max(counts) if settled else sum(counts)


@dataclass(frozen=True, slots=True)
class _Repeat(_Node):
    body: _Node
    low: int
    high: int

    def ways(self, follow: Probes) -> int:
        each = self.body.ways(self.body.first | follow)
        settled = not self.body.empty and self.body.first.isdisjoint(follow)
        if each == 1:
            return 1 if settled else self.high - self.low + 1
        # Counts are cut off where they are too many anyway: exact ones would outgrow the memory.
        least, most = (self.high, self.high) if settled else (self.low, self.high)
        counts: Iterator[int] = (
            int(min(each, MOST_WAYS + 1) ** min(n, 20)) for n in range(least, most + 1)
        )
        return min(sum(islice(counts, 20)), MOST_WAYS + 1)


class _Reader:
    """Reads a pattern into nodes. It is lenient: ``re`` itself reports what is no pattern."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        near = (chr(ord(c) + step) for c in pattern for step in (-1, 0, 1) if 0 < ord(c) < 0x10FFFF)
        self.probes = "".join(sorted({*_BASE_PROBES, *near, *pattern.upper(), *pattern.lower()}))

    def choice(self) -> _Node:
        branches = [self.sequence()]
        while self.pattern.startswith("|", self.at):
            self.at += 1
            branches.append(self.sequence())
        if len(branches) == 1:
            return branches[0]
        first = frozenset[str]().union(*(branch.first for branch in branches))
        return _Choice(first, any(branch.empty for branch in branches), branches)

    def sequence(self) -> _Node:
        parts = []
        while self.at < len(self.pattern) and self.pattern[self.at] not in "|)":
            parts.append(self.repeat(self.atom()))
        first: Probes = frozenset()
        for part in reversed(parts):
            first = part.ahead(first)
        return _Sequence(first, all(part.empty for part in parts), parts)

    def repeat(self, body: _Node) -> _Node:
        found = _QUANTIFIER.match(self.pattern, self.at)
        if found is None:
            return body
        self.at = found.end()
        low, high = _bounds(found[1])
        return _Repeat(body.first, body.empty or low == 0, body, low, high)

    def atom(self) -> _Node:
        character = self.pattern[self.at]
        if character == "(":
            return self.group()
        if character == "[":
            return self.characters()
        found = _ESCAPE.match(self.pattern, self.at)
        text = found[0] if found else character
        if text[0] == "\\" and text[1:] in "123456789" and text[1:]:
            self.refuse("a reference back to a group", "write out what is to be found again")
        self.at += len(text)
        return _Node(frozenset(), True) if text in _ZERO_WIDTH else self.single(text)

    def group(self) -> _Node:
        found = _GROUP.match(self.pattern, self.at)
        opening = found[0] if found else "("
        if opening == "(" and self.pattern.startswith("(?", self.at):
            self.refuse(
                f"the construct {self.pattern[self.at : self.at + 4]!r}",
                "leave it out; a pattern ignores case anyway",
            )
        self.at += len(opening)
        body = self.choice()
        self.at += 1
        if opening in _LOOKS:
            return _Repeat(frozenset(), True, body, 1, 1)
        return body

    def characters(self) -> _Node:
        found = _CLASS.match(self.pattern, self.at)
        text = found[0] if found else self.pattern[self.at :]
        if operation := _SET_OPERATION.search(text, 1):
            self.at += operation.start()
            self.refuse(f"{operation[0]!r} inside [ ]", f"write \\{operation[0][0]} there")
        self.at += len(text)
        return self.single(text)

    def single(self, text: str) -> _Node:
        """A node for one character; one that fits no probe is taken to fit them all."""
        try:
            fitting = re.findall(text, self.probes, _FLAGS)
        except (re.error, OverflowError):
            fitting = []
        return _Node(frozenset(fitting or self.probes), False)

    def refuse(self, what: str, remedy: str) -> NoReturn:
        raise wrong(f"bad pattern: {what}, at character {self.at + 1}", remedy)


def check(pattern: str) -> None:
    """Raise, with the words and a remedy, for a pattern that is wrong, endless or matches all."""
    if len(pattern) > LONGEST:
        raise wrong(
            f"the pattern is {len(pattern)} characters long", f"write at most {LONGEST}, or several"
        )
    ways = _Reader(pattern).choice().ways(frozenset())
    try:
        compiled = re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        at = "" if error.pos is None else f", at character {error.pos + 1}"
        raise wrong(
            f"bad pattern: {error.msg}{at} of {_shown(pattern)}",
            "put a \\ before a character that stands for itself",
        ) from error
    except OverflowError as error:
        raise wrong(f"bad pattern: {error}", "repeat fewer times") from error
    if compiled.search(""):
        raise wrong(f"the pattern {_shown(pattern)} fits every paper", "name what must be there")
    if ways > MOST_WAYS:
        raise wrong(
            f"the pattern {_shown(pattern)} could take for ever: it can fit in too many ways",
            "repeat nothing that repeats itself, and bound gaps: .{0,40} for .*",
        )


def _shown(pattern: str) -> str:
    """The pattern between slashes, its backslashes as they were written."""
    return "/" + quoted(pattern)[1:-1].replace("\\\\", "\\") + "/"


def _bounds(quantifier: str) -> tuple[int, int]:
    """Least and most repetitions; an open end is ``GAP`` more than the least."""
    fixed = {"*": (0, GAP), "+": (1, 1 + GAP), "?": (0, 1)}
    if quantifier in fixed:
        return fixed[quantifier]
    low, comma, high = quantifier.strip("{}").partition(",")
    least = int(low or 0)
    if not comma:
        return least, least
    return least, int(high) if high else least + GAP
