"""Group commit: deliveries that wait for a durable commit at the same time share one."""

import time
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Self

from digest.model import DeliveryId, Outcome

Outcomes = Collection[tuple[Outcome, int]]  # outcomes, each with the fence of its delivery
Commit = Callable[[Collection[tuple[DeliveryId, int]], Outcomes], Collection[DeliveryId]]
"""Commits (delivery, fence) pairs and records outcomes in one durable transaction; returns the
deliveries that may be sent."""
Settle = Callable[[Outcomes], object]  # records outcomes durably


SETTLE_WITHIN = 0.05  # the seconds without a commit after which outcomes are recorded on their own
CROWD, GATHER = 3, 0.002
"""After a batch of ``CROWD`` or more, the next one gets ``GATHER`` seconds to fill: a transaction
for ten deliveries costs hardly more than for one."""


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
        self._queue: SimpleQueue[_Request | None] = SimpleQueue()  # None marks the end
        self._unsettled: deque[tuple[Outcome, int]] = deque()
        self._lock = Lock()
        self._open = True
        self._failure: Exception | None = None
        self._crowded = False
        self._writer = Thread(target=self._write, name="ledger writer", daemon=True)
        self._writer.start()

    def commit(self, claims: Mapping[DeliveryId, int]) -> set[DeliveryId]:
        """Wait until these deliveries, with their fences, are durably committed; those that may be
        sent. An exception of the ledger is raised here; then none of them may be sent."""
        request = _Request(claims)
        with self._lock:
            if not self._open:
                raise RuntimeError("the group commit is closed")
            self._queue.put(request)
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
        with self._lock:
            if self._open:
                self._open = False
                self._queue.put(None)
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
            batch = self._next_batch()
            closing = None in batch
            requests = [request for request in batch if request is not None]
            if requests:
                self._answer(requests)
                self._crowded = len(requests) >= CROWD
            if self._unsettled and (closing or not requests):
                self._record()
            if time.monotonic() >= renew_at:
                renew_at = time.monotonic() + self._renew_every
                with suppress(Exception):  # a claim that is not renewed is taken over
                    self._renew()

    def _next_batch(self) -> list[_Request | None]:
        """Take everything from the queue; empty if nothing comes within ``SETTLE_WITHIN``."""
        batch: list[_Request | None] = []
        with suppress(Empty):
            batch.append(self._queue.get(timeout=SETTLE_WITHIN))
            if self._crowded:
                time.sleep(GATHER)
            while True:
                batch.append(self._queue.get_nowait())
        return batch

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
