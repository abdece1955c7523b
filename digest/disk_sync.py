"""Puts what was written on the disk, for many files at once."""

import ctypes
import os
from functools import cache
from typing import Any


def sync_file_system(descriptor: int) -> None:
    """Wait until all that was written to the file system of this open file is on its disk. For
    several files this costs hardly more than ``fsync`` for one of them.

    Raises:
        OSError: The disk is full or broken.
    """
    syncfs = _syncfs()
    if syncfs is None:
        os.sync()
    elif syncfs(descriptor):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


@cache
def _syncfs() -> Any:
    """The function of the C library; None where the system has none, as macOS."""
    return getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
