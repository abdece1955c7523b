"""``digest init``, ``digest check`` and ``digest status``: a home and its state."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import click

from digest.cli.options import json_option, moment, now_option, pass_home


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def init(folder: Path) -> None:
    """Make a new home in FOLDER, ready to run: profiles, settings and three sample dumps.

    \b
    Example:
      digest init my-lab && cd my-lab && digest run
    """
    from digest import starter  # noqa: PLC0415  --help does without

    files = starter.files()
    taken = [name for name in files if (folder / name).exists()]
    if taken:
        raise click.ClickException(
            f"{folder / taken[0]} exists already; choose another folder or move it away."
        )
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    click.echo(f"Made {folder}. Next: edit {folder / 'subscribers.yaml'}, then")
    click.echo(f"  digest --home {folder} run")


@click.command()
@json_option
@pass_home
def check(home: Path, as_json: bool) -> int:
    """Check settings, profiles and templates; every problem at once.

    Exit status: 0, or 2 when there are problems.

    \b
    Example:
      digest check
    """
    from digest import config, subscribers  # noqa: PLC0415  --help does without
    from digest.cli import terminal, wiring  # noqa: PLC0415
    from digest.errors import ConfigError  # noqa: PLC0415
    from digest.model import Problem  # noqa: PLC0415

    problems: list[Problem] = []
    people = 0
    try:
        problems += wiring.template_problems(wiring.open_home(home))
    except ConfigError as error:
        problems += error.problems
    try:
        people = len(subscribers.load(home))
    except ConfigError as error:
        problems += error.problems
    if as_json:
        listed = [{"where": p.where, "what": p.what, "remedy": p.remedy} for p in problems]
        click.echo(json.dumps({"subscribers": people, "problems": listed}, indent=2))
    elif problems:
        terminal.show_problems(problems)
        click.echo(f"{len(problems)} to mend; until then nothing is sent.", err=True)
    else:
        click.echo(f"All good: {people} subscribers.")
    return 2 if problems else 0
