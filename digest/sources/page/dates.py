"""Reads the dates of a papers page, which leaves out the current year."""

import re
from calendar import isleap
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

MONTHS = (
    "january jan januar janvier janv enero ene",
    "february feb februar février févr fév febrero",
    "march mar märz mär mrz mars marzo",
    "april apr avril avr abril abr",
    "may mai mayo",
    "june jun juni juin junio",
    "july jul juli juillet juil julio",
    "august aug août agosto ago",
    "september sep sept septembre septiembre",
    "october oct oktober okt octobre octubre",
    "november nov novembre noviembre",
    "december dec dezember dez décembre déc diciembre dic",
)
"""The names of the months in English, German, French and Spanish, to which browsers translate."""
NUMBERS = {name: number for number, names in enumerate(MONTHS, start=1) for name in names.split()}
MONTH = rf"(?P<month>{'|'.join(sorted(NUMBERS, key=len, reverse=True))})\.?"
DAY, YEAR = r"(?P<day>3[01]|[12]\d|0?[1-9])", r"(?P<year>(?:19|20)\d\d)"
PREFACE = (
    r"(?:(?:published|submitted|updated|veröffentlicht|eingereicht|publié|soumis|publicado|enviado"
    r"|发布于|發布於|发表于|公開日|掲載日)(?: (?:on|am|le|el))?[:：]? ?|le )?"
)
COMMENTS = r"(?P<comments>\d{1,6}|\d{1,3}(?:,\d{3})+|\d{1,3}(?:\.\d)?k)(?: comments?)?"
FORMS = (
    rf"{MONTH} {DAY}(?:,? {YEAR})?",
    rf"{DAY}(?:\.|er)? (?:de )?{MONTH}(?:(?:,| del?)? {YEAR})?",
    rf"{YEAR}-(?P<month>\d\d)-{DAY}",
    rf"(?:{YEAR} ?年 ?)?(?P<month>\d{{1,2}}) ?月 ?{DAY} ?日(?: ?(?:发布|發布|公開|に公開))?",
)
DATES = [re.compile(f"{PREFACE}{form}(?: {COMMENTS})?", re.IGNORECASE) for form in FORMS]
GLUED = [re.compile(f"{PREFACE}{form}(?=[1-9]){COMMENTS}", re.IGNORECASE) for form in FORMS[:2]]
NO_DAY = re.compile(r"\D*(?:19|20)\d\d")  # a month and a year
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


def parse(line: str, *, may_be_glued: bool = False) -> PageDate | None:
    """Parse a line that contains only a date, with single spaces. ``may_be_glued``: the number of
    comments may follow without a space, as in ``Nov 263``; the day has as many digits as it can."""
    if not any(map(str.isdecimal, line)):
        return None
    forms = [*DATES, *GLUED] if may_be_glued and not NO_DAY.fullmatch(line) else DATES
    for match in filter(None, (form.fullmatch(line) for form in forms)):
        name, day = match["month"].lower(), int(match["day"])
        month = NUMBERS.get(name) or int(name)
        year = int(match["year"]) if match["year"] else None
        shown = PageDate(month, day, year, _count(match["comments"]))
        if shown.on(year or 2000):  # 2000 has a 29 February
            return shown
    return None


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
