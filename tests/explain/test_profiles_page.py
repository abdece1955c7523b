"""The page on profiles: its YAML is read, and its commands exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from digest import subscribers
from digest.cli import cli
from digest.model import Subscriber
from tests.cli.command import subcommand

PAGE = (Path(__file__).parents[2] / "docs" / "profiles.md").read_text("utf-8")
ENTRY = "subscribers:\n  - id: ada\n    email: ada@example.org\n"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def loaded(folder: Path, example: str) -> Subscriber:
    text = example if example.startswith("subscribers:") else ENTRY + example
    (folder / "subscribers.yaml").write_text(text, "utf-8")
    (subscriber,) = subscribers.load(folder)
    return subscriber


@pytest.mark.parametrize("example", blocks("yaml"))
def test_every_example_is_a_profile(tmp_path: Path, example: str) -> None:
    subscriber = loaded(tmp_path, example)
    wanted, _, _ = example.partition("exclude:")
    listed = re.findall("^      - ", wanted, re.MULTILINE)
    assert len(subscriber.profile.interests) == (len(listed) or 1)


def test_the_forms_are_what_the_page_calls_them(tmp_path: Path) -> None:
    forms = next(block for block in blocks("yaml") if "must_see" in block)
    interests = loaded(tmp_path, forms).profile.interests
    assert [(each.kind, each.place, each.weight, each.must_see) for each in interests] == [
        ("phrase", None, 1, False),
        ("phrase", None, 2.5, False),
        ("phrase", "title", 1, False),
        ("pattern", None, 2, False),
        ("author", None, 2, False),
        ("category", None, 1, False),
        ("venue", None, 0.5, False),
        ("phrase", "keywords", 1, False),
        ("code", None, 1, False),
        ("phrase", None, 1, True),
    ]
    settings = loaded(tmp_path, next(block for block in blocks("yaml") if "learn" in block))
    assert (settings.threshold, settings.limit, settings.learn) == (0.25, 10, False)


COMMANDS = [line for block in blocks("sh") for line in block.splitlines()]


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_takes_what_the_page_gives_it(line: str) -> None:
    program, name, *arguments = shlex.split(line, comments=True)
    assert program == "digest"
    command = subcommand(cli, name)
    given = [argument if argument != "library.bib" else __file__ for argument in arguments]
    assert command.make_context(name, given, parent=click.Context(cli))


def test_every_command_that_tunes_a_profile_is_on_the_page_with_an_example_in_its_help() -> None:
    named = {shlex.split(line)[1] for line in COMMANDS}
    assert named >= {"check", "explain", "feedback", "preview", "profile", "replay", "suggest"}
    for name in named:
        assert re.search("Examples?:", subcommand(cli, name).help or ""), name
        has_json = any("--json" in option.opts for option in subcommand(cli, name).params)
        assert has_json or name == "preview"
