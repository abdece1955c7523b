"""Whether `digest serve` runs, and whether its passes succeed: two files in the state folder."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from digest import private_files
from digest.cli.app import Home
from digest.errors import DigestError

HEARTBEAT = "heartbeat"  # a file in the state folder that a running service touches
FAILURE = "failure"  # a file in the state folder that exists while its passes fail
SILENT = timedelta(minutes=2)  # a heartbeat older than this means that the service does not run


@dataclass(frozen=True, slots=True)
class Failure:
    """The passes of a service fail: since the first one after a good one, by the last error."""

    since: datetime
    what: str


Word = Literal["ok", "silent", "failing"]
"""The state of a service, as ``/healthz`` names it; ``silent``: it does not run."""


def of(home: Home, *, now: datetime) -> tuple[Word, Failure | None]:
    """The state of the service of a home. A service that does not run has no failure."""
    with suppress(OSError):
        last = (home.state / HEARTBEAT).stat().st_mtime
        if now.timestamp() - last < SILENT.total_seconds():
            failure = _failure(home)
            return "failing" if failure else "ok", failure
    return "silent", None


def beat(home: Home) -> None:
    """Record that the service runs."""
    with suppress(OSError):  # the service then looks silent
        private_files.make_folder(home.state)
        (home.state / HEARTBEAT).touch(mode=0o600)


@contextmanager
def recorded(home: Home, *, now: datetime) -> Iterator[None]:
    """Record how the pass inside the block ends. What it raises passes through."""
    try:
        yield
    except Exception as error:
        earlier = _failure(home)
        said = str(error) if isinstance(error, DigestError) else f"{type(error).__name__}: {error}"
        told = {"since": (earlier.since if earlier else now).isoformat(), "what": said}
        with suppress(OSError):  # on a full disk the file stays empty, which is a failure as well
            private_files.make_folder(home.state)
            with private_files.open_to_write(home.state / FAILURE) as file:
                json.dump(told, file)
        raise
    with suppress(OSError):
        (home.state / FAILURE).unlink(missing_ok=True)


def _failure(home: Home) -> Failure | None:
    try:
        written = (home.state / FAILURE).stat().st_mtime
    except FileNotFoundError:
        return None
    try:
        told = json.loads((home.state / FAILURE).read_text("utf-8"))
        return Failure(datetime.fromisoformat(told["since"]), told["what"])
    except (OSError, ValueError):
        return Failure(datetime.fromtimestamp(written, UTC), "the log of the service says why")
