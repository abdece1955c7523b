"""Reads single values as catalogues and tables give them: texts, names of authors, and days."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import chain
from typing import Any

from digest.sources import dates, people, subjects
from digest.sources.formats.json_shapes import normal_key
from digest.sources.formats.json_values import count, is_object, string
from digest.sources.formats.markup import text_of_html

NOTHING = frozenset(("", "none", "null", "nan", "n/a", "na", "-", "—", "[deleted]"))
TEXT_KEYS = (
    "value", "#text", "_", "text", "en", "english", "content", "name", "display_name",
    "description", "title",
)  # fmt: skip
"""Where the text is in an object that stands for a text."""
XML_TAG = re.compile(
    r"</?(?:jats:|mml:)?(?:p|sec|title|div|span|br|h[1-6]|ul|ol|li|section|math|italic|bold"
    r"|inline-formula|disp-formula)\b[^<>]{0,300}>",
    re.IGNORECASE,
)
JATS = (
    (re.compile(r"<(/?)(?:jats|mml):", re.IGNORECASE), r"<\1"),
    (re.compile(r"<(/?)title\b", re.IGNORECASE), r"<\1h4"),
    (re.compile(r"<(/?)italic\b", re.IGNORECASE), r"<\1i"),
    (re.compile(r"<(/?)sec\b", re.IGNORECASE), r"<\1section"),
    (re.compile(r"<tex-math\b.{0,2000}?</tex-math>", re.IGNORECASE | re.DOTALL), ""),
)
HEADING = re.compile(r"(?:abstract|summary|graphical abstract)\s*[:.]?\s*\n\s*", re.IGNORECASE)
QUOTED = re.compile(r"'([^']{1,200})'(?=\s*[,\]])|\"([^\"]{1,200})\"(?=\s*[,\]])")
NAME_IN_LIST = re.compile(r"['\"]name['\"]:\s{0,3}(?:'([^']{1,200})'|\"([^\"]{1,200})\")")
"""Names in the text of a list, as a table has it that was made of objects."""
ET_AL = re.compile(r"[\s,;]*(?:\bet\.? ?al\b\.?|\band others\b|…|\.\.\.)[\s.]*$", re.IGNORECASE)


LABEL_KEYS = (
    "term", "display_name", "name", "tag", "keyword", "label", "category", "subject", "topic",
    "DescriptorName", "descriptorName", "descriptor_name", "value", "#text",
)  # fmt: skip
"""Where the name is in an object that stands for a category or keyword."""
MOST_LABELS = 200
SURE = 0.4
"""The score from which on OpenAlex's labels mostly fit."""


def text_in(value: object, depth: int = 0) -> str:
    """The text of a value, which may be a list of paragraphs or an object around the text."""
    if isinstance(value, str):
        return "" if value.strip().casefold() in NOTHING else value
    if isinstance(value, list) and depth < 4:
        return "\n\n".join(filter(None, (text_in(each, depth + 1) for each in value)))
    if is_object(value) and depth < 4:
        found = next(filter(None, (text_in(value.get(key), depth + 1) for key in TEXT_KEYS)), "")
        label = string(value.get("@Label")) or string(value.get("label"))
        return f"{label}: {found}" if label and found else found
    return ""


def author_names(value: object) -> tuple[list[str], int | None]:
    """The names of authors in a list or a string, and how many authors there are; None if the
    source breaks off with ``et al.``."""
    if is_object(value):
        inner = next((each for each in value.values() if isinstance(each, list)), None)
        value = inner if inner is not None else [value]
    if isinstance(value, str) and value.startswith("[") and value.endswith("]"):
        found = NAME_IN_LIST.findall(value) or QUOTED.findall(value)
        value = [first or second for first, second in found] or value
    if isinstance(value, str):
        text = ET_AL.sub("", value)
        found = people.split(text)
        return found, None if text != value or not found else len(found)
    if not isinstance(value, list):
        return [], None
    names = [name for each in value for name in _names_of(each)]
    is_cut = any(ET_AL.fullmatch(name) for name in names)
    names = [name for each in names if (name := ET_AL.sub("", each).strip())]
    return names, None if is_cut or not value else max(len(value), len(names))


