"""What passes cost: CPU, wall clock and memory of whole commands, each a process of its own.

    python benchmarks/passes.py idle|due|first|preview DUMPS [--readers N ...] [--rounds 5]

DUMPS is a folder of dumps. ``idle``: a pass without new papers, readers with 1 and with 50 past
digests. ``due``: an import of N subscribers from JSON Lines, then a pass in which 100 of them are
due. ``first``: the first digests of N readers from the first two dumps, by email alone and with
feeds. ``preview``: with a ledger of few and of many megabytes. Homes have different interests for
each reader, made of words of the dumps. ``--against COMMAND`` measures another version of the
program in turn with this one, in ``first``. Medians are printed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shlex
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

THIS = [sys.executable, "-m", "digest"]
MONDAY = datetime(2025, 11, 3, 12, tzinfo=UTC)
LATER = MONDAY + timedelta(days=1)
DUE = 100
"""Readers of the case ``due`` whose digest is due."""
CHANNELS = {"email": ["email"], "email and feed": ["email", "feed"]}


class Cost(NamedTuple):
    """What a command took."""

    cpu: float
    wall: float
    megabytes: float


def main() -> None:
    """Measure one case."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("case", choices=CASES)
    parser.add_argument("dumps", type=Path)
    parser.add_argument("--readers", type=int, nargs="+")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--against", type=shlex.split, metavar="COMMAND")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        CASES[options.case](Path(folder), options)


def idle(folder: Path, options: argparse.Namespace) -> None:
    """Passes that find nothing new."""
    homes = []
    for readers in options.readers or [10_000]:
        for digests in (1, 50):
            home = folder / f"{readers}-{digests}"
            write_home(home, options.dumps, readers, channels=["email", "feed"])
            add_history(home, options.dumps, digests)
            run(home, LATER)
            homes.append((home, f"{readers:,} readers, {digests} past digests each"))
    for number in range(options.rounds):
        for home, name in homes:
            note(name, run(home, LATER + timedelta(minutes=number)))


def due(folder: Path, options: argparse.Namespace) -> None:
    """An import, and a pass in which some of the imported are due."""
    command = [*THIS, "subscribers", "import", "people.jsonl", "--now", MONDAY.isoformat()]
    for readers in options.readers or [100_000]:
        for _ in range(options.rounds):
            home = folder / "home"
            (home / "inbox").mkdir(parents=True)
            with (home / "people.jsonl").open("w", encoding="utf-8") as file:
                for number, one in enumerate(people(options.dumps, readers, channels=["email"])):
                    day = "tuesday" if number < DUE else "friday"
                    schedule = {"every": "week", "on": day, "at": "15:00"}
                    file.write(json.dumps({**one, "schedule": schedule}) + "\n")
            add_dumps(home, options.dumps, 1)
            note(f"import of {readers:,}", measured(command, home))
            note(f"{readers:,}: first pass, {DUE} due", run(home, LATER + timedelta(hours=6)))
            assert len(list((home / "outbox").iterdir())) <= DUE
            shutil.rmtree(home)


def first(folder: Path, options: argparse.Namespace) -> None:
    """First digests of everybody from two dumps."""
    versions = {"this": THIS, "other": options.against}
    for readers in options.readers or [1_000]:
        for name, channels in CHANNELS.items():
            write_home(folder / f"{readers}-{name}", options.dumps, readers, channels=channels)
            add_dumps(folder / f"{readers}-{name}", options.dumps, 2)
    for _ in range(options.rounds):
        for readers in options.readers or [1_000]:
            for name in CHANNELS:
                for version, command in versions.items():
                    if command:
                        home = folder / "home"
                        shutil.copytree(folder / f"{readers}-{name}", home)
                        note(f"{version}: {readers:,} readers, {name}", run(home, LATER, command))
                        shutil.rmtree(home)


def preview(folder: Path, options: argparse.Namespace) -> None:
    """Previews by the size of the ledger."""
    homes = []
    for readers in (10, *(options.readers or [10_000])):
        home = folder / f"{readers}"
        write_home(home, options.dumps, readers, channels=["email", "feed"])
        add_history(home, options.dumps, digests=50, papers=False)
        run(home, LATER)
        add_dumps(home, options.dumps, 2)
        size = (home / "state" / "digest.db").stat().st_size / 1e6
        homes.append((home, f"preview, ledger of {size:.0f} MB"))
    for _ in range(options.rounds):
        for home, name in homes:
            note(name, measured([*THIS, "preview", "r0", "--now", LATER.isoformat()], home))


CASES = {"idle": idle, "due": due, "first": first, "preview": preview}


# --- measuring ---------------------------------------------------------------------------

_costs: dict[str, list[Cost]] = {}


