"""What single values of a profile may be: text, or ``Plain`` for a number, switch or nothing. Each
function raises ``PydanticCustomError``, with a message and a remedy, for a wrong value."""

import math
import re
from collections.abc import Callable, Hashable
from contextlib import suppress
from datetime import date, datetime, time
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from cronsim import CronSim, CronSimError

from digest.config.fields import one_line
from digest.config.messages import did_you_mean, nearest, quoted, wrong
from digest.subscribers.codec import KEYS
from digest.subscribers.yaml_document import Plain
from digest.text.patterns import PatternError, UnsupportedPatternError, compile_pattern

FORM = "form:"  # what the tags begin with that stand for an interest's form in the path of an error
FORMS = "{match: …}, {author: …}, {category: …}, {venue: …} or {code: true}"
LIGHTEST, HEAVIEST = 0.01, 100
MOST_REMEMBERED = 50_000  # distinct values of one kind: some ten megabytes
ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"(\d{1,2}):(\d\d)", re.ASCII)
_SWITCHES = {"yes": "true", "on": "true", "no": "false", "off": "false"}
_SOME_DAY = datetime(2024, 1, 1)  # noqa: DTZ001 - any wall time: only whether it ever comes true


def text(value: object) -> str:
    """One line of text; a number or switch as it is spelled."""
    if not isinstance(value, (str, Plain)):
        raise wrong("text is wanted here, not a list or mapping", "put it in quotes")
    return one_line(str(value))


def remembering() -> Callable[[Any, Callable[[Any], Any]], Any]:
    """A validator around another one that checks equal values once: of many profiles, most have
    their interests and schedules in common. A value is text, or a mapping to text or numbers; what
    comes of it must not be changed by anybody."""
    known: dict[Hashable, Any] = {}

    def validate(value: Any, check: Callable[[Any], Any]) -> Any:
        key = tuple(value.items()) if isinstance(value, dict) else value
        try:
            return known[key]
        except TypeError:  # it has a list or mapping within, and is wrong or rare
            return check(value)
        except KeyError:
            found = check(value)
        if len(known) >= MOST_REMEMBERED:
            known.clear()
        known[key] = found
        return found

    return validate


def number(value: object) -> float:
    """A finite number that is not in quotes."""
    found = value.value if isinstance(value, Plain) else value
    example = "write one such as 2 or 0.5"
    if isinstance(found, bool) or not isinstance(found, int | float):
        remedy = "write it without quotes" if _is_number(value) else example
        raise wrong(f"{quoted(value)} is not a number", remedy)
    if not math.isfinite(found):
        raise wrong(f"{quoted(value)} is not a finite number", example)
    return found


def _is_number(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"\d+(\.\d+)?", value.strip()) is not None


def _counts(value: object) -> bool:
    """Whether it is a number, finite or not, that is not in quotes."""
    found = value.value if isinstance(value, Plain) else value
    return isinstance(found, int | float) and not isinstance(found, bool)


def weight(value: object) -> float:
    """A number from ``LIGHTEST`` to ``HEAVIEST``."""
    found = number(value)
    if not LIGHTEST <= found <= HEAVIEST:
        what = f"the weight {quoted(value)} is out of range"
        raise wrong(what, f"write {LIGHTEST} to {HEAVIEST}")
    return found


def whole(value: object) -> int:
    """A whole number that is not in quotes."""
    found = number(value)
    if found != int(found):
        raise wrong(f"{quoted(value)} is not a whole number", f"write {math.ceil(found)}")
    return int(found)


def switch(value: object) -> bool:
    """``true`` or ``false``."""
    state = value.value if isinstance(value, Plain) else value
    if not isinstance(state, bool):
        meant = _SWITCHES.get(str(value).casefold())
        raise wrong(f"{quoted(value)} is neither true nor false", f"write {meant or 'one of them'}")
    return state


def subscriber_id(text: str) -> str:
    """It stands in file names and URLs, so it is narrow and in lower case."""
    if ID.fullmatch(text) is None:
        proposal = re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")[:64]
        rule = "lower-case letters, digits, '.', '_' and '-', at most 64, a letter or digit first"
        raise wrong(f"bad id {quoted(text)}", f"write {proposal}" if proposal else f"use {rule}")
    return text


def zone(text: str) -> str:
    """A key that ``zoneinfo`` knows."""
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        near = _nearest_zone(text)
        remedy = f"did you mean {near!r}?" if near else "write a city's zone, as Europe/Berlin"
        raise wrong(f"unknown time zone {quoted(text)}", remedy) from error
    return text


def _nearest_zone(text: str) -> str | None:
    """A zone by the name of its city, by a like spelling, by a like city; None for an area."""
    zones = sorted(available_timezones())
    if any(zone.startswith(f"{text}/") for zone in zones):
        return None
    cities = {_city(zone): zone for zone in zones if "/" in zone}
    if _city(text) in cities:
        return cities[_city(text)]
    like_cities = (cities[city] for city in nearest(_city(text), cities))
    return next(chain(nearest(text, zones), like_cities), None)


