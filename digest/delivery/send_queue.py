"""The messages that wait for a connection, each until its time has come."""

import heapq
import itertools
import time
from collections import defaultdict
from threading import Condition, Event

from digest.model import Message


class RateLimiter:
    """Spaces messages evenly, over all and for each recipient domain; the caller gives the time."""

    def __init__(self, per_second: float | None = None, per_domain: float | None = None) -> None:
        self._gap = 1 / per_second if per_second else 0.0
        self._domain_gap = 1 / per_domain if per_domain else 0.0
        self._next = 0.0
        self._next_of: defaultdict[str, float] = defaultdict(float)

    def reserve(self, domain: str, now: float) -> float:
        """Reserve a domain's next time slot; returns its time, in seconds of the caller's clock."""
        if not self._domain_gap:
            return now
        slot = max(now, self._next_of[domain])
        self._next_of[domain] = slot + self._domain_gap
        return slot

    def wait(self, now: float) -> float:
        """The seconds until the next message to any domain may go."""
        return max(0.0, self._next - now)

    def spend(self, now: float) -> None:
        """Count a message that goes out now."""
        self._next = max(now, self._next) + self._gap


class SendQueue:
    """Hands messages to the threads of the connections, as fast as the rate limiter allows."""

    def __init__(self, limiter: RateLimiter) -> None:
        self._limiter = limiter
        self._heap: list[tuple[float, int, Message]] = []
        self._numbers = itertools.count()
        self._changed = Condition()
        self._closed = Event()

    def put(self, message: Message, *, again: bool = False) -> bool:
        """Queue a message, ``again`` if ``take`` has returned it; False if the queue is closed."""
        domain = message.recipient.rpartition("@")[2].lower()
        with self._changed:
            slot = 0.0 if again else self._limiter.reserve(domain, time.monotonic())
            if not self._closed.is_set():
                heapq.heappush(self._heap, (slot, next(self._numbers), message))
                self._changed.notify()
            return not self._closed.is_set()

    def take(self) -> Message | None:
        """Wait for the next message that may go; None once the queue is closed."""
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
        """Wait for this time, or until the queue is closed."""
        self._closed.wait(seconds)

    def close(self) -> list[Message]:
        """Let nothing more in or out; returns the messages that were still waiting."""
        with self._changed:
            self._closed.set()
            waiting = [message for _, _, message in sorted(self._heap)]
            self._heap.clear()
            self._changed.notify_all()
            return waiting
