"""The window of a digest: the papers that arrived since the last one, and the missing dumps."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from digest.model import DumpSeen, Expect, Paper, PaperKey, Period


@dataclass(frozen=True, slots=True)
class Window:
    """The papers that arrived since a subscriber's last digest, and its expected dumps."""

    papers: Sequence[Paper]  # oldest first
    until: PaperKey  # the newest paper; without papers, the one after which the window begins
    dumps: int  # how many dumps arrived
    expected: int  # how many days should have brought a dump so far
    missing: tuple[date, ...]  # of these days, those without a dump


def window(
    papers: Sequence[Paper],
    dumps: Sequence[DumpSeen],
    *,
    after: PaperKey,
    period: Period,
    expect: Expect,
    today: date,
) -> Window:
    """Select the ``papers`` (oldest first) that arrived after ``after``, and count the dumps.
    ``today`` is the subscriber's local date: a dump of a later day does not count as missing. A
    dump of which only a part could be read is missing, on whatever day, unless another one of that
    day came whole."""
    fresh = [paper for paper in papers if paper.key > after]
    came = {dump.listed for dump in dumps if not dump.is_incomplete}
    cut = {dump.listed or dump.arrived.date() for dump in dumps if dump.is_incomplete} - came
    if expect == "none":
        cut = set()
    due = sorted(
        day
        for day in cut.union(expected_days(period, expect))
        if period.start <= day <= min(period.end, today)
    )
    return Window(
        papers=fresh,
        until=fresh[-1].key if fresh else after,
        dumps=sum(dump.newest > after for dump in dumps),
        expected=len(due),
        missing=tuple(day for day in due if day not in came),
    )


def expected_days(period: Period, expect: Expect) -> list[date]:
    """List the days of the period for which a dump is expected."""
    if expect == "none":
        return []
    length = (period.end - period.start).days + 1
    days = (period.start + timedelta(days=n) for n in range(length))
    return [day for day in days if expect == "day" or day.isoweekday() <= 5]
