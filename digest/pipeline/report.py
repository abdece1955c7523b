"""What one pass did, in figures and problems."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from digest.model import Outcome, Period, Problem, Skip, State, SubscriberId


@dataclass(frozen=True, slots=True)
class DumpRow:
    """One new dump of the pass."""

    name: str
    format: str
    read: int
    new: int
    merged: int
    bad: int


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What was found in the inbox."""

    dumps: tuple[DumpRow, ...] = ()
    unchanged: int = 0
    waiting: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of one email."""

    subscriber: SubscriberId
    period: Period
    papers: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Deliveries:
    """What became of the email deliveries that were due."""

    rows: tuple[Delivered, ...] = ()
    problems: tuple[Problem, ...] = ()
    held: int = 0
    """Not tried, because no mail can be composed."""

    def count(self, state: State) -> int:
        """How many ended in ``state``."""
        return sum(row.outcome.state is state for row in self.rows)


@dataclass(frozen=True, slots=True)
class Published:
    """What became of the public files; the figures count feed files."""

    written: int = 0
    unchanged: int = 0
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class RunReport:
    """Everything one pass did."""

    now: datetime
    intake: IngestReport
    skips: tuple[Skip, ...]
    deliveries: Deliveries
    published: Published

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Those of every part of the pass."""
        return (*self.intake.problems, *self.deliveries.problems, *self.published.problems)

    @property
    def failed(self) -> bool:
        """Whether something went wrong that a person should look at."""
        bad = (State.FAILED, State.UNCERTAIN, State.DEFERRED, State.EXPIRED)
        bad_records = sum(row.bad for row in self.intake.dumps)
        return bool(
            len(self.intake.problems) > bad_records  # a whole file, or the inbox
            or self.deliveries.problems
            or self.published.problems
            or any(self.deliveries.count(state) for state in bad)
        )

    def as_json(self) -> dict[str, Any]:
        """The object that ``digest run --json`` prints."""
        rows = self.intake.dumps
        count = self.deliveries.count
        return {
            "now": self.now.isoformat(),
            "dumps": {
                "read": len(rows),
                "unchanged": self.intake.unchanged,
                "waiting": len(self.intake.waiting),
                "rejected": len(self.intake.rejected),
            },
            "papers": {
                key: sum(getattr(row, key) for row in rows)
                for key in ("read", "new", "merged", "bad")
            },
            "digests": {
                "sent": count(State.SENT),
                "skipped": len(self.skips),
                "deferred": count(State.DEFERRED),
                "failed": count(State.FAILED) + count(State.EXPIRED),
                "uncertain": count(State.UNCERTAIN),
                "cancelled": count(State.CANCELLED),
                "held": self.deliveries.held,
            },
            "feeds": {
                "written": self.published.written,
                "unchanged": self.published.unchanged,
            },
            "problems": [
                {"where": p.where, "what": p.what, "remedy": p.remedy} for p in self.problems
            ],
        }
