"""The dates of a papers page, which leaves out the current year."""

from __future__ import annotations

import re
from calendar import isleap
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

MONTHS = "january february march april may june july august september october november december"
NUMBERS = {name[:3]: number for number, name in enumerate(MONTHS.split(), start=1)}
DATE = re.compile(
    rf"(?P<month>{'|'.join(f'{name}|{name[:3]}' for name in MONTHS.split())}|sept)\.? "
    r"(?P<day>\d{1,2})(?:,? (?P<year>(?:19|20)\d\d))?(?: (?P<comments>\d{1,6}))?",
    re.IGNORECASE,
)
EARTH = timedelta(hours=14)
"""How far the date somewhere on Earth can be ahead of UTC."""


@dataclass(frozen=True, slots=True)
class PageDate:
    """A date as a papers page shows it: ``Oct 27 2``, where 2 is a number of comments."""

    month: int
    day: int
    year: int | None = None
    comments: int | None = None

    def on(self, year: int) -> date | None:
        """The date, in ``year`` where it spells none; None where the calendar has no such day."""
        try:
            return date(self.year or year, self.month, self.day)
        except ValueError:
            return None


def parse(line: str) -> PageDate | None:
    """The date that ``line`` holds, and nothing else; white space must be single spaces."""
    match = DATE.fullmatch(line)
    if not match:
        return None
    month, day = NUMBERS[match["month"][:3].lower()], int(match["day"])
    year = int(match["year"]) if match["year"] else None
    comments = int(match["comments"]) if match["comments"] else None
    shown = PageDate(month, day, year, comments)
    return shown if shown.on(year or 2000) else None  # 2000 has a 29 February


def page_year(page: PageDate | None, papers: Iterable[PageDate], *, arrived: datetime) -> int:
    """The year that the page leaves out.

    It is the year after the latest that the papers' dates spell out; where they spell none, the
    latest that does not put the page's date after its arrival. For a 29 February it is the
    nearest leap year that keeps this true. Years more than one after the arrival are misprints.
    """
    shown = list(papers)
    leap_only = page is not None and (page.month, page.day) == (2, 29)
    if page and page.year:
        return page.year
    spelled = [each.year for each in shown if each.year and each.year <= arrived.year + 1]
    if spelled:
        year = max(spelled) + 1
        while leap_only and not isleap(year):
            year += 1
        return year
    latest = (arrived + EARTH).date()
    year = latest.year
    days = [page] if page else shown
    while any((day := each.on(year)) and day > latest for each in days) or (
        leap_only and not isleap(year)
    ):
        year -= 1
    return year
