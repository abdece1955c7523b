"""Finds processes of this machine that have died, so that their claims can be freed at once. Each
process locks a file that has its name. The operating system releases the lock when the process
ends, in whatever way. Of a process of another machine nothing is known: a lock may not reach across
machines, so that what such a process had in hand is free when its lease ends."""

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
        file.write(_kernel())
        file.flush()
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def stale(folder: Path, owners: Collection[str]) -> list[str]:
    """The owners whose file exists, is of this machine, and is not locked: their processes have
    died. Any other owner may be alive."""
    return [owner for owner in owners if _is_stale(folder / owner)]


def forget(folder: Path, owners: Collection[str]) -> None:
    """Remove the files of owners."""
    for owner in owners:
        (folder / owner).unlink(missing_ok=True)


def _is_stale(path: Path) -> bool:
    try:
        with path.open() as file:
            is_ours = (
                path.name.startswith(f"{socket.gethostname()}-") or file.read() == _kernel() != ""
            )
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return is_ours


def _kernel() -> str:
    """The name of the running kernel since it was started: containers on one machine share it, and
    the locks. Empty where the system gives none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""
