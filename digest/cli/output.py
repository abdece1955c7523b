"""What people see on a terminal."""

from __future__ import annotations

import os
import sys
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from digest.model import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import Console, JustifyMethod, RenderableType
    from rich.status import Status
    from rich.table import Table

    from digest.model import Problem
    from digest.pipeline.report import RunReport

T = TypeVar("T")

COLOURS = {
    State.SENT: "green",
    State.DEFERRED: "yellow",
    State.UNCERTAIN: "yellow",
    State.FAILED: "red",
    State.EXPIRED: "red",
}

ROWS = 20
"""Digests that the summary of a pass shows one by one, and as many that were skipped."""
_PROCESS = os.getpid()
"""The only one that shows bars: those of two would write over each other."""
PIPE = 10_000
"""Columns of what is no terminal: a file or a pipe has no edge at which to cut lines off."""


def console(*, stderr: bool = False) -> Console:
    """A console that shows colours on a terminal only, and fits lines to that alone."""
    from rich.console import Console

    made = Console(stderr=stderr, highlight=False, soft_wrap=True)
    if not made.is_terminal:
        made.width = PIPE
    return made


def track(items: Iterable[T], what: str, total: int) -> Iterator[T]:
    """A progress bar on standard error, where that is a terminal, from the first second on."""
    if not sys.stderr.isatty() or os.getpid() != _PROCESS:
        yield from items
        return
    from rich.progress import Progress  # a pipe does without

    started = monotonic()
    out = console(stderr=True)
    with Progress(console=out, transient=True, auto_refresh=False) as progress:
        task = progress.add_task(what, total=total, visible=False)
        for item in items:
            yield item
            progress.update(task, advance=1, visible=monotonic() - started > 1, refresh=True)


def table(*headings: str) -> Table:
    """A table without rules, its columns as wide as their content; after a ``#``, of figures."""
    from rich.table import Table

    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for heading in headings:
        justify: JustifyMethod = "right" if heading[:1] == "#" else "left"
        # Folded where a terminal is too narrow: a path that is cut off is of no use.
        made.add_column(heading.removeprefix("#"), justify=justify, overflow="fold")
    return made


def waiting(words: str) -> Status:
    """Shows on a terminal that work is under way; ends with the block."""
    return console(stderr=True).status(f"{words} …")


def escape(text: str) -> str:
    """Text from outside, harmless to the console's markup."""
    from rich.markup import escape as escaped

    return escaped(text)


def show_problems(problems: Sequence[Problem]) -> None:
    """Each problem and its remedy on standard error."""
    if not problems:
        return
    out = console(stderr=True)
    for problem in problems:
        remedy = f" [dim]– {escape(problem.remedy)}[/dim]" if problem.remedy else ""
        out.print(f"[bold]{escape(problem.where)}[/bold]: {escape(problem.what)}{remedy}")


def show_run(report: RunReport, *, public: str, dry: bool) -> None:
    """The summary of a pass."""
    out = console()
    for block in _run_blocks(report, public=public):
        out.print(block)
        out.print()
    if dry:
        out.print("[bold]Dry run:[/bold] nothing was written, sent or recorded.")
    if report.problems:
        out.print(f"[bold red]{len(report.problems)} to look at:[/bold red]")
        show_problems(report.problems)


def _run_blocks(report: RunReport, *, public: str) -> Iterable[RenderableType]:
    intake, figures = report.intake, report.as_json()
    if intake.dumps:
        rows = table("Dump", "#papers", "#new", "#merged", "#skipped")
        for dump in intake.dumps:
            counts = (dump.read, dump.new, dump.merged, dump.bad)
            rows.add_row(escape(dump.name), *(str(count or "–") for count in counts))
        yield rows
    if report.deliveries.rows or report.skips:
        rows = table("Subscriber", "Digest for", "#papers", "Outcome", "")
        tried = report.deliveries.rows
        if len(tried) > ROWS:  # what did not go well is shown first
            tried = tuple(sorted(tried, key=lambda row: row.outcome.state is State.SENT))
        for sent in tried[:ROWS]:
            outcome = sent.outcome
            colour = COLOURS.get(outcome.state, "default")
            rows.add_row(
                sent.subscriber,
                str(sent.period),
                str(sent.papers),
                f"[{colour}]{outcome.state}[/{colour}]",
                escape(outcome.detail),
            )
        for skip in report.skips[:ROWS]:
            row = (skip.subscriber, str(skip.period), "–", "[dim]skipped[/dim]", skip.reason)
            rows.add_row(*row)
        more = max(0, len(tried) - ROWS) + max(0, len(report.skips) - ROWS)
        if more:
            rows.add_row(f"and {more:,} more", "", "", "", "")
        yield rows
    totals = table("", "")
    for name in ("dumps", "papers", "digests", "feeds"):
        parts = [f"{count} {key}" for key, count in figures[name].items() if count]
        words = ", ".join(parts) or "nothing new"
        totals.add_row(f"[bold]{name.capitalize()}[/bold]", words)
    totals.add_row("[bold]Public[/bold]", escape(public))
    totals.show_header = False
    yield totals
