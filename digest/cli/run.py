"""``digest run``: one pass."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click
from pydantic_core import PydanticCustomError
from rich.table import Table
from rich.text import Text

from digest import config
from digest.cli import app, logs, output, pruning, workers
from digest.cli.options import at_least_one, now_option, pass_home
from digest.cli.stop_signals import stop_on_signals
from digest.config.fields import scheduler_url
from digest.ledger import Ledger
from digest.model import State
from digest.pipeline.context import RunContext
from digest.pipeline.report import RunReport
from digest.pipeline.run import alone
from digest.pipeline.run import run as run_pass

ROWS = 20  # the number of digests that the summary of a pass shows, and of skipped ones


def _scheduler(_context: click.Context, _option: click.Parameter, url: str | None) -> str | None:
    try:
        return None if url is None else scheduler_url(url)
    except PydanticCustomError as error:
        words = error.context or {}
        raise click.BadParameter(f"{words.get('what')}: {words.get('remedy')}") from error


@click.command()
@now_option
@click.option("--dry-run", is_flag=True, help="Show what would be done; change nothing.")
@click.option(
    "--inbox",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Read dumps from this folder instead of the home's inbox.",
)
@click.option(
    "--workers", "count", type=at_least_one, metavar="N", help="Share it out among N processes."
)
@click.option(
    "--cluster",
    metavar="URL",
    callback=_scheduler,
    help="Share it out among the workers of a Dask scheduler, as tls://HOST:8786.",
)
@pass_home(
    "digest run",
    "digest run --dry-run --now 2026-11-16T08:00+01:00",
    "digest run --workers 4",
    json=True,
)
def run(
    home: app.Home,
    *,
    now: datetime,
    dry_run: bool,
    inbox: Path | None,
    count: int | None,
    cluster: str | None,
    as_json: bool,
) -> int:
    """One pass: read new dumps, send what is due, publish feeds.

    Warnings go to standard error; with `format = "json"` in [log], so does a line for each mail.
    SIGTERM and Ctrl-C finish the mail in flight and begin no more; the next pass goes on.

    Exit status: 0; 1 when something failed (the rest is still done); 2 when settings or
    profiles are wrong (nothing is done).
    """
    home = _shared_out(replace(home, inbox=inbox or home.inbox), count, cluster, dry=dry_run)
    style = home.settings.log.format
    # As text the summary tells of every mail; as JSON each has a line of its own.
    logs.start(style, level="INFO" if style == "json" else "WARNING")
    output.print_problems(app.unknown_variables())
    with stop_on_signals() as stopping:
        opened: AbstractContextManager[RunContext[Ledger]]
        if dry_run:
            opened = app.open_dry_context(home, now=now, track=output.track)
        else:
            opened = app.open_context(home, now=now, stopping=stopping, track=output.track)
        with opened as context:
            app.follow_profiles(home, context.ledger, now=now)
            work = alone if dry_run else workers.divided(home, context, now=now)
            report = run_pass(context, now=now, work=work)
            if not dry_run:
                pruning.daily(home, context.ledger, now=now, stopping=context.stopping)
    figures = report.as_json()
    output.answer(as_json, figures, lambda: _show(report, public=home.public, dry=dry_run))
    return int(report.failed)


def _shared_out(home: app.Home, count: int | None, url: str | None, *, dry: bool) -> app.Home:
    """A home whose passes are shared out as the options say, or else the settings.

    Raises:
        ConfigError: Something has to be set or installed for it.
    """
    if bool(count) + bool(url) + dry > 1:
        raise click.UsageError("give one of --dry-run, --workers and --cluster")
    cluster = config.Cluster(workers=count, url=url) if count or url else home.settings.cluster
    home = replace(home, settings=home.settings.model_copy(update={"cluster": cluster}))
    if not dry:
        workers.check(home)
    return home


def _show(report: RunReport, *, public: Path, dry: bool) -> None:
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
        counts = ((one.name, one.read, one.new, one.merged, one.bad) for one in dumps)
        rows = [[cell or "–" for cell in row] for row in counts]
        yield output.table(("Dump", "#papers", "#new", "#merged", "#skipped"), rows)
    if report.delivered.rows or report.decided.skipped:
        headings = ("Subscriber", "Digest for", "#papers", "Outcome", "")
        yield output.table(headings, _outcomes(report))
    figures = report.as_json()
    told = {}
    for name in ("dumps", "papers", "digests", "feeds"):
        parts = [f"{count} {key}" for key, count in figures[name].items() if count]
        told[name] = ", ".join(parts) or "nothing new"
    yield output.named(told | {"public": public})


def _outcomes(report: RunReport) -> Iterator[tuple[object, ...]]:
    # What did not go well is shown first.
    tried = sorted(report.delivered.rows, key=lambda row: row.outcome.state is State.SENT)
    if len(tried) <= ROWS:
        tried = report.delivered.rows
    skips = report.decided.rows
    for row in tried[:ROWS]:
        outcome = output.state(row.outcome.state)
        yield row.subscriber, row.period, row.papers, outcome, row.outcome.detail
    for skip in skips[:ROWS]:
        yield skip.subscriber, skip.period, "–", Text("skipped", "dim"), skip.reason
    all_tried, all_skipped = report.delivered.counts.total(), report.decided.skipped
    more = all_tried - len(tried[:ROWS]) + all_skipped - len(skips[:ROWS])
    if more:
        yield f"and {more:,} more", "", "", "", ""
