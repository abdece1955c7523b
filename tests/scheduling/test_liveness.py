"""Which owners of claims are known to be dead."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from digest.scheduling import liveness

HOLD = """
import sys
from pathlib import Path
from digest.scheduling import liveness
owner = liveness.new_owner()
with liveness.hold(Path(sys.argv[1]), owner):
    print(owner, flush=True)
    sys.stdin.read()
"""


def killed(folder: Path) -> str:
    """The name of an owner whose process was killed."""
    command = [sys.executable, "-c", HOLD, str(folder)]
    with subprocess.Popen(  # noqa: S603 - our own command
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        owner = process.stdout.readline().strip()
        assert liveness.stale(folder, [owner]) == []
        process.kill()
    return owner


def test_a_killed_process_is_dead_and_a_living_one_is_not(tmp_path: Path) -> None:
    dead, living = killed(tmp_path), liveness.new_owner()
    with liveness.hold(tmp_path, living):
        assert liveness.stale(tmp_path, [dead, living, "elsewhere-1-2"]) == [dead]
    liveness.forget(tmp_path, [dead])
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_another_machine_says_nothing_whoever_holds_its_lock(tmp_path: Path) -> None:
    (tmp_path / "elsewhere-17-abcd").write_text("another kernel")
    (tmp_path / "elsewhere-18-abcd").write_text("")
    owners = ["elsewhere-17-abcd", "elsewhere-18-abcd"]
    assert liveness.stale(tmp_path, owners) == []


def test_a_container_of_this_machine_is_known_by_the_kernel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = killed(tmp_path)
    monkeypatch.setattr("socket.gethostname", lambda: "another-container")
    assert liveness.stale(tmp_path, [dead]) == [dead]


def test_a_process_from_before_the_machine_was_started_anew_is_dead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = killed(tmp_path)
    monkeypatch.setattr(liveness, "_kernel", lambda: "the next one")
    assert liveness.stale(tmp_path, [dead]) == [dead]
