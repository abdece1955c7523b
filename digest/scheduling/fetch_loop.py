"""Fetches from sources while the service runs, in a thread of its own: a slow source delays no
mail."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

LONGEST = timedelta(minutes=1)
"""The longest time between two looks at what is due: another process may have fetched meanwhile, or
the clock may have been put back."""
PATIENCE = timedelta(seconds=3)  # for the request that is under way when the service stops

log = logging.getLogger(__name__)


class FetchLoop:
    """A thread that fetches. ``clock`` is the system's clock."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._stopped = threading.Event()
        self._fault = ""

    def stopping(self) -> bool:
        """Whether the thread was told to end."""
        return self._stopped.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait for so long, or until the thread is told to end; whether it was."""
        return self._stopped.wait(seconds)

    @contextmanager
    def running(self, fetch: Callable[[], datetime | None]) -> Iterator[None]:
        """Call ``fetch`` whenever something is due, until the block ends. It fetches what is due
        and returns when it is to be called again. What it raises is logged once, and does not end
        the thread. A request that does not end soon after the block ends with the process."""
        thread = threading.Thread(target=self._run, args=(fetch,), name="fetching", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stopped.set()
            thread.join(PATIENCE.total_seconds())

    def _run(self, fetch: Callable[[], datetime | None]) -> None:
        while not self.stopping():
            self.wait(self._turn(fetch))

    def _turn(self, fetch: Callable[[], datetime | None]) -> float:
        """Fetch what is due; the seconds until the next turn."""
        longest = LONGEST.total_seconds()
        try:
            due = fetch()
        except Exception as error:  # the next turn may go well
            fault = f"{type(error).__name__}: {error}"
            if fault != self._fault:
                log.exception("the sources cannot be fetched")
            self._fault = fault
            return longest
        self._fault = ""
        wait = (due - self._clock()).total_seconds() if due else longest
        return min(max(wait, 0.0), longest)
