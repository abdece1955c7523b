r"""Patterns of profiles: written as for Python's ``re``, ignoring case, and matched by RE2.

RE2 takes time in proportion to the text, whatever the pattern, but its ``\w`` and ``\b`` know only
ASCII. So the parts of a pattern that match one character (``a``, ``\w``, ``[a-z]``) are tried with
``re`` on single characters; characters that fit the same parts are of one kind; and RE2 gets a text
as a byte for the kind of each character, and a pattern with sets of these bytes as its parts. Bytes
of word characters are letters and digits of ASCII, so that ``\b`` means what it means to ``re``.
"""

import re
import string
import warnings
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any

import re2  # type: ignore[import-not-found, import-untyped, unused-ignore]  # it ships no types

from digest.text.clean import cut

LONGEST = 300  # characters in a pattern
MOST = 1_000  # matches looked for in a text: RE2's time is in proportion to the text for each one
_MEMORY = 1 << 19  # bytes for a pattern: they bound RE2's states, and so its time for a character

_QUANTIFIER = re.compile(r"([*+?]|\{(?:\d+(?:,\d*)?|,\d+)\})([?+]?)", re.ASCII)
_GROUP = re.compile(r"\((?:\?(?::|>|=|!|<=|<!|P<\w+>))?")
_REFERENCE = re.compile(r"\\[1-9](?!(?<=[123])[0-7]{2})")
_ONE_CHARACTER = re.compile(
    r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|N\{[^}]*\}|0[0-7]{0,2}|[1-3][0-7]{2}|.)"
    r"|\[\^?\]?(?:\\.|[^\]\\])*\]|.",
    re.DOTALL,
)
_SET_OPERATION = re.compile(r"(?<!\\)(?:\[|--|&&|~~|\|\|)")
_ZERO_WIDTH = {"^": r"\A", r"\A": r"\A", "$": r"\z", r"\Z": r"\z", r"\b": r"\b", r"\B": r"\B"}
_WORD = string.ascii_letters + string.digits + "_"
_BYTES = "".join(map(chr, range(256)))
_ASCII = _BYTES[:128]
_OTHER = "".join(sorted(set(_BYTES).difference(_WORD)))


class PatternError(ValueError):
    """A pattern that cannot be used."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what, self.remedy = what, remedy


class UnsupportedPatternError(PatternError):
    """A pattern that ``re`` takes and RE2 does not; earlier versions of the program took it."""


_EMPTY_MATCHES = {"": PatternError} | dict.fromkeys(("ɸɸ‡‡ɸɸ", "‡‡ɸɸ‡‡"), UnsupportedPatternError)
"""Texts in which a pattern that can match no characters (``\\b|x``) does so. Earlier versions took
some; RE2 differs from ``re`` in what it finds next."""


class Pattern:
    """A pattern, given without its slashes, ready to be looked for in texts.

    Raises:
        UnsupportedPatternError: Only RE2 cannot take it.
        PatternError: It is wrong, too long, or matches every text.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._pieces = tuple(_pieces(text))
        _check_syntax(text)
        self._kinds = _Kinds(self._pieces)
        self._compiled: Any = None
        self._compiled_for = -1
        _ASCII.translate(self._kinds)
        for sample, error in _EMPTY_MATCHES.items():
            found = self._regexp().finditer(sample.translate(self._kinds).encode("latin-1"))
            if any(match.start() == match.end() for match in found):
                what = f"the pattern {_shown(text)} fits every paper"
                raise error(what, "name what must be there")

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where it matches, in order, without matches of length 0; at most the first ``MOST``.

        Raises:
            UnsupportedPatternError: The text has characters of more kinds than there are bytes.
        """
        try:
            encoded = text.translate(self._kinds)
        except UnsupportedPatternError:
            # Too many in all texts so far. Whether this one alone has too many depends on no other.
            self._kinds, self._compiled_for = _Kinds(self._pieces), -1
            encoded = text.translate(self._kinds)
        matches = self._regexp().finditer(encoded.encode("latin-1"))
        spans = (match.span() for match in matches)
        return list(islice((span for span in spans if span[0] < span[1]), MOST))

    def _regexp(self) -> Any:
        """The pattern over the kinds of characters that have been met."""
        if self._compiled_for != len(self._kinds.bytes):
            self._compiled_for = len(self._kinds.bytes)
            options = re2.Options()
            options.encoding = re2.Options.Encoding.LATIN1
            options.max_mem, options.log_errors, options.never_capture = _MEMORY, False, True
            fitting = self._kinds.fitting
            form = "".join(part if syntax else fitting(part) for part, syntax in self._pieces)
            try:
                self._compiled = re2.compile(form.encode("ascii"), options)
            except re2.error as error:
                what = f"the pattern {_shown(self.text)} is too large to be matched"
                remedy = "repeat fewer times, at most 1000 in all, or write several patterns"
                raise UnsupportedPatternError(what, remedy) from error
        return self._compiled


class _Kinds(dict[int, str]):
    """For each character the byte of its kind, found when it is first met."""

    def __init__(self, pieces: Sequence[tuple[str, bool]]) -> None:
        super().__init__()
        parts = dict.fromkeys(piece for piece, is_syntax in pieces if not is_syntax)
        self._parts = {part: re.compile(part, re.IGNORECASE) for part in parts}
        self._has_boundary = not {(r"\b", True), (r"\B", True)}.isdisjoint(pieces)
        both = iter(_BYTES)
        self._free = (iter(_OTHER), iter(_WORD)) if self._has_boundary else (both, both)
        # The byte of each kind: whether it belongs to words, and the parts that it fits.
        self.bytes: dict[tuple[bool, tuple[str, ...]], str] = {}

    def __missing__(self, ordinal: int) -> str:
        character = chr(ordinal)
        of_word = self._has_boundary and (character.isalnum() or character == "_")
        kind = of_word, tuple(part for part, test in self._parts.items() if test.match(character))
        if kind not in self.bytes:
            byte = next(self._free[of_word], None)
            if byte is None:
                what = "the pattern tells too many different characters apart"
                raise UnsupportedPatternError(what, r"write several patterns, or leave out \b")
            self.bytes[kind] = byte
        self[ordinal] = self.bytes[kind]
        return self[ordinal]

    def fitting(self, part: str) -> str:
        """The set of the bytes of all kinds that fit a part."""
        held = [f"\\x{ord(byte):02x}" for (_, parts), byte in self.bytes.items() if part in parts]
        return f"[{''.join(held)}]" if held else r"[^\x00-\xff]"


compile_pattern = lru_cache(maxsize=2_000)(Pattern)


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Syntax for RE2 (True) and parts that match one character (False), in order. It is lenient:
    ``re`` itself tells what is no pattern."""
    if len(text) > LONGEST:
        what = f"the pattern is {len(text)} characters long"
        raise PatternError(what, f"write at most {LONGEST}, or several")
    at = 0
    while at < len(text):
        if quantifier := _QUANTIFIER.match(text, at):
            if quantifier[2] == "+":
                raise _unsupported(f"the repetition {quantifier[0]!r}", at, "leave its last + out")
            yield quantifier[0].replace("{,", "{0,"), True
            at = quantifier.end()
        elif text[at] in "|)":
            yield text[at], True
            at += 1
        elif text[at] == "(":
            yield "(?:", True
            at += _opening(text, at)
        else:
            found = _ONE_CHARACTER.match(text, at)
            part = found[0] if found else text[at]
            _check_part(part, text, at)
            at += len(part)
            if part in _ZERO_WIDTH:
                yield _ZERO_WIDTH[part], True
            else:
                yield part if len(part) > 1 or part == "." else re.escape(part), False


