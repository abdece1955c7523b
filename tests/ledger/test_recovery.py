"""What becomes of deliveries whose owner stopped, and of a ledger that was put back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest

import digest.ledger
from digest.ledger import Ledger
from digest.ledger.leases import Mode
from digest.model import DeliveryId, Outcome, PaperKey, Period, State
from tests.ledger.samples import (
    ADA,
    BOTH,
    DAY,
    EMAIL,
    LEASE,
    MINUTE,
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
AFTER = {"hold": State.UNCERTAIN, "resend": State.PENDING}
MODES: tuple[Mode, ...] = ("hold", "resend")


def committed(ledger: Ledger) -> None:
    """Bring the first delivery to where its fate is in the balance."""
    deliver(ledger, "a")
    claim(ledger)
    assert ledger.commit([(FIRST, 1)], now=NOW) == {1}


@pytest.mark.parametrize("mode", MODES)
def test_a_committed_delivery_is_given_up_when_its_lease_has_lapsed(
    ledger: Ledger, mode: Mode
) -> None:
    committed(ledger)

    assert ledger.recover(now=NOW + LEASE - MINUTE, mode=mode) == 0
    assert ledger.recover(now=NOW + LEASE, mode=mode) == 1
    assert states(ledger) == [AFTER[mode]]


@pytest.mark.parametrize("accepted", [False, True])
@pytest.mark.parametrize("back", [MINUTE, 60 * MINUTE, DAY])
def test_what_a_dead_owner_had_does_not_wait_for_a_clock_that_was_put_back(
    ledger: Ledger, back: timedelta, accepted: bool
) -> None:
    deliver(ledger, "a")
    claim(ledger)
    if accepted:
        ledger.commit([(FIRST, 1)], now=NOW)
    ledger.release(ledger.owners(), now=NOW - back, mode="resend")
    assert ledger.waiting(EMAIL[0], now=NOW - back) == 1


def test_an_uncertain_delivery_is_listed_and_never_claimed_by_itself(ledger: Ledger) -> None:
    committed(ledger)
    ledger.recover(now=NOW + LEASE)

    assert claim(ledger, now=NOW + 365 * DAY) == []
    assert ledger.expire(now=NOW + 365 * DAY, expire_after=DAY) == 0
    (row,) = ledger.deliveries(states=[State.UNCERTAIN])
    assert "before the server's answer" in row.detail
    assert ledger.status().oldest == row


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("state", [State.SENT, State.DEFERRED, State.FAILED])
def test_an_owner_that_was_only_slow_settles_what_it_sent(
    ledger: Ledger, mode: Mode, state: State
) -> None:
    committed(ledger)
    ledger.recover(now=NOW + LEASE, mode=mode)

    ledger.settle([(Outcome(FIRST, state, "late"), 1)], now=NOW + LEASE)
    assert states(ledger) == [state]


def test_an_owner_that_was_slow_is_ignored_once_another_has_claimed(ledger: Ledger) -> None:
    committed(ledger)
    ledger.recover(now=NOW + LEASE, mode="resend")
    claim(ledger, "two", now=NOW + LEASE)

    ledger.settle([(Outcome(FIRST, State.SENT), 1)], now=NOW + LEASE)
    assert states(ledger) == [State.CLAIMED]


def test_a_clock_put_back_does_not_keep_a_dead_lease_alive(ledger: Ledger) -> None:
    committed(ledger)

    assert ledger.recover(now=NOW - DAY) == 1


def test_a_renewed_lease_covers_all_an_owner_has_in_hand(ledger: Ledger) -> None:
    committed(ledger)
    deliver(ledger, "b", period=NEXT_WEEK)
    claim(ledger)

    assert ledger.renew("one", now=NOW + 4 * MINUTE, lease=LEASE) == 2
    assert ledger.renew("two", now=NOW, lease=LEASE) == 0
    assert ledger.recover(now=NOW + 8 * MINUTE) == 0
    assert claim(ledger, "two", now=NOW + 8 * MINUTE) == []
    assert ledger.recover(now=NOW + 9 * MINUTE) == 1


@pytest.mark.parametrize("mode", MODES)
def test_dead_owners_are_relieved_before_their_leases_end(ledger: Ledger, mode: Mode) -> None:
    committed(ledger)
    deliver(ledger, "b", period=NEXT_WEEK)
    claim(ledger, "two")
    assert ledger.owners() == ["one", "two"]

    assert ledger.release(["two", "three"], now=NOW, mode=mode) == 0
    assert states(ledger) == [State.COMMITTED, State.PENDING]
    assert ledger.release(["one"], now=NOW, mode=mode) == 1
    assert states(ledger) == [AFTER[mode], State.PENDING]
    assert ledger.owners() == []


def test_an_owner_released_by_mistake_cannot_commit(ledger: Ledger) -> None:
    deliver(ledger, "a")
    claim(ledger)
    ledger.release(["one"], now=NOW)

    assert ledger.commit([(FIRST, 1)], now=NOW) == set()
    assert [again.fence for again in claim(ledger, "two")] == [2]


def test_a_backup_restored_late_holds_what_may_have_gone_out_since(tmp_path: Path) -> None:
    live, backup = tmp_path / "digest.db", tmp_path / "backup.db"
    with digest.ledger.open(f"sqlite:///{live}") as ledger:
        one = deliver(ledger, "a", channels=BOTH)
        with closing(sqlite3.connect(live)) as source, closing(sqlite3.connect(backup)) as copy:
            source.backup(copy)
        # After the backup the email went out, more papers came, and a week later the next one.
        (first,) = claim(ledger)
        ledger.settle([(Outcome(first.delivery, State.SENT), first.fence)], now=NOW)
        deliver(ledger, "b", period=NEXT_WEEK)

    restored_at = NOW + 10 * DAY
    with digest.ledger.open(f"sqlite:///{backup}") as ledger:
        assert ledger.restored(now=restored_at) == 1
        again = arrive(ledger, "b", now=restored_at)
        recorded(ledger, [digest_of(again, period=NEXT_WEEK, now=restored_at)], {ADA: EMAIL})

        # Nobody gets either twice: both emails are listed, none is taken up by itself.
        assert claim(ledger, now=restored_at + DAY) == []
        held = ledger.deliveries(states=[State.UNCERTAIN])
        assert [row.period for row in held] == [NEXT_WEEK, WEEK]
        assert all("backup" in row.detail for row in held)
        # The feed is only files: publishing it again harms nobody.
        assert len(ledger.claim("feed", "one", now=restored_at, lease=LEASE, limit=9)) == 1

        # The operator settles them, and what falls due from now on goes out by itself.
        ledger.mark_sent(held[1].id, now=restored_at)
        ledger.resend(held[0].id, now=restored_at)
        deliver(ledger, "c", period=Period(date(2025, 12, 1), "week"))
        assert len(claim(ledger, now=restored_at)) == 2
        assert one.picks[0].paper.key in ledger.sent({ADA: PaperKey(0)})[ADA]
