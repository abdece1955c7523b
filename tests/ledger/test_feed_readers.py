"""Readers as requests for their feeds find them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

import digest.ledger
from digest.ledger import Ledger
from digest.ledger.kept_papers import KeptPapers
from digest.model import Interest, Match, Paper, Profile, Subscriber
from tests.ledger.samples import (
    ADA,
    BOB,
    BOTH,
    NEXT_WEEK,
    NOW,
    WEEK,
    arrive,
    digest_of,
    dump,
    recorded,
)

PERSON = Subscriber(ADA, "ada@example.org", Profile((Interest("LoRA"),)), channels=BOTH)
WEEKLY = timedelta(days=7)


@pytest.fixture
def other_ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger that knows nothing of ``ledger``."""
    with digest.ledger.open(f"sqlite:///{tmp_path / 'other.db'}") as opened:
        yield opened


@pytest.fixture
def readers(ledger: Ledger) -> Ledger:
    """A ledger with two readers, of whom one has a digest."""
    other = replace(PERSON, id=BOB, email="bob@example.org")
    ledger.compile("host", "first", [PERSON, other], now=NOW)
    made = digest_of(arrive(ledger, "one"), subscriber=ADA, period=WEEK, now=NOW)
    assert recorded(ledger, [made], {ADA: BOTH}) == 1
    return ledger


def test_a_reader_is_found_by_token_with_a_version_that_changes(readers: Ledger) -> None:
    token = readers.subscriber(ADA).feed_token
    first = readers.feed_reader(token)
    assert first is not None
    assert (first.feed_token, first.changed, first.subscriber()) == (token, NOW, PERSON)
    made = digest_of(arrive(readers, "two"), subscriber=ADA, period=NEXT_WEEK, now=NOW + WEEKLY)
    assert recorded(readers, [made], {ADA: BOTH}) == 1
    second = readers.feed_reader(token)
    readers.compile("host", "second", [replace(PERSON, name="Ada")], now=NOW)
    third = readers.feed_reader(token)
    assert second is not None
    assert third is not None
    assert second.changed == NOW + WEEKLY
    assert len({first.version, second.version, third.version}) == 3


def test_a_decision_whose_number_a_restore_gave_again_is_another_version(
    ledger: Ledger, other_ledger: Ledger
) -> None:
    versions = set()
    for one, now in ((ledger, NOW), (other_ledger, NOW + timedelta(minutes=1))):
        one.compile("host", "first", [PERSON], now=NOW)
        made = digest_of(arrive(one, "one"), subscriber=ADA, period=WEEK, now=now)
        assert recorded(one, [made], {ADA: BOTH}) == 1
        found = one.feed_reader(one.subscriber(ADA).feed_token)
        assert found is not None
        versions.add(found.version)
    assert len(versions) == 2


def test_who_has_no_digest_has_a_version_and_no_time(readers: Ledger) -> None:
    found = readers.feed_reader(readers.subscriber(BOB).feed_token)
    assert found is not None
    assert found.version
    assert found.changed is None


def test_nobody_has_an_unknown_token_or_one_of_who_has_left(readers: Ledger) -> None:
    token = readers.subscriber(ADA).feed_token
    readers.remove([ADA], now=NOW)
    for each in (token, "", "a" * 64, "' OR 1=1 --"):
        assert readers.feed_reader(each) is None


def test_digests_are_drawn_newest_first_up_to_a_limit(readers: Ledger) -> None:
    period, want = WEEK, [WEEK]
    for number in range(1, 15):
        period = replace(period, start=period.start + WEEKLY)
        now = NOW + number * WEEKLY
        made = digest_of(arrive(readers, f"{number}"), subscriber=ADA, period=period, now=now)
        assert recorded(readers, [made], {ADA: BOTH}) == 1
        want.insert(0, period)
    assert [one.period for one in readers.newest_first(ADA, limit=50)] == want
    assert [one.period for one in readers.newest_first(ADA, limit=7)] == want[:7]
    assert list(readers.newest_first(ADA, limit=50)) == readers.digests(ADA, limit=50)
    assert list(readers.newest_first(BOB, limit=50)) == []
    assert readers.digest_of(ADA, str(WEEK)) == readers.digests(ADA, limit=50)[-1]
    assert readers.digest_of(ADA, "1999-W01") is None
    assert readers.digest_of(BOB, str(WEEK)) is None


def shown(ledger: Ledger) -> list[Paper]:
    """The papers of the reader's digests."""
    return [pick.paper for one in ledger.newest_first(ADA, limit=50) for pick in one.picks]


def test_papers_stay_in_memory_until_a_dump_of_any_process_may_say_more_of_them(
    readers: Ledger, other: Ledger
) -> None:
    other_paper = digest_of(arrive(readers, "two"), subscriber=ADA, period=NEXT_WEEK, now=NOW)
    assert recorded(readers, [other_paper], {ADA: BOTH}) == 1
    second, first = before = shown(readers)
    assert all(one is same for one, same in zip(shown(readers), before, strict=True))
    better, read = replace(first, title="One, with a better title"), dump("one", name="again.txt")
    match = Match(better, read.records, is_new=False, keys=frozenset())
    other.record_dump(read, {1}, lambda *_: [match], now=NOW)
    assert shown(readers) == [second, better]
    assert shown(readers)[0] is second  # whatever is rendered of it is found by it


def test_papers_are_kept_in_bounded_memory(ledger: Ledger) -> None:
    papers, kept = {one.key: one for one in arrive(ledger, *map(str, range(40)))}, KeptPapers(10)
    with ledger._database.reading() as connection:
        for key, paper in papers.items():
            assert kept.of(connection, {key}, newest=1) == {key: paper}
            assert len(kept._kept) <= 11
        assert kept.of(connection, papers.keys(), newest=1) == papers
