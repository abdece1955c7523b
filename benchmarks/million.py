"""A million readers: mail to a discarding server, the ledger on SQLite on a disk.

Two workers make the pass where Dask is installed. A tenth of them stands beside; fewer get a digest
a week for fifty weeks, the last of which should take no longer than the first; and a pass of one
process is killed when half of the mail has arrived, and started again. Then the server's record and
the ledger are compared: nobody may have had two mails, and nobody be left out; those of whom nobody
can know whether the mail arrived are uncertain, and listed. There is no baseline here: by its slope
(see ``run``) it would take hours.
"""

from __future__ import annotations

import os
import shutil
import signal
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import digest.ledger
from benchmarks import homes
from benchmarks.discarding_server import discarding_server
from benchmarks.measuring import (
    Cost,
    Figure,
    Options,
    Scale,
    alternate,
    cost_figures,
    note,
    start_process,
    wait,
)
from digest.model import State

INTERESTS = 5_000
EDGE = 5  # weeks at the beginning and at the end that are compared


@dataclass(frozen=True)
class Size:
    """How many readers."""

    readers: int
    tenth: int
    weekly: int  # readers who get a digest a week
    weeks: int
    rounds: int
    workers: int  # of the passes of all and of a tenth; 0: one process


SIZES = {
    Scale.FULL: Size(1_000_000, 100_000, 20_000, 50, 1, 2),
    Scale.QUICK: Size(1_000, 100, 50, 2, 1, 0),
    Scale.TINY: Size(40, 4, 3, 2, 1, 0),
}
PLAN = homes.Plan(0, INTERESTS, channels=("email",), mode="serve")


def measure(options: Options) -> Iterator[Figure]:
    """The passes of all and of a tenth in turn, then the weeks, then the kill."""
    size = SIZES[options.scale]
    sink = options.folder / "accepted"
    with discarding_server(sink) as port:
        plan = replace(PLAN, smtp_port=port, given=options.papers)
        yield from _passes(options, size, plan)
        yield from _killed(options, size, plan, sink)
        yield from _weeks(options, size, plan)


def _home(options: Options, plan: homes.Plan) -> Path:
    home = options.folder / f"imported-{plan.readers}"
    if not home.exists():
        note(f"importing {plan.readers:,}")
        homes.with_readers(home, plan)
    return home


def _passes(options: Options, size: Size, plan: homes.Plan) -> Iterator[Figure]:
    ways: dict[int, Callable[[], Cost]] = {}
    more = ("--workers", str(size.workers)) if size.workers and find_spec("distributed") else ()
    for readers in (size.tenth, size.readers):
        home = _home(options, replace(plan, readers=readers))
        ways[readers] = partial(_one_pass, home, options.folder / "home", more)
    costs = alternate(ways, options.rounds or size.rounds)
    for readers, spent in costs.items():
        goal = "under 12 min, aim 4; 2,000 MB" if readers == 1_000_000 else ""
        case = f"{readers:,} readers, 500 papers, {INTERESTS:,} interests"
        yield from cost_figures(
            case, " ".join(["digest run", *more]), spent, goal=goal, readers=readers
        )
    shares = tuple(
        10 * few.cpu / many.cpu
        for few, many in zip(costs[size.tenth], costs[size.readers], strict=True)
    )
    case = f"ten times the CPU of {size.tenth:,} / that of {size.readers:,}"
    yield Figure(case, "digest", "times", shares, "0.8 to 1.2")


def _one_pass(home: Path, where: Path, more: Sequence[str]) -> Cost:
    homes.copy(home, where)
    os.sync()
    cost = homes.run(where, *more)
    shutil.rmtree(where)
    return cost


# --- fifty weeks -------------------------------------------------------------------------


def _weeks(options: Options, size: Size, plan: homes.Plan) -> Iterator[Figure]:
    home = options.folder / "weekly"
    # So few papers a digest as each week has for everybody: no week has more to do than another.
    weekly = replace(plan, readers=size.weekly, papers=100, limit=5)
    homes.with_readers(home, weekly)
    spent = []
    for week in range(size.weeks):
        if week:
            homes.add_papers(home, weekly, week=week)
        spent.append(homes.run(home, now=homes.MONDAY + timedelta(weeks=week)))
        note(f"week {week + 1}: {spent[-1].cpu:.2f} s of CPU")
    case = f"{size.weekly:,} readers for {size.weeks} weeks"
    edge = min(EDGE, size.weeks // 2)
    # The first week has the greatest number of new things: nobody has had any digest before.
    first, last = spent[1 : edge + 1], spent[-edge:]
    yield from cost_figures(f"{case}, the first {edge} after the first one", "digest", first)
    yield from cost_figures(f"{case}, the last {edge}", "digest", last)
    share = _median(last) / _median(first)
    yield Figure(f"{case}, the last {edge} / the first", "digest", "times", (share,), "0.9 to 1.1")


def _median(costs: Sequence[Cost]) -> float:
    return statistics.median(each.cpu for each in costs)


# --- killed at half ----------------------------------------------------------------------


def _killed(options: Options, size: Size, plan: homes.Plan, sink: Path) -> Iterator[Figure]:
    home = _home(options, replace(plan, readers=size.readers))
    before = size_of(sink)
    half = half_of(size.readers)
    run = homes.command("run", "--now", homes.MONDAY.isoformat())
    with start_process(run, folder=home) as process:
        while size_of(sink) - before < half and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        status, _ = wait(process)
    note(f"killed (status {status}) after {len(accepted(sink, before)):,} mails")
    cost = homes.run(home, accept=(0, 1))
    case = f"{size.readers:,} readers, killed at half and started again"
    yield from cost_figures(f"{case}: the second pass", "digest", [cost])
    for name, number in count_promises(home, accepted(sink, before), size.readers).items():
        yield Figure(case, "digest", name, (float(number),), PROMISED.get(name, ""))


TWICE, LEFT_OUT, LISTED = "had two mails", "left out", "uncertain and listed"
PROMISED = {TWICE: "0", LEFT_OUT: "0"}


def count_promises(home: Path, accepted: Sequence[str], readers: int) -> dict[str, int]:
    """How many had mail twice, were left out, or are listed as uncertain: by the server's record
    and by the ledger."""
    had = Counter(accepted)
    with closing(digest.ledger.open(f"sqlite:///{home / 'state' / 'digest.db'}")) as ledger:
        unsent = [state for state in State if state is not State.SENT]
        rows = ledger.deliveries(states=unsent, channel="email")
    uncertain = {str(row.subscriber) for row in rows if row.state is State.UNCERTAIN}
    everybody = {f"r{number}" for number in range(readers)}
    reached = {address.partition("@")[0] for address in had}
    missed = everybody - reached - uncertain
    missed |= {str(row.subscriber) for row in rows} - uncertain - reached
    return {
        "mails accepted": len(accepted),
        TWICE: sum(1 for number in had.values() if number > 1),
        LEFT_OUT: len(missed),
        LISTED: len(uncertain),
    }


def accepted(sink: Path, before: int) -> list[str]:
    """The recipients of what the server has accepted, beyond so many bytes of its record."""
    return sink.read_text("ascii")[before:].splitlines()


def half_of(readers: int) -> int:
    """The bytes of the server's record when half of the mail has arrived."""
    return sum(len(f"r{number}@example.org\n") for number in range(readers)) // 2


def size_of(sink: Path) -> int:
    """The bytes of the server's record."""
    return sink.stat().st_size if sink.exists() else 0
