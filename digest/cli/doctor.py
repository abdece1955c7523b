"""``digest doctor``: is everything well, and what to do where it is not."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.options import json_option, moment, now_option, pass_home

if TYPE_CHECKING:
    from digest.doctor.finding import Finding

_MARKS = {
    "ok": "[green]ok  [/green]",
    "warn": "[yellow]warn[/yellow]",
    "fail": "[red]fail[/red]",
    "skip": "[dim]–   [/dim]",
}


@click.command()
@now_option
@json_option
@pass_home
def doctor(home: Path, now: datetime | None, as_json: bool) -> int:
    """Look whether folders, database, clock, templates, mail server and DNS are well.

    Sends and changes nothing. Only servers that the settings name are asked, and the DNS where
    mail goes out by SMTP. What cannot be asked, as without a network, is marked as such.

    Exit status: 0; 1 when something fails.

    \b
    Examples:
      digest doctor
      digest doctor --json
    """
    from digest.cli import examination, terminal

    found: list[Finding] = []
    out = terminal.console()
    for finding in examination.look(home, moment(now)):
        found.append(finding)
        if not as_json:
            words = terminal.escape(f"{finding.area:10} {finding.what}")
            out.print(f"{_MARKS[finding.level]}  {words}")
            if finding.remedy:
                out.print(f"      {'':10} [bold]→[/bold] {terminal.escape(finding.remedy)}")
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in found], indent=2))
    return int(any(finding.level == "fail" for finding in found))
