"""Options and argument types that several commands share."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

pass_home = click.make_pass_decorator(Path)


class Instant(click.ParamType[datetime]):
    """An ISO 8601 date and time; without an offset it is UTC."""

    name = "ISO"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Parse ``2026-11-16T08:00+01:00``, ``2026-11-16T07:00Z`` or ``2026-11-16``."""
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not like 2026-11-16T08:00+01:00", param, ctx)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def now_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--now``, the moment to act at instead of what the clock shows."""
    return click.option(
        "--now", type=Instant(), help="Act as if it were this moment; without an offset, UTC."
    )(command)


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--json``, which prints one JSON value instead of text."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def moment(now: datetime | None) -> datetime:
    """Return the given moment, or what the clock shows, in UTC."""
    return now or datetime.now(UTC)
