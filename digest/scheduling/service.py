"""Starts passes while the service runs: when digests fall due, and when dumps arrive.

The scheduler only starts a pass; the ledger decides what is due. So an unnecessary pass does
nothing, and the next pass makes up for a missed one.
"""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Any, TypeVar

from apscheduler.executors.debug import DebugExecutor  # type: ignore[import-untyped]  # no types
from apscheduler.schedulers.base import BaseScheduler  # type: ignore[import-untyped]  # nor here
from apscheduler.triggers.base import BaseTrigger  # type: ignore[import-untyped]  # nor here

from digest.model import Schedule, Subscriber
from digest.scheduling import periods

T = TypeVar("T")

log = logging.getLogger(__name__)

LOOK = timedelta(seconds=5)
"""The time between two looks at the inbox, the profiles and the clock."""
REGULAR = timedelta(minutes=5)
"""The longest time between two passes; deferred deliveries have no alarm of their own."""
FIRST_RETRY = timedelta(seconds=10)
LAST_RETRY = timedelta(minutes=5)
"""A failed pass is repeated after ``FIRST_RETRY``; the time doubles up to ``LAST_RETRY``."""


class Service:
    """Runs passes until it is told to stop, one at a time, in the thread that calls ``run``.

    ``run_pass`` makes one pass as of an instant. ``subscribers`` returns those of now, cheaply
    while nothing changes; where it raises, the last ones stay in force. ``inbox_changed`` says
    whether the inbox has finished files that no pass has seen. ``clock`` is the system's clock.
    Exceptions of these functions are logged and do not end the service.
    """

    def __init__(
        self,
        *,
        run_pass: Callable[[datetime], None],
        subscribers: Callable[[], Sequence[Subscriber]],
        inbox_changed: Callable[[], bool],
        clock: Callable[[], datetime],
        look: timedelta = LOOK,
        regular: timedelta = REGULAR,
    ) -> None:
        self._run_pass = run_pass
        self._subscribers = subscribers
        self._inbox_changed = inbox_changed
        self._clock = clock
        self._look = look
        self._alarms = _Alarms()
        self._pace = _Pace(regular)
        self._faults: dict[str, str] = {}
        self._stopping = False
        # Unlike an event, a queue can be used in a signal handler, whatever the thread is doing.
        self._wake: SimpleQueue[None] = SimpleQueue()

    def run(self) -> None:
        """Make a first pass, then another one whenever there is a reason, until ``stop``."""
        self._alarms.start()
        try:
            while not self._stopping:
                self._turn()
                self._sleep()
        finally:
            self._alarms.shutdown()

    def stop(self) -> None:
        """Finish the current pass and begin no other; any thread or signal handler may call it."""
        self._stopping = True
        self._wake.put(None)

    def stopping(self) -> bool:
        """Whether ``stop`` was called; a long pass may then end early where that is safe."""
        return self._stopping

    def _turn(self) -> None:
        """Check everything once, and make a pass if there is a reason for one."""
        self._tried("the profiles cannot be followed", self._follow)
        changed = self._tried("the inbox cannot be looked at", self._inbox_changed)
        if self._alarms.ring() or changed:
            self._pace.owe()
        if self._stopping or not self._pace.is_time():
            return
        try:
            self._run_pass(self._clock())  # no earlier than the alarm, or nothing would be due
        except Exception:
            self._pace.failed()
            log.exception("a pass has failed and will be repeated")
        else:
            self._pace.succeeded()

    def _follow(self) -> None:
        people = self._subscribers()
        self._alarms.follow({(each.schedule, each.timezone) for each in people}, self._clock())

    def _sleep(self) -> None:
        """Wait until the next alarm, the next look, or ``stop``."""
        seconds = min(self._look.total_seconds(), self._alarms.seconds)
        try:
            self._wake.get(timeout=seconds)
        except Empty:
            return

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


@contextmanager
def stopped_by_signals(service: Service) -> Iterator[None]:
    """Let SIGTERM and SIGINT stop the service inside the block, which is in the main thread."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        service.stop()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Pace:
    """Whether it is time for a pass: when one is owed, and regularly; later after failures."""

    def __init__(self, regular: timedelta) -> None:
        self._regular = regular.total_seconds()
        self._owed = True
        self._failures = 0
        self._next = self._not_before = time.monotonic()

    def owe(self) -> None:
        self._owed = True

    def is_time(self) -> bool:
        now = time.monotonic()
        return now >= self._not_before and (self._owed or now >= self._next)

    def succeeded(self) -> None:
        self._owed, self._failures = False, 0
        self._next = time.monotonic() + self._regular

    def failed(self) -> None:
        delay = min(FIRST_RETRY * 2 ** min(self._failures, 10), LAST_RETRY)
        self._owed, self._failures = True, self._failures + 1
        self._not_before = time.monotonic() + delay.total_seconds()


class _Alarms(BaseScheduler):  # type: ignore[misc]  # the base has no types
    """One job for each distinct schedule and zone; without a thread, since the service asks."""

    def __init__(self) -> None:
        super().__init__(timezone=UTC)
        self.seconds = float("inf")
        """The seconds from the last ``ring`` to the next alarm."""
        self._set: dict[tuple[Schedule, str], Any] = {}
        self._rung = False
        self._latest = datetime.min.replace(tzinfo=UTC)

    def follow(self, wanted: Collection[tuple[Schedule, str]], now: datetime) -> None:
        """Keep one alarm for each schedule and zone that is wanted, and no others.

        If the clock was put back, all alarms are set again: earlier ones may be far ahead.
        """
        kept = wanted if now >= self._latest else ()
        self._latest = now
        for gone in self._set.keys() - set(kept):
            self._set.pop(gone).remove()
        for new in set(wanted) - self._set.keys():
            self._set[new] = self.add_job(
                self._sound, _Due(*new), misfire_grace_time=None, coalesce=True, max_instances=1
            )

    def ring(self) -> bool:
        """Whether any alarm has gone off since the last call."""
        self._rung = False
        seconds = self._process_jobs()
        self.seconds = float("inf") if seconds is None else seconds
        return self._rung

    def wakeup(self) -> None:
        """Do nothing: the service calls ``ring`` often enough."""

    def shutdown(self, wait: bool = True) -> None:
        """Remove all alarms."""
        super().shutdown(wait)

    def _create_default_executor(self) -> Any:
        return DebugExecutor()  # in this thread

    def _sound(self) -> None:
        self._rung = True


class _Due(BaseTrigger):  # type: ignore[misc]  # the base has no types
    """Goes off whenever a digest of this schedule falls due, as ``periods`` says."""

    def __init__(self, schedule: Schedule, zone: str) -> None:
        self._schedule, self._zone = schedule, zone

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """The next due instant; missed ones need no alarms of their own."""
        return periods.next_occurrence(self._schedule, self._zone, now)
