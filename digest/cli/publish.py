"""``digest publish``: feeds and pages without a pass."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from digest.cli import app, output, stop_signals
from digest.cli.options import json_option, moment, now_option, pass_home
from digest.pipeline.publish import publish as publish_files


@click.command()
@click.option("--all", "everything", is_flag=True, help="Make every file anew.")
@now_option
@json_option
@pass_home
def publish(home: Path, everything: bool, now: datetime | None, as_json: bool) -> int:
    """Write the feeds and pages that are behind to public/; with --all make every file anew.

    No dump is read, nothing is decided or sent. Every pass publishes what is new by itself.

    Exit status: 0; 1 when something could not be written (the rest is).

    \b
    Examples:
      digest publish
      digest publish --all
    """
    opened, when = app.open_home(home), moment(now)
    with (
        stop_signals.stop_on_signals() as stopping,
        app.open_context(opened, now=when, stopping=stopping, track=output.track) as context,
    ):
        app.follow_profiles(opened, context.ledger, now=when)
        report = publish_files(context, now=when, everything=everything)
    if as_json:
        output.print_json(report)
    else:
        click.echo(f"Feeds: {report.written:,} written, {report.unchanged:,} unchanged.")
        output.print_problems(report.problems)
    return int(bool(report.problems))
