"""The README's commands and examples do what it says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from digest import config, subscribers
from digest.cli import cli
from tests.cli.command import digest, subcommand

TOP = Path(__file__).parent.parent
README = (TOP / "README.md").read_text()


def block(mark: str) -> str:
    found = re.search(rf"<!-- {mark} -->\n```sh\n(.*?)\n```", README, re.DOTALL)
    assert found, f"the README has no block marked {mark}"
    return found[1]


def tree(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_first_command_runs_the_shipped_example_and_the_second_run_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install, command = block("run").split(" && ")
    assert install == "pip install -q ."
    shutil.copy(TOP / "subscribers.yaml", tmp_path)
    shutil.copytree(TOP / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    # The clock is not the test's: a period must not end between the two runs.
    words = [*command.split(), "--now", "2026-11-16T14:00Z"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("DIGEST_")}
    first = subprocess.run(  # noqa: S603  the README's own words
        [sys.executable, "-m", *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert first.returncode == 0, first.stderr
    assert "54 read, 53 new, 1 merged" in first.stdout
    mails = sorted(path.name for path in (tmp_path / "outbox").glob("*.eml"))
    assert mails == ["2026-11-13-ravi.eml", "2026-W46-ada.eml", "2026-W46-yuki.eml"]
    published = tree(tmp_path / "public")
    assert len([name for name in published if name.startswith("feeds/")]) == 9

    second = digest(tmp_path, *words[1:])
    assert second.code == 0, second.err
    assert sorted(path.name for path in (tmp_path / "outbox").glob("*.eml")) == mails
    assert tree(tmp_path / "public") == published


def test_four_commands_make_a_home_that_fetches_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    install, *commands = block("start").splitlines()
    assert install == "pip install -q ."
    make, fetch, serve = (line.partition("#")[0].split()[1:] for line in commands)
    made = digest(tmp_path, *make)
    assert made.code == 0, made.err
    settings = config.load(tmp_path / "my-lab", {})
    assert [source.kind for source in settings.sources] == ["daily-papers"]
    assert [fetch[-1], serve[-1]] == ["fetch", "serve"]
    assert fetch[:-1] == serve[:-1] == ["--home", "my-lab"]


def test_the_second_command_installs_from_the_lock_and_runs_the_tests() -> None:
    *installs, tests = block("test").split(" && ")
    assert tests == "python -m pytest"
    assert installs == ["pip install -q -r requirements.lock", "pip install -q --no-deps -e ."]
    assert (TOP / "requirements.lock").is_file()


def test_nobody_is_told_to_install_the_digest_of_somebody_else() -> None:
    """On PyPI, ``digest`` is another project; this distribution is ``papers-digest``."""
    told = [TOP / "Dockerfile", *TOP.glob("*.md"), *TOP.glob("docs/*.md")]
    told += [path for path in TOP.glob("digest/**/*") if path.suffix in {".py", ".toml"}]
    told += [path for path in TOP.glob("examples/**/*") if path.is_file()]
    wrong = re.compile(r"pip3? install (?:[^\s&]+ )*?['\"]?digest\b")
    assert wrong.search("pip install -U 'digest[dkim]'")
    assert not [path for path in told if wrong.search(path.read_text())]


def test_the_example_profile_can_be_loaded(tmp_path: Path) -> None:
    example = re.search(r"```yaml\n(defaults:.*?)```", README, re.DOTALL)
    assert example
    (tmp_path / "subscribers.yaml").write_text(example[1])
    [ada] = subscribers.load(tmp_path)
    assert [str(interest) for interest in ada.profile.interests] == [
        "low-rank adaptation",
        "mixture of experts",
        "/scaling laws?/",
        "Yann LeCun",
    ]


@pytest.mark.parametrize("line", sorted(set(re.findall(r"`digest ([a-z-]+[^`]*)`", README))))
def test_every_command_of_the_readme_exists_with_its_options(line: str) -> None:
    command: click.Command = cli
    words = line.replace("\\|", "|").split()
    while words and isinstance(command, click.Group):
        command = subcommand(command, words.pop(0).split("|")[0])
    options = {text for parameter in command.params for text in parameter.opts}
    for option in re.findall(r"--[a-z-]+", " ".join(words)):
        assert option in options


def test_what_the_readme_links_to_is_there() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (TOP / target).exists(), target
