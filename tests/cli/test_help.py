"""The command line as a process: its help, what it loads for it, and pipes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import pytest

from digest import __version__
from digest.cli import COMMANDS, cli
from tests.cli import sample_home
from tests.cli.command import digest, subcommand
from tests.cli.sample_home import FIRST

HEAVY = {
    *("digest.model", "digest.config.messages", "email", "logging", "secrets", "socket"),
    *("numpy", "scipy", "sklearn", "sqlalchemy", "alembic", "pydantic", "pydantic_settings"),
    *("premailer", "lxml", "jinja2", "rich", "yaml", "feedgen", "apscheduler", "pylatexenc"),
    *("rapidfuzz", "cronsim", "cryptography", "dkim", "smtplib", "starlette", "uvicorn"),
}


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command that does something, as one types it."""
    for name in group.list_commands(click.Context(group)):
        command = subcommand(group, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name)


def process(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Python as a process of its own, the home named by the environment, before no terminal."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("DIGEST_") and k != "COLUMNS"}
    return subprocess.run(  # noqa: S603  our own program
        [sys.executable, *arguments],
        env=kept | {"DIGEST_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )


def run_in_turn(*lines: Sequence[str], home: Path) -> tuple[list[str], set[str]]:
    """What each command line prints in one process, and the modules that it has loaded then."""
    program = (
        "import sys\n"
        "from digest.cli import main\n"
        f"for line in {lines!r}:\n"
        "    sys.argv = ['digest', *line]\n"
        "    try:\n"
        "        main()\n"
        "    except SystemExit as end:\n"
        "        assert end.code == 0, line\n"
        "    print('\\f')\n"
        "print(*sys.modules)"
    )
    ended = process("-c", program, home=home)
    assert (ended.returncode, ended.stderr) == (0, "")
    *shown, modules = ended.stdout.split("\f\n")
    return shown, set(modules.split())


@pytest.mark.parametrize("command", list(commands(cli)), ids=" ".join)
def test_every_command_explains_itself_with_an_example(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    ended = digest(tmp_path, *command, "--help")
    assert (ended.code, ended.err) == (0, "")
    examples = ended.out.partition("Example")[2]
    assert f"digest {' '.join(command)}" in examples
    assert max(map(len, ended.out.splitlines())) <= 100


def test_the_help_of_the_program_lists_its_commands(tmp_path: Path) -> None:
    ended = digest(tmp_path, "--help")
    listed = {line.split()[0] for line in ended.out.partition("Commands:")[2].splitlines() if line}
    assert {"run", "serve", "preview", "explain", "check", "status", "deliveries", "init"} <= listed
    assert "digest init my-lab && cd my-lab && digest run" in ended.out
    assert digest(tmp_path, "--version").out == f"digest, version {__version__}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_the_command_says_of_itself(name: str) -> None:
    assert COMMANDS[name] == " ".join(f"{subcommand(cli, name).help}\n\n".split("\n\n")[0].split())


def test_help_loads_nothing_heavy(tmp_path: Path) -> None:
    shown, loaded = run_in_turn(["--help"], ["--version"], home=tmp_path)
    assert all(f"  {name} " in shown[0] for name in COMMANDS)
    assert loaded & HEAVY == set()
    assert [each for each in loaded if each.startswith("digest.cli.")] == []


def test_where_nothing_is_ranked_styled_or_fetched_nothing_is_loaded_for_it(tmp_path: Path) -> None:
    home = sample_home.make(tmp_path / "home")
    assert digest(home, "run", "--now", FIRST).code == 0
    again = [["status"], ["deliveries", "list"], ["run", "--now", FIRST], ["fetch"]]
    _, loaded = run_in_turn(*again, home=home)
    assert "digest.pipeline.run" in loaded
    assert loaded & {"numpy", "scipy", "sklearn", "premailer", "alembic", "httpx"} == set()


def test_in_a_pipe_nothing_is_cut_off_and_there_are_no_colours(tmp_path: Path) -> None:
    home = sample_home.make(tmp_path / ("long" * 40))
    title = "A lighthouse that " + "turns and " * 12 + "turns"
    sample_home.put(home, "second", title)
    lines = [
        ["run", "--now", FIRST],
        ["deliveries", "list"],
        ["explain", "ada", "turns and", "--now", FIRST],
    ]

    (run, listed, explained), _ = run_in_turn(*lines, home=home)

    for shown in (run, listed):
        assert f"{home}/outbox/2026-W46-ada.eml" in shown
    assert explained.startswith(f"{title}\n")
    assert "\x1b" not in run + listed + explained


def test_errors_of_a_process_are_one_line_on_standard_error(tmp_path: Path) -> None:
    home = sample_home.make(tmp_path / "home")
    ended = process("-m", "digest", "explain", "adda", "lighthouse", home=home)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == "There is no subscriber 'adda'.\nDid you mean ada?\n"
