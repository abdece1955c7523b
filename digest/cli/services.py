"""``digest serve``."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from digest.cli.options import pass_home


@click.command()
@pass_home
def serve(home: Path) -> None:
    """Run as a service: read dumps as they come, send digests as they fall due.

    Over HTTP, at the address of `bind` under [web], it answers with what is in public/, and lets
    people unsubscribe by the link in their mail; /healthz tells whether all is well.

    Profiles that are edited meanwhile are picked up; a broken edit is reported, and the last
    good one stays in force. SIGTERM finishes what is in flight.

    \b
    Example:
      digest serve
    """
    from digest.cli import service

    service.serve(home, clock=lambda: datetime.now(UTC))
