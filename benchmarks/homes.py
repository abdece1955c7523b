"""Homes to measure in, and the commands that are measured in them."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks import made_up
from benchmarks.measuring import ROOT, Cost, run_process

BEFORE = datetime(2026, 3, 12, 12, tzinfo=UTC)  # a Thursday: readers are imported
MONDAY = datetime(2026, 3, 16, 12, tzinfo=UTC)  # their first digest is due
_EXAMPLE = 'base_url = "https://digest.example.org"\nfrom = "Paper Digest <digest@example.org>"\n'


@dataclass(frozen=True)
class Plan:
    """What a home holds."""

    readers: int
    interests: int
    papers: int = 500
    channels: tuple[str, ...] = ("email", "feed")
    mode: str = "files"
    on: str = "monday"
    limit: int = 12  # papers in a digest
    smtp_port: int | None = None  # of a discarding server on this machine; None: `outbox/`
    database: str = ""  # empty: SQLite in the home
    given: Path | None = None  # real papers


def write(home: Path, plan: Plan) -> Path:
    """Make a home with papers in its inbox and readers in ``people.jsonl``; nobody is imported."""
    home.mkdir(parents=True)
    (home / "digest.toml").write_text(_settings(plan), "utf-8")
    add_papers(home, plan)
    with (home / "people.jsonl").open("w", encoding="utf-8") as file:
        everybody = made_up.people(
            plan.readers, plan.interests, plan.channels, on=plan.on, limit=plan.limit
        )
        file.writelines(json.dumps(one) + "\n" for one in everybody)
    return home


def _settings(plan: Plan) -> str:
    parts = [_EXAMPLE]
    if plan.database:
        parts.append(f'database_url = "{plan.database}"\n')
    if plan.mode != "files":
        parts.append(f'[public]\nmode = "{plan.mode}"\n')
    if plan.smtp_port is not None:
        parts.append(f'[smtp]\nhost = "127.0.0.1"\nport = {plan.smtp_port}\nsecurity = "none"\n')
        parts.append("[delivery]\nper_second = 100000\n")
    return "".join(parts)


def add_papers(home: Path, plan: Plan, *, week: int = 0) -> None:
    """Put one dump of papers into the inbox; another week has others."""
    inbox = home / "inbox"
    inbox.mkdir(exist_ok=True)
    path = inbox / f"{(MONDAY + timedelta(weeks=week)).date()}.jsonl"
    first = week * plan.papers
    found = made_up.papers(first + plan.papers, plan.interests, given=plan.given)
    with path.open("w", encoding="utf-8") as file:
        for number, paper in enumerate(found):
            if number >= first:
                file.write(json.dumps(paper) + "\n")
    os.utime(path, (0, 0))  # it has lain there for long: it is complete


def copy(home: Path, to: Path, plan: Plan | None = None) -> Path:
    """A home like another one, perhaps with the settings of a plan; what was there is removed."""
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(home, to)
    if plan is not None:
        (to / "digest.toml").write_text(_settings(plan), "utf-8")
    return to


def command(*arguments: str) -> list[str]:
    """The program's command with these arguments."""
    return [sys.executable, "-m", "digest", *arguments]


def import_people(home: Path, *, checkout: Path = ROOT) -> Cost:
    """Import the readers of ``people.jsonl``."""
    arguments = ("subscribers", "import", "people.jsonl", "--now", BEFORE.isoformat())
    return run_process(command(*arguments), folder=home, checkout=checkout)


def run(
    home: Path,
    *more: str,
    now: datetime = MONDAY,
    checkout: Path = ROOT,
    accept: Sequence[int] = (0,),
) -> Cost:
    """Make a pass; ``accept``: the exit statuses that it may have."""
    arguments = ("run", "--now", now.isoformat(), *more)
    return run_process(command(*arguments), folder=home, checkout=checkout, accept=accept)


def with_readers(home: Path, plan: Plan, *, checkout: Path = ROOT) -> Path:
    """A home whose readers are imported, before their first pass."""
    write(home, plan)
    import_people(home, checkout=checkout)
    return home


def mails(home: Path) -> int:
    """How many messages lie in the outbox, whatever its form."""
    outbox = home / "outbox"
    return sum(1 for _ in outbox.rglob("*.eml")) if outbox.is_dir() else 0
