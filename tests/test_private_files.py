"""What a home's ``state/`` holds is for its owner alone, whatever the umask is."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import pytest

import digest.ledger
from digest import private_files
from digest.cli import app, health
from tests.cli.command import digest as command

TOP = Path(__file__).parent.parent
RUN = ("run", "--now", "2026-11-16T14:00Z")
UMASKS = pytest.mark.parametrize("umask", [0o000, 0o022], ids=["umask-000", "umask-022"])


def modes(folder: Path) -> dict[str, str]:
    """The mode of a folder and of everything in it, by the path below the folder."""
    return {
        str(path.relative_to(folder)): f"{stat.S_IMODE(path.lstat().st_mode):04o}"
        for path in (folder, *sorted(folder.rglob("*")))
    }


@contextmanager
def umask_of(mask: int) -> Iterator[None]:
    """Give this process another umask inside the block."""
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def run(home: Path, **settings: str) -> None:
    """Run ``digest run`` with a umask that takes no permission away."""
    with umask_of(0), patch.dict(os.environ, settings):
        ended = command(home, *RUN)
    assert ended.code == 0, ended.err


@pytest.fixture
def home(tmp_path: Path) -> Path:
    path = tmp_path / "home"
    shutil.copytree(TOP / "examples" / "dumps", path / "inbox")
    shutil.copy(TOP / "subscribers.yaml", path)
    return path


PRIVATE = {".": "0700", "digest.db": "0600", "host": "0600", "keys": "0600", "owners": "0700"}


def test_a_run_makes_state_for_its_owner_alone(home: Path) -> None:
    ended = subprocess.run(  # noqa: S603  our own command
        [sys.executable, "-m", "digest", "--home", home, *RUN],
        umask=0,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert modes(home / "state") == PRIVATE


def test_the_next_run_corrects_a_home_that_others_could_read(home: Path) -> None:
    run(home)
    state = home / "state"
    (state / "digest.db.before-20261101T000000").touch()
    (state / "owners" / "killed").touch()
    (state / "heartbeat").touch()
    for path in (state, *state.rglob("*")):
        path.chmod(0o777)
    run(home)
    assert modes(state) == PRIVATE | {
        "digest.db.before-20261101T000000": "0600",
        "owners/killed": "0600",
        "heartbeat": "0600",
    }


def test_a_ledger_elsewhere_is_private_and_its_folder_is_left_as_it_is(
    home: Path, tmp_path: Path
) -> None:
    shared, new = tmp_path / "shared", tmp_path / "new"
    shared.mkdir()
    shared.chmod(0o775)
    run(home, DIGEST_DATABASE_URL=f"sqlite:///{shared}/digest.db")
    assert modes(shared) == {".": "0775", "digest.db": "0600"}
    run(home, DIGEST_DATABASE_URL=f"sqlite:///{new}/digest.db")
    assert modes(new) == {".": "0700", "digest.db": "0600"}


@UMASKS
def test_the_files_beside_an_open_ledger_are_private(tmp_path: Path, umask: int) -> None:
    path = tmp_path / "state" / "digest.db"
    with umask_of(umask), digest.ledger.open(f"sqlite:///{path}") as ledger:
        ledger.status()
        expected = {".": "0700", "digest.db": "0600", "digest.db-shm": "0600"}
        assert modes(path.parent) == expected | {"digest.db-wal": "0600"}
    for name in ("digest.db", "digest.db-wal", "digest.db-shm"):
        (path.parent / name).touch()
        (path.parent / name).chmod(0o644)
    with digest.ledger.open(f"sqlite:///{path}") as ledger:
        ledger.status()
        assert modes(path.parent) == expected | {"digest.db-wal": "0600"}


@UMASKS
def test_what_a_service_records_of_its_health_is_private(home: Path, umask: int) -> None:
    opened = app.open_home(home)
    with umask_of(umask):
        health.beat(opened)
        with pytest.raises(ZeroDivisionError), health.recorded(opened, now=datetime.now(UTC)):
            raise ZeroDivisionError
    assert modes(home / "state") == {".": "0700", "failure": "0600", "heartbeat": "0600"}


@UMASKS
def test_a_ledger_behind_a_link_is_private(tmp_path: Path, umask: int) -> None:
    disk, link = tmp_path / "disk", tmp_path / "digest.db"
    disk.mkdir()
    link.symlink_to(disk / "digest.db")
    with umask_of(umask), digest.ledger.open(f"sqlite:///{link}") as ledger:
        ledger.status()
    assert modes(disk)["digest.db"] == "0600"


def test_a_backup_and_what_a_restore_puts_back_are_private(home: Path) -> None:
    run(home)
    backup = home.parent / "backup.db"
    with umask_of(0):
        assert command(home, "db", "backup", backup).code == 0
        shutil.rmtree(home / "state")
        restored = command(home, "db", "restore", backup)
    assert restored.code == 0, restored.err
    assert modes(backup)["."] == "0600"
    assert modes(home / "state") == {".": "0700", "digest.db": "0600"}


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    state, outside = tmp_path / "state", tmp_path / "outside"
    state.mkdir()
    outside.mkdir()
    outside.chmod(0o755)
    (state / "link").symlink_to(outside)
    private_files.restrict_tree(state)
    assert modes(outside) == {".": "0755"}


def test_a_mode_that_is_narrower_stays(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.touch()
    keys.chmod(0o444)
    private_files.restrict(keys)
    assert modes(keys) == {".": "0400"}
