"""One durable write for all who wait for one: many connections, few commits."""

from __future__ import annotations

import math
import time
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

SETTLE_WITHIN = 0.02
"""Seconds that an outcome may wait for a commit to be written with."""
CROWD, GATHER = 8, 0.002
"""After a batch of so many commits, the next one is given so many seconds to fill up: a
transaction costs as much for thirty mails as for ten."""


@dataclass(slots=True)
class _Request:
    """One thread that waits for its delivery to be committed."""

    delivery: DeliveryId
    fence: int
    answer: bool | Exception = False
    answered: Lock = field(default_factory=Lock)


class Gate:
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
        self._queue: SimpleQueue[_Request | tuple[Outcome, int] | None] = SimpleQueue()
        self._door = Lock()
        self._open = True
        self._unsettled: list[tuple[Outcome, int]] = []
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
        self._put(request)
        with request.answered:
            if isinstance(request.answer, Exception):
                raise request.answer
            return request.answer

    def settle(self, outcome: Outcome, fence: int) -> None:
        """Have an outcome recorded soon; does not wait.

        One that cannot be written is tried again with the next batch, and at the end.
        """
        self._put((outcome, fence))

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

    def _put(self, item: _Request | tuple[Outcome, int]) -> None:
        with self._door:
            if not self._open:
                raise RuntimeError("the gate is closed")
            self._queue.put(item)

    # --- the writer's thread -------------------------------------------------------------

    def _write(self) -> None:
        closing = False
        renew_at = time.monotonic() + self._renew_every
        settle_at = math.inf
        while not closing:
            batch = self._next_batch(min(renew_at, settle_at))
            closing = None in batch
            requests = [item for item in batch if isinstance(item, _Request)]
            self._unsettled += [item for item in batch if isinstance(item, tuple)]
            now = time.monotonic()
            if self._unsettled:
                settle_at = min(settle_at, now + SETTLE_WITHIN)
            if requests:
                self._answer(requests)
                self._crowded = len(requests) >= CROWD
                settle_at = math.inf
            elif self._unsettled and (closing or now >= settle_at):
                self._record()
                settle_at = math.inf
            if now >= renew_at:
                renew_at = now + self._renew_every
                with suppress(Exception):  # leases end; what could not be renewed is taken over
                    self._renew()
        if self._unsettled:
            self._record()

    def _next_batch(self, until: float) -> list[_Request | tuple[Outcome, int] | None]:
        """Everything that waits; nothing if nothing comes in until then."""
        batch: list[_Request | tuple[Outcome, int] | None] = []
        with suppress(Empty):
            batch.append(self._queue.get(timeout=max(until - time.monotonic(), 0)))
            if self._crowded:
                time.sleep(GATHER)
            while True:
                batch.append(self._queue.get_nowait())
        return batch

    def _answer(self, requests: Sequence[_Request]) -> None:
        pairs = [(request.delivery, request.fence) for request in requests]
        allowed: Collection[DeliveryId] = ()
        failure: Exception | None = None
        try:
            allowed = self._commit(pairs, self._unsettled)
        except Exception as error:
            failure = error
        else:
            self._written()
        for request in requests:
            request.answer = failure or request.delivery in allowed
            request.answered.release()

    def _record(self) -> None:
        try:
            self._settle(self._unsettled)
        except Exception as error:
            self._failure = error
        else:
            self._written()

    def _written(self) -> None:
        self._unsettled, self._failure = [], None
