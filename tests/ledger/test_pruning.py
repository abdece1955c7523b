"""What is forgotten of old dumps and digests, and what stays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import insert, select

from digest.errors import LedgerError
from digest.ledger import Ledger
from digest.ledger.tables import page, sighting
from digest.model import PART, Digest, Dump, Outcome, PaperKey, Period, SkipReason, State
from tests.ledger.samples import (
    ADA,
    BOB,
    DAY,
    EMAIL,
    LEASE,
    NOW,
    WEEK,
    arrive,
    claim,
    digest_of,
    dump,
    key_of_subscriber,
    keys_of,
    match_titles,
    recorded,
    skip,
    states,
)

LATER = NOW + timedelta(days=400)


def forget_records(ledger: Ledger, *present: Dump) -> int:
    """Forget the records of all dumps but those whose files are there; how many dumps."""
    old = ledger.old_dumps(LATER, present={one.hash for one in present})
    ledger.forget_records(old)
    return len(old)


def read_again(ledger: Ledger, read: Dump, *titles: str) -> None:
    """Have newer readers find these titles in a dump."""
    newer = replace(read, readers="99", records=dump(*titles).records)
    ledger.record_dump(newer, keys_of(newer), match_titles, now=LATER)


def raw(ledger: Ledger) -> list[tuple[int, str]]:
    """The records on record: the paper of each, and its title as it stood."""
    query = select(sighting.c.paper, sighting.c.raw_title).order_by(sighting.c.id)
    return [tuple(row) for row in ledger._rows(query)]


def titles(ledger: Ledger) -> list[str]:
    return [one.title for one in ledger.papers()]


# --- records of dumps --------------------------------------------------------------------


def test_records_of_dumps_that_are_gone_are_forgotten_and_papers_stay(ledger: Ledger) -> None:
    arrive(ledger, "Lighthouse", "Gull", name="gone")
    arrive(ledger, "Soup", name="there")
    assert forget_records(ledger, dump("Soup", name="there")) == 1
    assert raw(ledger) == [(1, ""), (2, ""), (3, "raw Soup")]
    assert titles(ledger) == ["Lighthouse", "Gull", "Soup"]
    assert forget_records(ledger, dump("Soup", name="there")) == 0


def test_records_of_young_dumps_stay(ledger: Ledger) -> None:
    arrive(ledger, "Lighthouse")
    assert ledger.old_dumps(NOW, present=()) == []


def test_a_dump_without_records_is_known_to_every_version_of_the_readers(ledger: Ledger) -> None:
    read = dump("Lighthouse")
    arrive(ledger, "Lighthouse")
    assert ledger.seen([read.hash], readers="99") == set()
    forget_records(ledger)
    assert ledger.seen([read.hash], readers="99") == {read.hash}
    read_again(ledger, read, "A lighthouse that was misread")
    assert titles(ledger) == ["Lighthouse"]


@pytest.mark.parametrize("listed_elsewhere", [True, False])
def test_a_paper_is_not_misread_where_a_dump_without_records_listed_it(
    ledger: Ledger, listed_elsewhere: bool
) -> None:
    there = dump("Lighthouse", name="there")
    if listed_elsewhere:
        arrive(ledger, "Lighthouse", name="gone")
    arrive(ledger, "Lighthouse", name="there")
    forget_records(ledger, there)
    read_again(ledger, there, "Gull")
    assert titles(ledger) == (["Lighthouse", "Gull"] if listed_elsewhere else ["Gull"])


def test_one_record_a_paper_stays_however_many_dumps_listed_it(ledger: Ledger) -> None:
    for number in range(5):
        arrive(ledger, "Lighthouse", name=f"page {number}")
    assert forget_records(ledger) == 5
    assert raw(ledger) == [(1, "")]


def test_parts_of_a_large_file_go_when_its_last_part_does(ledger: Ledger) -> None:
    part = replace(dump("Lighthouse", name="big"), format="json" + PART)
    last = dump("Gull", name="big")
    for one in (part, last):
        ledger.record_dump(one, keys_of(one), match_titles, now=NOW)
    assert forget_records(ledger, last) == 0
    assert forget_records(ledger) == 2


# --- digests -----------------------------------------------------------------------------


def day(number: int) -> Period:
    return Period(date(2025, 1, number), "day")


def daily_digests(ledger: Ledger, count: int) -> list[Digest]:
    """So many digests of one paper each for Ada, each sent."""
    made = []
    for number in range(1, count + 1):
        papers = arrive(ledger, f"Lighthouse {number}", name=str(number))
        made.append(digest_of(papers, period=day(number)))
        recorded(ledger, [made[-1]], {ADA: EMAIL})
        [claimed] = claim(ledger)
        outcome = Outcome(claimed.delivery, State.SENT, "")
        ledger.commit([(claimed.delivery, claimed.fence)], now=NOW)
        ledger.settle([(outcome, claimed.fence)], now=NOW)
    return made


def forget_digests(ledger: Ledger, *, newest: int = 2) -> int:
    old = ledger.old_digests(LATER, newest=newest)
    ledger.forget_digests(old)
    return len(old)


def periods(digests: Iterable[Digest]) -> list[str]:
    return [str(one.period) for one in digests]


def test_picks_of_old_digests_are_forgotten_but_not_of_the_newest(ledger: Ledger) -> None:
    daily_digests(ledger, 5)
    before = ledger.digests(ADA, limit=2)
    assert forget_digests(ledger) == 3
    assert periods(ledger.digests(ADA, limit=10)) == ["2025-01-05", "2025-01-04"]
    assert ledger.digests(ADA, limit=2) == before
    assert [one.picks for one in ledger.decisions(ADA, limit=10)] == [1, 1, None, None, None]
    assert [one.papers for one in ledger.deliveries()] == [1, 1, None, None, None]
    assert forget_digests(ledger) == 0


def test_digests_that_are_young_stay(ledger: Ledger) -> None:
    daily_digests(ledger, 3)
    assert ledger.old_digests(NOW, newest=0) == []


def test_skips_do_not_count_as_the_newest_digests(ledger: Ledger) -> None:
    daily_digests(ledger, 3)
    recorded(ledger, [skip(SkipReason.NOTHING_PICKED, period=day(4))], {ADA: EMAIL})
    assert forget_digests(ledger) == 1
    assert periods(ledger.digests(ADA, limit=10)) == ["2025-01-03", "2025-01-02"]


def test_who_was_sent_what_stays(ledger: Ledger) -> None:
    first, *_ = daily_digests(ledger, 4)
    key = key_of_subscriber(ledger, ADA)
    until = ledger.subscriber(ADA).until
    forget_digests(ledger, newest=0)
    assert ledger.sent({ADA: PaperKey(0)}) == {ADA: {1, 2, 3, 4}}
    assert ledger.subscriber(ADA).until == until
    assert ledger.decided({key: day(1)}) == {key}
    again = digest_of([pick.paper for pick in first.picks], period=day(20))
    assert recorded(ledger, [again], {ADA: EMAIL}) == 0
    assert states(ledger) == [State.SENT] * 4


@pytest.mark.parametrize("state", [State.PENDING, State.CLAIMED, State.UNCERTAIN])
def test_a_digest_on_its_way_keeps_its_picks(ledger: Ledger, state: State) -> None:
    recorded(ledger, [digest_of(arrive(ledger, "Lighthouse"))], {ADA: EMAIL})
    if state != State.PENDING:
        [one] = claim(ledger)
    if state == State.UNCERTAIN:
        ledger.commit([(one.delivery, one.fence)], now=NOW)
        ledger.recover(now=NOW + 2 * LEASE)
    assert states(ledger) == [state]
    assert forget_digests(ledger, newest=0) == 0
    ledger.forget_digests([1])
    assert len(ledger.digests(ADA, limit=1)) == 1


def test_a_digest_without_picks_is_not_sent_again(ledger: Ledger) -> None:
    recorded(ledger, [digest_of(arrive(ledger, "Lighthouse"))], {ADA: EMAIL})
    [row] = ledger.deliveries()
    ledger.cancel(row.id, now=NOW)
    forget_digests(ledger, newest=0)
    with pytest.raises(LedgerError, match="its picks are no longer kept"):
        ledger.resend(row.id, now=NOW)
    assert states(ledger) == [State.CANCELLED]


def test_which_pages_stay(ledger: Ledger) -> None:
    daily_digests(ledger, 3)
    young = digest_of(arrive(ledger, "Gull"), subscriber=BOB, period=WEEK, now=LATER)
    recorded(ledger, [young], {BOB: EMAIL})
    keys = ledger.long_standing_readers(newest=0, after=0, limit=10)
    ada, bob = (key_of_subscriber(ledger, name) for name in (ADA, BOB))
    assert keys.keys() == {ada, bob}
    assert ledger.page_periods(keys, LATER, newest=1) == {ada: {"2025-01-03"}, bob: {str(WEEK)}}
    assert ledger.page_periods([ada], NOW, newest=0) == {ada: {str(day(n)) for n in (1, 2, 3)}}
    assert ledger.long_standing_readers(newest=0, after=max(keys), limit=10) == {}
    assert ledger.long_standing_readers(newest=2, after=0, limit=10).keys() == {ada}
    assert ledger.long_standing_readers(newest=3, after=0, limit=10) == {}


# --- the rest ----------------------------------------------------------------------------


def test_old_days_of_sources_are_forgotten(ledger: Ledger) -> None:
    rows = [
        {"source": "arxiv", "day": date(2025, 1, day), "state": "whole", "papers": 1, "at": NOW}
        for day in (1, 2, 3)
    ]
    with ledger._database.writing() as connection:
        connection.execute(insert(page), rows)
    assert ledger.count_old_pages(date(2025, 1, 3)) == 2
    ledger.forget_pages(date(2025, 1, 3))
    assert [one.day.day for one in ledger.pages(since=date(2025, 1, 1))] == [3]


def test_pruning_is_due_once_a_day(ledger: Ledger) -> None:
    assert ledger.is_pruning_due(NOW, every=DAY)
    ledger.record_pruned(now=NOW)
    assert not ledger.is_pruning_due(NOW + DAY - LEASE, every=DAY)
    assert ledger.is_pruning_due(NOW + DAY, every=DAY)
    assert ledger.is_pruning_due(NOW - DAY, every=DAY)  # the clock was put back


def test_a_file_of_sqlite_becomes_smaller(ledger: Ledger) -> None:
    arrive(ledger, *(f"Lighthouse {number} {'x' * 2000}" for number in range(300)))
    forget_records(ledger)
    path = ledger._database.path
    before = path.stat().st_size if path else 0
    ledger.compact()
    assert len(titles(ledger)) == 300
    assert path is None or path.stat().st_size < before
