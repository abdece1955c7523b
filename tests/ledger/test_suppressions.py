"""Who must not be mailed, and that it is asked in the same transaction as the commit."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import create_engine, text

import digest.ledger
from digest.errors import LedgerError
from digest.ledger import Ledger
from digest.ledger.aggregate import REFUSALS
from digest.ledger.suppressions import Suppression, Unsubscription
from digest.model import DeliveryId, State, SubscriberId
from tests.conftest import MakeUrl, disposing
from tests.ledger.samples import (
    ADA,
    BOB,
    BOTH,
    DAY,
    HOUR,
    NOW,
    arrive,
    claim,
    deliver,
    digest_of,
    recorded,
)

FIRST = DeliveryId(1)


def commit(ledger: Ledger, address: str = "Ada@Example.org") -> set[DeliveryId]:
    """Claim and commit what is pending."""
    claims = claim(ledger)
    return ledger.commit(
        [(one.delivery, one.fence) for one in claims],
        now=NOW,
        recipients={one.delivery: address for one in claims},
    )


def ending(ledger: Ledger) -> tuple[State, str]:
    """How the newest delivery ended."""
    row = ledger.deliveries(channel="email")[0]
    return row.state, row.detail


def test_unsubscribing_beats_what_is_not_committed_yet(ledger: Ledger) -> None:
    deliver(ledger, "a", channels=BOTH)
    claims = claim(ledger)
    assert ledger.unsubscribe(ADA, now=NOW)
    assert not ledger.unsubscribe(ADA, now=NOW + DAY)

    assert ledger.commit([(one.delivery, one.fence) for one in claims], now=NOW) == set()
    assert ending(ledger) == (State.CANCELLED, "unsubscribed")
    feeds = ledger.claim("feed", "one", now=NOW, lease=HOUR, limit=9)
    assert len(ledger.commit([(one.delivery, one.fence) for one in feeds], now=NOW)) == 1


def test_unsubscribing_waits_for_a_commit_that_has_already_asked(emptied: MakeUrl) -> None:
    url = emptied()
    asking = text("SELECT pg_advisory_xact_lock_shared(:key)")
    with (
        disposing(create_engine(url)) as engine,
        digest.ledger.open(url, patience=timedelta(milliseconds=50)) as ledger,
    ):
        deliver(ledger, "a")
        with engine.begin() as committing:
            committing.execute(asking, {"key": REFUSALS})
            with pytest.raises(LedgerError, match="locked by another process"):
                ledger.unsubscribe(ADA, now=NOW)
            assert commit(ledger) == {FIRST}
        assert ledger.unsubscribe(ADA, now=NOW)


def test_subscribing_again_lets_the_next_one_pass(ledger: Ledger) -> None:
    ledger.unsubscribe(ADA, now=NOW)
    assert ledger.unsubscriptions() == [Unsubscription(ADA, NOW)]
    assert ledger.resubscribe(ADA)
    assert not ledger.resubscribe(ADA)
    assert not ledger.resubscribe(BOB)
    deliver(ledger, "a")

    assert commit(ledger) == {FIRST}
    assert ledger.unsubscriptions() == []


def test_a_suppressed_address_is_refused_in_any_case(ledger: Ledger) -> None:
    deliver(ledger, "a")
    assert ledger.suppress(" ADA@example.ORG", reason="550 no such user", now=NOW)
    assert not ledger.suppress("ada@example.org", reason="again", now=NOW)

    assert commit(ledger) == set()
    assert ending(ledger) == (State.CANCELLED, "address suppressed: 550 no such user")
    assert ledger.suppressed(["Ada@example.org", "bob@example.org"]) == {
        "Ada@example.org": "550 no such user"
    }


def test_others_are_not_held_back(ledger: Ledger) -> None:
    (paper,) = arrive(ledger, "a")
    recorded(
        ledger, [digest_of([paper]), digest_of([paper], subscriber=BOB)], {ADA: BOTH, BOB: BOTH}
    )
    ledger.unsubscribe(ADA, now=NOW)

    assert len(commit(ledger)) == 1
    assert ledger.deliveries(states=[State.COMMITTED])[0].subscriber == BOB


def test_a_suppression_is_lifted_with_its_subscriber(ledger: Ledger) -> None:
    ledger.suppress("ada@example.org", reason="bounced", now=NOW + DAY)
    ledger.suppress("bob@example.org", reason="complained", now=NOW)
    bob, ada = (
        Suppression("bob@example.org", "complained", NOW),
        Suppression("ada@example.org", "bounced", NOW + DAY),
    )
    assert ledger.suppressions() == [bob, ada]

    assert ledger.resubscribe(ADA, "ADA@EXAMPLE.ORG")
    assert not ledger.resubscribe(ADA, "ada@example.org")
    assert ledger.suppressions() == [bob]


def test_people_are_refused_for_their_own_or_their_addresses_sake(ledger: Ledger) -> None:
    eve = SubscriberId("eve")
    ledger.unsubscribe(ADA, now=NOW)
    ledger.suppress("bob@example.org", reason="550 no such user", now=NOW)

    people = {ADA: "ada@example.org", BOB: "Bob@example.org", eve: None}
    assert ledger.refused(people) == {
        ADA: "unsubscribed",
        BOB: "address suppressed: 550 no such user",
    }
