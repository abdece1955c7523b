"""``digest status``: what happened in a home, what is due next and what is stuck."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import click
from rich.text import Text

from digest.cli import app, health, lookup, output
from digest.cli.app import Home
from digest.cli.deliveries import row_as_json
from digest.cli.health import Health
from digest.cli.options import pass_home
from digest.cli.output import fields
from digest.ledger.deliveries import Status
from digest.ledger.papers import Rejected
from digest.model import DeliveryRow, State
from digest.scheduling import periods

UPCOMING = 5  # the number of digests due next that are listed
REJECTED = 3  # the number of rejected files that are listed


@click.command()
@click.option("--alive", is_flag=True, help="Only tell, by exit status, if `digest serve` is well.")
@pass_home(now=True, json=True)
def status(home: Home, alive: bool, now: datetime, as_json: bool) -> int:
    """Show what happened, what is due next and what is stuck.

    Exit status: 0; with --alive 1 when the service gave no sign for two minutes or its passes fail.

    \b
    Examples:
      digest status
      digest status --alive
    """
    service = health.of(home, now=now)
    if alive:
        return int(service.word != "ok")
    progress, upcoming = Counter[str](), []
    with app.read_ledger(home) as ledger:
        for person in lookup.everybody(lookup.listed(home, ledger), ledger):
            if person.profile:
                progress[person.standing] += 1
                due = person.stored.next_due if person.stored else None
                if not due or due <= now:
                    due = periods.next_due(person.profile, now)
                upcoming.append((due, person.id))
        seen, rejected = ledger.status(), ledger.rejected()
    found = Overview(now, seen, rejected, progress, sorted(upcoming), service)
    if as_json:
        output.print_json(found.as_json())
    else:
        found.show()
    return 0


@dataclass(frozen=True, slots=True)
class Overview:
    """The state of a home at a moment."""

    now: datetime
    seen: Status
    rejected: Sequence[Rejected]  # files that were no dumps, newest first
    progress: Mapping[str, int]  # how many subscribers are active, unsubscribed and suppressed
    upcoming: Sequence[tuple[datetime, str]]  # each subscriber's next due time, soonest first
    service: Health  # of `digest serve`

    def as_json(self) -> dict[str, Any]:
        seen = self.seen
        return {
            "now": self.now,
            "service": self.service.is_running,
            "failing": self.service.failure,
            "papers": seen.papers,
            "dumps": seen.dumps,
            "rejected": len(self.rejected),
            "rejections": [fields(each, "name", "reason") for each in self.rejected],
            "last_dump": seen.last_dump,
            "subscribers": self.progress,
            "deliveries": seen.deliveries,
            "oldest_unfinished": row_as_json(seen.oldest) if seen.oldest else None,
            "troubles": [row_as_json(row) for row in seen.troubles],
            "next": [{"subscriber": who, "due": due} for due, who in self.upcoming],
        }

    def show(self) -> None:
        out = output.console()
        rows = [(Text(heading, "bold"), words) for heading, words in self._rows()]
        out.print(output.table(("", ""), rows))
        if self.seen.troubles:
            out.print("\n[bold]Last errors[/bold]")
        for row in self.seen.troubles:
            words = f"{_name(row)}, {ago(self.now - row.updated)}: {row.detail}"
            out.print(Text.assemble("  ", output.state(row.state), "  ", words))

    def _rows(self) -> Sequence[tuple[str, str]]:
        seen = self.seen
        last = f", the last {ago(self.now - seen.last_dump)}" if seen.last_dump else ""
        rejected = f", {len(self.rejected)} rejected" if self.rejected else ""
        rows = [
            ("Service", self._service()),
            ("Dumps", f"{seen.dumps} read{rejected}{last}"),
            *(("", f"{each.name}: {each.reason}") for each in self.rejected[:REJECTED]),
            ("Papers", f"{seen.papers:,}"),
            ("Subscribers", _counts(self.progress) or "none"),
            ("Deliveries", _counts(seen.deliveries) or "none yet"),
        ]
        if seen.oldest:
            rows.append(("Oldest open", f"{_name(seen.oldest)}: {self._stuck(seen.oldest)}"))
        for due, subscriber in self.upcoming[:UPCOMING]:
            rows.append(("Due next", f"{due:%a %d %b %Y %H:%M} UTC  {subscriber}"))
        if len(self.upcoming) > UPCOMING:
            rows.append(("", f"and {len(self.upcoming) - UPCOMING} more subscribers"))
        return rows

    def _service(self) -> str:
        if not self.service.is_running:
            return "not running"
        if not (failure := self.service.failure):
            return "running"
        since = f"{failure.since:%Y-%m-%d %H:%M} UTC, {ago(self.now - failure.since)}"
        return f"running, but its passes fail since {since}: {failure.what}"

    def _stuck(self, row: DeliveryRow) -> str:
        """Why a delivery is not finished, and what comes next."""
        due = f"{row.due:%Y-%m-%d %H:%M} UTC" if row.due else "never"
        settle = f"`digest deliveries mark-sent {row.id}` or `digest deliveries resend {row.id}`"
        words = {
            State.PENDING: "goes out with the next run",
            State.CLAIMED: f"being sent; given up at {due} if its sender has died",
            State.COMMITTED: f"being accepted; given up at {due} if its sender has died",
            State.DEFERRED: f"tried again at {due}",
            State.UNCERTAIN: f"did it arrive? Settle it by {settle}",
        }
        return f"{row.state}, {ago(self.now - row.updated)}; {words[row.state]}"


def ago(span: timedelta) -> str:
    """``3 days ago``, in the largest unit of which there is at least one."""
    for name in ("day", "hour", "minute"):
        if (count := span // timedelta(**{f"{name}s": 1})) > 0:
            return f"{count} {name}{'s' if count > 1 else ''} ago"
    return "just now"


def _name(row: DeliveryRow) -> str:
    return f"#{row.id} {row.subscriber}, {row.period}, {row.channel}"


def _counts(counts: Mapping[Any, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items()))
