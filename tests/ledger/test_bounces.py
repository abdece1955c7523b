"""Mail that came back after it was accepted."""

from __future__ import annotations

import pytest

from digest.ledger import Ledger
from digest.ledger.failures import Failing
from digest.ledger.suppressions import Suppression
from digest.model import DeliveryId, Outcome, State
from tests.ledger.samples import (
    ADA,
    BOTH,
    DAY,
    LEASE,
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
ADDRESS = "ada@example.org"
SUPPRESSED = [Suppression(ADDRESS, "5.1.1 no such user", NOW + DAY)]


def accept(ledger: Ledger) -> None:
    """Send the first delivery up to its dot; the answer is not recorded yet."""
    deliver(ledger, "a")
    claim(ledger)
    assert ledger.commit([(FIRST, 1)], now=NOW, recipients={FIRST: ADDRESS}) == {FIRST}


def settle(ledger: Ledger, state: State) -> None:
    ledger.settle([(Outcome(FIRST, state), 1)], now=NOW)


def come_back(ledger: Ledger, fence: int | None = 1) -> Failing | None:
    reason, address = "5.1.1 no such user", "Ada@Example.org"
    return ledger.returned(
        FIRST, fence, address=address, reason=reason, at_once=True, now=NOW + DAY
    )


def test_it_is_failed_and_its_address_suppressed_once(ledger: Ledger) -> None:
    accept(ledger)
    settle(ledger, State.SENT)

    assert come_back(ledger)
    row = ledger.deliveries()[0]
    assert (row.state, row.detail) == (State.FAILED, "came back: 5.1.1 no such user")
    assert ledger.suppressions() == SUPPRESSED

    assert ledger.resubscribe(ADA, ADDRESS)
    assert not come_back(ledger)
    assert ledger.suppressions() == []


@pytest.mark.parametrize("fence", [1, None], ids=["attempt known", "attempt unknown"])
def test_a_report_replayed_after_a_second_sending_changes_nothing(
    ledger: Ledger, fence: int | None
) -> None:
    accept(ledger)
    settle(ledger, State.SENT)
    assert come_back(ledger, fence)
    ledger.resubscribe(ADA, ADDRESS)
    ledger.resend(FIRST, now=NOW + DAY)
    (again,) = claim(ledger, now=NOW + DAY)
    pair = (FIRST, again.fence)
    assert ledger.commit([pair], now=NOW + DAY, recipients={FIRST: ADDRESS}) == {FIRST}
    ledger.settle([(Outcome(FIRST, State.SENT), again.fence)], now=NOW + DAY)

    assert not come_back(ledger, fence)
    assert ledger.suppressions() == []
    assert come_back(ledger, again.fence)
    assert ledger.suppressions() == SUPPRESSED


@pytest.mark.parametrize("fence", [1, None], ids=["attempt known", "attempt unknown"])
def test_a_report_of_what_was_sent_before_resubscribing_changes_nothing(
    ledger: Ledger, fence: int | None
) -> None:
    accept(ledger)
    settle(ledger, State.SENT)
    ledger.suppress(ADDRESS, reason="full", now=NOW)
    ledger.resubscribe(ADA, ADDRESS)

    assert not come_back(ledger, fence)
    assert ledger.suppressions() == []
    assert states(ledger) == [State.SENT]


def test_a_report_that_does_not_tell_the_attempt_counts_after_retries(ledger: Ledger) -> None:
    accept(ledger)
    settle(ledger, State.DEFERRED)
    (again,) = claim(ledger)
    ledger.commit([(FIRST, again.fence)], now=NOW)
    ledger.settle([(Outcome(FIRST, State.SENT), again.fence)], now=NOW)

    assert not come_back(ledger, 1)
    assert come_back(ledger, None)


def test_a_report_settles_what_was_uncertain(ledger: Ledger) -> None:
    accept(ledger)
    ledger.recover(now=NOW + LEASE)
    assert states(ledger) == [State.UNCERTAIN]

    assert come_back(ledger)
    settle(ledger, State.SENT)
    assert states(ledger) == [State.FAILED]


def test_a_report_may_be_faster_than_the_record_of_the_answer(ledger: Ledger) -> None:
    accept(ledger)

    assert come_back(ledger)
    settle(ledger, State.SENT)
    assert states(ledger) == [State.FAILED]


@pytest.mark.parametrize("state", [State.PENDING, State.CLAIMED, State.DEFERRED, State.CANCELLED])
def test_what_was_not_accepted_cannot_come_back(ledger: Ledger, state: State) -> None:
    deliver(ledger, "a")
    if state is not State.PENDING:
        claim(ledger)
    if state in (State.DEFERRED, State.CANCELLED):
        settle(ledger, state)

    assert not come_back(ledger)
    assert states(ledger) == [state]
    assert ledger.suppressions() == []


def test_feeds_do_not_come_back(ledger: Ledger) -> None:
    deliver(ledger, "a", channels=BOTH)
    for one in ledger.claim("feed", "one", now=NOW, lease=LEASE, limit=1):
        ledger.settle([(Outcome(one.delivery, State.SENT), one.fence)], now=NOW)
        assert not ledger.returned(
            one.delivery, one.fence, address=ADDRESS, reason="x", at_once=True, now=NOW
        )


def test_the_next_digest_to_that_address_is_not_sent(ledger: Ledger) -> None:
    accept(ledger)
    settle(ledger, State.SENT)
    come_back(ledger)
    recorded(
        ledger,
        [digest_of(arrive(ledger, "b"), period=NEXT_WEEK)],
        {digest_of([]).subscriber: ("email",)},
    )

    (following,) = claim(ledger)
    pair = (following.delivery, following.fence)
    recipients = {following.delivery: "ADA@example.org"}
    assert ledger.commit([pair], now=NOW + DAY, recipients=recipients) == set()
    row = ledger.deliveries()[0]
    assert row.detail == "address suppressed: 5.1.1 no such user"
