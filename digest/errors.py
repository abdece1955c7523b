"""One hierarchy of errors. They carry facts; the command line turns them into remedies."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from digest.model import Problem


class DigestError(Exception):
    """Base of all errors that this program raises on purpose."""


class ConfigError(DigestError):
    """Settings or profiles are wrong; ``problems`` lists every problem."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class DumpError(DigestError):
    """A file is in no known format, or unreadable."""

    def __init__(self, reason: str, remedy: str = "", line: int = 0) -> None:
        self.reason, self.remedy, self.line = reason, remedy, line
        super().__init__(reason)


class TemplateError(DigestError):
    """A template cannot be loaded or rendered; ``where`` is the place, as ``file:line``."""

    def __init__(self, where: str, what: str) -> None:
        self.where, self.what = where, what
        super().__init__(f"{where}: {what}")


class LedgerError(DigestError):
    """The database cannot be opened, migrated or written."""


class NotFound(DigestError):
    """A subscriber, paper or delivery that was asked for does not exist."""

    def __init__(self, kind: str, name: str, nearest: Sequence[str] = ()) -> None:
        self.kind, self.name, self.nearest = kind, name, tuple(nearest)
        super().__init__(f"no {kind} {name!r}")
