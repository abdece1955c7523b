"""Options and arguments that several commands share."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from inspect import cleandoc
from pathlib import Path
from typing import Any

import click

from digest.cli import app

Command = Callable[..., Any]
pass_folder = click.make_pass_decorator(Path)
"""Passes the folder of the home, whose settings may be wrong."""
at_least_one = click.IntRange(min=1)


def instant(value: object) -> datetime:
    """Parse ``2026-11-16T08:00+01:00``, ``2026-11-16T07:00Z`` or ``2026-11-16``; without an offset
    it is UTC."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is not like 2026-11-16T08:00+01:00") from error
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


now_option = click.option(
    "--now",
    type=instant,
    metavar="ISO",
    default=lambda: datetime.now(UTC),
    show_default=False,
    help="Act as if it were this moment; without an offset, UTC.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def examples(*lines: str) -> Callable[[Command], Command]:
    """Add command lines to the help of a command, which is the docstring of its function."""

    def decorate(command: Command) -> Command:
        heading = "Examples" if len(lines) > 1 else "Example"
        told = "\n  ".join((f"{heading}:", *lines))
        command.__doc__ = f"{cleandoc(command.__doc__ or '')}\n\n\b\n{told}"
        return command

    return decorate


def pass_home(*lines: str, now: bool = False, json: bool = False) -> Callable[[Command], Command]:
    """Pass the home with its settings as the first argument; wrong settings end the command. Its
    help has ``lines`` as examples; with ``now`` and ``json`` it has these options too."""

    def decorate(command: Command) -> Command:
        @wraps(examples(*lines)(command))
        def with_home(folder: Path, /, **options: Any) -> Any:
            return command(app.open_home(folder), **options)

        decorated: Command = pass_folder(with_home)
        decorated = json_option(decorated) if json else decorated
        return now_option(decorated) if now else decorated

    return decorate


def file_type(**options: Any) -> click.Path:
    """The type of an argument or option that names a file."""
    return click.Path(dir_okay=False, path_type=Path, **options)
