"""``digest run``."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import click

from digest.cli.options import json_option, moment, now_option, pass_home


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
    from digest import subscribers
    from digest.cli import app, logs, output, stop_signals
    from digest.pipeline.run import run as run_pass

    opened = app.open_home(home, inbox=inbox)
    style = opened.settings.log.format
    # As text the summary tells of every mail; as JSON each has a line of its own.
    logs.start(style, level="INFO" if style == "json" else "WARNING")
    output.show_problems(app.unknown_variables())
    everybody = subscribers.load(home)
    when = moment(now)
    with (
        stop_signals.stop_on_signals() as stopping,
        app.open_context(
            opened,
            now=when,
            dry=dry_run,
            stopping=stopping,
            track=output.track,
            subscribers=len(everybody),
        ) as context,
    ):
        report = run_pass(context, everybody, now=when)
    if as_json:
        click.echo(json.dumps(report.as_json(), indent=2))
    else:
        output.show_run(report, public=str(opened.public), dry=dry_run)
    return int(report.failed)
