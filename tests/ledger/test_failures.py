"""Digests that fail are counted, and suppress their address once that persists."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from digest.ledger import Ledger
from digest.ledger.failures import Failing
from digest.model import DeliveryId, Outcome, Period, Refusal, State, SubscriberId
from tests.ledger.samples import ADA, BOB, DAY, EMAIL, NOW, arrive, claim, digest_of, recorded

ADDRESS = "ada@example.org"
FULL = "5.2.2 mailbox full"


def decide(ledger: Ledger, day: int, subscriber: SubscriberId = ADA) -> tuple[DeliveryId, int]:
    """Have the digest of a day decided and committed: the delivery, and its fence."""
    period = Period(date(2025, 11, 1) + timedelta(days=day), "day")
    papers = arrive(ledger, f"{subscriber} {day}", now=NOW + day * DAY)
    digest = digest_of(papers, subscriber=subscriber, period=period, now=NOW + day * DAY)
    recorded(ledger, [digest], {subscriber: EMAIL})
    (one,) = claim(ledger, now=NOW + day * DAY)
    pair = (one.delivery, one.fence)
    assert ledger.commit([pair], now=NOW + day * DAY) == {one.delivery}
    return pair


def send(ledger: Ledger, day: int, subscriber: SubscriberId = ADA) -> tuple[DeliveryId, int]:
    number, fence = decide(ledger, day, subscriber)
    ledger.settle([(Outcome(number, State.SENT), fence)], now=NOW + day * DAY)
    return number, fence


def come_back(
    ledger: Ledger, mail: tuple[DeliveryId, int], day: int, address: str = ADDRESS
) -> Failing | None:
    now = NOW + day * DAY
    return ledger.returned(*mail, address=address, reason=FULL, at_once=False, now=now)


def refuse(ledger: Ledger, day: int, *, unknown: bool = False) -> None:
    """Have the digest of a day refused by the server."""
    number, fence = decide(ledger, day)
    refusal = Refusal(" Ada@Example.org", unknown)
    outcome = Outcome(number, State.FAILED, "RCPT: 552 5.2.2 full", refusal=refusal)
    ledger.settle([(outcome, fence)], now=NOW + day * DAY)


def fail(ledger: Ledger, *days: int, address: str = ADDRESS) -> list[bool]:
    """Have the digests of these days sent and come back; whether each suppressed the address."""
    found = [come_back(ledger, send(ledger, day), day, address) for day in days]
    return [one is not None and one.suppressed for one in found]


@pytest.mark.parametrize(
    ("days", "suppressed"),
    [
        ([0], [False]),
        ([0, 30], [False, False]),
        ([0, 1, 2, 3, 4, 5, 6], [False] * 7),
        ([0, 1, 2, 3, 4, 5, 6, 7], [False] * 7 + [True]),
        ([0, 7, 14], [False, False, True]),
        ([0, 3, 7], [False, False, True]),
    ],
)
def test_three_digests_over_seven_days_suppress(
    ledger: Ledger, days: list[int], suppressed: list[bool]
) -> None:
    assert fail(ledger, *days) == suppressed
    known = ledger.suppressed([ADDRESS])
    since = "2025-11-20"
    why = {ADDRESS: f"{len(days)} digests failed since {since}: {FULL}"}
    assert known == (why if suppressed[-1] else {})


def test_what_failed_is_listed_until_it_suppresses(ledger: Ledger) -> None:
    assert ledger.failing(now=NOW) == []
    fail(ledger, 0, 7)
    listed = Failing(ADA, ADDRESS, 2, NOW, NOW + 7 * DAY, FULL)
    assert ledger.failing(now=NOW + 8 * DAY) == [listed]
    assert ledger.failing(now=NOW + 40 * DAY) == []
    fail(ledger, 14)
    assert ledger.failing(now=NOW + 15 * DAY) == []


def test_a_digest_that_got_through_starts_the_count_anew(ledger: Ledger) -> None:
    fail(ledger, 0, 7)
    send(ledger, 14)
    assert fail(ledger, 21, 28) == [False, False]
    assert [one.digests for one in ledger.failing(now=NOW + 28 * DAY)] == [2]
    assert fail(ledger, 35) == [True]


def test_reports_that_come_late_and_out_of_order_count_for_their_digests(ledger: Ledger) -> None:
    mails = [send(ledger, day) for day in (0, 4, 8)]
    assert [come_back(ledger, mails[number], 20) for number in (2, 0)] != [None, None]
    assert ledger.suppressions() == []
    found = come_back(ledger, mails[1], 20)
    assert found is not None
    assert (found.digests, found.suppressed) == (3, True)


def test_a_report_that_is_read_again_is_not_counted_again(ledger: Ledger) -> None:
    mail = send(ledger, 0)
    assert come_back(ledger, mail, 1)
    assert come_back(ledger, mail, 2) is None
    assert [one.digests for one in ledger.failing(now=NOW + 2 * DAY)] == [1]


def test_a_new_address_starts_the_count_anew(ledger: Ledger) -> None:
    fail(ledger, 0, 7)
    assert fail(ledger, 14, address="ada@new.example") == [False]
    assert ledger.suppressions() == []


def test_subscribing_again_starts_the_count_anew(ledger: Ledger) -> None:
    fail(ledger, 0, 7, 14)
    assert ledger.resubscribe(ADA, ADDRESS)
    assert fail(ledger, 21) == [False]
    assert [one.digests for one in ledger.failing(now=NOW + 21 * DAY)] == [1]


def test_others_are_counted_by_themselves(ledger: Ledger) -> None:
    fail(ledger, 0, 7)
    bobs = send(ledger, 10, BOB)
    found = come_back(ledger, bobs, 10, "bob@example.org")
    assert found is not None
    assert (found.subscriber, found.digests) == (BOB, 1)
    assert [one.subscriber for one in ledger.failing(now=NOW + 10 * DAY)] == [ADA, BOB]


def test_an_unknown_address_is_suppressed_as_the_server_refuses_it(ledger: Ledger) -> None:
    refuse(ledger, 0, unknown=True)
    assert ledger.suppressed([ADDRESS]) == {ADDRESS: "RCPT: 552 5.2.2 full"}


def test_what_the_server_refuses_and_what_comes_back_count_together(ledger: Ledger) -> None:
    refuse(ledger, 0)
    fail(ledger, 4)
    assert ledger.suppressions() == []
    refuse(ledger, 8)
    assert [one.address for one in ledger.suppressions()] == [ADDRESS]


def test_a_refusal_that_is_recorded_with_the_next_commit_counts_before_it(ledger: Ledger) -> None:
    number, fence = decide(ledger, 0)
    outcome = Outcome(number, State.FAILED, "no", refusal=Refusal(ADDRESS, is_unknown=True))
    period = Period(date(2025, 11, 20), "day")
    recorded(ledger, [digest_of(arrive(ledger, "b"), period=period)], {ADA: EMAIL})
    (following,) = claim(ledger)
    pair = (following.delivery, following.fence)
    recipients = {following.delivery: ADDRESS}
    outcomes = [(outcome, fence)]
    assert ledger.commit([pair], now=NOW, recipients=recipients, outcomes=outcomes) == set()
    assert ledger.deliveries()[0].detail == "address suppressed: no"


def test_a_refusal_under_an_old_fence_does_not_count(ledger: Ledger) -> None:
    number, fence = decide(ledger, 0)
    outcome = Outcome(number, State.FAILED, "no", refusal=Refusal(ADDRESS, is_unknown=True))
    ledger.settle([(outcome, fence - 1)], now=NOW)
    assert (ledger.suppressions(), ledger.failing(now=NOW)) == ([], [])


def test_a_digest_that_was_cancelled_is_passed_over(ledger: Ledger) -> None:
    fail(ledger, 0, 4)
    number, fence = decide(ledger, 6)
    ledger.settle([(Outcome(number, State.CANCELLED), fence)], now=NOW)
    assert fail(ledger, 8) == [True]
