"""Homes to be spoilt, and ledgers on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile

import pytest

from tests.conftest import MakeUrl
from tests.faults import homes
from tests.faults.homes import Home

READERS = 3


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty ledger that is up to date."""
    if request.param == "sqlite":
        copyfile(request.getfixturevalue("sqlite_template"), tmp_path / "digest.db")
        return f"sqlite:///{tmp_path / 'digest.db'}"
    empty: MakeUrl = request.getfixturevalue("emptied")
    return empty()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Home:
    path = tmp_path_factory.mktemp("faults") / "home"
    return homes.make(path, READERS, f"sqlite:///{path / 'state' / 'digest.db'}")


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Home]:
    """A home in which nothing has been done yet, with its first dumps."""
    path = tmp_path / "home"
    home = homes.empty(path, READERS, f"sqlite:///{path / 'state' / 'digest.db'}")
    home.put(*homes.DUMPS)
    yield home
    home.check_integrity()


@pytest.fixture
def home(template: Home, tmp_path: Path) -> Iterator[Home]:
    """A home of its own for each test; its database must be sound at the end."""
    copied = homes.copy(template, tmp_path / "home")
    yield copied
    copied.check_integrity()