def _city(zone: str) -> str:
    return zone.rpartition("/")[2].replace("_", " ").casefold()


def clock_time(value: object) -> time:
    """``8:00`` or ``08:00``."""
    if isinstance(value, time):
        return value
    match = _TIME.fullmatch(text(value))
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        remedy = 'write hours and minutes, "00:00" to "23:59"'
        raise wrong(f"{quoted(value)} is not a time of day", remedy)
    return time(int(match[1]), int(match[2]))


def day(value: object) -> date:
    """``2027-01-10``, also as ``{until: 2027-01-10}``."""
    if isinstance(value, date):
        return value
    if isinstance(value, dict) and set(value) == {"until"}:
        value = value["until"]
    written = text(value)
    if _DAY.fullmatch(written):
        with suppress(ValueError):
            return date.fromisoformat(written)
    remedy = "write the first day with digests again, as 2027-01-10"
    raise wrong(f"{quoted(written)} is not a date", remedy)


def cron_expression(text: str) -> str:
    """Five fields that come true some day."""
    example = 'write five fields, as "0 8 * * 1" for Mondays at 08:00'
    if len(text.split()) != 5:
        raise wrong(f"bad cron expression {quoted(text)}: {len(text.split())} fields", example)
    try:
        comes_true = next(CronSim(text, _SOME_DAY), None)
    except CronSimError as error:
        raise wrong(f"bad cron expression {quoted(text)}: {error}", example) from error
    if comes_true is None:
        raise wrong(f"the cron expression {quoted(text)} never comes true", example)
    return text


def name(text: str) -> str:
    """It must hold something to look for."""
    if not any(character.isalnum() for character in text):
        raise wrong(f"{quoted(text)} has no letter or digit to look for", "write a word or phrase")
    return text


def phrase(text: str) -> str:
    """A word, phrase or sound ``/pattern/``."""
    if is_pattern(text):
        try:
            compile_pattern(text[1:-1])
        except UnsupportedPatternError:
            pass  # earlier versions took it: it is switched off, and stops nobody's mail
        except PatternError as error:
            raise wrong(error.what, error.remedy) from error
    elif text.startswith("/"):
        raise wrong(f"{quoted(text)} begins like a pattern", "end it with /; case never matters")
    return name(text)


def stated(value: object) -> bool:
    """``true``."""
    if not switch(value):
        raise wrong("`code: false` looks for nothing", "write `code: true`, or leave it out")
    return True


def is_pattern(text: str) -> bool:
    """Whether it is written as ``/…/``."""
    return len(text) > 1 and text[0] == text[-1] == "/"


def without_control(value: object) -> object:
    """Leave text alone unless double quotes have turned an escape into a control character."""
    if isinstance(value, str) and re.search(r"[\x07\x08\x0b\x0c]", value):
        remedy = "put a pattern in single quotes: in double ones YAML makes \\b a control character"
        raise wrong(f"a control character in {quoted(value)}", remedy)
    return value


def weighted_phrase(value: object) -> object:
    """A mapping of one phrase to its weight; what is meant by another one."""
    if isinstance(value, dict) and len(value) != 1:
        keys = ", ".join(map(quoted, value))
        raise wrong(
            f"an interest with the keys {keys or 'of nothing'}",
            f"write `phrase: weight`, or with a `weight:` {FORMS}",
        )
    for key, given in value.items() if isinstance(value, dict) else ():
        if isinstance(given, str | Plain) and not (_is_number(given) or _counts(given)):
            otherwise = f"write `{key}: 2`, or put text that has a colon in quotes"
            remedy = did_you_mean(key, KEYS, otherwise)
            raise wrong(f"the weight of {quoted(key)} is not a number: {quoted(given)}", remedy)
    return value


def exclusion(value: object) -> object:
    """An exclusion weighs nothing."""
    if not isinstance(value, dict):
        return value
    if interest_form(value) == f"{FORM}code":
        what = "an exclusion of papers whose code is public"
        raise wrong(what, "leave it out; as an interest it prefers them")
    if interest_form(value) != f"{FORM}weighted":
        if "weight" in value:
            raise wrong("an exclusion has no weight", "leave `weight` out")
        return value
    if len(value) == 1:
        raise wrong("an exclusion has no weight", f"write {quoted(next(iter(value)))} alone")
    keys = ", ".join(map(quoted, value)) or "of nothing"
    remedy = "write a phrase, {match: …}, {author: …}, {category: …} or {venue: …}"
    raise wrong(f"an exclusion with the keys {keys}", remedy)


def interest_form(value: object) -> str | None:
    """The tag of the form in which an interest is written."""
    if not isinstance(value, dict):
        return None if isinstance(value, list) else f"{FORM}phrase"
    if value.keys() <= {"category", "venue", "code"} and all(map(_counts, value.values())):
        return f"{FORM}weighted"  # `code: 2` is the word, with its weight
    known = [key for key in KEYS if key in value]
    if not known and len(value) > 1:
        known = [key for key in KEYS if any(nearest(k, [key]) for k in value)]
    return FORM + (known[0] if known else "weighted")
