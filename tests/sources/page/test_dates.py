from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.page.dates import PageDate, page_year, parse

NOVEMBER = datetime(2025, 11, 20, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Mar 11", PageDate(3, 11)),
        ("Oct 27 2", PageDate(10, 27, comments=2)),
        ("Sep 27, 2024", PageDate(9, 27, 2024)),
        ("Aug 15, 2023 1", PageDate(8, 15, 2023, 1)),
        ("Aug 15 2023", PageDate(8, 15, 2023)),
        ("Sept. 3", PageDate(9, 3)),
        ("february 29", PageDate(2, 29)),
        ("Feb 29, 2024", PageDate(2, 29, 2024)),
        ("Published on Dec 31", PageDate(12, 31)),
        ("submitted Dec 31, 2024", PageDate(12, 31, 2024)),
        ("31 Dec 2024", PageDate(12, 31, 2024)),
        ("2024-12-31", PageDate(12, 31, 2024)),
        ("2024-12-31 5", PageDate(12, 31, 2024, 5)),
        ("Oct 21 1.2k", PageDate(10, 21, comments=1200)),
        ("Oct 21 3K", PageDate(10, 21, comments=3000)),
        ("Oct 21 1,234", PageDate(10, 21, comments=1234)),
        ("Oct 21 1,2", None),
        ("2024-13-31", None),
        ("2024-00-01", None),
        ("Feb 29, 2023", None),
        ("Sep 31", None),
        ("Mark 3", None),
        ("Mar 11 at noon", None),
        ("May", None),
        ("May 123", None),
        ("11 Mar", PageDate(3, 11)),
        ("", None),
    ],
)
def test_parse(line: str, expected: PageDate | None) -> None:
    assert parse(line) == expected


@pytest.mark.parametrize(
    ("page", "papers", "arrived", "year"),
    [
        ("Oct 28", ["Sep 27, 2024", "Mar 3"], NOVEMBER, 2025),
        ("Oct 28", ["Sep 27, 2019", "Mar 3, 2016"], NOVEMBER, 2020),
        ("Oct 28, 2021", ["Sep 27, 2024"], NOVEMBER, 2021),
        ("Oct 28", [], NOVEMBER, 2025),
        ("Dec 24", [], NOVEMBER, 2024),
        ("Dec 24", ["Mar 3"], NOVEMBER, 2024),
        ("Nov 20", [], NOVEMBER, 2025),
        ("Nov 21", [], NOVEMBER, 2024),
        ("Nov 21", [], NOVEMBER.replace(hour=20), 2025),  # it is the 21st in Kiritimati
        ("Feb 29", [], NOVEMBER, 2024),
        ("Feb 29", [], datetime(2024, 2, 29, tzinfo=UTC), 2024),
        ("Feb 29", [], datetime(2024, 2, 27, tzinfo=UTC), 2020),
        ("Feb 29", ["Mar 3, 2022"], NOVEMBER, 2024),
        ("Oct 28", ["Mar 3, 2062", "Mar 3, 2023"], NOVEMBER, 2024),
        ("Oct 28", ["Jan 5, 2025", "Mar 3, 2024"], NOVEMBER, 2025),
        ("Oct 28", ["Jan 5, 2025"], NOVEMBER, 2025),
        (None, ["Jan 5, 2025", "Mar 3"], NOVEMBER, 2025),
        (None, ["Mar 3, 2023", "Mar 4"], NOVEMBER, 2024),
        (None, ["Mar 3", "Dec 4"], NOVEMBER, 2024),
        (None, [], NOVEMBER, 2025),
    ],
)
def test_the_year_that_the_page_leaves_out(
    page: str | None, papers: list[str], arrived: datetime, year: int
) -> None:
    shown = [day for each in papers if (day := parse(each))]
    assert page_year(parse(page) if page else None, shown, arrived=arrived) == year


@given(st.dates(date(2000, 1, 1), date(2060, 12, 31)), st.integers(0, 364))
def test_a_page_read_within_a_year_of_its_date_gets_that_date(day: date, age: int) -> None:
    arrived = datetime.fromordinal(day.toordinal() + age).replace(tzinfo=UTC)
    shown = parse(f"{day:%b} {day.day}")
    assert shown
    assert shown.on(page_year(shown, [], arrived=arrived)) == day


@pytest.mark.parametrize(
    ("shown", "page", "expected"),
    [
        ("Dec 31", date(2026, 1, 2), date(2025, 12, 31)),
        ("Nov 3", date(2026, 3, 12), date(2025, 11, 3)),
        ("Jan 3", date(2026, 1, 2), date(2026, 1, 3)),  # where the paper was, it was the 3rd
        ("Jan 4", date(2026, 1, 2), date(2025, 1, 4)),
        ("Jan 1", date(2026, 1, 2), date(2026, 1, 1)),
        ("Dec 31, 2026", date(2026, 1, 2), date(2026, 12, 31)),
        ("Feb 29", date(2026, 1, 2), None),
    ],
)
def test_a_paper_is_not_of_a_day_after_its_page(
    shown: str, page: date, expected: date | None
) -> None:
    day = parse(shown)
    assert day
    assert day.by(page, page.year) == expected


def test_a_day_that_its_year_does_not_have_is_no_date() -> None:
    assert PageDate(2, 29).on(2025) is None
    assert PageDate(2, 29).on(2024) == date(2024, 2, 29)
