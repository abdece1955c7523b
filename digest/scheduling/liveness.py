"""Which of this machine's processes are alive: so that a killed one's work is taken up at once.

Each process holds a lock on a file named after it. The system lets go of the lock when the
process ends, however it ends.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import socket
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from digest import private_files


def new_owner() -> str:
    """A name for this process that no other one has had."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"


@contextmanager
def present(folder: Path, owner: str) -> Iterator[None]:
    """Hold ``owner``'s lock in ``folder`` inside the block."""
    private_files.make_folder(folder)
    path = folder / owner
    with private_files.open_to_write(path) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def dead(folder: Path, owners: Collection[str]) -> list[str]:
    """Those whose lock file is here and held by nobody. An owner without one, on another
    machine perhaps, may be alive."""
    return [owner for owner in owners if _is_dead(folder / owner)]


def bury(folder: Path, owners: Collection[str]) -> None:
    """Forget owners that are dead."""
    for owner in owners:
        (folder / owner).unlink(missing_ok=True)


def _is_dead(path: Path) -> bool:
    try:
        with path.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
