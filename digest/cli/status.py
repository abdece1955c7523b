"""``digest status``: what happened in a home, what is due next and what is stuck."""

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import click
from rich.text import Text

from digest.cli import app, health, lookup, output, source_status
from digest.cli.deliveries import row_as_json
from digest.cli.options import pass_home
from digest.ledger import Ledger
from digest.ledger.deliveries import Status
from digest.ledger.papers import Rejected
from digest.model import DeliveryRow, Origin, State, SubscriberId
from digest.scheduling import periods

UPCOMING = 10  # the number of subscribers due next that are listed
REJECTED = 3  # the number of rejected files that are listed


@click.command()
@click.option("--alive", is_flag=True, help="Only tell, by exit status, if `digest serve` is well.")
@pass_home("digest status", "digest status --alive", now=True, json=True)
def status(home: app.Home, alive: bool, now: datetime, as_json: bool) -> int:
    """Show what happened, what is due next and what is stuck.

    Of the subscribers the ten that are due next are listed; the others are counted.

    Exit status: 0; with --alive 1 when the service gave no sign for two minutes or its passes fail.
    """
    service, failure = health.of(home, now=now)
    if alive:
        return int(service != "ok")
    with app.read_ledger(home) as ledger:
        standings, upcoming = _people(home, ledger, now)
        seen, rejected = ledger.status(), ledger.rejected()
        sources = source_status.statuses(home, ledger, now=now)
    others = standings.total() - len(upcoming)
    value = {
        "now": now,
        "service": service != "silent",
        "failing": failure,
        "papers": seen.papers,
        "dumps": seen.dumps,
        "rejected": len(rejected),
        "rejections": [output.fields(each, "name", "reason") for each in rejected],
        "incomplete": seen.incomplete,
        "last_dump": seen.last_dump,
        "sources": [source_status.as_json(one) for one in sources],
        "subscribers": standings,
        "deliveries": seen.deliveries,
        "oldest_unfinished": row_as_json(seen.oldest) if seen.oldest else None,
        "troubles": [row_as_json(row) for row in seen.troubles],
        "next": [{"subscriber": who, "due": due} for due, who in upcoming],
        "next_others": others,
    }
    rows = [("Service", _service(service, failure, now)), *source_status.rows(sources, now)]
    rows += _rows(standings, seen, rejected, now)
    rows += (("Due next", f"{due:%a %d %b %Y %H:%M} UTC  {who}") for due, who in upcoming)
    if others:
        rows.append(("", f"and {others:,} more subscribers"))
    output.answer(as_json, value, lambda: _show(rows, seen.troubles, now))
    return 0


def _people(
    home: app.Home, ledger: Ledger, now: datetime
) -> tuple[Counter[str], list[tuple[datetime, SubscriberId]]]:
    """How many subscribers there are by their standing, and who is due next. Only those of files
    that were not compiled yet are looked at one by one."""
    files = lookup.changed_files(home, ledger)
    origin: Origin | None = None if files is None else "database"
    standings = Counter[str](ledger.count_standings(origin=origin))
    listed = lookup.persons(((one, None) for one in files or ()), ledger)
    standings.update(one.standing for one in listed)
    due = [(periods.next_due(one, now), one.id) for one in files or ()]
    due += ledger.upcoming(limit=UPCOMING, origin=origin)
    return standings, heapq.nsmallest(UPCOMING, due)


def _rows(
    people: Counter[str], seen: Status, rejected: Sequence[Rejected], now: datetime
) -> Iterator[tuple[str, str]]:
    last = f", the last {output.ago(now - seen.last_dump)}" if seen.last_dump else ""
    refused = f", {len(rejected)} rejected" if rejected else ""
    yield "Dumps", f"{seen.dumps} read{refused}{last}"
    yield from (("", f"{each.name}: {each.reason}") for each in rejected[:REJECTED])
    yield from (("", f"{name}: only a part of it could be read") for name in seen.incomplete)
    yield "Papers", f"{seen.papers:,}"
    yield "Subscribers", _counts(people) or "none"
    yield "Deliveries", _counts(seen.deliveries) or "none yet"
    if seen.oldest:
        yield "Oldest open", f"{_name(seen.oldest)}: {_stuck(seen.oldest, now)}"


def _show(rows: Iterable[tuple[str, str]], troubles: Sequence[DeliveryRow], now: datetime) -> None:
    out = output.console()
    out.print(output.table(("", ""), [(Text(name, "bold"), words) for name, words in rows]))
    if troubles:
        out.print("\n[bold]Last errors[/bold]")
    for row in troubles:
        words = f"{_name(row)}, {output.ago(now - row.updated)}: {row.detail}"
        out.print(Text.assemble("  ", output.state(row.state), "  ", words))


def _service(word: health.Word, failure: health.Failure | None, now: datetime) -> str:
    if not failure:
        return "not running" if word == "silent" else "running"
    since = f"{failure.since:%Y-%m-%d %H:%M} UTC, {output.ago(now - failure.since)}"
    return f"running, but its passes fail since {since}: {failure.what}"


def _stuck(row: DeliveryRow, now: datetime) -> str:
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
    return f"{row.state}, {output.ago(now - row.updated)}; {words[row.state]}"


def _name(row: DeliveryRow) -> str:
    return f"#{row.id} {row.subscriber}, {row.period}, {row.channel}"


def _counts(counts: Mapping[Any, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items()))
