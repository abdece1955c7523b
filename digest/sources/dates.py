"""Reads the dates of papers in the forms that feeds and journals use."""

import re
from datetime import date

from digest.text.clean import one_line

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan ene gen янв",
            "feb fév fev фев",
            "mar mär mrz мар",
            "apr avr abr апр",
            "may mai mag мая май",
            "jun juin giu июн",
            "jul juil lug июл",
            "aug aoû aou ago авг",
            "sep set сен",
            "oct okt ott out окт",
            "nov ноя",
            "dec dez déc dic дек",
        ),
        start=1,
    )
    for name in names.split()
}
"""Months by the first letters of their names, in the languages of most journals."""
MONTH = r"(?P<month>[^\W\d_]{3,12})\.?"
DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|º)?\.?"
YEAR = r"(?P<year>(?:1[6-9]|20|21)\d\d)(?!\d)"
SHORT_YEAR = r"(?P<year>\d\d)(?=\s+\d\d?:|$)"
CLOCK = r"\d{1,2}:\d\d(?::\d\d)?(?:\s+[A-Z]{3,4}|\s+[+-]\d{4})?"
FORMS = tuple(
    re.compile(form)
    for form in (
        r"(?P<year>\d{4})([-/.])(?P<month>\d\d?)\2(?P<day>\d\d?)(?!\d)",
        r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)(?=T|\s|$)",
        rf"{DAY}[\s-]+(?:de |of )?{MONTH}(?: de)?,?[\s-]+(?:{YEAR})",
        rf"{DAY}[\s-]+{MONTH}[\s-]+{SHORT_YEAR}",
        rf"{MONTH}\s+{DAY}(?:\s*[-–/]\s*\d\d?)?,?\s+(?:{CLOCK}\s+)?{YEAR}",
        rf"{YEAR}[\s,-]+{MONTH}[\s-]+{DAY}(?!\d)",
        rf"(?P<day>\d\d?)\.\s?(?P<month>\d\d?)\.\s?{YEAR}",
        r"(?P<year>\d{4})年\s?(?P<month>\d\d?)月\s?(?P<day>\d\d?)日",
        rf"{MONTH}(?:\s*[-–/]\s*[^\W\d_]{{3,12}}\.?)?,?[\s-]+{YEAR}$",
        rf"{YEAR}[\s,]+{MONTH}(?:\s*[-–/]\s*[^\W\d_]{{3,12}}\.?)?$",
        r"(?P<year>\d{4})[-/](?P<month>\d\d)$",
    )
)
SLASHED = re.compile(rf"(\d\d?)/(\d\d?)/{YEAR}")
BEFORE = re.compile(
    r"(?:[^\W\d_]{2,10}(?:\.?,?\s+|,)(?=\d)|(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+)?",
    re.IGNORECASE,
)
NONE = re.compile(
    r"(?:0000|0001|1900-01-01|1970-01-01T00:00:00|Thu, 0?1 Jan 1970 00:00:00)"
    r"|\d{4}$|-?\d$|(?:none|null|n/a|unknown|(?:(?:winter|spring|summer|autumn|fall)\s*)+\d{0,4})$",
    re.IGNORECASE,
)


def day(text: str) -> date | None:
    """The day that ``text`` begins with, not converted to another time zone; of a month alone, its
    first day. None if it cannot be read, as ``5/6/2026``, which is another day in America."""
    shown = one_line(text)[:100]
    if NONE.match(shown):
        return None
    start = BEFORE.match(shown)
    for begin in (0, start.end() if start else 0):
        for form in FORMS:
            if (match := form.match(shown, begin)) and (found := _day(match.groupdict())):
                return found
    return _slashed(shown)


def is_none(text: str) -> bool:
    """Whether ``text`` names no day and is not meant to: a year alone, a season, a zero."""
    return not text.strip() or bool(NONE.match(one_line(text)[:100]))


def _day(parts: dict[str, str | None]) -> date | None:
    year, month = int(parts["year"] or 0), parts["month"] or ""
    if year < 100:
        year += 2000 if year < 70 else 1900
    number = int(month) if month.isdecimal() else _month(month.lower())
    try:
        return date(year, number, int(parts.get("day") or 1)) if year >= 1600 else None
    except ValueError:
        return None


def _month(name: str) -> int:
    return MONTHS.get(name[:4]) or MONTHS.get(name[:3]) or 0


def _slashed(shown: str) -> date | None:
    """``26/11/2026`` or ``11/26/2026``, where only one of both can be the month."""
    if not (match := SLASHED.match(shown)):
        return None
    first, second = int(match[1]), int(match[2])
    if first <= 12 and second <= 12 and first != second:
        return None
    try:
        return date(int(match["year"]), min(first, second), max(first, second))
    except ValueError:
        return None
