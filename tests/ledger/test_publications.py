"""Readers whose published files are behind: claimed by one publisher and settled as it saw them."""

from datetime import timedelta

import pytest

from digest.ledger import Ledger
from digest.ledger.column_types import EPOCH
from digest.model import Interest, Profile, Publication, State, Subscriber, SubscriberId
from tests.ledger.samples import (
    ADA,
    BOB,
    BOTH,
    DAY,
    LEASE,
    NEXT_WEEK,
    NOW,
    WEEK,
    arrive,
    digest_of,
    recorded,
)


def person(name: SubscriberId) -> Subscriber:
    return Subscriber(name, f"{name}@example.org", Profile((Interest("LoRA"),)), channels=BOTH)


CY = SubscriberId("cy")


def decide(ledger: Ledger, *names: SubscriberId, now: timedelta = timedelta()) -> None:
    """Have the same new paper decided for each of these."""
    papers, period = arrive(ledger, f"at {now}"), NEXT_WEEK if now else WEEK
    made = [digest_of(papers, subscriber=name, period=period, now=NOW + now) for name in names]
    assert recorded(ledger, made, dict.fromkeys(names, BOTH)) == len(names)


@pytest.fixture
def behind(ledger: Ledger) -> Ledger:
    """A ledger in which the files of Ada and Bob are in place, but for a new digest of each."""
    ledger.compile("host", "first", [person(ADA), person(BOB)], now=NOW)
    done = take(ledger, "before")
    ledger.settle_publications(done, "before", now=NOW)
    decide(ledger, ADA, BOB)
    return ledger


def take(
    ledger: Ledger, owner: str = "one", *, after: timedelta = timedelta(), limit: int = 10
) -> list[Publication]:
    return ledger.claim_publications(owner, now=NOW + after, lease=LEASE, limit=limit)


def names(claimed: list[Publication]) -> list[str]:
    return [one.name for one in claimed]


def feeds(ledger: Ledger) -> list[State]:
    return [row.state for row in reversed(ledger.deliveries(channel="feed"))]


def test_a_new_digest_puts_its_reader_behind_from_that_digest_on(behind: Ledger) -> None:
    claimed = take(behind)
    assert names(claimed) == [ADA, BOB]
    assert {one.since for one in claimed} == {NOW}
    assert [one.subscriber for one in claimed] == [person(ADA), person(BOB)]


def test_a_reader_is_in_one_hand_until_the_lease_ends(behind: Ledger) -> None:
    assert names(take(behind, "one", limit=1)) == [ADA]
    assert names(take(behind, "two")) == [BOB]
    assert take(behind, "three", after=LEASE / 2) == []
    assert sorted(behind.publication_owners()) == ["one", "two"]
    assert names(take(behind, "three", after=LEASE)) == [ADA, BOB]


def test_a_lease_that_is_renewed_lasts_longer(behind: Ledger) -> None:
    (ada,) = take(behind, "one", limit=1)
    kept = behind.renew_publications("one", now=NOW + LEASE / 2, lease=LEASE)
    assert kept == {ada.key}
    assert names(take(behind, "two", after=LEASE)) == [BOB]
    assert names(take(behind, "two", after=2 * LEASE)) == [ADA, BOB]
    assert behind.renew_publications("one", now=NOW + 2 * LEASE, lease=LEASE) == set()


def test_a_lease_from_before_the_clock_was_put_back_holds_nobody_up(behind: Ledger) -> None:
    take(behind, "dead", after=DAY)
    assert take(behind, "one", after=DAY - timedelta(minutes=59)) == []
    assert names(take(behind, "one")) == [ADA, BOB]


def test_what_is_released_is_free_at_once(behind: Ledger) -> None:
    take(behind, "one", limit=1)
    take(behind, "two")
    behind.release_publications(["one"])
    assert names(take(behind, "three")) == [ADA]


def test_files_in_place_settle_their_feed_deliveries_and_no_others(behind: Ledger) -> None:
    ada, _ = take(behind)
    behind.settle_publications([ada], "one", now=NOW)
    assert feeds(behind) == [State.SENT, State.PENDING]
    assert {row.state for row in behind.deliveries(channel="email")} == {State.PENDING}
    assert behind.count_publications() == 1


def test_who_has_lost_a_reader_settles_nothing(behind: Ledger) -> None:
    claimed = take(behind, "one")
    take(behind, "two", after=LEASE)
    behind.settle_publications(claimed, "one", now=NOW + LEASE)
    assert feeds(behind) == [State.PENDING] * 2
    assert behind.count_publications() == 2


def test_a_reader_for_whom_more_was_decided_meanwhile_stays_behind(behind: Ledger) -> None:
    claimed = take(behind)
    decide(behind, ADA, now=LEASE)
    behind.settle_publications(claimed, "one", now=NOW + LEASE)
    assert feeds(behind) == [State.PENDING, State.SENT, State.PENDING]
    behind.release_publications(["one"])
    (again,) = take(behind, after=LEASE)
    # The page of the first digest may not be in place either.
    assert (again.name, again.since, again.version) == (ADA, NOW, claimed[0].version + 1)
    behind.settle_publications([again], "one", now=NOW + LEASE)
    assert feeds(behind) == [State.SENT] * 3
    assert behind.count_publications() == 0


def test_everybody_is_published_anew_from_the_first_page_on(behind: Ledger) -> None:
    behind.settle_publications(take(behind), "one", now=NOW)
    behind.publish_everybody()
    claimed = take(behind)
    assert [(one.name, one.since) for one in claimed] == [(ADA, EPOCH), (BOB, EPOCH)]


def test_who_was_imported_is_not_published_before_the_first_decision(behind: Ledger) -> None:
    behind.settle_publications(take(behind), "one", now=NOW)
    behind.save([person(CY)], now=NOW)
    behind.publish_everybody()
    assert {one.name for one in take(behind)} == {ADA, BOB}
    decide(behind, CY)
    assert [one.name for one in take(behind)] == [CY]


def test_who_has_left_is_behind_without_a_profile(behind: Ledger) -> None:
    behind.settle_publications(take(behind), "one", now=NOW)
    behind.compile("host", "second", [person(BOB)], now=NOW)
    (gone,) = take(behind)
    assert (gone.name, gone.subscriber) == (ADA, None)
