"""What one pass did, in figures and problems."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from digest.model import Outcome, Period, Problem, Skip, State, SubscriberId

ROWS = 1000  # digests that a report names one by one; beyond them it only counts


@dataclass(frozen=True, slots=True)
class DumpRow:
    """One new dump of the pass."""

    name: str
    format: str
    read: int
    new: int
    merged: int
    bad: int
    is_incomplete: bool = False  # whether there seem to be more papers in it than were read


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What was found in the inbox."""

    dumps: tuple[DumpRow, ...] = ()
    unchanged: int = 0
    waiting: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def new(self) -> int:
        """Papers that no dump had before."""
        return sum(row.new for row in self.dumps)


@dataclass(slots=True)
class DecideReport:
    """The digests that were due and were not made."""

    skipped: int = 0
    rows: list[Skip] = field(default_factory=list)  # the first ``ROWS`` of them
    problems: tuple[Problem, ...] = ()

    def add(self, skip: Skip) -> None:
        """Count one more."""
        self.skipped += 1
        if len(self.rows) < ROWS:
            self.rows.append(skip)

    def merge(self, other: "DecideReport") -> None:
        """Add what the report of another shard has."""
        self.skipped += other.skipped
        self.rows += other.rows[: ROWS - len(self.rows)]
        self.problems = _each_once(*self.problems, *other.problems)


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of one email."""

    subscriber: SubscriberId
    period: Period
    papers: int
    outcome: Outcome


@dataclass(slots=True)
class DeliverReport:
    """What became of the email deliveries that were due."""

    counts: Counter[State] = field(default_factory=Counter)
    rows: list[Delivered] = field(default_factory=list)
    """Those that were not sent, then others, ``ROWS`` of either at most."""
    problems: tuple[Problem, ...] = ()
    held: int = 0  # not tried, because no mail can be composed

    def add(self, row: Delivered) -> None:
        """Count one more."""
        self.counts[row.outcome.state] += 1
        if self.counts[row.outcome.state] <= ROWS:
            self.rows.append(row)

    def merge(self, other: "DeliverReport") -> None:
        """Add what the report of another shard has."""
        shown = Counter(row.outcome.state for row in self.rows)
        for row in other.rows:
            shown[row.outcome.state] += 1
            if shown[row.outcome.state] <= ROWS:
                self.rows.append(row)
        self.counts.update(other.counts)
        self.problems = _each_once(*self.problems, *other.problems)
        self.held += other.held


@dataclass(frozen=True, slots=True)
class PublishReport:
    """What became of the public files; the figures count feed files."""

    written: int = 0
    unchanged: int = 0
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class RunReport:
    """Everything one pass did."""

    now: datetime
    ingested: IngestReport
    decided: DecideReport
    delivered: DeliverReport
    published: PublishReport

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Those of every stage of the pass."""
        stages = (self.ingested, self.decided, self.delivered, self.published)
        return tuple(problem for stage in stages for problem in stage.problems)

    @property
    def failed(self) -> bool:
        """Whether something went wrong that a person should look at."""
        bad = (State.FAILED, State.UNCERTAIN, State.DEFERRED, State.EXPIRED)
        bad_records = sum(row.bad for row in self.ingested.dumps)
        return bool(
            len(self.problems) > bad_records  # more than single papers of a dump
            or any(row.is_incomplete for row in self.ingested.dumps)
            or any(self.delivered.counts[state] for state in bad)
        )

    def as_json(self) -> dict[str, Any]:
        """The object that ``digest run --json`` prints."""
        dumps, counts = self.ingested.dumps, self.delivered.counts
        return {
            "now": self.now.isoformat(),
            "dumps": {
                "read": len(dumps),
                "unchanged": self.ingested.unchanged,
                "waiting": len(self.ingested.waiting),
                "rejected": len(self.ingested.rejected),
            },
            "papers": {
                key: sum(getattr(row, key) for row in dumps)
                for key in ("read", "new", "merged", "bad")
            },
            "digests": {
                "sent": counts[State.SENT],
                "skipped": self.decided.skipped,
                "deferred": counts[State.DEFERRED],
                "failed": counts[State.FAILED] + counts[State.EXPIRED],
                "uncertain": counts[State.UNCERTAIN],
                "cancelled": counts[State.CANCELLED],
                "held": self.delivered.held,
            },
            "feeds": {"written": self.published.written, "unchanged": self.published.unchanged},
            "problems": [
                {"where": p.where, "what": p.what, "remedy": p.remedy} for p in self.problems
            ],
        }


def _each_once(*problems: Problem) -> tuple[Problem, ...]:
    return tuple(dict.fromkeys(problems))
