"""Finds processes of this machine that have died, so that their claims can be freed at once. Each
process locks a file that has its name. The operating system releases the lock when the process
ends, in whatever way."""

import fcntl
import os
import secrets
import socket
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from digest import private_files


def new_owner() -> str:
    """Make a name for this process that no other process has had."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"


@contextmanager
def hold(folder: Path, owner: str) -> Iterator[None]:
    """Create and lock the owner's file in ``folder``; at the end of the block, remove it."""
    private_files.make_folder(folder)
    path = folder / owner
    with private_files.open_to_write(path) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def stale(folder: Path, owners: Collection[str]) -> list[str]:
    """The owners whose file exists and is not locked: their processes have died. An owner without a
    file may be alive, for example on another machine."""
    return [owner for owner in owners if _is_stale(folder / owner)]


def forget(folder: Path, owners: Collection[str]) -> None:
    """Remove the files of owners."""
    for owner in owners:
        (folder / owner).unlink(missing_ok=True)


def _is_stale(path: Path) -> bool:
    try:
        with path.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
