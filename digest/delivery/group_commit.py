"""Group commit: deliveries that wait for a durable commit at the same time share one."""

import time
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from threading import Condition, Lock, Thread
from typing import Self

from digest.model import DeliveryId, Outcome

Outcomes = Collection[tuple[Outcome, int]]  # outcomes, each with the fence of its delivery
Commit = Callable[[Collection[tuple[DeliveryId, int]], Outcomes], Collection[DeliveryId]]
"""Commits (delivery, fence) pairs and records outcomes in one durable transaction; returns the
deliveries that may be sent."""
Settle = Callable[[Outcomes], object]  # records outcomes durably


SETTLE_WITHIN = 0.05  # the seconds without a commit after which outcomes are recorded on their own
GATHER = 0.005
"""The seconds that a batch gets to become as large as the last one: a transaction for ten
deliveries costs hardly more than for one."""


class _Request:
    """Deliveries to commit, with their fences, and the answer."""

    def __init__(self, claims: Mapping[DeliveryId, int]) -> None:
        self.claims = claims
        self.allowed: set[DeliveryId] = set()
        self.error: Exception | None = None
        self.waits = Lock()  # cheaper than a Future; released once there is an answer
        self.waits.acquire()


class GroupCommit:
    """Collects commits and outcomes of several threads; a thread of its own writes them in batches.
    While one batch is written, the next one fills up, so that batches grow with the load. It is a
    context manager; at its end everything is written."""

    def __init__(
        self,
        commit: Commit,
        settle: Settle,
        *,
        renew: Callable[[], object] = lambda: None,
        renew_every: timedelta = timedelta(minutes=1),
    ) -> None:
        """Start the writer; it calls ``renew``, which extends leases, every ``renew_every``."""
        self._commit, self._settle = commit, settle
        self._renew, self._renew_every = renew, renew_every.total_seconds()
        self._requests: list[_Request] = []
        self._last = 0  # how many the last batch had
        self._unsettled: deque[tuple[Outcome, int]] = deque()
        self._changed = Condition()
        self._open = True
        self._failure: Exception | None = None
        self._writer = Thread(target=self._write, name="ledger writer", daemon=True)
        self._writer.start()

    def commit(self, claims: Mapping[DeliveryId, int]) -> set[DeliveryId]:
        """Wait until these deliveries, with their fences, are durably committed; those that may be
        sent. An exception of the ledger is raised here; then none of them may be sent."""
        request = _Request(claims)
        with self._changed:
            if not self._open:
                raise RuntimeError("the group commit is closed")
            self._requests.append(request)
            if len(self._requests) in (1, self._last):  # no other number wakes the writer
                self._changed.notify()
        request.waits.acquire()
        if request.error is not None:
            raise request.error
        return request.allowed

    def settle(self, outcome: Outcome, fence: int) -> None:
        """Record an outcome with the next commit, or soon if there is none; does not wait. An
        outcome that cannot be written is tried again later and at the end."""
        if not self._open:
            raise RuntimeError("the group commit is closed")
        self._unsettled.append((outcome, fence))

    def close(self) -> None:
        """Write everything and stop; raises the ledger's exception if that fails."""
        with self._changed:
            self._open = False
            self._changed.notify()
        self._writer.join()
        if self._failure is not None:
            raise self._failure

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- the writer's thread -------------------------------------------------------------

    def _write(self) -> None:
        renew_at = time.monotonic() + self._renew_every
        closing = False
        while not closing:
            requests, closing = self._next_batch()
            if requests:
                self._answer(requests)
            if self._unsettled and (closing or not requests):
                self._record()
            if time.monotonic() >= renew_at:
                renew_at = time.monotonic() + self._renew_every
                with suppress(Exception):  # a claim that is not renewed is taken over
                    self._renew()

    def _next_batch(self) -> tuple[list[_Request], bool]:
        """Take all requests, none if none comes within ``SETTLE_WITHIN``; and whether they are the
        last ones."""
        with self._changed:
            self._changed.wait_for(lambda: self._requests or not self._open, SETTLE_WITHIN)
            if self._requests:
                self._changed.wait_for(
                    lambda: len(self._requests) >= self._last or not self._open, GATHER
                )
            batch, self._requests = self._requests, []
            self._last = len(batch)
            return batch, not self._open

    def _answer(self, requests: Sequence[_Request]) -> None:
        outcomes = list(self._unsettled)
        try:
            every = [pair for request in requests for pair in request.claims.items()]
            allowed = set(self._commit(every, outcomes))
        except Exception as error:
            for request in requests:
                request.error = error
        else:
            self._written(outcomes)
            for request in requests:
                request.allowed = allowed & request.claims.keys()
        finally:
            for request in requests:
                request.waits.release()

    def _record(self) -> None:
        outcomes = list(self._unsettled)
        try:
            self._settle(outcomes)
        except Exception as error:
            self._failure = error
        else:
            self._written(outcomes)

    def _written(self, outcomes: Outcomes) -> None:
        self._failure = None
        for _ in outcomes:
            self._unsettled.popleft()
