"""A small home: two people who read about lighthouses, one of them also by feed."""

from __future__ import annotations

import os
import time
from pathlib import Path

from tests.world import answer

SETTINGS = """\
from = "Paper Digest <digest@example.org>"
expect = "none"
"""
PROFILES = """\
defaults:
  schedule: {every: week, on: monday, at: "08:00"}
  timezone: UTC
subscribers:
  - {id: ada, email: ada@example.org, interests: [lighthouse], channels: [email, feed]}
  - {id: bob, email: bob@example.org, interests: [lighthouse]}
"""
FIRST, SECOND, THIRD = "2026-11-16T08:00Z", "2026-11-23T08:00Z", "2026-11-30T08:00Z"
"""Mondays on which a digest falls due."""


def make(folder: Path, settings: str = SETTINGS, profiles: str = PROFILES) -> Path:
    """Make a home with one dump in its inbox."""
    folder.mkdir(exist_ok=True)
    (folder / "digest.toml").write_text(settings)
    (folder / "subscribers.yaml").write_text(profiles)
    put(folder, "first", "The lighthouse at the end of the world")
    return folder


def put(home: Path, name: str, *titles: str) -> None:
    """Lay a finished dump that lists papers with these titles into the inbox."""
    path = home / "inbox" / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(answer(*titles))
    finished = time.time() - 60
    os.utime(path, (finished, finished))


def mails(home: Path) -> list[str]:
    """The names of the mails in the outbox, as ``2026-W46-ada``."""
    return sorted(path.stem for path in (home / "outbox").glob("*.eml"))
