"""Who must not be mailed, and that it is asked in the same transaction as the commit."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import create_engine, text

import digest.ledger
from digest.errors import LedgerError
from digest.ledger import SqlLedger
from digest.ledger.database import REFUSALS
from digest.ledger.refusals import Suppression, Unsubscription
from digest.model import DeliveryId, State
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
)

FIRST = DeliveryId(1)


def commit(ledger: SqlLedger, address: str = "Ada@Example.org") -> set[DeliveryId]:
    """Claim and commit what is pending."""
    claims = claim(ledger)
    return ledger.commit(
        [(one.delivery, one.fence) for one in claims],
        now=NOW,
        recipients={one.delivery: address for one in claims},
    )


def ending(ledger: SqlLedger) -> tuple[State, str]:
    """How the newest delivery ended."""
    row = ledger.deliveries(channel="email")[0]
    return row.state, row.detail


def test_unsubscribing_beats_what_is_not_committed_yet(ledger: SqlLedger) -> None:
    deliver(ledger, "a", channels=BOTH)
    claims = claim(ledger)
    assert ledger.unsubscribe(ADA, "email", now=NOW)
    assert not ledger.unsubscribe(ADA, "email", now=NOW + DAY)

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
                ledger.unsubscribe(ADA, "email", now=NOW)
            assert commit(ledger) == {FIRST}
        assert ledger.unsubscribe(ADA, "email", now=NOW)


def test_subscribing_again_lets_the_next_one_pass(ledger: SqlLedger) -> None:
    ledger.unsubscribe(ADA, "email", now=NOW)
    assert ledger.unsubscriptions() == [Unsubscription(ADA, "email", NOW)]
    assert ledger.resubscribe(ADA, "email")
    assert not ledger.resubscribe(ADA, "email")
    assert not ledger.resubscribe(BOB, "email")
    deliver(ledger, "a")

    assert commit(ledger) == {FIRST}
    assert ledger.unsubscriptions() == []


def test_a_suppressed_address_is_refused_in_any_case(ledger: SqlLedger) -> None:
    deliver(ledger, "a")
    assert ledger.suppress(address=" ADA@example.ORG", reason="550 no such user", now=NOW)
    assert not ledger.suppress(address="ada@example.org", reason="again", now=NOW)

    assert commit(ledger) == set()
    assert ending(ledger) == (State.CANCELLED, "address suppressed: 550 no such user")
    assert ledger.suppressed(["Ada@example.org", "bob@example.org"]) == {
        "Ada@example.org": "550 no such user"
    }


def test_a_suppressed_subscriber_is_refused_wherever_it_lives(ledger: SqlLedger) -> None:
    deliver(ledger, "a")
    ledger.suppress(subscriber=ADA, reason="complained", now=NOW)

    assert commit(ledger, "new@example.org") == set()
    assert ending(ledger) == (State.CANCELLED, "suppressed: complained")


def test_others_are_not_held_back(ledger: SqlLedger) -> None:
    (paper,) = arrive(ledger, "a")
    ledger.record([digest_of([paper]), digest_of([paper], subscriber=BOB)], {ADA: BOTH, BOB: BOTH})
    ledger.suppress(subscriber=ADA, reason="complained", now=NOW)
    ledger.unsubscribe(BOB, "feed", now=NOW)

    assert len(commit(ledger)) == 1
    assert ledger.deliveries(states=[State.COMMITTED])[0].subscriber == BOB


def test_a_suppression_can_be_lifted(ledger: SqlLedger) -> None:
    ledger.suppress(address="ada@example.org", reason="bounced", now=NOW)
    ledger.suppress(subscriber=BOB, reason="asked", now=NOW + DAY)
    assert ledger.suppressions() == [
        Suppression("bounced", NOW, address="ada@example.org"),
        Suppression("asked", NOW + DAY, subscriber=BOB),
    ]

    assert ledger.unsuppress(address="ADA@EXAMPLE.ORG")
    assert not ledger.unsuppress(address="ada@example.org")
    assert ledger.unsuppress(subscriber=BOB)
    assert ledger.suppressions() == []


def test_a_suppression_names_one_of_the_two(ledger: SqlLedger) -> None:
    with pytest.raises(ValueError, match="an address or a subscriber"):
        ledger.suppress(address="ada@example.org", subscriber=ADA, reason="", now=NOW)
    with pytest.raises(ValueError, match="an address or a subscriber"):
        ledger.unsuppress()
