"""Gives tasks to the workers of one pass, as many at once as there are workers."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import suppress
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any, Self
from urllib.parse import urlsplit

from distributed import Client, Future, KilledWorker

from digest.config.fields import is_loopback
from digest.errors import ConfigError
from digest.model import Problem, Shard
from digest.workers.shards import Done, Open, Pass, Task
from digest.workers.worker import ShardWorker, stop, work_on

SIZE, SMALLEST = 5000, 100  # the most and the fewest subscribers of a shard
LAST = 16  # the last shards have a 16th of what each worker does: so all end at about one time
LOOK_EVERY = 1.0  # seconds between two looks at which workers there are
LISTEN = 0.25  # seconds between two looks at whether to stop
WAIT = 60.0  # seconds without a worker after which the pass goes on without them
STEPS = 2  # of each subscriber: the decision and the mail

Part = tuple[Shard, int]  # a shard, and how many of its subscribers have something to be done


class Team:
    """The workers of one pass. They may come and go: what one leaves undone is done by others."""

    def __init__(
        self, client: Client, of: Pass, opener: Open, stopping: Callable[[], bool]
    ) -> None:
        self._client, self._pass, self._opener, self._stopping = client, of, opener, stopping
        self._messages: SimpleQueue[Future[Done] | tuple[int, int]] = SimpleQueue()
        """Tasks that have ended, and how far others are: the shard's first key and more steps."""
        self._running: dict[Future[Done], Task] = {}
        self._steps: dict[int, int] = {}  # by a shard's first key, those that are still to come
        self._present: set[str] = set()  # the addresses of workers
        self._seen: set[str] = set()
        self._problems: dict[Problem, None] = {}
        self._looked = self._met = monotonic()
        self._is_stopped = False
        self.is_over = False  # whether the workers can do no more in this pass

    def __enter__(self) -> Self:
        self._client.subscribe_topic(self._pass.topic, self._hear)
        self._client.register_plugin(ShardWorker(self._pass, self._opener))
        self._count_workers()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError, ValueError):  # workers that are gone have nothing to give back
            self._client.unsubscribe_topic(self._pass.topic)
            self._client.unregister_worker_plugin(self._pass.name)

    @property
    def gone(self) -> set[str]:
        """The workers that left before the pass ended."""
        return self._seen - self._present

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Why tasks were not done to their end."""
        return tuple(self._problems)

    def do(self, parts: Iterable[Part], look: Callable[[], object]) -> Iterator[int | Done]:
        """Have all of these parts done; yields how many more steps are done, and what came of each
        task. ``look`` is called every second."""
        waiting = deque(self._sized(list(parts)))
        while waiting or self._running:
            if monotonic() - self._looked > LOOK_EVERY:
                self._looked = monotonic()
                self._count_workers()
                look()
            if self._stopping():
                self._stop()
            if self._is_stopped or self.is_over:
                waiting.clear()
            while waiting and (share := self._free_share()):
                self._submit(Task(*waiting.popleft(), share))
            if monotonic() - self._met > WAIT:
                what = f"no worker has been there for {WAIT:.0f} seconds"
                self._end(Problem("workers", what, "start workers; the next pass goes on"))
                return
            yield from self._listen()
        if not self.is_over:
            self._count_workers()  # one may have left since the last look

    def _sized(self, parts: list[Part]) -> Iterator[Part]:
        """Join small shards: each has half of what is left for a worker, so that few are needed,
        and yet the last ones are small."""
        workers = max(1, len(self._present))
        left = sum(number for _, number in parts)
        least, joined = left // (LAST * workers), list[Part]()
        for shard, number in parts:
            joined.append((shard, number))
            size = sum(each for _, each in joined)
            if size >= min(SIZE, max(least, left // (2 * workers))):
                yield _joined(joined)
                left -= size
                joined = []
        if joined:
            yield _joined(joined)

    def _free_share(self) -> float:
        """The share of the next task; 0 while others have it. All workers share alike what one
        process might send, and together they never have more, also while their number changes."""
        count = len(self._present)
        taken = sum(task.share for task in self._running.values())
        return 1 / count if count and taken + 1 / count < 1.000001 else 0

    def _submit(self, task: Task) -> None:
        future = self._client.submit(work_on, self._pass.name, task, pure=False)
        self._running[future] = task
        self._steps[task.shard.first] = STEPS * task.size
        future.add_done_callback(self._messages.put)

    def _hear(self, event: tuple[float, Any]) -> None:
        _, told = event  # the first of the two is a time
        self._messages.put((told["first"], told["count"]))

    def _listen(self) -> Iterator[int | Done]:
        try:
            message = self._messages.get(timeout=LISTEN)
        except Empty:
            return
        if isinstance(message, tuple):
            first, count = message
            more = min(count, self._steps.get(first, 0))
            if more:
                self._steps[first] -= more
                yield more
        elif message in self._running:
            task = self._running.pop(message)
            yield self._steps.pop(task.shard.first)
            if done := self._result(message):
                yield done

    def _result(self, future: Future[Done]) -> Done | None:
        """What came of a task; None: it was lost."""
        try:
            done: Done = future.result()
        except (KilledWorker, CancelledError) as error:
            self._problems[Problem("workers", f"a task was lost: {error}")] = None
            return None
        self._problems.update(dict.fromkeys(done.problems))
        self.is_over = self.is_over or not done.is_fit
        return done

    def _count_workers(self) -> None:
        try:
            self._present = set(self._client.nthreads())
        except OSError as error:
            what = f"the scheduler is gone: {error}"
            self._end(Problem("workers", what, "the next pass goes on where this one ended"))
            return
        self._seen |= self._present
        if self._present:
            self._met = monotonic()
        for address in self._present:
            place = urlsplit(address)
            if place.scheme == "tcp" and not is_loopback(place.hostname or ""):
                what = f"the worker {address} is not on this machine, and nothing is encrypted"
                raise ConfigError([Problem("cluster.url", what, "use tls://; see docs/scale.md")])

    def _stop(self) -> None:
        """Have all workers finish the mail in flight and begin nothing more."""
        if not self._is_stopped:
            self._is_stopped = True
            with suppress(OSError):
                self._client.run(stop, self._pass.name, on_error="ignore")

    def _end(self, problem: Problem) -> None:
        """Do without the workers."""
        self._problems[problem] = None
        self.is_over = True
        self._running.clear()


def _joined(parts: list[Part]) -> Part:
    shards = [shard for shard, _ in parts]
    return Shard(shards[0].first, shards[-1].last), sum(number for _, number in parts)
