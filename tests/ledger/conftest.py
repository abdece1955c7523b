"""Every test of the ledger runs on both databases: ``ledger`` and ``url`` are parametrised."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile

import pytest

import digest.ledger
from digest.ledger import Ledger
from tests.conftest import MakeUrl, disposing, make_database

__all__ = ["MakeUrl", "disposing"]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty ledger that is up to date."""
    if request.param == "sqlite":
        copyfile(request.getfixturevalue("sqlite_template"), tmp_path / "digest.db")
        return f"sqlite:///{tmp_path / 'digest.db'}"
    empty: MakeUrl = request.getfixturevalue("emptied")
    return empty()


@pytest.fixture(params=["sqlite", "postgresql"])
def blank_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a ledger that nobody has opened yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'state' / 'digest.db'}"
    return make_database(request.getfixturevalue("server"))


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    """An empty ledger."""
    with digest.ledger.open(url) as opened:
        yield opened


@pytest.fixture
def other(url: str) -> Iterator[Ledger]:
    """The same ledger as another process sees it."""
    with digest.ledger.open(url) as opened:
        yield opened
