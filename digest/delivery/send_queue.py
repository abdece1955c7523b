"""When the next message may go, and when a deferred one is tried again."""

from __future__ import annotations

import heapq
import itertools
import time
from collections import defaultdict
from datetime import timedelta
from hashlib import sha256
from threading import Condition, Event

from digest.model import DeliveryId, Message

FIRST_RETRY = timedelta(minutes=5)
LONGEST_RETRY = timedelta(hours=4)
JITTER = 0.25
"""A retry comes up to this part earlier or later, so that a batch does not come back at once."""


def retry_after(delivery: DeliveryId, attempt: int) -> timedelta:
    """How long to wait after the ``attempt``-th try (1 for the first) was deferred.

    Doubles from five minutes to four hours (RFC 5321, 4.5.4.1, asks for growing intervals);
    the jitter follows from the delivery and the attempt, so the same try always waits as long.
    """
    doublings = min(attempt - 1, 16)
    wait = min(FIRST_RETRY * (1 << doublings), LONGEST_RETRY)
    digest = sha256(f"{delivery}/{attempt}".encode()).digest()
    chance = int.from_bytes(digest[:4], "big") / 2**32
    return wait * (1 - JITTER + 2 * JITTER * chance)


class RateLimiter:
    """Spaces messages evenly: overall, and for each recipient domain. Pure but for its memory."""

    def __init__(self, per_second: float | None = None, per_domain: float | None = None) -> None:
        self._gap = 1 / per_second if per_second else 0.0
        self._domain_gap = 1 / per_domain if per_domain else 0.0
        self._next = 0.0
        self._next_of: defaultdict[str, float] = defaultdict(float)

    def reserve(self, domain: str, now: float) -> float:
        """The earliest time, in seconds of the caller's clock, for a message to this domain."""
        if not self._domain_gap:
            return now
        slot = max(now, self._next_of[domain])
        self._next_of[domain] = slot + self._domain_gap
        return slot

    def wait(self, now: float) -> float:
        """Seconds until the next message, to whatever domain, may go."""
        return max(0.0, self._next - now)

    def spend(self, now: float) -> None:
        """A message goes now."""
        self._next = max(now, self._next) + self._gap


class SendQueue:
    """Messages on their way to the connections, each let out when its turn has come."""

    def __init__(self, limiter: RateLimiter) -> None:
        self._limiter = limiter
        self._heap: list[tuple[float, int, Message]] = []
        self._numbers = itertools.count()
        self._changed = Condition()
        self._closed = Event()

    def put(self, message: Message) -> bool:
        """Queue a message; False if the queue is closed."""
        domain = message.recipient.rpartition("@")[2].lower()
        with self._changed:
            slot = self._limiter.reserve(domain, time.monotonic())
            return self._push(slot, next(self._numbers), message)

    def put_back(self, message: Message) -> bool:
        """Queue a message whose turn had come already; False if the queue is closed."""
        with self._changed:
            return self._push(0.0, next(self._numbers), message)

    def take(self) -> Message | None:
        """Wait for the next message whose turn has come; None once the queue is closed."""
        with self._changed:
            while not self._closed.is_set():
                now = time.monotonic()
                if not self._heap:
                    self._changed.wait()
                    continue
                delay = max(self._heap[0][0] - now, self._limiter.wait(now))
                if delay <= 0:
                    self._limiter.spend(now)
                    return heapq.heappop(self._heap)[2]
                self._changed.wait(delay)
            return None

    def pause(self, seconds: float) -> None:
        """Wait so long, or until the queue is closed."""
        self._closed.wait(seconds)

    def close(self) -> list[Message]:
        """Let nothing more in or out; the messages that were still waiting."""
        with self._changed:
            self._closed.set()
            waiting = [message for _, _, message in sorted(self._heap)]
            self._heap.clear()
            self._changed.notify_all()
            return waiting

    def _push(self, slot: float, number: int, message: Message) -> bool:
        if self._closed.is_set():
            return False
        heapq.heappush(self._heap, (slot, number, message))
        self._changed.notify()
        return True
