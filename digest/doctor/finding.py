"""The result of one check."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warn", "fail", "skip"]
"""``fail``: mail or feeds do not work now. ``skip``: it was not, or need not be, checked."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; it contains no secret."""

    area: str
    level: Level
    what: str
    remedy: str = ""


def ok(area: str, what: str) -> Finding:
    """Everything works."""
    return Finding(area, "ok", what)


def warn(area: str, what: str, remedy: str) -> Finding:
    """It works, but should be better, or will soon fail."""
    return Finding(area, "warn", what, remedy)


def fail(area: str, what: str, remedy: str) -> Finding:
    """It does not work."""
    return Finding(area, "fail", what, remedy)


def skip(area: str, what: str) -> Finding:
    """It was not checked; ``what`` says why."""
    return Finding(area, "skip", what)
