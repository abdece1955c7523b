"""Homes for passes."""

from pathlib import Path
from shutil import copyfile

import pytest

from tests.conftest import MakeUrl
from tests.world import World


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    """A home on each of the databases."""
    if request.param == "sqlite":
        world: World = request.getfixturevalue("world")
        return world
    empty: MakeUrl = request.getfixturevalue("emptied")
    return World(tmp_path, empty())


@pytest.fixture
def world(tmp_path: Path, sqlite_template: Path) -> World:
    """A home on SQLite."""
    copyfile(sqlite_template, tmp_path / "digest.db")
    return World(tmp_path, f"sqlite:///{tmp_path / 'digest.db'}")
