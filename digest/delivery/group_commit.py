"""One durable write for all who wait for one: many connections, few commits."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from types import TracebackType
from typing import Self

from digest.model import DeliveryId, Outcome

Outcomes = Collection[tuple[Outcome, int]]
"""Each with its delivery's fence."""
Commit = Callable[[Collection[tuple[DeliveryId, int]], Outcomes], Collection[DeliveryId]]
"""(delivery, fence) pairs → those that may go on, durably marked; outcomes are durably recorded
in the same transaction."""
Settle = Callable[[Outcomes], object]
"""Durably records outcomes."""

SETTLE_WITHIN = 0.05
"""Seconds without a commit after which outcomes are written on their own."""
CROWD, GATHER = 3, 0.002
"""After a batch of so many commits, the next one is given so many seconds to fill up: a
transaction costs hardly more for ten mails than for one."""


@dataclass(slots=True)
class _Request:
    """One thread that waits for its delivery to be committed."""

    delivery: DeliveryId
    fence: int
    answer: bool | Exception = False
    answered: Lock = field(default_factory=Lock)


class GroupCommit:
    """Gathers what several threads want written; one thread of its own writes it in batches.

    While one batch is being written the next one fills up, so batches grow with the load; only
    among many does one wait a moment for others. Use it as a context manager: leaving it writes
    what is left.
    """

    def __init__(
        self,
        commit: Commit,
        settle: Settle,
        *,
        renew: Callable[[], object] = lambda: None,
        renew_every: timedelta = timedelta(minutes=1),
    ) -> None:
        """``renew`` extends the leases of what is in hand; it is called from time to time."""
        self._commit, self._settle = commit, settle
        self._renew, self._renew_every = renew, renew_every.total_seconds()
        self._queue: SimpleQueue[_Request | None] = SimpleQueue()
        """None: there will be no more."""
        self._unsettled: deque[tuple[Outcome, int]] = deque()
        self._door = Lock()
        self._open = True
        self._failure: Exception | None = None
        self._crowded = False
        self._writer = Thread(target=self._write, name="ledger writer", daemon=True)
        self._writer.start()

    def commit(self, delivery: DeliveryId, fence: int) -> bool:
        """Wait until this delivery is durably committed, or refused (False).

        Raises what the ledger raised; then nothing of the batch may go on.
        """
        request = _Request(delivery, fence)
        request.answered.acquire()
        with self._door:
            if not self._open:
                raise RuntimeError("the gate is closed")
            self._queue.put(request)
        with request.answered:
            if isinstance(request.answer, Exception):
                raise request.answer
            return request.answer

    def settle(self, outcome: Outcome, fence: int) -> None:
        """Have an outcome recorded with the next commit, or soon where none comes; does not wait.

        One that cannot be written is tried again, and at the end.
        """
        if not self._open:
            raise RuntimeError("the gate is closed")
        self._unsettled.append((outcome, fence))

    def close(self) -> None:
        """Write what is left and stop; raises what the ledger raised if that cannot be done."""
        with self._door:
            if self._open:
                self._open = False
                self._queue.put(None)
        self._writer.join()
        if self._failure is not None:
            raise self._failure

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
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
                with suppress(Exception):  # leases end; what could not be renewed is taken over
                    self._renew()

    def _next_batch(self) -> list[_Request | None]:
        """Everything that waits; nothing if nothing comes for a while."""
        batch: list[_Request | None] = []
        with suppress(Empty):
            batch.append(self._queue.get(timeout=SETTLE_WITHIN))
            if self._crowded:
                time.sleep(GATHER)
            while True:
                batch.append(self._queue.get_nowait())
        return batch

    def _answer(self, requests: Sequence[_Request]) -> None:
        pairs = [(request.delivery, request.fence) for request in requests]
        outcomes = list(self._unsettled)
        allowed: Collection[DeliveryId] = ()
        failure: Exception | None = None
        try:
            allowed = self._commit(pairs, outcomes)
        except Exception as error:
            failure = error
        else:
            self._written(outcomes)
        for request in requests:
            request.answer = failure or request.delivery in allowed
            request.answered.release()

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
