"""The part of a pass that runs in a worker process."""

from __future__ import annotations

import logging
import signal
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import cache
from threading import Event, Lock
from time import monotonic
from typing import TypeVar

from distributed import Worker, WorkerPlugin, get_worker

from digest.errors import ConfigError, DigestError
from digest.model import Problem
from digest.pipeline.decide import decide
from digest.pipeline.deliver import deliver
from digest.pipeline.planning import Planner
from digest.workers.shards import Done, Open, Opened, Pass, Task

T = TypeVar("T")
TELL_EVERY = 0.5  # seconds between two words of how far a worker is


class ShardWorker(WorkerPlugin):
    """Joins a worker to a pass. Ledger, templates and what has been ranked stay open from its first
    shard until the pass ends. One process does one shard at a time, however many threads it has.
    """

    _worker: Worker
    _busy: Lock
    _stopping: Event
    _open_until_the_end: ExitStack
    _opened: Opened | None
    _planner: Planner

    def __init__(self, of: Pass, opener: Open) -> None:
        self.name = of.name
        self._pass, self._opener = of, opener

    # --- in the worker's main thread -----------------------------------------------------

    def setup(self, worker: Worker) -> None:
        """Prepare a process that has got this plugin; nothing is opened yet."""
        self._worker = worker
        self._busy, self._stopping = Lock(), Event()
        self._open_until_the_end, self._opened = ExitStack(), None
        if self._pass.is_local:
            quieten_dask()
            # A terminal, or a service manager, sends these to every process of the pass. The
            # coordinator tells its workers when to stop, and they end when it is gone.
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)

    def teardown(self, worker: Worker) -> None:
        """Let a shard end where it is safe to, and close everything."""
        del worker
        self.stop()
        self._close_if_idle()

    def stop(self) -> None:
        """Finish the mail in flight and begin nothing more."""
        self._stopping.set()

    # --- in the thread of a task ---------------------------------------------------------

    def work(self, task: Task) -> Done:
        """Decide and deliver for the subscribers of a shard."""
        try:
            with self._busy:
                return self._work(task)
        finally:
            if self._stopping.is_set():
                self._close_if_idle()

    def _work(self, task: Task) -> Done:
        done = Done(self._worker.address)
        if self._stopping.is_set():
            return done
        try:
            opened = self._opened = self._opened or self._open()
            try:
                context = replace(
                    opened.context,
                    shard=task.shard,
                    transport=opened.transport(task.share),
                    track=_Telling(self._worker, self._pass.topic, task),
                )
                done.decided = decide(
                    context,
                    until=self._pass.until,
                    papers_came=self._pass.papers_came,
                    now=self._pass.now,
                    planner=self._planner,
                )
                done.delivered = deliver(context)
            finally:
                opened.release()
        except ConfigError as error:
            done.is_fit = False
            done.problems = tuple(
                replace(each, where=f"worker {done.worker}, {each.where}")
                for each in error.problems
            )
        except DigestError as error:
            done.problems = (Problem(f"worker {done.worker}", str(error)),)
        return done

    def _open(self) -> Opened:
        entered = self._open_until_the_end.enter_context(
            self._opener(self._pass, self._stopping.is_set)
        )
        context = replace(entered.context, composer=cache(entered.context.composer))
        self._planner = Planner(
            context.ledger,
            until=self._pass.until,
            expected=context.expected,
            now=self._pass.now,
            corpus=self._pass.corpus,
        )
        return replace(entered, context=context)

    def _close_if_idle(self) -> None:
        if self._busy.acquire(blocking=False):
            with self._open_until_the_end.pop_all():
                self._opened = None
            self._busy.release()


class _Telling:
    """Passes items on, and has the coordinator know how many there were."""

    def __init__(self, worker: Worker, topic: str, task: Task) -> None:
        self._worker, self._topic, self._first = worker, topic, task.shard.first

    def __call__(self, items: Iterable[T], what: str, total: int) -> Iterator[T]:
        del what, total
        count, told = 0, monotonic()
        for item in items:
            yield item
            count += 1
            if monotonic() - told > TELL_EVERY:
                self._worker.log_event(self._topic, {"first": self._first, "count": count})
                count, told = 0, monotonic()


def quieten_dask() -> None:
    """Log nothing of a cluster that lasts for one pass: the report says what became of it."""
    for name in ("distributed", "distributed.client", "distributed.gc"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def work_on(name: str, task: Task) -> Done:
    """The function of a Dask task: do a part of the pass that this worker has joined."""
    plugin = get_worker().plugins[name]
    assert isinstance(plugin, ShardWorker)  # noqa: S101  it alone has this name
    return plugin.work(task)


def stop(name: str, dask_worker: Worker) -> None:
    """Have a worker stop where it is safe to."""
    if isinstance(plugin := dask_worker.plugins.get(name), ShardWorker):
        plugin.stop()
