"""The dates of papers, as feeds and journals write them."""

from datetime import date

import pytest

from digest.sources.dates import day, is_none

DAY = date(2026, 11, 26)


@pytest.mark.parametrize(
    "text",
    [
        *("2026-11-26", "2026/11/26", "2026.11.26", "20261126", "20261126T100000", "2026-11-26Z"),
        *("2026-11-26T23:30:00-05:00", "2026-11-26 10:00", "2026-11-26T10:00:00.123Z"),
        *("Thu, 26 Nov 2026", "Thu, 26 Nov 2026 10:00:00 GMT", "Thu, 26 Nov 26 10:00:00 GMT"),
        *("Thur, 26 Nov 2026", "Thu,26 Nov 2026", "THU, 26 NOV 2026 13:17:00 -0500"),
        *("Thu, 26 Nov 2026 10:00:00 +99999999999", "26 Nov 2026", "26-Nov-2026", "26 Nov, 2026"),
        *("November 26, 2026", "Nov 26 2026", "Nov. 26th, 2026", "2026 Nov 26", "2026 Nov. 26"),
        *("Thursday, November 26, 2026 10:00 AM", "Thu Nov 26 10:00:00 2026"),
        *("Thu Nov 26 10:00:00 EST 2026", "Published 26 November 2026", "26/11/2026", "11/26/2026"),
        *("26.11.2026", "26. November 2026", "Do, 26 Nov 2026", "26 novembre 2026"),
        *("26 de noviembre de 2026", "26 ноября 2026", "2026年11月26日", "  26 Nov\n 2026 "),
    ],
)
def test_a_day(text: str) -> None:
    assert day(text) == DAY


@pytest.mark.parametrize(
    "text", ["2026-11", "Nov. 2026", "November 2026", "2026 Nov", "Nov-Dec 2026"]
)
def test_a_month_counts_as_its_first_day(text: str) -> None:
    assert day(text) == date(2026, 11, 1)


@pytest.mark.parametrize(
    "text",
    [
        *("", "soon", "2026", "Winter 2026", "Spring/Summer 2026", "26 November", "Vol. 26"),
        *("2026-11-31", "2026-13-01", "31 Feb 2026", "5/6/2026", "0000-00-00", "26 Foo 2026"),
        *("Mon, 16 Nov 99999999999999 13:32:02 GMT", "Tue, 28 Oct 20250000000000 00:00:00 GMT"),
        *("0001-01-01T00:00:00", "1970-01-01T00:00:00Z", "1764115200", "n/a"),
    ],
)
def test_no_day(text: str) -> None:
    assert day(text) is None


@pytest.mark.parametrize(
    "text", ["", " ", "2026", "Winter 2026", "0001-01-01T00:00:00", "n/a", "0"]
)
def test_what_is_not_meant_as_a_day_is_no_fault(text: str) -> None:
    assert is_none(text)


@pytest.mark.parametrize("text", ["soon", "2026-11-31", "5/6/2026"])
def test_what_is_meant_as_a_day_is_a_fault_if_it_cannot_be_read(text: str) -> None:
    assert not is_none(text)
