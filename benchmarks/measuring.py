"""Measuring: processes with their CPU time and peak memory, alternatives in turn, and medians."""

from __future__ import annotations

import gc
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from resource import struct_rusage
from typing import NamedTuple, TypeVar

from digest.cli import CYCLES_EVERY

ROOT = Path(__file__).resolve().parent.parent
SECRET = "0123456789abcdef0123456789abcdef"  # noqa: S105  nobody's: it signs made-up links
K = TypeVar("K")


class Scale(StrEnum):
    """How much is measured."""

    FULL = "full"
    QUICK = "quick"  # all benchmarks within three minutes
    TINY = "tiny"  # for tests, which only look whether the benchmarks still work


@dataclass(frozen=True)
class Options:
    """What a benchmark is told on the command line."""

    scale: Scale
    folder: Path  # an empty folder on a disk, for homes and databases
    memory: Path  # an empty folder on a tmpfs, where there is one
    papers: Path | None = None  # a file of real papers to use in place of made-up ones
    against: Path | None = None  # a checkout of another version, measured in turn with this one
    rounds: int | None = None  # how many alternations; None: as many as the scale asks for

    def alternations(self, full: int = 5) -> int:
        """How often every alternative is measured."""
        return self.rounds or (full if self.scale is Scale.FULL else 1)

    def versions(self) -> dict[str, Path]:
        """The checkouts whose command is measured, by the name that tables give them."""
        return {"digest": ROOT} | ({"digest, before": self.against} if self.against else {})


class Cost(NamedTuple):
    """What a piece of work took."""

    cpu: float  # seconds, user and system, of the process and of the children it waited for
    wall: float  # seconds
    megabytes: float  # the process's peak of resident memory; at least that of who started it


@dataclass(frozen=True)
class Figure:
    """One measured quantity: its value in each alternation."""

    case: str  # what was done
    subject: str  # by whom: ``digest``, or the name of a baseline
    unit: str
    values: tuple[float, ...]
    goal: str = ""  # what the issue asks for, as ``at least 12``
    readers: int | None = None
    """Set where the values are seconds of CPU for so many readers: the plot shows these."""

    @property
    def median(self) -> float:
        """The median of the alternations."""
        return statistics.median(self.values)

    def as_json(self) -> dict[str, object]:
        """The figure with its median and its spread."""
        return {
            "case": self.case,
            "subject": self.subject,
            "unit": self.unit,
            "median": self.median,
            "least": min(self.values),
            "most": max(self.values),
            "values": list(self.values),
            "goal": self.goal,
            "readers": self.readers,
        }


Alternatives = Mapping[K, Callable[[], Cost]]


def alternate(alternatives: Alternatives[K], rounds: int) -> dict[K, list[Cost]]:
    """Measure the alternatives in turn, so that what else the machine does meets them all alike."""
    costs: dict[K, list[Cost]] = {name: [] for name in alternatives}
    for number in range(rounds):
        for name, measure in alternatives.items():
            costs[name].append(measure())
            note(f"round {number + 1} of {rounds}, {name}: {costs[name][-1].cpu:.4g} s of CPU")
    return costs


def slopes(fewer: Sequence[Cost], more: Sequence[Cost], readers: int) -> tuple[float, ...]:
    """Milliseconds of CPU for one more reader, where the second costs have ``readers`` more."""
    pairs = zip(fewer, more, strict=True)
    return tuple(1000 * (b.cpu - a.cpu) / readers for a, b in pairs)


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, ...]:
    """How many times as much the baseline took, alternation by alternation."""
    return tuple(b / max(a, 1e-9) for a, b in zip(ours, theirs, strict=True))


