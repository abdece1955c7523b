"""The command line: the only place that prints, prompts, exits and wires the packages together.

Command modules import the packages inside their functions: ``digest --help`` answers at once.
"""

from __future__ import annotations

import gc
import sys
from pathlib import Path

import click

from digest import __version__
from digest.cli import (
    answers,
    bounces,
    databases,
    deliveries,
    doctor,
    homes,
    people,
    profiles,
    replays,
    runs,
    services,
    suggestions,
    trial,
    verdicts,
)
from digest.errors import ConfigError, DigestError, NotFound

CYCLES_EVERY = 50_000
"""New objects between two searches for unused cycles. A pass makes many values and few cycles, so
Python's own few hundred would have it search in vain again and again."""
CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(context_settings=CONTEXT)
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="DIGEST_HOME",
    default=Path(),
    show_default="the current folder",
    help="Folder with inbox/, subscribers.yaml and digest.toml.",
)
@click.version_option(__version__, prog_name="digest")
@click.pass_context
def cli(context: click.Context, home: Path) -> None:
    """Personal email and feed digests of research papers.

    \b
    Example:
      digest init my-lab && cd my-lab && digest run
    """
    context.obj = home.absolute()


for command in (
    runs.run,
    services.serve,
    answers.preview,
    answers.explain,
    homes.check,
    homes.status,
    homes.init,
    verdicts.feedback,
    profiles.profile,
    replays.replay,
    suggestions.suggest,
    deliveries.deliveries,
    bounces.bounces,
    people.subscribers,
    trial.test_mail,
    databases.db,
    doctor.doctor,
):
    cli.add_command(command)


def main() -> None:
    """Run the command line; exit 2 for wrong settings or profiles, 1 for other failures."""
    gc.set_threshold(CYCLES_EVERY)
    try:
        code = cli.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("Stopped.", err=True)
        sys.exit(130)
    except ConfigError as error:
        for problem in error.problems:
            click.echo(str(problem), err=True)
        sys.exit(2)
    except NotFound as error:
        click.echo(f"There is no {error.kind} {error.name!r}.", err=True)
        if error.nearest:
            click.echo(f"Did you mean {' or '.join(error.nearest)}?", err=True)
        sys.exit(1)
    except DigestError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    except OSError as error:
        if error.filename is None:
            raise
        what = error.strerror or error
        click.echo(f"{error.filename}: {what} – give another path, or make room for it", err=True)
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)
