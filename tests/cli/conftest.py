"""A home that is in use."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import pytest

from tests.cli.command import digest
from tests.cli.sample_home import FIRST, make, put


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which Ada and Bob have had a digest with one paper about a lighthouse."""
    made = make(tmp_path_factory.mktemp("used"))
    put(made, "second", "Soup near the pier")
    assert digest(made, "run", "--now", FIRST).code == 0
    return made


@pytest.fixture
def home(used: Path, tmp_path: Path) -> Path:
    """Such a home once more."""
    return copytree(used, tmp_path / "home")
