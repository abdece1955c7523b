"""The messages that wait for a connection, each until its time has come."""

import heapq
import itertools
import time
from threading import Condition, Event

from digest.delivery.rate_limiter import RateLimiter
from digest.model import Message


class SendQueue:
    """Hands messages to the threads of the connections, as fast as the rate limiter allows."""

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
            return self._push(self._limiter.reserve(domain, time.monotonic()), message)

    def put_back(self, message: Message) -> bool:
        """Queue a message again that ``take`` has returned; False if the queue is closed."""
        with self._changed:
            return self._push(0.0, message)

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

    def _push(self, slot: float, message: Message) -> bool:
        if self._closed.is_set():
            return False
        heapq.heappush(self._heap, (slot, next(self._numbers), message))
        self._changed.notify()
        return True
