"""The way of a delivery: claim, commit, outcome, and who may still write."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread

import pytest

import digest.ledger
from digest.ledger import Ledger
from digest.model import DeliveryId, Message, Outcome, Period, Shard, State, SubscriberId
from tests.ledger.samples import (
    ADA,
    BOB,
    BOTH,
    DAY,
    EMAIL,
    HOUR,
    LEASE,
    MINUTE,
    NEXT_WEEK,
    NOW,
    arrive,
    claim,
    deliver,
    digest_of,
    recorded,
    states,
)

FIRST = DeliveryId(1)


def settle(ledger: Ledger, state: State, fence: int = 1, **more: object) -> None:
    """Settle the first delivery."""
    ledger.settle([(Outcome(FIRST, state, **more), fence)], now=NOW)  # type: ignore[arg-type]  # named fields of Outcome


def test_the_straight_way(ledger: Ledger) -> None:
    decided = deliver(ledger, "a")

    (claimed,) = claim(ledger)
    assert (claimed.delivery, claimed.fence, claimed.attempt) == (1, 1, 1)
    assert (claimed.channel, claimed.digest) == ("email", decided)
    assert states(ledger) == [State.CLAIMED]

    assert ledger.commit([(FIRST, 1)], now=NOW) == {1}
    assert states(ledger) == [State.COMMITTED]

    settle(ledger, State.SENT, detail="250 2.0.0 queued as ABC")
    (row,) = ledger.deliveries()
    assert (row.state, row.detail, row.owner, row.due) == (
        State.SENT,
        "250 2.0.0 queued as ABC",
        None,
        None,
    )
    assert claim(ledger, now=NOW + 365 * DAY) == []


def test_claims_take_the_oldest_first_and_only_their_channel(ledger: Ledger) -> None:
    papers = arrive(ledger, "a", "b", "c")
    for number, paper in enumerate(papers):
        name = SubscriberId(f"s{number}")
        recorded(ledger, [digest_of([paper], subscriber=name)], {name: BOTH})

    assert [one.digest.subscriber for one in claim(ledger, limit=2)] == ["s0", "s1"]
    assert [one.digest.subscriber for one in claim(ledger)] == ["s2"]
    assert claim(ledger) == []
    assert len(ledger.claim("feed", "one", now=NOW, lease=LEASE, limit=9)) == 3


def test_a_shard_claims_the_mail_of_its_own_subscribers_in_their_order(ledger: Ledger) -> None:
    papers = arrive(ledger, *"abcdef")
    names = [SubscriberId(f"s{number}") for number in range(6)]
    for name, paper in reversed([*zip(names, papers, strict=True)]):
        recorded(ledger, [digest_of([paper], subscriber=name)], {name: BOTH})
    keys = {name: ledger.subscriber(name).key for name in names}
    own = Shard(keys[names[4]], keys[names[1]])

    def claimed(limit: int) -> set[str]:
        found = ledger.claim("email", "one", now=NOW, lease=LEASE, limit=limit, shard=own)
        return {one.digest.subscriber for one in found}

    assert ledger.waiting("email", now=NOW, shard=own) == 4
    assert claimed(3) == {"s4", "s3", "s2"}
    assert claimed(3) == {"s1"}
    assert claimed(3) == set()
    assert {one.digest.subscriber for one in claim(ledger)} == {"s0", "s5"}


def test_a_claim_is_left_alone_until_its_lease_ends(ledger: Ledger) -> None:
    deliver(ledger, "a")
    claim(ledger, "one")

    assert claim(ledger, "two", now=NOW + LEASE - timedelta(microseconds=1)) == []
    (taken,) = claim(ledger, "two", now=NOW + LEASE)
    assert (taken.fence, taken.attempt) == (2, 2)


def test_an_owner_whose_fence_is_gone_can_write_nothing(ledger: Ledger) -> None:
    deliver(ledger, "a")
    claim(ledger, "one")
    claim(ledger, "two", now=NOW + LEASE)

    assert ledger.commit([(FIRST, 1)], now=NOW + LEASE) == set()
    settle(ledger, State.FAILED, fence=1)
    assert states(ledger) == [State.CLAIMED]
    assert ledger.commit([(FIRST, 2), (FIRST, 1), (DeliveryId(99), 1)], now=NOW + LEASE) == {1}


def test_a_delivery_is_committed_once(ledger: Ledger) -> None:
    deliver(ledger, "a")
    claim(ledger)
    ledger.commit([(FIRST, 1)], now=NOW)

    assert ledger.commit([(FIRST, 1)], now=NOW) == set()


def test_outcomes_of_other_deliveries_are_settled_with_a_commit(ledger: Ledger) -> None:
    deliver(ledger, "a")
    claim(ledger)
    ledger.commit([(FIRST, 1)], now=NOW)
    deliver(ledger, "b", period=NEXT_WEEK)
    claim(ledger)
    second = DeliveryId(2)

    sent = Outcome(FIRST, State.SENT, "250 ok")
    assert ledger.commit([(second, 1)], outcomes=[(sent, 1)], now=NOW) == {second}
    assert {row.id: row.state for row in ledger.deliveries()} == {
        FIRST: State.SENT,
        second: State.COMMITTED,
    }


def test_a_lapsed_claim_that_nobody_took_may_still_go_on(ledger: Ledger) -> None:
    deliver(ledger, "a")
    claim(ledger)

    assert ledger.commit([(FIRST, 1)], now=NOW + HOUR) == {1}


def test_a_deferred_delivery_is_due_again_at_its_time(ledger: Ledger) -> None:
    deliver(ledger, "a")
    claim(ledger)
    ledger.commit([(FIRST, 1)], now=NOW)
    settle(ledger, State.DEFERRED, detail="451 later", retry_at=NOW + HOUR)

    assert claim(ledger, now=NOW + HOUR - MINUTE) == []
    (again,) = claim(ledger, now=NOW + HOUR)
    assert (again.fence, again.attempt) == (2, 2)


def test_a_clock_put_back_delays_nothing(ledger: Ledger) -> None:
    deliver(ledger, "a")
    claim(ledger)
    settle(ledger, State.DEFERRED, detail="451 later", retry_at=NOW + HOUR)

    (again,) = claim(ledger, now=NOW - DAY)
    assert again.delivery == FIRST


def test_a_pending_delivery_is_due_whatever_the_clock_says(ledger: Ledger) -> None:
    deliver(ledger, "a")

    assert len(claim(ledger, now=NOW - 10 * MINUTE)) == 1


@pytest.mark.parametrize("state", [State.SENT, State.FAILED, State.CANCELLED, State.EXPIRED])
def test_a_settled_delivery_stays_as_it_is(ledger: Ledger, state: State) -> None:
    deliver(ledger, "a")
    claim(ledger)
    settle(ledger, state)

    settle(ledger, State.DEFERRED)
    assert ledger.commit([(FIRST, 1)], now=NOW) == set()
    assert claim(ledger, now=NOW + DAY) == []
    assert states(ledger) == [state]


def test_outcomes_settled_together_and_twice(ledger: Ledger) -> None:
    deliver(ledger, "a")
    deliver(ledger, "b", period=NEXT_WEEK)
    claims = claim(ledger)
    sent = [(Outcome(one.delivery, State.SENT, "ok"), one.fence) for one in claims]
    unknown = (Outcome(DeliveryId(99), State.SENT), 1)

    ledger.settle([*sent, unknown, *sent], now=NOW)
    ledger.settle(sent, now=NOW)

    assert states(ledger) == [State.SENT, State.SENT]


def test_words_from_a_server_may_hold_anything(ledger: Ledger) -> None:
    deliver(ledger, "a")
    claim(ledger)
    settle(ledger, State.FAILED, detail="550 \0 \udcff no\r\nsuch user")

    assert ledger.deliveries()[0].detail == "550 \ufffd \ufffd no\r\nsuch user"


def test_what_has_waited_too_long_expires_at_the_last_moment(ledger: Ledger) -> None:
    deliver(ledger, "a")
    claim(ledger, now=NOW + 2 * DAY)

    assert ledger.commit([(FIRST, 1)], now=NOW + 2 * DAY, expire_after=2 * DAY) == set()
    (row,) = ledger.deliveries()
    assert (row.state, row.detail) == (State.EXPIRED, "not sent within 48 hours")


def test_what_waits_in_vain_expires(ledger: Ledger) -> None:
    deliver(ledger, "a")
    deliver(ledger, "b", period=NEXT_WEEK)
    claim(ledger, limit=1)
    settle(ledger, State.DEFERRED, retry_at=NOW + 10 * DAY)
    claim(ledger, limit=1)  # and is never heard of again
    deliver(ledger, "c", period=Period(NOW.date(), "day"))

    assert ledger.expire(now=NOW + DAY, expire_after=2 * DAY) == 0
    assert ledger.expire(now=NOW + 2 * DAY, expire_after=2 * DAY) == 3
    assert states(ledger) == [State.EXPIRED] * 3


def test_a_feed_waits_however_long_its_files_take(ledger: Ledger) -> None:
    deliver(ledger, "a", channels=("feed",))
    late = NOW + 365 * DAY
    assert ledger.expire(now=late, expire_after=DAY) == 0
    (mine,) = ledger.claim("feed", "one", now=late, lease=LEASE, limit=9)
    assert ledger.commit([(mine.delivery, 1)], now=late, expire_after=DAY) == {mine.delivery}


def test_two_workers_share_the_work_and_no_delivery(url: str) -> None:
    names = [SubscriberId(f"s{n}") for n in range(30)]
    with digest.ledger.open(url) as setup:
        (paper,) = arrive(setup, "a")
        decisions = [digest_of([paper], subscriber=name) for name in names]
        recorded(setup, decisions, dict.fromkeys(names, EMAIL))
    start = Barrier(3)
    taken: list[DeliveryId] = []

    def work(owner: str) -> None:
        with digest.ledger.open(url) as own:
            start.wait()
            while claims := claim(own, owner, limit=4):
                taken.extend(own.commit([(c.delivery, c.fence) for c in claims], now=NOW))

    threads = [Thread(target=work, args=(f"worker {n}",)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(taken) == list(range(1, 31))


def test_what_may_have_arrived_is_kept_for_a_second_try(ledger: Ledger) -> None:
    deliver(ledger, "a")
    claim(ledger)
    first, second = (
        Message(FIRST, "from@example.org", "ada@example.org", content, "2025-W46-ada")
        for content in (b"first\r\n" * 999, b"second")
    )
    assert ledger.commit([(FIRST, 9)], now=NOW, keep=[second]) == set()
    assert ledger.commit([(FIRST, 1)], now=NOW, keep=[first]) == {FIRST}
    settle(ledger, State.DEFERRED)

    (again,) = claim(ledger, now=NOW + DAY)
    assert again.kept == first
    assert ledger.commit([(FIRST, 2)], now=NOW + DAY, keep=[second]) == {FIRST}
    ledger.recover(now=NOW + 2 * DAY, mode="resend")
    (again,) = claim(ledger, now=NOW + 2 * DAY)
    assert again.kept == second


def test_what_has_come_to_an_end_is_not_kept(ledger: Ledger) -> None:
    deliver(ledger, "a")
    claim(ledger)
    message = Message(FIRST, "from@example.org", "ada@example.org", b"bytes")
    ledger.commit([(FIRST, 1)], now=NOW, keep=[message])
    settle(ledger, State.FAILED)
    ledger.release(["one"], now=NOW)

    ledger.resend(FIRST, now=NOW)
    (again,) = claim(ledger)
    assert again.kept is None


def test_what_is_due_is_what_a_claim_finds(ledger: Ledger) -> None:
    deliver(ledger, "a", channels=BOTH)
    deliver(ledger, "b", period=NEXT_WEEK)
    assert ledger.waiting("email", now=NOW) == 2
    claim(ledger, limit=1)
    assert ledger.waiting("email", now=NOW) == 1
    assert ledger.waiting("email", now=NOW + LEASE) == 2
    assert ledger.waiting("feed", now=NOW) == 1
    held = ledger.claimable("email", now=NOW, after=DeliveryId(0), limit=9)
    assert [one.delivery for one in held] == [3]


def test_a_digest_for_everybody_at_once(ledger: Ledger) -> None:
    (one,) = arrive(ledger, "a")
    day = Period(NOW.date(), "day")
    decisions = [digest_of([one], period=day), digest_of([one], subscriber=BOB, period=day)]
    recorded(ledger, decisions, {ADA: EMAIL, BOB: EMAIL})

    assert [c.digest for c in claim(ledger)] == decisions
