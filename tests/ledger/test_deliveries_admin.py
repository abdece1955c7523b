"""What an operator sees, and what only an operator may decide."""

from __future__ import annotations

import pytest

from digest.errors import LedgerError, NotFound
from digest.ledger import Ledger
from digest.model import DeliveryId, DeliveryRow, DumpHash, Message, Outcome, State
from tests.ledger.samples import (
    ADA,
    BOB,
    BOTH,
    DAY,
    EMAIL,
    HOUR,
    LEASE,
    NEXT_WEEK,
    NOW,
    WEEK,
    arrive,
    claim,
    deliver,
    digest_of,
    recorded,
    states,
)

FIRST = DeliveryId(1)


def end(ledger: Ledger, state: State, detail: str = "") -> None:
    """Bring the first delivery into a state."""
    claims = claim(ledger, limit=1)
    ledger.commit([(one.delivery, one.fence) for one in claims], now=NOW)
    if state is not State.COMMITTED:
        ledger.settle(
            [(Outcome(one.delivery, state, detail), one.fence) for one in claims], now=NOW
        )


def test_a_delivery_is_listed_with_all_that_is_known(ledger: Ledger) -> None:
    deliver(ledger, "a", "b")
    claim(ledger, now=NOW + HOUR)

    assert ledger.deliveries() == [
        DeliveryRow(
            id=FIRST,
            subscriber=ADA,
            channel="email",
            period=WEEK,
            state=State.CLAIMED,
            attempts=1,
            detail="",
            updated=NOW + HOUR,
            composed=NOW,
            due=NOW + HOUR + LEASE,
            owner="one",
            papers=2,
        )
    ]


def test_filters_narrow_the_list(ledger: Ledger) -> None:
    one, two = arrive(ledger, "a", "b")
    recorded(ledger, [digest_of([one]), digest_of([one], subscriber=BOB)], {ADA: BOTH, BOB: EMAIL})
    recorded(ledger, [digest_of([two], period=NEXT_WEEK)], {ADA: EMAIL})
    end(ledger, State.FAILED)

    def listed(**filters: object) -> list[int]:
        return [row.id for row in ledger.deliveries(**filters)]  # type: ignore[arg-type]  # named filters

    assert listed() == [4, 3, 2, 1]
    assert listed(states=[State.FAILED]) == [1]
    assert listed(subscribers=[BOB]) == [3]
    assert listed(channel="feed") == [2]
    assert listed(numbers=[DeliveryId(2), DeliveryId(3)], subscribers=[ADA]) == [2]
    assert listed(limit=2) == [4, 3]


def test_the_status_of_an_empty_ledger(ledger: Ledger) -> None:
    status = ledger.status()

    assert (status.papers, status.dumps, status.subscribers) == (0, 0, 0)
    assert (status.last_dump, status.oldest, status.troubles) == (None, None, ())
    assert status.deliveries == {}


def test_the_status_shows_what_is_stuck_and_what_went_wrong(ledger: Ledger) -> None:
    deliver(ledger, "a")
    end(ledger, State.SENT)
    deliver(ledger, "b", channels=BOTH, period=NEXT_WEEK)
    end(ledger, State.FAILED, "550 no such user")
    ledger.record_rejected("photo.jpg", DumpHash("0" * 64), "no text", readers="1", now=NOW + DAY)

    status = ledger.status()

    assert (status.papers, status.dumps, status.subscribers) == (2, 2, 1)
    assert status.last_dump == NOW + DAY
    assert status.deliveries == {State.SENT: 1, State.FAILED: 1, State.PENDING: 1}
    assert status.oldest is not None
    assert (status.oldest.channel, status.oldest.period) == ("feed", NEXT_WEEK)
    assert [row.detail for row in status.troubles] == ["550 no such user"]


def test_an_uncertain_delivery_is_settled_by_the_operators_word(ledger: Ledger) -> None:
    deliver(ledger, "a")
    end(ledger, State.UNCERTAIN, "dropped after the dot")
    ledger.mark_sent(FIRST, now=NOW + DAY)

    (row,) = ledger.deliveries()
    assert (row.state, row.detail) == (State.SENT, "marked as sent by the operator")
    assert row.updated == NOW + DAY


def test_a_resend_begins_anew_with_the_same_bytes(ledger: Ledger) -> None:
    deliver(ledger, "a")
    claim(ledger)
    message = Message(FIRST, "from@example.org", "ada@example.org", b"the same")
    ledger.commit([(FIRST, 1)], now=NOW, keep=[message])
    ledger.settle([(Outcome(FIRST, State.UNCERTAIN), 1)], now=NOW)

    later = NOW + 30 * DAY
    ledger.resend(FIRST, now=later)
    # The first sender wakes up: its answer is to another attempt than the one now due.
    ledger.settle([(Outcome(FIRST, State.FAILED), 1)], now=later)

    (again,) = claim(ledger, now=later)
    assert (again.fence, again.kept) == (3, message)
    assert ledger.commit([(FIRST, 3)], now=later, expire_after=2 * DAY) == {FIRST}


def test_a_cancelled_claim_does_not_go_on(ledger: Ledger) -> None:
    deliver(ledger, "a")
    claim(ledger)
    ledger.cancel(FIRST, now=NOW)

    assert ledger.commit([(FIRST, 1)], now=NOW) == set()
    assert states(ledger) == [State.CANCELLED]


@pytest.mark.parametrize(
    ("decide", "state", "words"),
    [
        ("resend", State.SENT, "delivery 1 is sent: only uncertain, failed, expired, cancelled"),
        ("resend", State.COMMITTED, "delivery 1 is committed"),
        ("mark_sent", State.CANCELLED, "delivery 1 is cancelled"),
        ("cancel", State.COMMITTED, "delivery 1 is committed"),
        ("cancel", State.SENT, "delivery 1 is sent"),
    ],
)
def test_what_cannot_be_undone_is_refused_in_words(
    ledger: Ledger, decide: str, state: State, words: str
) -> None:
    deliver(ledger, "a")
    end(ledger, state)

    with pytest.raises(LedgerError, match=words):
        getattr(ledger, decide)(FIRST, now=NOW)
    assert states(ledger) == [state]


def test_a_delivery_that_does_not_exist(ledger: Ledger) -> None:
    with pytest.raises(NotFound, match="no delivery '7'"):
        ledger.cancel(DeliveryId(7), now=NOW)
