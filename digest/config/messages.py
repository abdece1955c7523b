"""How people write values in settings and profiles, and what to tell them about a wrong one.

Every reader raises ``PydanticCustomError`` by way of ``wrong``, so that a model can use it as a
validator and ``complaint`` finds the words again.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from datetime import timedelta
from difflib import get_close_matches

from email_validator import EmailNotValidError, validate_email
from pydantic_core import ErrorDetails, PydanticCustomError

LONGEST = timedelta(days=3650)
"""Durations beyond it are mistakes, and ``now`` minus one must stay a date."""

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION = re.compile(r"(\d{1,8})\s*([smhdw])", re.ASCII)
_UNSEEN = {"Cc", "Cs", "Zl", "Zp"}
_BIDI_CONTROLS = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
_PRIVATE_DOMAINS = ("local", "localhost", "test")
"""Last labels that only a private network resolves; a digest may well be sent inside one."""


def wrong(what: str, remedy: str = "") -> PydanticCustomError:
    """A validation error with its words and the way out."""
    return PydanticCustomError("wrong", "{what}", {"what": what, "remedy": remedy})


def quoted(value: object) -> str:
    """A value as it may be shown: on one line, invisible characters escaped, at most 60 long."""
    text = str(value)
    return repr(text if len(text) <= 60 else text[:59] + "…")


def nearest(word: str, known: Iterable[str], *, limit: int = 3) -> tuple[str, ...]:
    """The known words that ``word`` may have been meant for, likeliest first, any case."""
    folded: dict[str, str] = {}
    for candidate in known:
        folded.setdefault(candidate.casefold(), candidate)
    matches = get_close_matches(word.casefold(), folded, n=limit, cutoff=0.7)
    return tuple(folded[match] for match in matches)


def did_you_mean(word: str, known: Collection[str], otherwise: str = "") -> str:
    """``did you mean 'x'?`` for the nearest known word; else ``otherwise``."""
    found = nearest(word, known, limit=1)
    return f"did you mean {found[0]!r}?" if found else otherwise


def one_line(text: str) -> str:
    """The text without outer space; control, line and direction characters are refused."""
    for character in "" if text.isprintable() else text:
        if unicodedata.category(character) in _UNSEEN or character in _BIDI_CONTROLS:
            raise wrong(f"the character U+{ord(character):04X} in {quoted(text)}", "delete it")
    return text.strip()


def email_address(text: str) -> str:
    """A bare address as SMTP takes it: the domain in ASCII wherever the local part is, too."""
    private = text.rpartition("@")[2].rpartition(".")[2].casefold() in _PRIVATE_DOMAINS
    suffix = ".example" if private else ""
    try:
        checked = validate_email(text + suffix, check_deliverability=False)
    except EmailNotValidError as error:
        remedy = "write it as name@example.org"
        if "<" in text:
            remedy += ", without a name and angle brackets"
        raise wrong(f"{quoted(text)} is not an e-mail address: {error}", remedy) from error
    return (checked.ascii_email or checked.normalized).removesuffix(suffix)


def duration(text: str) -> timedelta:
    """``90s``, ``5m``, ``12h``, ``30d`` or ``2w``; more than zero, at most ten years."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise wrong(
            f"{quoted(text)} is not a duration",
            "write a number and a unit: 90s, 5m, 12h, 30d or 2w",
        )
    count, unit = match.groups()
    span = timedelta(**{_UNITS[unit]: int(count)})
    if not span:
        raise wrong(f"{quoted(text)} is no time at all", "write at least 1s")
    if span > LONGEST:
        raise wrong(f"{quoted(text)} is more than ten years", f"write at most {LONGEST.days}d")
    return span


def complaint(error: ErrorDetails, known: Collection[str]) -> tuple[str, str]:
    """What is wrong and its remedy, for one pydantic error.

    ``known`` are the keys that may stand where an unknown one was found. The value is
    quoted only where it had to be one of a few words: any other may be a secret.
    """
    name = str(error["loc"][-1]) if error["loc"] else ""
    key = quoted(name) if name else "the entry"
    context = error.get("ctx", {})
    kind = error["type"]
    if kind == "wrong":
        return str(context["what"]), str(context["remedy"])
    if kind == "extra_forbidden":
        return f"unknown key {key}", did_you_mean(name, known, f"the keys are {', '.join(known)}")
    if kind == "literal_error":
        expected = str(context["expected"])
        words = re.findall("'([^']*)'", expected)
        remedy = did_you_mean(str(error["input"]), words, f"write {expected}")
        return f"unknown word {quoted(error['input'])}", remedy
    phrases = {
        "missing": (f"{key} is missing", "add it"),
        "model_type": (f"{key} is not a mapping of keys to values", "give it keys of its own"),
        "list_type": (f"{key} is not a list", "write [one, another]"),
        "tuple_type": (f"{key} is not a list", "write [one, another]"),
        "int_parsing": (f"{key} is not a whole number", "write one such as 5"),
        "int_type": (f"{key} is not a whole number", "write one such as 5"),
        "int_from_float": (f"{key} is not a whole number", "write one such as 5"),
        "float_parsing": (f"{key} is not a number", "write one such as 5"),
        "float_type": (f"{key} is not a number", "write one such as 5"),
        "finite_number": (f"{key} is not a finite number", "write one such as 2 or 0.5"),
        "string_type": (f"{key} is not text", "put it in quotes"),
        "path_type": (f"{key} is not a path", "write it in quotes"),
        "greater_than": (f"{key} is too low", f"write more than {context.get('gt', 0):g}"),
        "too_short": (f"{key} is empty", "add something"),
        "greater_than_equal": (f"{key} is too low", f"write at least {context.get('ge', 0):g}"),
        "less_than_equal": (f"{key} is too high", f"write at most {context.get('le', 0):g}"),
    }
    return phrases.get(kind, (f"{key}: {error['msg']}", ""))
