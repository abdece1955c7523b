"""Folders, disks and clocks."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from digest.doctor import machine
from digest.doctor.finding import ok

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_a_folder_that_can_be_made_is_well_and_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "state" / "deep"
    assert machine.folder("state", path) == ok("state", f"{path}: will be made")
    assert not path.parent.exists()


def test_a_file_in_the_place_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "public").write_text("")
    assert machine.folder("public", tmp_path / "public").level == "fail"


@pytest.mark.parametrize(("written", "level"), [(True, "fail"), (False, "ok")])
def test_a_folder_that_may_only_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: bool, level: str
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.W_OK)
    found = machine.folder("inbox", tmp_path, written=written)
    assert found.level == level


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@pytest.mark.parametrize(
    ("free", "level"), [(50_000_000, "fail"), (500_000_000, "warn"), (5_000_000_000, "ok")]
)
def test_room_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, level: str
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**10, 10**10 - free, free))
    found = machine.disk("disk", tmp_path / "not" / "there")
    assert (found.level, found.what) == (level, f"{free / 1e9:,.1f} GB free at {tmp_path}")


@pytest.mark.parametrize(("mode", "level"), [(0o600, "ok"), (0o640, "warn"), (0o604, "warn")])
def test_a_secret_is_for_its_owner_alone(tmp_path: Path, mode: int, level: str) -> None:
    path = tmp_path / "keys"
    path.write_text("sesame")
    path.chmod(mode)
    found = machine.private("secrets", path)
    assert found is not None
    assert (found.level, "sesame" in found.what) == (level, False)
    assert machine.private("secrets", tmp_path / "none") is None


@pytest.mark.parametrize(
    ("others", "newest", "levels"),
    [
        ({}, None, ["ok"]),
        ({}, NOW - HOUR, ["ok"]),
        ({}, NOW + HOUR, ["warn"]),
        ({"the database": NOW + timedelta(seconds=5)}, NOW, ["ok"]),
        ({"the database": NOW - timedelta(minutes=2)}, None, ["warn"]),
        ({"the database": NOW - HOUR}, None, ["fail"]),
        ({"the database": NOW, "the web server": NOW + HOUR}, NOW + HOUR, ["ok", "fail", "warn"]),
    ],
)
def test_clocks(others: dict[str, datetime], newest: datetime | None, levels: list[str]) -> None:
    assert [found.level for found in machine.clocks(NOW, others, newest)] == levels
