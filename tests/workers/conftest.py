"""Homes with enough readers for several shards."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.homes import DUMPS, KINDS
from tests.world import MEMORY

READERS = 210
SETTINGS = """\
from = "Paper Digest <digest@example.org>"
expect = "none"
[delivery]
per_second = 5000
"""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder in memory: what is tested here does not depend on a disk."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as made:
        yield Path(made)


@pytest.fixture(scope="module")
def template(folder: Path) -> Path:
    """A home in which nothing has been done yet; a digest is due for every reader."""
    home = folder / "template"
    (home / "inbox").mkdir(parents=True)
    (home / "digest.toml").write_text(SETTINGS)
    readers = "".join(
        f"  - {{id: r{n}, email: r{n}@example.org, interests: [{KINDS[n % len(KINDS)]}]}}\n"
        for n in range(READERS)
    )
    defaults = "defaults: {schedule: {every: week}, limit: 2}\n"
    (home / "subscribers.yaml").write_text(f"{defaults}subscribers:\n{readers}")
    for dump in DUMPS:
        copied = home / "inbox" / dump.name
        shutil.copyfile(dump, copied)
        os.utime(copied, (0, 0))
    return home
