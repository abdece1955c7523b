"""The window of a digest: the papers that arrived since the last one, and the missing dumps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from digest.model import DumpSeen, Expect, Paper, PaperKey, Period, SecondLook


@dataclass(frozen=True, slots=True)
class Window:
    """The papers that arrived since a subscriber's last digest, and its expected dumps."""

    papers: Sequence[Paper]  # the second looks, then the new ones, oldest first
    upvotes_before: Mapping[PaperKey, int]
    """Papers that come for a second look → the upvotes that they had before those jumped."""
    until: PaperKey  # where the next window begins; without papers, where this one began
    dumps: int  # how many dumps arrived
    expected: int  # how many days should have brought a dump so far
    missing: tuple[date, ...]  # of these days, those without a dump


def window(
    papers: Sequence[Paper],
    dumps: Sequence[DumpSeen],
    *,
    second_looks: Sequence[SecondLook] = (),
    after: PaperKey,
    until: PaperKey,
    period: Period,
    expect: Expect,
    today: date,
) -> Window:
    """Select the ``papers`` (oldest first) that arrived after ``after``, add the second looks since
    then, and count the dumps. ``until`` is the newest key of a paper or second look by then.
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
        papers=[*(look.paper for look in second_looks), *fresh],
        upvotes_before={look.paper.key: look.upvotes_before for look in second_looks},
        until=until if fresh or second_looks else after,
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
