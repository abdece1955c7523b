"""Tests of the profiles: what is wrong with a file, as lines that a person reads."""

from pathlib import Path

from digest.errors import ConfigError
from digest.subscribers import load


def problems(home: Path) -> list[str]:
    """The problems of a home's profiles; none if they load."""
    try:
        load(home)
    except ConfigError as error:
        return [str(problem) for problem in error.problems]
    return []


def told(home: Path, text: str | bytes) -> list[str]:
    """The problems once ``subscribers.yaml`` holds ``text``."""
    content = text.encode() if isinstance(text, str) else text
    (home / "subscribers.yaml").write_bytes(content)
    return problems(home)
