"""Messages about wrong values in settings and profiles: what is wrong, and what to do about it. A
field raises ``wrong(…)`` while pydantic validates a model. ``complaint`` turns each error of
pydantic, ``wrong`` among them, into a message and its remedy."""

import re
from collections.abc import Collection, Iterable
from difflib import get_close_matches

from pydantic_core import ErrorDetails, PydanticCustomError


def wrong(what: str, remedy: str = "") -> PydanticCustomError:
    """Make a validation error from its message and its remedy."""
    return PydanticCustomError("wrong", "{what}", {"what": what, "remedy": remedy})


def quoted(value: object) -> str:
    """Quote a value for a message: on one line, invisible characters escaped, at most 60 long."""
    text = str(value)
    return repr(text if len(text) <= 60 else text[:59] + "…")


def nearest(word: str, known: Iterable[str], *, limit: int = 3) -> tuple[str, ...]:
    """The known words that are spelled most like ``word``, best first; case does not count."""
    folded: dict[str, str] = {}
    for candidate in known:
        folded.setdefault(candidate.casefold(), candidate)
    matches = get_close_matches(word.casefold(), folded, n=limit, cutoff=0.7)
    return tuple(folded[match] for match in matches)


def did_you_mean(word: str, known: Collection[str], otherwise: str = "") -> str:
    """``did you mean 'x'?`` with the nearest known word; ``otherwise`` if none is near."""
    found = nearest(word, known, limit=1)
    return f"did you mean {found[0]!r}?" if found else otherwise


_LIST = "not a list", "write [one, another]"
_WHOLE = "not a whole number", "write one such as 5"
_NUMBER = "not a number", "write one such as 5"
_DATES = (
    "date_type",
    "date_parsing",
    "date_from_datetime_parsing",
    "date_from_datetime_inexact",
)
_PHRASES = {
    "missing": ("missing", "add it"),
    "model_type": ("not a mapping of keys to values", "give it keys of its own"),
    **dict.fromkeys(("list_type", "tuple_type"), _LIST),
    **dict.fromkeys(_DATES, ("not a date", "write it like 2026-12-24, without quotes")),
    **dict.fromkeys(("int_parsing", "int_type", "int_from_float"), _WHOLE),
    **dict.fromkeys(("float_parsing", "float_type"), _NUMBER),
    "finite_number": ("not a finite number", "write one such as 2 or 0.5"),
    "string_type": ("not text", "put it in quotes"),
    "path_type": ("not a path", "write it in quotes"),
    "too_short": ("empty", "add something"),
    "greater_than": ("too low", "write more than {gt:g}"),
    "greater_than_equal": ("too low", "write at least {ge:g}"),
    "less_than_equal": ("too high", "write at most {le:g}"),
}


def complaint(error: ErrorDetails, known: Collection[str]) -> tuple[str, str]:
    """Turn one error of pydantic into a message and its remedy. ``known`` are the valid keys at the
    place of an unknown one. The message quotes the value only if it had to be one of a few words;
    any other value may be a secret."""
    name = str(error["loc"][-1]) if error["loc"] else ""
    key = quoted(name) if name and not name.isdecimal() else "the entry"
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
    if kind == "tuple_type" and name == "sources":
        return f"{key} is not a list of tables", "write [[sources]] above each source"
    if found := _PHRASES.get(kind):
        return f"{key} is {found[0]}", found[1].format(**context)
    return f"{key}: {error['msg']}", ""