def _names_of(value: object) -> list[str]:  # noqa: PLR0911 - one for each form
    """The name of one author, as a string, as parts in a list, or as an object."""
    if isinstance(value, str):
        return people.split(value) if "," in value or ";" in value else [value]
    if isinstance(value, list):  # family name, given name, suffix
        parts = [string(part).strip() for part in value[:2]]
        return [" ".join(part for part in reversed(parts) if part)]
    if not is_object(value):
        return []
    if isinstance(name := value.get("name"), str):  # the common case, much faster
        return _names_of(name)
    found = {normal_key(str(key)): each for key, each in value.items()}
    for key in ("author", "person"):
        if is_object(inner := found.get(key)):
            return _names_of(inner)
    given = _part(found, "given", "firstname", "givenname", "forename", "initials")
    family = _part(found, "family", "lastname", "familyname", "surname")
    if family:
        particle = string(found.get("nondroppingparticle")) or string(found.get("droppingparticle"))
        return [" ".join(part for part in (given, particle, family) if part)]
    name = _part(
        found, "name", "displayname", "fullname", "authorname", "literal", "creator", "author",
        "text", "rawauthorname", "collectivename", "username", "value",
    )  # fmt: skip
    return _names_of(name) if name else []


def _part(found: Mapping[str, Any], *keys: str) -> str:
    return next((text for key in keys if (text := text_in(found.get(key)).strip())), "")


def labels(value: object, depth: int = 0) -> list[str]:
    """The categories or keywords in a text, in a list, or in objects with a name each. Those of
    which a catalogue itself is not sure, and its widest ones, are left out."""
    if isinstance(value, str):
        if value.startswith("[") and value.endswith("]") and (found := QUOTED.findall(value)):
            return [first or second for first, second in found]
        return subjects.split(value)
    if isinstance(value, list):
        parts = (
            subjects.split(each, at_commas=False) if isinstance(each, str) else labels(each, depth)
            for each in value[:MOST_LABELS]
        )
        return list(chain.from_iterable(parts))
    return _labels_of(value, depth) if is_object(value) and depth < 4 else []


def _labels_of(item: Mapping[str, Any], depth: int) -> list[str]:
    score = item.get("score")
    if (isinstance(score, float) and score < SURE) or item.get("level") == 0:
        return []
    if name := _part(item, *LABEL_KEYS):
        return [name]
    inner = (each for each in item.values() if is_object(each) or isinstance(each, list))
    return [label for each in inner for label in labels(each, depth + 1)]


def markup_text(text: str) -> str:
    """The text of what may be XML or HTML, as abstracts of publishers are (JATS)."""
    if "<" not in text or not XML_TAG.search(text):
        return text
    for pattern, replacement in JATS:
        text = pattern.sub(replacement, text)
    return HEADING.sub("", text_of_html(text), count=1)


def any_day(value: object) -> date | None:
    """The day in a date as catalogues give it: ISO, ``27 Nov 2026``, milliseconds, date-parts; of a
    month alone, its first day. None where the month is missing."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _instant(value)
    if is_object(value):
        keys = ("date-parts", "date-time", "value", "$date", "date", "raw")
        return next(filter(None, (any_day(value.get(key)) for key in keys if key in value)), None)
    if isinstance(value, list):
        if value and isinstance(value[0], list):
            return any_day(value[0])
        parts = [part for each in value[:3] if (part := count(each)) is not None]
        return _date(*parts, *[1] * (3 - len(parts))) if len(parts) in (2, 3) else None
    return _day_in(string(value).strip()[:60])


@lru_cache(maxsize=2000)
def _day_in(text: str) -> date | None:
    if text.isdecimal() and len(text) in (10, 13):
        return _instant(int(text))
    return dates.day(text)


def _instant(value: float) -> date | None:
    """The day, in UTC, of an instant in seconds or milliseconds since 1970."""
    seconds = value / 1000 if value > 10**11 else value
    if not 10**8 < seconds < 10**10:  # of a year, a version, or nonsense
        return None
    return datetime.fromtimestamp(seconds, UTC).date()


def _date(year: int, month: int, day_of_month: int) -> date | None:
    try:
        return date(year, month, day_of_month)
    except (ValueError, OverflowError):
        return None
