"""The command line: the only place that prints, prompts, exits and wires the packages together.
Every command stands in a module of its own name, which is imported when the command is called."""

import atexit
import gc
import os
import sys
from importlib import import_module
from pathlib import Path

import click

from digest import __version__
from digest.errors import ConfigError, DigestError, NotFound

CYCLES_EVERY = 250_000
"""New objects between two searches for unused cycles. A pass makes many values and few cycles, so
Python's own few hundred would have it search in vain again and again."""
CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

COMMANDS = {
    "bounces": "Read delivery failures, complaints and requests to unsubscribe that came by mail.",
    "check": "Check settings, profiles and templates; every problem at once.",
    "db": "Copy the ledger to another database, back it up, restore it, prune it.",
    "deliveries": "List deliveries, and settle those whose fate is unknown.",
    "doctor": "Look whether folders, database, clock, templates, mail server and DNS are well.",
    "explain": "Say why PAPER is, or is not, in a digest of SUBSCRIBER, with the arithmetic.",
    "export": "Write papers, picks or verdicts to standard output or FILE, for other programs.",
    "feedback": "Record that SUBSCRIBER likes or dislikes PAPER, or clear what was recorded.",
    "fetch": "Fetch what is due from the sources in digest.toml, or SOURCE at once.",
    "init": "Make a new home in FOLDER, ready to run: profiles, settings and three sample dumps.",
    "preview": "Show the next digest as SUBSCRIBER would see it.",
    "profile": "Show SUBSCRIBER's profile as it is understood, against the papers in the archive.",
    "publish": "Write the feeds and pages that are behind to public/; with --all make every file "
    "anew.",
    "read": "Show what would be read from FILE, paper by paper, with every problem.",
    "replay": "Show what SUBSCRIBER's profile as it stands would have gained and lost in past "
    "digests.",
    "run": "One pass: read new dumps, send what is due, publish feeds.",
    "serve": "Run as a service: fetch and read what comes, send digests as they fall due.",
    "status": "Show what happened, what is due next and what is stuck.",
    "subscribers": "Show, import, edit and remove subscribers; turn their mail off or on.",
    "suggest": "Suggest interests for SUBSCRIBER as lines of YAML to copy; nothing is changed.",
    "test-mail": "Send one real digest to ADDRESS: the subscriber's last one, else the next.",
}
"""Each command and the first sentence of its help, so that the list needs no import."""


class LazyGroup(click.Group):
    """A group that imports the module of a command when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        command: click.Command = getattr(import_module(f"digest.cli.{name}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = formatter.width - 6 - max(map(len, COMMANDS))
        lines = {name: click.Command(name, help=line) for name, line in COMMANDS.items()}
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, each.get_short_help_str(width)) for name, each in lines.items()]
            )


@click.group(cls=LazyGroup, context_settings=CONTEXT)
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


def main() -> None:
    """Run the command line; exit 2 for wrong settings or profiles, 1 for other failures."""
    gc.set_threshold(CYCLES_EVERY)
    # The last search at exit looks through all objects, a seventh of a small pass, in vain.
    atexit.register(gc.freeze)
    # The ranking's matrices are so small that threads wait for each other longer than they work.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
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
