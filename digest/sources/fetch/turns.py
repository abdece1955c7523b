"""The time between two requests to one host."""

import threading
import time
from collections.abc import Callable


class Turns:
    """Gives each request to a host its turn. All clients of a process share one, so that two
    sources at one host do not ask it faster than one would.

    Args:
        clock: Seconds that only grow.
        sleep: Waits for this many seconds, by the same clock.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock, self.sleep = clock, sleep
        self._lock = threading.Lock()
        self._last: dict[str, float] = {}

    def wait(self, host: str, interval: float) -> None:
        """Return when ``interval`` seconds have passed since the last request to the host began."""
        with self._lock:
            now = self._clock()
            start = max(now, self._last.get(host, now - interval) + interval)
            self._last[host] = start
        if start > now:
            self.sleep(start - now)
