"""``digest init``: a new home."""

import os
import time
from pathlib import Path

import click

from digest import starter


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def init(folder: Path) -> None:
    """Make a new home in FOLDER, ready to run: profiles, settings and three sample dumps.

    \b
    Example:
      digest init my-lab && cd my-lab && digest run
    """
    files = starter.files()
    # A file that has just changed might still be being written; these are finished.
    finished = time.time() - 60
    if taken := [folder / name for name in files if (folder / name).exists()]:
        what = f"{taken[0]} exists already; choose another folder or move it away."
        raise click.ClickException(what)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (finished, finished))
    click.echo(f"Made {folder.absolute()}. Next: edit {folder / 'subscribers.yaml'}, then")
    click.echo(f"  digest --home {folder} run")
