"""The window of a digest: the papers that arrived since the last one, and the missing dumps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from digest.model import Expected, Missing, Paper, PaperKey, Period, SecondLook
from digest.selection.coverage import Arrivals, expected_pages, pages_since


@dataclass(frozen=True, slots=True)
class Window:
    """The papers that arrived since a subscriber's last digest, and its expected dumps."""

    papers: Sequence[Paper]  # the second looks, then the new ones, oldest first
    upvotes_before: Mapping[PaperKey, int]
    """Papers that come for a second look → the upvotes that they had before those jumped."""
    until: PaperKey  # where the next window begins; without papers, where this one began
    pages: int  # how many pages arrived
    expected: int  # how many pages should have come so far
    missing: tuple[Missing, ...]  # of these, those that did not, or not as they should


def window(
    papers: Sequence[Paper],
    arrivals: Arrivals,
    *,
    second_looks: Sequence[SecondLook] = (),
    after: PaperKey,
    until: PaperKey,
    period: Period,
    expected: Expected,
    today: date,
    now: datetime,
) -> Window:
    """Select the ``papers`` (oldest first) that arrived after ``after``, add the second looks since
    then, and count the pages. ``until`` is the newest key of a paper or second look by then.
    ``today`` is the subscriber's local date: a page of a later day does not count as missing."""
    fresh = [paper for paper in papers if paper.key > after]
    last = min(period.end, today)
    count, missing = expected_pages(arrivals, expected, period.start, last, now=now)
    return Window(
        papers=[*(look.paper for look in second_looks), *fresh],
        upvotes_before={look.paper.key: look.upvotes_before for look in second_looks},
        until=until if fresh or second_looks else after,
        pages=pages_since(arrivals, after),
        expected=count,
        missing=missing,
    )
