"""``digest publish``: feeds and pages without a pass."""

from datetime import datetime

import click

from digest.cli import app, output
from digest.cli.options import pass_home
from digest.cli.stop_signals import stop_on_signals
from digest.pipeline.publish import publish as publish_files


@click.command()
@click.option("--all", "everything", is_flag=True, help="Make every file anew.")
@pass_home("digest publish", "digest publish --all", now=True, json=True)
def publish(home: app.Home, everything: bool, now: datetime, as_json: bool) -> int:
    """Write the feeds and pages that are behind to public/; with --all make every file anew.

    No dump is read, nothing is decided or sent. Every pass publishes what is new by itself. With
    mode = "serve" under [public], readers have no files: only those of everybody are written.

    Exit status: 0; 1 when something could not be written (the rest is).
    """
    with (
        stop_on_signals() as stopping,
        app.open_context(home, now=now, stopping=stopping, track=output.track) as context,
    ):
        app.follow_profiles(home, context.ledger, now=now)
        report = publish_files(context, now=now, everything=everything)
    if as_json:
        output.print_json(report)
    else:
        click.echo(f"Feeds: {report.written:,} written, {report.unchanged:,} unchanged.")
        output.print_problems(report.problems)
    return int(bool(report.problems))