def note(name: str, cost: Cost) -> None:
    """Print the medians of what has been measured under this name."""
    _costs.setdefault(name, []).append(cost)
    cpu, wall, memory = map(statistics.median, zip(*_costs[name], strict=True))
    count = len(_costs[name])
    print(f"{name}: CPU {cpu:.2f} s, wall {wall:.2f} s, {memory:.0f} MB ({count})", flush=True)


def run(home: Path, now: datetime, command: Sequence[str] = THIS) -> Cost:
    """Make a pass."""
    return measured([*command, "run", "--now", now.isoformat()], home)


def measured(command: Sequence[str], home: Path) -> Cost:
    """Run a command in a home."""
    secret = "0123456789abcdef0123456789abcdef"  # noqa: S105  nobody's
    environment = {**os.environ, "DIGEST_SECRET": secret}
    started = time.perf_counter()
    with subprocess.Popen(  # noqa: S603  the command of this script
        command, cwd=home, env=environment, stdout=subprocess.DEVNULL
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, (command, process.returncode)
    wall = time.perf_counter() - started
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)


# --- homes -------------------------------------------------------------------------------


def people(dumps: Path, count: int, *, channels: Sequence[str]) -> Iterator[dict[str, object]]:
    """Readers with interests of their own, as entries of a list of subscribers."""
    chance = random.Random(7)
    words = re.findall(r"[a-z]{4,}", " ".join(each.read_text() for each in dumps.iterdir()))
    pairs = sorted(set(pairwise(words)))
    for number in range(count):
        yield {
            "id": f"r{number}",
            "name": f"Reader {number}",
            "email": f"r{number}@example.org",
            "channels": list(channels),
            "interests": [" ".join(pair) for pair in chance.sample(pairs, 5)],
            "exclude": ["survey"],
            "threshold": 0.1,
        }


def write_home(home: Path, dumps: Path, readers: int, *, channels: Sequence[str]) -> None:
    """A home whose readers stand in the file."""
    (home / "inbox").mkdir(parents=True)
    entries = [f"  - {json.dumps(one)}\n" for one in people(dumps, readers, channels=channels)]
    (home / "subscribers.yaml").write_text("subscribers:\n" + "".join(entries))


def add_dumps(home: Path, dumps: Path, count: int) -> None:
    """Put dumps into the inbox, long ago, so that they are complete."""
    for path in sorted(dumps.iterdir())[:count]:
        os.utime(shutil.copy(path, home / "inbox"), (0, 0))


def add_history(home: Path, dumps: Path, digests: int, *, papers: bool = True) -> None:
    """Give every reader past digests: copies of a real one, perhaps of copies of its papers."""
    run(home, MONDAY)
    _alter(home, _FIRST_ALONE)
    add_dumps(home, dumps, 1)
    run(home, MONDAY)
    for number in range(1, digests + 1):
        year, week, _ = (MONDAY - timedelta(weeks=number + 1)).isocalendar()
        copies = _COPY_PAPERS + _COPY_DIGEST if papers else _COPY_DIGEST
        _alter(home, copies, period=f"{year}-W{week:02}", number=number)
    _alter(home, _NOTHING_NEW)


_COPY_PAPERS = """
INSERT INTO paper (key, id, title, abstract, arrived, listed)
    SELECT p.key + :number * d.newest, p.id || :number, title, abstract, p.arrived, p.listed
    FROM paper p JOIN dump d ON p.key <= d.newest;
INSERT INTO sent
    SELECT s.id, paper + :number * d.newest
    FROM subscriber s JOIN sent t ON t.subscriber = 1 JOIN dump d ON t.paper <= d.newest;
"""
_COPY_DIGEST = """
INSERT INTO decision (subscriber, period, composed, until, body)
    SELECT s.id, :period, composed, d.until, body FROM subscriber s JOIN decision d ON d.id = 1;
INSERT INTO delivery (decision, channel, state, fence, attempts, since, updated, detail)
    SELECT d.id, channel, state, fence, attempts, since, v.updated, detail
    FROM decision d JOIN delivery v ON v.decision = 1 WHERE period = :period;
"""
_FIRST_ALONE = "UPDATE subscriber SET next_due = 1 << 52, open_since = NULL WHERE id > 1"
_NOTHING_NEW = """
UPDATE subscriber SET until = (SELECT max(key) FROM paper),
    next_due = (SELECT next_due FROM subscriber WHERE id = 1);
"""


def _alter(home: Path, statements: str, **values: object) -> None:
    """Change the ledger of a home."""
    with closing(sqlite3.connect(home / "state" / "digest.db")) as ledger, ledger:
        for statement in statements.split(";"):
            ledger.execute(statement, values)


if __name__ == "__main__":
    main()
