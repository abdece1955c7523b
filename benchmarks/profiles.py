"""Importing subscribers from JSON Lines, and changing one of them.

The baseline reads the same lines with ``json``, checks them with a pydantic model of the same
fields and inserts them into SQLite with one ``executemany``. It cannot tell the line of a mistake,
keep who has unsubscribed, or be interrupted.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Literal

import pydantic

from benchmarks import homes
from benchmarks.measuring import (
    Cost,
    Figure,
    Options,
    Scale,
    alternate,
    cost_figures,
    ratios,
    run_process,
)

PLAIN = "plain: json, pydantic, executemany"


@dataclass(frozen=True)
class Size:
    """How many subscribers."""

    subscribers: int


SIZES = {Scale.FULL: Size(1_000_000), Scale.QUICK: Size(50_000), Scale.TINY: Size(5)}


def measure(options: Options) -> Iterator[Figure]:
    """The import of everybody, and of one of them again with other interests."""
    size = SIZES[options.scale]
    plan = homes.Plan(size.subscribers, 5_000, papers=1)
    written = homes.write(options.folder / "written", plan)
    folders = (options.folder / f"home-{number}" for number in count())
    last = {}

    def ours(subject: str, checkout: Path) -> Cost:
        last[subject] = homes.copy(written, next(folders))
        return homes.import_people(last[subject], checkout=checkout)

    ways: dict[str, Callable[[], Cost]] = {
        subject: partial(ours, subject, checkout)
        for subject, checkout in options.versions().items()
    }
    ways[PLAIN] = partial(_plain, written)
    full = options.scale is Scale.FULL
    rounds = options.alternations()
    case = f"import of {size.subscribers:,} from JSON Lines"
    costs = alternate(ways, rounds)
    for subject, spent in costs.items():
        goal = "at most 180 s, 500 MB" if subject == "digest" else ""
        yield from cost_figures(case, subject, spent, goal=goal if full else "")
    theirs = [each.cpu for each in costs[PLAIN]]
    for subject in options.versions():
        times = ratios([each.cpu for each in costs[subject]], theirs)
        yield Figure(case, f"{PLAIN} / {subject}", "times", times)
    for subject, checkout in options.versions().items():
        changed = {
            "by `subscribers import`": partial(_change_one, last[subject], checkout),
            "by `subscribers edit`": partial(_edit_one, last[subject], checkout, count()),
            "in a file of ten others, seen by a pass": partial(
                _change_file, last[subject], checkout, count()
            ),
        }
        for way, spent in alternate(changed, rounds).items():
            case = f"one of {size.subscribers:,} changed {way}"
            yield from cost_figures(case, subject, spent, goal="under 1 s" if full else "")


def _change_one(home: Path, checkout: Path) -> Cost:
    """Import one who is known, with other interests."""
    line = (home / "people.jsonl").open(encoding="utf-8").readline()
    row = {**json.loads(line), "interests": ["sparse retrieval"]}
    (home / "one.jsonl").write_text(json.dumps(row) + "\n", "utf-8")
    arguments = ("subscribers", "import", "one.jsonl", "--now", homes.BEFORE.isoformat())
    return run_process(homes.command(*arguments), folder=home, checkout=checkout)


def _edit_one(home: Path, checkout: Path, numbers: Iterator[int]) -> Cost:
    """Change the limit of one in its YAML form; the editor is a command."""
    os.environ["EDITOR"] = f"sed -i '$ a limit: {next(numbers) % 20 + 13}'"
    command = homes.command("subscribers", "edit", "r1", "--now", homes.BEFORE.isoformat())
    return run_process(command, folder=home, checkout=checkout)


def _change_file(home: Path, checkout: Path, numbers: Iterator[int]) -> Cost:
    """Change one entry of the file, and make a pass, in which nobody is due."""
    number = next(numbers)
    entries = [
        f"  - {{id: f{at}, email: f{at}@example.org, interests: [retrieval {at * number}]}}\n"
        for at in range(10)
    ]
    (home / "subscribers.yaml").write_text("subscribers:\n" + "".join(entries), "utf-8")
    return homes.run(home, now=homes.BEFORE, checkout=checkout)


# --- the baseline ------------------------------------------------------------------------


class Schedule(pydantic.BaseModel):
    """When a digest is due."""

    every: Literal["day", "week", "month"]
    on: str
    at: str


class Reader(pydantic.BaseModel):
    """A subscriber, as the baseline checks one."""

    id: str
    name: str
    email: str
    channels: list[Literal["email", "feed"]]
    interests: list[str]
    threshold: float
    schedule: Schedule


def _plain(home: Path) -> Cost:
    (home / "plain.db").unlink(missing_ok=True)
    return run_process([sys.executable, "-m", "benchmarks.profiles", str(home)])


def main(home: str) -> None:
    """Import everybody, the plain way."""
    with closing(sqlite3.connect(Path(home) / "plain.db")) as database, database:
        database.execute("CREATE TABLE reader (id TEXT PRIMARY KEY, email TEXT, profile TEXT)")
        with (Path(home) / "people.jsonl").open(encoding="utf-8") as file:
            readers = (Reader.model_validate(json.loads(line)) for line in file)
            database.executemany(
                "INSERT INTO reader VALUES (?, ?, ?)",
                ((one.id, one.email, one.model_dump_json()) for one in readers),
            )


if __name__ == "__main__":
    main(*sys.argv[1:])
