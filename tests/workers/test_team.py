"""How tasks are given to workers that come and go; no process is started."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from digest.errors import ConfigError
from digest.model import PaperKey, Problem, Shard
from digest.workers import team as module
from digest.workers.shards import Done, Pass, Task
from digest.workers.team import Part, Team

NOW = datetime(2026, 3, 20, 8, tzinfo=UTC)
PASS = Pass(
    "pass",
    Path("/home"),
    {},
    NOW,
    timedelta(),
    PaperKey(1),
    papers_came=True,
    corpus=None,
    is_local=True,
)
A, B, C, D = (f"tls://127.0.0.1:{port}" for port in range(1, 5))


@dataclass(eq=False)
class Future:
    """A task that was submitted."""

    task: Task
    callback: Callable[[Future], object] = lambda _: None
    outcome: Done | Exception | None = None

    def add_done_callback(self, callback: Callable[[Future], object]) -> None:
        self.callback = callback

    def end(self, outcome: Done | Exception) -> None:
        self.outcome = outcome
        self.callback(self)

    def result(self) -> Done:
        assert self.outcome is not None
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


@dataclass
class Scheduler:
    """What a client shows of a scheduler with these workers."""

    workers: list[str]
    running: list[Future] = field(default_factory=list)
    submitted: list[Task] = field(default_factory=list)
    stops: int = 0
    hear: Callable[[Any], object] = lambda _: None

    def nthreads(self) -> Mapping[str, int]:
        return dict.fromkeys(self.workers, 1)

    def submit(self, _function: object, _name: str, task: Task, *, pure: bool) -> Future:
        assert not pure  # a task that is done again is not looked up
        self.submitted.append(task)
        self.running.append(Future(task))
        return self.running[-1]

    def run(self, *_: object, **__: object) -> None:
        self.stops += 1

    def subscribe_topic(self, _topic: str, hear: Callable[[Any], object]) -> None:
        self.hear = hear

    def register_plugin(self, _: object) -> None: ...
    def unsubscribe_topic(self, _: str) -> None: ...
    def unregister_worker_plugin(self, _: str) -> None: ...

    def tell(self, first: int, count: int) -> None:
        self.hear((0.0, {"first": first, "count": count}))

    def end_one(self, outcome: Done | Exception | None = None) -> Task:
        future = self.running.pop(0)
        future.end(outcome or Done(A))
        return future.task


def parts(*sizes: int) -> list[Part]:
    """Shards of so many subscribers, one beside the other."""
    firsts = [1 + sum(sizes[:n]) for n in range(len(sizes))]
    return [(Shard(a, a + n - 1), n) for a, n in zip(firsts, sizes, strict=True)]


@pytest.fixture(autouse=True)
def _look_always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_EVERY", 0)
    monkeypatch.setattr(module, "LISTEN", 0.001)


@pytest.fixture
def scheduler() -> Scheduler:
    return Scheduler([A, B])


def team_of(scheduler: Scheduler, stopping: Callable[[], bool] = lambda: False) -> Team:
    client: Any = scheduler
    return Team(client, PASS, lambda *_: pytest.fail("nothing is opened here"), stopping)


def play(scheduler: Scheduler, team: Team, work: list[Part], *turns: Callable[[], object]) -> Any:
    """Have the work done; between two looks, one of the turns is taken, then a task ends."""
    left = iter(turns)

    def look() -> None:
        shares = sum(future.task.share for future in scheduler.running)
        assert shares < 1.0001, "together they would send more than is allowed"
        turn = next(left, None)
        if turn is not None:
            turn()
        elif scheduler.running:
            scheduler.end_one()

    with team:
        return list(team.do(work, look))


def test_small_shards_are_joined_and_become_smaller_towards_the_end(scheduler: Scheduler) -> None:
    play(scheduler, team_of(scheduler), parts(*[100] * 64))
    sizes = [task.size for task in scheduler.submitted]
    assert sizes == [1600, 1200, 900, 700, 500, 400, 300, 200, 200, 200, 200]
    firsts = [1 + sum(sizes[:n]) for n in range(len(sizes))]
    assert [task.shard.first for task in scheduler.submitted] == firsts
    assert [task.shard.last for task in scheduler.submitted] == [*(n - 1 for n in firsts[1:]), 6400]


def test_no_shard_is_larger_than_what_a_worker_should_lose(scheduler: Scheduler) -> None:
    play(scheduler, team_of(scheduler), parts(*[100] * 1000))
    assert max(task.size for task in scheduler.submitted) == 5000


def test_all_workers_share_what_may_be_sent_also_while_they_come_and_go(
    scheduler: Scheduler,
) -> None:
    play(
        scheduler,
        team_of(scheduler),
        parts(*[5000] * 20),
        lambda: None,
        lambda: scheduler.workers.extend([C, D]),
        *[lambda: None] * 3,
        scheduler.end_one,
        scheduler.end_one,
        lambda: scheduler.workers.remove(A),
        lambda: scheduler.workers.remove(B),
        lambda: scheduler.workers.remove(C),
    )
    shares = [round(task.share, 3) for task in scheduler.submitted]
    assert shares[:6] == [0.5, 0.5, 0.25, 0.25, 0.25, 0.25]
    assert shares[-1] == 1
    assert sum(task.size for task in scheduler.submitted) == 100_000


def test_each_subscriber_counts_two_steps_however_they_are_told(scheduler: Scheduler) -> None:
    steps = play(
        scheduler,
        team_of(scheduler),
        parts(100, 100),
        lambda: None,
        lambda: scheduler.tell(1, 120),
        lambda: scheduler.tell(1, 300),  # a task that was begun twice
        lambda: scheduler.tell(999, 5),  # of no task that runs
    )
    assert sum(step for step in steps if isinstance(step, int)) == 400


def test_what_a_lost_task_would_have_told_is_missing_and_the_rest_is_there(
    scheduler: Scheduler,
) -> None:
    whole = Done(A)
    whole.decided.skipped = 3
    team = team_of(scheduler)
    done = play(
        scheduler,
        team,
        parts(100, 100),
        lambda: None,
        lambda: scheduler.end_one(CancelledError("gone")),
        lambda: scheduler.end_one(whole),
    )
    assert [one for one in done if isinstance(one, Done)] == [whole]
    assert [problem.what for problem in team.problems] == ["a task was lost: gone"]


def test_a_worker_with_other_settings_ends_the_work_of_all(scheduler: Scheduler) -> None:
    problem = Problem(f"worker {A}, secret", "is not what it is where the pass was started")
    team = team_of(scheduler)
    unfit = Done(A, problems=(problem,), is_fit=False)
    play(scheduler, team, parts(*[100] * 10), lambda: None, lambda: scheduler.end_one(unfit))
    assert team.is_over
    assert team.problems == (problem,)
    assert len(scheduler.submitted) == 2


def test_a_pass_that_is_told_to_stop_tells_its_workers_once(scheduler: Scheduler) -> None:
    is_stopping = False

    def stop() -> None:
        nonlocal is_stopping
        is_stopping = True

    team = team_of(scheduler, lambda: is_stopping)
    play(scheduler, team, parts(*[100] * 10), lambda: None, stop, lambda: None)
    assert scheduler.stops == 1
    assert len(scheduler.submitted) == 2


def test_without_a_worker_the_pass_ends_in_the_end(
    scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WAIT", 0.05)
    scheduler.workers.clear()
    team = team_of(scheduler)
    assert play(scheduler, team, parts(100)) == []
    assert team.is_over
    assert [problem.remedy for problem in team.problems] == ["start workers; the next pass goes on"]


def test_a_worker_of_another_machine_is_not_spoken_to_unencrypted(scheduler: Scheduler) -> None:
    scheduler.workers[:] = ["tcp://127.0.0.1:5", "tcp://192.0.2.7:5"]
    with pytest.raises(ConfigError, match=r"192\.0\.2\.7:5 is not on this machine"):
        play(scheduler, team_of(scheduler), parts(100))


def test_who_has_left_is_known(scheduler: Scheduler) -> None:
    team = team_of(scheduler)
    play(scheduler, team, parts(100, 100), lambda: scheduler.workers.remove(A))
    assert team.gone == {A}
