"""Reports of shards add up to one."""

from __future__ import annotations

from datetime import UTC, date, datetime

from digest.model import (
    Coverage,
    DeliveryId,
    Outcome,
    PaperKey,
    Period,
    Problem,
    Skip,
    SkipReason,
    State,
    SubscriberId,
)
from digest.pipeline.report import ROWS, DecideReport, Delivered, DeliverReport

NOW = datetime(2026, 3, 20, 8, tzinfo=UTC)
WEEK = Period(date(2026, 3, 9), "week")
BROKEN = Problem("card.html.j2:3", "unexpected end")


def skip(number: int) -> Skip:
    who = SubscriberId(f"r{number}")
    return Skip(who, WEEK, NOW, PaperKey(1), SkipReason.NOTHING_NEW, Coverage(pages=0, papers=0))


def delivered(number: int, state: State) -> Delivered:
    return Delivered(SubscriberId(f"r{number}"), WEEK, 3, Outcome(DeliveryId(number), state))


def test_skips_of_all_shards_are_counted_and_the_first_are_named() -> None:
    whole, parts = DecideReport(), [DecideReport(problems=(BROKEN,)) for _ in range(3)]
    for number in range(1500):
        whole.add(skip(number))
        parts[number // 600].add(skip(number))
    total = DecideReport()
    for part in parts:
        total.merge(part)
    assert (total.skipped, total.rows) == (whole.skipped, whole.rows)
    assert len(total.rows) == ROWS
    assert total.problems == (BROKEN,)


def test_mails_of_all_shards_are_counted_and_the_first_of_each_state_are_named() -> None:
    whole, parts = DeliverReport(), [DeliverReport(problems=(BROKEN,), held=2) for _ in range(3)]
    for number in range(1800):
        row = delivered(number, State.DEFERRED if number % 3 == 0 else State.SENT)
        whole.add(row)
        parts[number // 700].add(row)
    total = DeliverReport()
    for part in parts:
        total.merge(part)
    assert (total.counts, total.rows) == (whole.counts, whole.rows)
    assert len(total.rows) == 600 + ROWS
    assert (total.problems, total.held) == ((BROKEN,), 6)