def _opening(text: str, at: int) -> int:
    found = _GROUP.match(text, at)
    opening = found[0] if found else "("
    if opening == "(" and text.startswith("(?", at):
        what = f"bad pattern: the construct {text[at : at + 4]!r}, at character {at + 1}"
        raise PatternError(what, "leave it out; a pattern ignores case anyway")
    if opening in ("(?=", "(?!", "(?<=", "(?<!"):
        remedy = "leave it out; to rule papers out, write an exclusion"
        raise _unsupported(f"looking ahead or behind with {opening!r}", at, remedy)
    if opening == "(?>":
        raise _unsupported(f"the group {opening!r}", at, "write (?: for it")
    return len(opening)


def _check_part(part: str, text: str, at: int) -> None:
    if _REFERENCE.match(text, at):
        what = f"bad pattern: a reference back to a group, at character {at + 1}"
        raise PatternError(what, "write out what is to be found again")
    if part == "[":
        what = f"bad pattern: unterminated character set, at character {at + 1} of {_shown(text)}"
        raise PatternError(what, "end it with ], or write \\[ for the bracket itself")
    if part[0] == "[" and (operation := _SET_OPERATION.search(part, 1)):
        where = f"at character {at + operation.start() + 1}"
        what = f"bad pattern: {operation[0]!r} inside [ ], {where}"
        raise PatternError(what, f"write \\{operation[0][0]} there")


def _check_syntax(text: str) -> None:
    try:
        with warnings.catch_warnings():
            # Sets inside a set are refused with the part that has them; `[]&&` has no end at all.
            warnings.simplefilter("ignore", FutureWarning)
            re.compile(text, re.IGNORECASE)
    except re.error as error:
        at = "" if error.pos is None else f", at character {error.pos + 1}"
        remedy = "put a \\ before a character that stands for itself"
        raise PatternError(f"bad pattern: {error.msg}{at} of {_shown(text)}", remedy) from error
    except OverflowError as error:
        raise PatternError(f"bad pattern: {error}", "repeat fewer times") from error


def _unsupported(what: str, at: int, remedy: str) -> UnsupportedPatternError:
    return UnsupportedPatternError(f"{what}, at character {at + 1}, is not supported", remedy)


def _shown(text: str) -> str:
    return f"/{cut(text, 60)}/"
