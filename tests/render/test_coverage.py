"""What a digest says of the pages that it was drawn from."""

from datetime import date

import pytest

from digest.model import Coverage, Fault, Missing, Period
from digest.render.coverage import coverage

WEEK = Period(date(2026, 11, 16), "week")
MONTH = Period(date(2026, 11, 1), "month")


def gone(day: int, source: str = "", fault: Fault = "missing") -> Missing:
    return Missing(date(2026, 11, day), source, fault)


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (Coverage(1, 1), "Read from 1 page, 1 paper."),
        (Coverage(3, 1262, expected=5), "Read from 5 of 5 expected pages, 1,262 papers."),
        (
            Coverage(9, 612, missing=(gone(17),), expected=10),
            (
                "Read from 9 of 10 expected pages, 612 papers; Tuesday's is missing and will be in "
                "your next digest if it comes."
            ),
        ),
        (
            Coverage(3, 9, missing=(gone(16), gone(17)), expected=5),
            (
                "Read from 3 of 5 expected pages, 9 papers; Monday's and Tuesday's are missing and "
                "will be in your next digest if they come."
            ),
        ),
        (
            Coverage(9, 612, missing=(gone(17, "arxiv"),), expected=10),
            (
                "Read from 9 of 10 expected pages, 612 papers; Tuesday's arXiv page is missing and "
                "will be in your next digest if it comes."
            ),
        ),
        (
            Coverage(
                6,
                80,
                missing=(gone(16, "arxiv"), gone(17, "arxiv"), gone(17, "my-journal")),
                expected=10,
            ),
            (
                "Read from 7 of 10 expected pages, 80 papers; Monday's and Tuesday's arXiv pages "
                "and Tuesday's my-journal page are missing and will be in your next digest if "
                "they come."
            ),
        ),
        (
            Coverage(
                3,
                40,
                missing=(
                    gone(16),
                    gone(17, fault="partial"),
                    gone(18, fault="unreadable"),
                ),
                expected=5,
            ),
            (
                "Read from 2 of 5 expected pages, 40 papers; Monday's is missing, Tuesday's came "
                "only in part and Wednesday's could not be read; the rest will be in your next "
                "digest if it comes."
            ),
        ),
    ],
)
def test_coverage_tells_a_quiet_week_from_a_broken_one(seen: Coverage, said: str) -> None:
    assert coverage(seen, WEEK) == said


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ([gone(3)], "the page of 3 Nov is missing"),
        ([gone(3, "arxiv"), gone(4, "arxiv")], "the arXiv pages of 3 Nov and 4 Nov are missing"),
        (
            [gone(day) for day in range(2, 9)],
            "the pages of 2 Nov, 3 Nov, 4 Nov, 5 Nov and 3 more days are missing",
        ),
    ],
)
def test_in_a_month_pages_are_told_by_their_dates(missing: list[Missing], said: str) -> None:
    told = coverage(Coverage(4, 9, missing=tuple(missing), expected=20), MONTH)
    assert f"; {said} and will be in your next digest" in told
