"""A pass in which nothing is new: readers with 50 past digests each, and many of whom none is due.

The baseline, `python -m benchmarks.idle HOME`, reads every reader of ``people.jsonl`` and looks up
when the last digest went out, as a script that cron starts would.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from benchmarks import homes
from benchmarks.measuring import Cost, Figure, Options, Scale, alternate, cost_figures, run_process

LATER = homes.MONDAY + timedelta(days=1)
PLAIN = "plain"


@dataclass(frozen=True)
class Size:
    """How many readers."""

    with_history: int
    digests: int  # past ones of each
    none_due: int


SIZES = {
    Scale.FULL: Size(10_000, 50, 1_000_000),
    Scale.QUICK: Size(2_000, 50, 20_000),
    Scale.TINY: Size(3, 2, 3),
}


def measure(options: Options) -> Iterator[Figure]:
    """Both homes in turn."""
    size = SIZES[options.scale]
    ways: dict[tuple[str, str], Callable[[], Cost]] = {}
    history = f"{size.with_history:,} readers, {size.digests} past digests each, feeds on"
    nobody = f"{size.none_due:,} readers, none due"
    goals = {history: "at most 1 s, 120 MB", nobody: "at most 2 s, 200 MB"}
    for subject, checkout in options.versions().items():
        past = options.folder / f"{subject}-past"
        homes.with_readers(past, homes.Plan(size.with_history, 15), checkout=checkout)
        add_history(past, size.digests, checkout)
        ways[history, subject] = partial(homes.run, past, now=LATER, checkout=checkout)
        ways[history, PLAIN] = partial(_plain, past)
        none = options.folder / f"{subject}-none"
        homes.with_readers(none, homes.Plan(size.none_due, 5_000, on="thursday"), checkout=checkout)
        homes.run(none, now=LATER, checkout=checkout)  # the papers are read
        assert homes.mails(none) == 0
        ways[nobody, subject] = partial(homes.run, none, now=LATER, checkout=checkout)
        ways[nobody, PLAIN] = partial(_plain, none)
    for (case, subject), spent in alternate(ways, options.alternations()).items():
        full = options.scale is Scale.FULL and subject == "digest"
        yield from cost_figures(case, subject, spent, goal=goals[case] if full else "")


def _plain(home: Path) -> Cost:
    return run_process([sys.executable, "-m", "benchmarks.idle", str(home)])


# --- past digests ------------------------------------------------------------------------


def add_history(home: Path, digests: int, checkout: Path) -> None:
    """Give everybody past digests: copies of the one that the first reader gets now."""
    with _ledger(home) as ledger:
        ledger.execute("UPDATE subscriber SET next_due = 1 << 52 WHERE id > 1")
    homes.run(home, checkout=checkout)
    with _ledger(home) as ledger:
        decided = _columns(ledger, "decision", {"id", "subscriber", "period"})
        moved = _columns(ledger, "delivery", {"id", "decision", "subscriber"})
        ledger.execute(
            "INSERT INTO sent SELECT s.id, paper FROM subscriber s JOIN sent t"
            " ON t.subscriber = 1 WHERE s.id > 1"
        )
        for number in range(digests):
            year, week, _ = (homes.MONDAY - timedelta(weeks=number + 2)).isocalendar()
            period = f"{year}-W{week:02}"
            ledger.execute(
                f"INSERT INTO decision (subscriber, period, {decided})"  # noqa: S608
                f" SELECT s.id, ?, {_of('d', decided)} FROM subscriber s"
                " JOIN decision d ON d.id = (SELECT min(id) FROM decision)",
                (period,),
            )
            ledger.execute(
                f"INSERT INTO delivery (decision, subscriber, {moved})"  # noqa: S608
                f" SELECT d.id, d.subscriber, {_of('v', moved)} FROM decision d"
                " JOIN delivery v ON v.decision = (SELECT min(id) FROM decision)"
                " WHERE d.period = ?",
                (period,),
            )
        ledger.execute(
            "UPDATE subscriber SET until = (SELECT max(key) FROM paper),"
            " next_due = (SELECT next_due FROM subscriber WHERE id = 1)"
        )
    homes.run(home, now=LATER, checkout=checkout)


def _columns(ledger: sqlite3.Connection, table: str, without: set[str]) -> str:
    """The other columns of a table, separated by commas."""
    rows = ledger.execute(f"PRAGMA table_info({table})")  # a table of the benchmark's own choice
    return ", ".join(row[1] for row in rows if row[1] not in without)


def _of(alias: str, columns: str) -> str:
    return ", ".join(f"{alias}.{column}" for column in columns.split(", "))


@contextmanager
def _ledger(home: Path) -> Iterator[sqlite3.Connection]:
    """The database of a home; what is changed is committed at the end."""
    with closing(sqlite3.connect(home / "state" / "digest.db")) as ledger, ledger:
        yield ledger


# --- the baseline ------------------------------------------------------------------------


def main(home: str) -> None:
    """Look whether anybody is due, the plain way."""
    with closing(sqlite3.connect(Path(home) / "plain.db")) as history:
        history.execute("CREATE TABLE IF NOT EXISTS last (reader TEXT PRIMARY KEY, sent TEXT)")
        due = 0
        with (Path(home) / "people.jsonl").open(encoding="utf-8") as file:
            for line in file:
                reader = json.loads(line)
                query = "SELECT sent FROM last WHERE reader = ?"
                last = history.execute(query, (reader["id"],)).fetchone()
                when = datetime.fromisoformat(last[0]) if last else homes.MONDAY
                due += when + timedelta(weeks=1) <= LATER
    print(due, "due")


if __name__ == "__main__":
    main(*sys.argv[1:])
