"""``digest init``: a home from its first minute."""

from __future__ import annotations

from pathlib import Path

from tests.cli.command import digest
from tests.cli.sample_home import mails
from tests.world import snapshot


def test_a_new_home_runs_as_it_is(tmp_path: Path) -> None:
    home = tmp_path / "lab"
    ended = digest(tmp_path, "init", home)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines() == [
        f"Made {home}. Next: edit {home / 'subscribers.yaml'}, then",
        f"  digest --home {home} run",
    ]
    assert digest(home, "check").out.splitlines()[-1] == "All good: 4 subscribers."

    run = digest(home, "run", "--now", "2026-11-16T14:00Z", "--json")

    assert run.code == 0
    assert (run.json["dumps"]["read"], run.json["papers"]["read"]) == (3, 54)
    assert run.json["papers"]["bad"] == 0
    assert run.json["problems"] == []
    assert mails(home) == ["2026-11-13-ravi", "2026-W46-ada", "2026-W46-yuki"]


def test_a_home_that_cannot_be_made_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = digest(tmp_path, "init", tmp_path / "file" / "lab")
    assert (ended.code, len(ended.err.splitlines())) == (1, 1)
    assert ended.err.startswith(f"{tmp_path / 'file' / 'lab'}: Not a directory")


def test_init_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "subscribers.yaml").write_text("mine")
    ended = digest(tmp_path, "init", tmp_path)
    assert (ended.code, ended.out) == (1, "")
    assert f"{tmp_path / 'subscribers.yaml'} exists already" in ended.err
    assert snapshot(tmp_path) == {"subscribers.yaml": b"mine"}


def test_init_fills_a_folder_that_has_other_things_in_it(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("mine")
    assert digest(tmp_path, "init", tmp_path).code == 0
    assert (tmp_path / "notes.md").read_text() == "mine"
    assert (tmp_path / "subscribers.yaml").is_file()
