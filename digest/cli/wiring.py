"""Wires the rooms together for one command."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from digest import config
from digest.render.site import Site


@dataclass(frozen=True, slots=True)
class Home:
    """A home folder, and what its settings say."""

    path: Path
    settings: config.Settings

    @property
    def state(self) -> Path:
        """The program's own files."""
        return self.path / "state"

    @property
    def public(self) -> Path:
        """What a web server may hand out."""
        return self.path / "public"

    @property
    def site(self) -> Site:
        """The public folder and its address."""
        return Site(self.public, self.settings.base_url, self.settings.sender)


def open_home(path: Path) -> Home:
    """Read the settings. Raises ConfigError."""
    return Home(path, config.load(path, os.environ))


def clock_from(now: datetime) -> Callable[[], datetime]:
    """A clock that shows ``now`` at first and then runs on."""
    start = time.monotonic()
    return lambda: now + timedelta(seconds=time.monotonic() - start)
