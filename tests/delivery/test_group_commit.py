"""Many threads, few writes: nobody waits for ever, every error reaches those it concerns."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event, Semaphore

import pytest

from digest.delivery.group_commit import GroupCommit
from digest.errors import LedgerError
from digest.model import DeliveryId, Outcome, State

Claims = Collection[tuple[DeliveryId, int]]


class Book:
    """A ledger in memory: deliveries may go on with the fence that is their number plus 100."""

    def __init__(self) -> None:
        self.commits: list[list[int]] = []
        self.settled: list[Outcome] = []
        self.started = Semaphore(0)
        self.go_on = Event()
        self.go_on.set()
        self.failure: Exception | None = None

    def commit(self, claims: Claims, outcomes: Collection[tuple[Outcome, int]]) -> set[DeliveryId]:
        self.commits.append([delivery for delivery, _ in claims])
        self.started.release()
        assert self.go_on.wait(10)
        if self.failure:
            raise self.failure
        self.settle(outcomes)
        return {delivery for delivery, fence in claims if fence == delivery + 100}

    def settle(self, outcomes: Collection[tuple[Outcome, int]]) -> None:
        if self.failure:
            raise self.failure
        self.settled.extend(outcome for outcome, _ in outcomes)


def sent(number: int) -> Outcome:
    return Outcome(DeliveryId(number), State.SENT)


def test_each_thread_gets_the_answer_for_its_own_delivery() -> None:
    book = Book()
    with GroupCommit(book.commit, book.settle) as gate, ThreadPoolExecutor(16) as threads:
        fences = {n: n + (100 if n % 3 else 99) for n in range(2000)}
        answers = threads.map(lambda n: gate.commit({DeliveryId(n): fences[n]}), fences)
        assert list(answers) == [{n} if n % 3 else set() for n in range(2000)]
    assert sorted(n for batch in book.commits for n in batch) == list(range(2000))


def test_several_deliveries_are_committed_in_one_call_and_some_refused() -> None:
    book = Book()
    with GroupCommit(book.commit, book.settle) as gate:
        claims = {DeliveryId(1): 101, DeliveryId(2): 99, DeliveryId(3): 103}
        assert gate.commit(claims) == {1, 3}
    assert book.commits == [[1, 2, 3]]


def test_those_who_come_during_a_write_share_the_next_one() -> None:
    book = Book()
    book.go_on.clear()
    with GroupCommit(book.commit, book.settle) as gate, ThreadPoolExecutor(21) as threads:
        first = threads.submit(gate.commit, {DeliveryId(0): 100})
        assert book.started.acquire(timeout=10)
        rest = [threads.submit(gate.commit, {DeliveryId(n): n + 100}) for n in range(1, 21)]
        while len(gate._requests) < 20:
            Event().wait(0.001)
        book.go_on.set()
        assert first.result(10)
        assert all(future.result(10) for future in rest)
    assert [len(batch) for batch in book.commits] == [1, 20]


def test_an_error_reaches_everyone_who_waits_for_that_write_and_nobody_else() -> None:
    book = Book()
    with GroupCommit(book.commit, book.settle) as gate, ThreadPoolExecutor(8) as threads:
        book.failure = LedgerError("disk full")
        futures = [threads.submit(gate.commit, {DeliveryId(n): n + 100}) for n in range(8)]
        for future in futures:
            with pytest.raises(LedgerError, match="disk full"):
                future.result(10)
        book.failure = None
        assert gate.commit({DeliveryId(9): 109})


def test_leaving_the_gate_writes_every_outcome_in_order() -> None:
    book = Book()
    with GroupCommit(book.commit, book.settle) as gate:
        for n in range(500):
            gate.settle(sent(n), n + 100)
    assert book.settled == [sent(n) for n in range(500)]


def test_an_outcome_after_which_nothing_comes_is_written_all_the_same() -> None:
    book = Book()
    with GroupCommit(book.commit, book.settle) as gate:
        gate.settle(sent(1), 101)
        for _ in range(1000):
            if book.settled:
                break
            Event().wait(0.01)
        assert book.settled == [sent(1)]


def test_outcomes_that_could_not_be_written_are_written_later() -> None:
    book = Book()
    with GroupCommit(book.commit, book.settle) as gate:
        book.failure = LedgerError("database is locked")
        gate.settle(sent(1), 101)
        with pytest.raises(LedgerError):
            gate.commit({DeliveryId(2): 102})
        book.failure = None
        gate.settle(sent(2), 102)
    assert book.settled == [sent(1), sent(2)]


def test_an_outcome_that_can_never_be_written_is_an_error_at_the_end() -> None:
    book = Book()
    book.failure = LedgerError("disk full")
    gate = GroupCommit(book.commit, book.settle)
    gate.settle(sent(1), 101)
    with pytest.raises(LedgerError, match="disk full"):
        gate.close()


def test_a_closed_gate_refuses_at_once() -> None:
    book = Book()
    gate = GroupCommit(book.commit, book.settle)
    gate.close()
    with pytest.raises(RuntimeError, match="closed"):
        gate.commit({DeliveryId(1): 101})
    with pytest.raises(RuntimeError, match="closed"):
        gate.settle(sent(1), 101)


def test_leases_are_renewed_while_nothing_else_happens_and_a_failure_is_survived() -> None:
    book, renewals = Book(), Semaphore(0)

    def renew() -> None:
        renewals.release()
        raise LedgerError("database is locked")

    every = timedelta(milliseconds=5)
    with GroupCommit(book.commit, book.settle, renew=renew, renew_every=every) as gate:
        for _ in range(3):
            assert renewals.acquire(timeout=10)
        assert gate.commit({DeliveryId(1): 101})
