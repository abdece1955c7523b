"""Starts passes while the service runs: when digests fall due, and when dumps arrive. The scheduler
only starts a pass; the ledger decides what is due. So an unnecessary pass does nothing, and the
next pass makes up for a missed one."""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from apscheduler.executors.debug import DebugExecutor  # type: ignore[import-untyped]  # no types
from apscheduler.schedulers.base import BaseScheduler  # type: ignore[import-untyped]  # nor here

T = TypeVar("T")

log = logging.getLogger(__name__)

LOOK = timedelta(seconds=5)  # how often the inbox, the profiles and the next due time are looked at
REGULAR = timedelta(minutes=5)
"""The longest time between two passes; deferred deliveries have no alarm of their own."""
FIRST_RETRY = timedelta(seconds=10)
STEP = timedelta(minutes=1)  # a clock that is put back by more makes a pass
LAST_RETRY = timedelta(minutes=5)
"""A failed pass is repeated after ``FIRST_RETRY``; the time doubles up to ``LAST_RETRY``."""


class Service:
    """Runs passes until it is told to stop, one at a time, in the thread that calls ``run``.
    ``run_pass`` makes one pass as of an instant. ``next_due`` says when the next digest falls due.
    ``profiles_changed`` and ``inbox_changed`` say whether there is something that no pass has seen.
    ``clock`` is the system's clock. What any of them raises is logged and does not end the
    service."""

    def __init__(
        self,
        *,
        run_pass: Callable[[datetime], None],
        next_due: Callable[[], datetime | None],
        profiles_changed: Callable[[], bool],
        inbox_changed: Callable[[], bool],
        clock: Callable[[], datetime],
        look: timedelta = LOOK,
        regular: timedelta = REGULAR,
    ) -> None:
        self._run_pass = run_pass
        self._next_due = next_due
        self._news = {
            "the profiles cannot be looked at": profiles_changed,
            "the inbox cannot be looked at": inbox_changed,
        }
        self._clock = clock
        self._look, self._regular = look, regular
        self._alarm = _Alarm()
        self._owed, self._failures = True, 0  # whether a pass is due, and how many have failed
        self._next = self._not_before = time.monotonic()
        self._faults: dict[str, str] = {}
        self._latest = clock()
        self._stopping = False
        # Unlike an event, a queue can be used in a signal handler, whatever the thread is doing.
        self._wake: SimpleQueue[None] = SimpleQueue()

    def run(self) -> None:
        """Catch up with a first pass, then make one whenever there is a reason, until ``stop``."""
        self._alarm.start()
        try:
            while not self._stopping:
                self._turn()
                self._sleep()
        finally:
            self._alarm.shutdown()

    def stop(self) -> None:
        """Finish the current pass and begin no other; any thread or signal handler may call it."""
        self._stopping = True
        self._wake.put(None)

    def stopping(self) -> bool:
        """Whether ``stop`` was called; a long pass may then end early where that is safe."""
        return self._stopping

    def _turn(self) -> None:
        """Look at everything once, and make a pass if there is a reason for one, or regularly;
        later after a failed one."""
        changed = [self._tried(what, look) for what, look in self._news.items()]
        now = self._clock()
        changed.append(now < self._latest - STEP)  # what was due may have been forgotten
        self._latest = now
        look = "the next due time cannot be read"
        self._tried(look, lambda: self._alarm.set(self._next_due()))
        self._owed |= self._alarm.ring() or any(changed)
        at = time.monotonic()
        if self._stopping or at < self._not_before or not (self._owed or at >= self._next):
            return
        try:
            self._run_pass(self._clock())  # no earlier than the alarm, or nothing would be due
        except Exception:
            delay = min(FIRST_RETRY * 2 ** min(self._failures, 10), LAST_RETRY)
            self._owed, self._failures = True, self._failures + 1
            self._not_before = time.monotonic() + delay.total_seconds()
            log.exception("a pass has failed and will be repeated")
        else:
            self._owed, self._failures = False, 0
            self._next = time.monotonic() + self._regular.total_seconds()

    def _sleep(self) -> None:
        """Until the next alarm, the next look, or ``stop``."""
        seconds = min(self._look.total_seconds(), self._alarm.seconds)
        with suppress(Empty):
            self._wake.get(timeout=seconds)

    def _tried(self, what: str, call: Callable[[], T]) -> T | None:
        """The result of the call, or None if it raises; a repeated error is logged once."""
        try:
            result = call()
        except Exception as error:
            fault = f"{type(error).__name__}: {error}"
            if self._faults.get(what) != fault:
                self._faults[what] = fault
                log.exception("%s", what)
            return None
        self._faults.pop(what, None)
        return result


class _Alarm(BaseScheduler):  # type: ignore[misc]  # the base has no types
    """One job at one instant. The scheduler has no thread: it rings when asked."""

    def __init__(self) -> None:
        super().__init__(timezone=UTC)
        self.seconds = float("inf")
        """From the last ``ring`` to the alarm."""
        self._at: datetime | None = None
        self._rung = False

    def set(self, at: datetime | None) -> None:
        """Have the alarm go off at this instant, once, and at no other."""
        if at == self._at:
            return
        self.remove_all_jobs()
        self._at = at
        if at is not None:
            options = {"misfire_grace_time": None, "coalesce": True}
            self.add_job(self._sound, "date", run_date=at, **options)

    def ring(self) -> bool:
        """Whether the alarm has gone off since the last time."""
        self._rung = False
        seconds = self._process_jobs()
        self.seconds = float("inf") if seconds is None else seconds
        return self._rung

    def wakeup(self) -> None:
        """Do nothing: the service asks often enough."""

    def shutdown(self, wait: bool = True) -> None:
        """Let go of the alarm."""
        super().shutdown(wait)

    def _create_default_executor(self) -> Any:
        return DebugExecutor()  # in this thread

    def _sound(self) -> None:
        self._rung = True
