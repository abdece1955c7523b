"""What one look at one thing has shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warn", "fail", "skip"]
"""``fail``: mail or feeds suffer now. ``skip``: it could not, or need not, be looked at."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a report; it holds no secret."""

    area: str
    level: Level
    what: str
    remedy: str = ""


def ok(area: str, what: str) -> Finding:
    """All is well."""
    return Finding(area, "ok", what)


def warn(area: str, what: str, remedy: str) -> Finding:
    """It works, but not as well as it could, or not for long."""
    return Finding(area, "warn", what, remedy)


def fail(area: str, what: str, remedy: str) -> Finding:
    """It does not work."""
    return Finding(area, "fail", what, remedy)


def skip(area: str, what: str) -> Finding:
    """It was not looked at, and why."""
    return Finding(area, "skip", what)
