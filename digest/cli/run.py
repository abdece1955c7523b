"""``digest run``: one pass."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from digest.cli import app, logs, output, stop_signals
from digest.cli.options import json_option, moment, now_option, pass_home
from digest.ledger import Ledger
from digest.model import State
from digest.pipeline.context import RunContext
from digest.pipeline.report import RunReport
from digest.pipeline.run import run as run_pass

ROWS = 20
"""The number of digests that the summary of a pass shows, and of skipped ones."""


@click.command()
@now_option
@click.option("--dry-run", is_flag=True, help="Show what would be done; change nothing.")
@click.option(
    "--inbox",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Read dumps from this folder instead of the home's inbox.",
)
@json_option
@pass_home
def run(home: Path, now: datetime | None, dry_run: bool, inbox: Path | None, as_json: bool) -> int:
    """One pass: read new dumps, send what is due, publish feeds.

    Warnings go to standard error; with `format = "json"` in [log], so does a line for each mail.
    SIGTERM and Ctrl-C finish the mail in flight and begin no more; the next pass goes on.

    Exit status: 0; 1 when something failed (the rest is still done); 2 when settings or
    profiles are wrong (nothing is done).

    \b
    Examples:
      digest run
      digest run --dry-run --now 2026-11-16T08:00+01:00
    """
    opened = app.open_home(home, inbox=inbox)
    style = opened.settings.log.format
    # As text the summary tells of every mail; as JSON each has a line of its own.
    logs.start(style, level="INFO" if style == "json" else "WARNING")
    output.print_problems(app.unknown_variables())
    when = moment(now)
    with ExitStack() as stack:
        stopping = stack.enter_context(stop_signals.stop_on_signals())
        context: RunContext[Ledger]
        if dry_run:
            context = stack.enter_context(
                app.open_dry_context(opened, now=when, track=output.track)
            )
        else:
            context = stack.enter_context(
                app.open_context(opened, now=when, stopping=stopping, track=output.track)
            )
        app.follow_profiles(opened, context.ledger, now=when)
        report = run_pass(context, now=when)
    if as_json:
        output.print_json(report.as_json())
    else:
        _show(report, public=opened.public, dry=dry_run)
    return int(report.failed)


def _show(report: RunReport, *, public: Path, dry: bool) -> None:
    """Print the summary of a pass."""
    out = output.console()
    for block in _tables(report, public):
        out.print(block)
        out.print()
    if dry:
        out.print("[bold]Dry run:[/bold] nothing was written, sent or recorded.")
    if report.problems:
        out.print(f"[bold red]{len(report.problems)} to look at:[/bold red]")
        output.print_problems(report.problems)


def _tables(report: RunReport, public: Path) -> Iterator[Table]:
    if dumps := report.ingested.dumps:
        yield output.table(
            ("Dump", "#papers", "#new", "#merged", "#skipped"),
            (
                (each.name, *(str(n or "–") for n in (each.read, each.new, each.merged, each.bad)))
                for each in dumps
            ),
        )
    if report.delivered.rows or report.decided.skipped:
        headings = ("Subscriber", "Digest for", "#papers", "Outcome", "")
        yield output.table(headings, _outcomes(report))
    figures, rows = report.as_json(), []
    for name in ("dumps", "papers", "digests", "feeds"):
        parts = [f"{count} {key}" for key, count in figures[name].items() if count]
        rows.append((Text(name.capitalize(), "bold"), ", ".join(parts) or "nothing new"))
    yield output.table(("", ""), [*rows, (Text("Public", "bold"), str(public))])


def _outcomes(report: RunReport) -> Iterator[tuple[str | Text, ...]]:
    # What did not go well is shown first.
    tried = sorted(report.delivered.rows, key=lambda row: row.outcome.state is State.SENT)
    if len(tried) <= ROWS:
        tried = report.delivered.rows
    skips = report.decided.rows
    for row in tried[:ROWS]:
        outcome = output.state(row.outcome.state)
        yield row.subscriber, str(row.period), str(row.papers), outcome, row.outcome.detail
    for skip in skips[:ROWS]:
        yield skip.subscriber, str(skip.period), "–", Text("skipped", "dim"), skip.reason
    all_tried, all_skipped = report.delivered.counts.total(), report.decided.skipped
    more = all_tried - len(tried[:ROWS]) + all_skipped - len(skips[:ROWS])
    if more:
        yield f"and {more:,} more", "", "", "", ""
