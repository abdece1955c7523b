"""The pages on operating and on scale: their settings load, their commands exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from digest import config
from digest.cli import cli
from tests.cli.command import subcommand

DOCS = Path(__file__).parents[2] / "docs"
PAGE = "\n".join((DOCS / name).read_text("utf-8") for name in ("operating.md", "scale.md"))
LOGIN = {"DIGEST_SMTP__PASSWORD": "made up"}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def commands() -> list[list[str]]:
    """The words of every ``digest …`` that the page tells to type."""
    text = "\n".join(blocks("sh")).replace("\\\n", " ")
    words = [found for line in text.splitlines() if (found := shlex.split(line, comments=True))]
    named = (line[1:] if line[0].startswith("DIGEST_") else line for line in words)
    given = [line[1:] for line in named if line[0] == "digest"]
    return [line[2:] if line[0] == "--home" else line for line in given]


@pytest.mark.parametrize("settings", blocks("toml"))
def test_every_example_of_settings_loads(tmp_path: Path, settings: str) -> None:
    (tmp_path / "digest.toml").write_text(settings)
    (tmp_path / "dkim.pem").write_text("a key")
    config.load(tmp_path, LOGIN if "[smtp]" in settings else {})


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_takes_what_the_page_gives_it(words: list[str]) -> None:
    command: click.Command = cli
    while isinstance(command, click.Group):
        name, *words = words
        command = subcommand(command, name)
    known = {text for parameter in command.params for text in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known
    arguments = [each for each in command.params if isinstance(each, click.Argument)]
    given = [word for word in words if not word.startswith("--")]
    assert len(given) >= sum(each.required for each in arguments)


def test_the_page_tells_of_many_commands() -> None:
    assert len(commands()) >= 15


@pytest.mark.parametrize("line", sorted(set(re.findall(r"`digest ([a-z][a-z -]+)`", PAGE))))
def test_every_command_that_is_mentioned_exists(line: str) -> None:
    command: click.Command = cli
    for word in line.split():
        if isinstance(command, click.Group):
            command = subcommand(command, word)
