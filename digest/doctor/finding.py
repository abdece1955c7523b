"""The result of one check."""

from dataclasses import dataclass
from functools import partial
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; it contains no secret."""

    area: str
    what: str
    remedy: str = ""
    level: Literal["ok", "warn", "fail", "skip"] = "ok"


ok = Finding  # everything works
warn = partial(Finding, level="warn")  # it works, but should be better, or will soon fail
fail = partial(Finding, level="fail")  # mail or feeds do not work now
skip = partial(Finding, level="skip")  # it was not, or need not be, checked; `what` says why
