"""The work of a pass in shards, on both databases."""

from __future__ import annotations

from collections import Counter

from digest.ledger import Ledger
from digest.model import Outcome, Shard, State, SubscriberId
from tests.ledger.samples import DAY, LEASE, NOW, arrive, digest_of, recorded
from tests.ledger.test_subscribers import NEXT_MONDAY, compile_, person

PEOPLE = [SubscriberId(f"r{number}") for number in range(7)]


def keys(ledger: Ledger) -> list[int]:
    return [one.key for one in ledger.subscribers(limit=100)]


def test_shards_hold_everybody_who_is_due_or_has_mail_waiting_once(ledger: Ledger) -> None:
    compile_(ledger, *(person(name) for name in PEOPLE), now=NEXT_MONDAY - DAY)
    first, *_, last = keys(ledger)
    assert last - first == 6
    shards = ledger.shards(NEXT_MONDAY, clock=NEXT_MONDAY, reopened=False, size=3)
    assert shards == [
        (Shard(first, first + 2), 3),
        (Shard(first + 3, first + 5), 3),
        (Shard(last, last), 1),
    ]
    # Two are not due any more, but have mail waiting.
    papers = arrive(ledger, "A paper")
    made = [digest_of(papers, subscriber=name) for name in PEOPLE[4:6]]
    recorded(ledger, made, dict.fromkeys(PEOPLE[4:6], ("email",)))
    assert ledger.shards(NEXT_MONDAY, clock=NOW, reopened=False, size=100) == [
        (Shard(first, last), 7)
    ]
    # And then both: each counts once.
    later = NEXT_MONDAY + 7 * DAY
    assert ledger.shards(later, clock=later, reopened=False, size=100) == [(Shard(first, last), 7)]


def test_nothing_is_left_once_mail_is_settled_or_in_hand(ledger: Ledger) -> None:
    papers = arrive(ledger, "A paper")
    made = [digest_of(papers, subscriber=name) for name in PEOPLE[:2]]
    recorded(ledger, made, dict.fromkeys(PEOPLE[:2], ("email",)))
    one, _ = ledger.claim("email", "owner", now=NOW, lease=LEASE, limit=10)
    assert ledger.shards(NOW, clock=NOW, reopened=False, size=3) == []
    ledger.commit([(one.delivery, one.fence)], now=NOW)
    ledger.settle([(Outcome(one.delivery, State.SENT), one.fence)], now=NOW)
    [(_, number)] = ledger.shards(NOW, clock=NOW + 2 * LEASE, reopened=False, size=3)
    assert number == 1  # whose lease has ended


def test_outcomes_since_an_instant_are_counted_by_state(ledger: Ledger) -> None:
    papers = arrive(ledger, "A paper")
    made = [digest_of(papers, subscriber=name) for name in PEOPLE]
    recorded(ledger, made, dict.fromkeys(PEOPLE, ("email", "feed")))
    claims = ledger.claim("email", "owner", now=NOW, lease=LEASE, limit=5)
    ended = [(Outcome(one.delivery, State.CANCELLED), one.fence) for one in claims]
    ledger.settle(ended[:3], now=NOW + DAY)
    assert ledger.outcomes(since=NOW + DAY) == Counter({State.CANCELLED: 3})
