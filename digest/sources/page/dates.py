"""Reads the dates of a papers page, which leaves out the current year."""

import re
from calendar import isleap
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

MONTHS = "january february march april may june july august september october november december"
NUMBERS = {name[:3]: number for number, name in enumerate(MONTHS.split(), start=1)}
MONTH = rf"(?P<month>{'|'.join(f'{name}|{name[:3]}' for name in MONTHS.split())}|sept)\.?"
DAY, YEAR = r"(?P<day>\d{1,2})", r"(?P<year>(?:19|20)\d\d)"
PREFACE = r"(?:(?:published|submitted|updated)(?: on)?:? )?"
COMMENTS = r"(?: (?P<comments>\d{1,6}|\d{1,3}(?:,\d{3})+|\d{1,3}(?:\.\d)?k))?"
DATES = [
    re.compile(f"{PREFACE}{form}{COMMENTS}", re.IGNORECASE)
    for form in (
        rf"{MONTH} {DAY}(?:,? {YEAR})?",
        rf"{DAY} {MONTH},? {YEAR}",
        rf"{YEAR}-(?P<month>\d\d)-{DAY}",
    )
]
EARTH = timedelta(hours=14)  # the most by which local time is ahead of UTC
ZONES = timedelta(days=1)  # the most by which two local dates of the same moment differ


@dataclass(frozen=True, slots=True)
class PageDate:
    """A date as a papers page shows it: ``Oct 27 2``, where 2 is a number of comments."""

    month: int
    day: int
    year: int | None = None
    comments: int | None = None

    def on(self, year: int) -> date | None:
        """The date, in ``year`` if it has no year; None if there is no such day."""
        try:
            return date(self.year or year, self.month, self.day)
        except ValueError:
            return None

    def by(self, latest: date, year: int) -> date | None:
        """The date, in the year before ``year`` if it would be after ``latest``. A page of January
        lists papers of December."""
        day = self.on(year)
        return self.on(year - 1) if day and day > latest + ZONES else day


def parse(line: str) -> PageDate | None:
    """Parse a line that contains only a date, with single spaces."""
    match = next(filter(None, (form.fullmatch(line) for form in DATES)), None)
    if not match:
        return None
    name = match["month"][:3].lower()
    month, day = NUMBERS.get(name) or int(name), int(match["day"])
    year = int(match["year"]) if match["year"] else None
    shown = PageDate(month, day, year, _count(match["comments"]))
    return shown if shown.on(year or 2000) else None  # 2000 has a 29 February


def _count(text: str | None) -> int | None:
    """Parse a number of comments, as ``1,234`` or ``1.2k``."""
    if text is None:
        return None
    number = text.lower().replace(",", "")
    return round(float(number[:-1]) * 1000) if number.endswith("k") else int(number)


def last_day(arrived: datetime) -> date:
    """The latest date on a page that arrived at this time."""
    return (arrived + EARTH).date()


def page_year(page: PageDate | None, papers: Iterable[PageDate], *, arrived: datetime) -> int:
    """Infer the year that the page leaves out: the one after the latest year in the papers' dates,
    or else the latest in which the page's date is not after its arrival; for 29 February the
    nearest leap year. Years that put the page's date after its arrival are misprints."""
    if page and page.year:
        return page.year
    shown = list(papers)
    latest = last_day(arrived)
    leap_only = page is not None and (page.month, page.day) == (2, 29)
    following = {each.year + 1 for each in shown if each.year and each.year < latest.year}
    possible = [year for year in following if not (page and _is_ahead(page, year, latest))]
    if possible:
        year = max(possible)
        while leap_only and not isleap(year):
            year += 1
        return year
    year = latest.year
    days = [page] if page else shown
    while any(_is_ahead(each, year, latest) for each in days) or (leap_only and not isleap(year)):
        year -= 1
    return year


def _is_ahead(shown: PageDate, year: int, latest: date) -> bool:
    day = shown.on(year)
    return day is not None and day > latest
