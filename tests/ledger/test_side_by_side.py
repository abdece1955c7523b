"""Processes that decide, publish, mail and edit at once: none fails, and nothing is left behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from threading import Barrier, Thread

import digest.ledger
from digest.ledger import Ledger
from digest.model import Decision, Outcome, Period, Publication, State, SubscriberId
from tests.ledger.samples import BOTH, DAY, EMAIL, LEASE, NOW, arrive, digest_of
from tests.ledger.test_subscribers import person

READERS = [person(SubscriberId(f"r{number}"), channels=BOTH) for number in range(40)]
STAY = 30
"""So many of them are never removed."""
ROUNDS = 12


def decide(ledger: Ledger) -> None:
    """Decide a digest of one paper for everybody, for a day after the other."""
    for number, paper in enumerate(ledger.papers()):
        period = Period(date(2025, 12, 1) + number * DAY, "day")
        while rows := ledger.due(NOW + number * DAY, reopened=False, limit=1000):
            ledger.record(
                [
                    Decision(
                        row,
                        digest_of([paper], subscriber=row.subscriber.id, period=period),
                        NOW + (number + 1) * DAY,
                    )
                    for row in rows
                ],
                now=NOW,
            )


def publish(ledger: Ledger, owner: str = "publisher") -> None:
    """Publish what is behind, a few readers at a time, and give some of them back."""
    for _ in range(ROUNDS):
        claimed = ledger.claim_publications(owner, now=NOW, lease=LEASE, limit=7)
        held = ledger.renew_publications(owner, now=NOW, lease=LEASE)
        ledger.settle_publications([one for one in claimed if one.key in held], owner, now=NOW)
        ledger.release_publications([owner])


def publish_everybody(ledger: Ledger) -> None:
    for _ in range(ROUNDS):
        ledger.publish_everybody()


def mail(ledger: Ledger) -> None:
    for _ in range(ROUNDS):
        claims = ledger.claim("email", "sender", now=NOW, lease=LEASE, limit=9)
        fenced = [(one.delivery, one.fence) for one in claims]
        go = ledger.commit(fenced, now=NOW)
        sent = [(Outcome(one, State.SENT, "250"), fence) for one, fence in fenced if one in go]
        ledger.settle(sent, now=NOW)


def edit(ledger: Ledger) -> None:
    """Change, remove and bring back readers, in other orders than their keys."""
    for number in range(ROUNDS):
        people = [
            replace(one, limit=5 + number, channels=EMAIL if turn % 3 == number % 3 else BOTH)
            for turn, one in enumerate(READERS)
            if turn < STAY or turn % 5 != number % 5
        ]
        ledger.compile("host", f"edit {number}", people[::-1], now=NOW)


def test_processes_of_every_kind_at_once_fail_nowhere_and_leave_nothing_behind(url: str) -> None:
    faults: list[Exception] = []
    work: list[Callable[[Ledger], None]] = [
        decide, decide, publish, lambda ledger: publish(ledger, "other"),
        publish_everybody, mail, edit,
    ]  # fmt: skip
    start = Barrier(len(work))

    def process(act: Callable[[Ledger], None]) -> None:
        with digest.ledger.open(url) as own:
            start.wait()
            try:
                act(own)
            except Exception as error:
                faults.append(error)

    with digest.ledger.open(url) as ledger:
        arrive(ledger, *(f"paper {number}" for number in range(ROUNDS)))
        ledger.compile("host", "at first", READERS, now=NOW)
        threads = [Thread(target=process, args=(act,)) for act in work]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert faults == []

        ledger.compile("host", "at last", READERS, now=NOW)
        decide(ledger)
        ledger.release(["sender"], now=NOW)
        while mailed := ledger.claim("email", "sender", now=NOW, lease=LEASE, limit=1000):
            fenced = [(one.delivery, one.fence) for one in mailed]
            ledger.commit(fenced, now=NOW)
            ledger.settle([(Outcome(one, State.SENT), fence) for one, fence in fenced], now=NOW)
        last: list[Publication] = ledger.claim_publications("x", now=NOW, lease=LEASE, limit=1000)
        ledger.settle_publications(last, "x", now=NOW)
        assert ledger.count_publications() == 0
        assert {row.state for row in ledger.deliveries()} <= {State.SENT, State.CANCELLED}
        for reader in READERS[:STAY]:
            assert len(ledger.digests(reader.id, limit=1000)) == ROUNDS