def cost_figures(
    case: str, subject: str, costs: Sequence[Cost], *, goal: str = "", readers: int | None = None
) -> list[Figure]:
    """CPU, peak memory and time by the clock of one alternative."""
    cpu = tuple(each.cpu for each in costs)
    return [
        Figure(case, subject, "CPU s", cpu, goal, readers),
        Figure(case, subject, "peak MB", tuple(each.megabytes for each in costs)),
        Figure(case, subject, "wall s", tuple(each.wall for each in costs)),
    ]


# --- processes ---------------------------------------------------------------------------


def run_process(
    command: Sequence[str],
    *,
    folder: Path = ROOT,
    checkout: Path = ROOT,
    accept: Sequence[int] = (0,),
) -> Cost:
    """Run a command in a folder, with the modules of a checkout.

    Raises:
        RuntimeError: The command ends with another status than ``accept`` names.
    """
    started = time.perf_counter()
    with start_process(command, folder=folder, checkout=checkout) as process:
        status, usage = wait(process)
    if status not in accept:
        raise RuntimeError(f"{' '.join(command)} in {folder} ended with status {status}")
    wall = time.perf_counter() - started
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)


def start_process(
    command: Sequence[str], *, folder: Path = ROOT, checkout: Path = ROOT, quiet: bool = False
) -> subprocess.Popen[bytes]:
    """Start a command; what it prints is lost, and if it is ``quiet`` its errors and log, too."""
    return subprocess.Popen(  # noqa: S603  the benchmark's own command
        command,
        cwd=folder,
        env=_environment(checkout),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL if quiet else None,
    )


def _environment(checkout: Path = ROOT) -> dict[str, str]:
    """The environment of a process that takes its modules from a checkout first. Their bytecode is
    kept, as that of an installed package is."""
    path = os.pathsep.join([str(checkout), *filter(None, [os.environ.get("PYTHONPATH")])])
    own = {"DIGEST_SECRET": SECRET, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": ""}
    # The command does without threads of the numeric libraries, too.
    return {"OPENBLAS_NUM_THREADS": "1", **os.environ, **own}


def wait(process: subprocess.Popen[bytes]) -> tuple[int, struct_rusage]:
    """Wait for a process; its exit status and what it used, its own children included."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage


class Measured(NamedTuple):
    """What a child measured of its work, and what the work returned."""

    cost: Cost
    value: object


def in_child(work: str, *arguments: object) -> Measured:
    """Do ``module:function`` with these arguments in a process of its own.

    The function prepares, and returns what is to be measured as another function. Its CPU and time
    do not include the preparation; the peak of memory does.

    Raises:
        RuntimeError: The child fails.
    """
    command = [sys.executable, "-m", "benchmarks.measuring", work, json.dumps(arguments)]
    with subprocess.Popen(  # noqa: S603  the benchmark's own command
        command, cwd=ROOT, env=_environment(), stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        answer = process.stdout.read()
        status, usage = wait(process)
    if status:
        raise RuntimeError(f"{work} ended with status {status}")
    cpu, wall, value = json.loads(answer.splitlines()[-1])
    return Measured(Cost(cpu, wall, usage.ru_maxrss / 1024), value)


def child(work: str, arguments: str) -> None:
    """The other side of ``in_child``."""
    gc.set_threshold(CYCLES_EVERY)  # as the command does
    module, _, name = work.partition(":")
    function = getattr(import_module(module), name)(*json.loads(arguments))
    wall, cpu = time.perf_counter(), time.process_time()
    value = function()
    took = time.process_time() - cpu, time.perf_counter() - wall
    print(json.dumps([*took, value]))


@contextmanager
def stopwatch() -> Iterator[list[Cost]]:
    """Measure this process within a ``with`` block; the list holds the cost afterwards."""
    costs: list[Cost] = []
    wall, cpu = time.perf_counter(), time.process_time()
    yield costs
    costs.append(Cost(time.process_time() - cpu, time.perf_counter() - wall, 0.0))


def note(text: str) -> None:
    """Tell of the progress on standard error."""
    print(f"  {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    child(*sys.argv[1:])
