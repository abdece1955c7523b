"""Folders and files that only their owner can read, whatever the umask is."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

_FOLDER, _FILE = 0o700, 0o600


def make_folder(path: Path) -> None:
    """Create a folder with mode 0700; an existing folder keeps its mode."""
    path.mkdir(mode=_FOLDER, parents=True, exist_ok=True)


def open_to_write(path: Path, newline: str | None = None) -> TextIO:
    """Create or empty a text file and open it for writing; a new file gets mode 0600. ``newline``
    is that of ``open``."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _FILE)
    return os.fdopen(descriptor, "w", encoding="utf-8", newline=newline)


def create(path: Path) -> None:
    """Create an empty file with mode 0600; an existing file keeps its mode and content."""
    with suppress(FileExistsError):
        path.touch(mode=_FILE, exist_ok=False)


def write_new(path: Path | str, content: bytes) -> None:
    """Create a file with mode 0600 and this content, which may be lost with the power.

    Raises:
        FileExistsError: Something with this path is there already.
        OSError: The file cannot be written; what there is of it is left.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE)
    try:
        left = memoryview(content)
        while left:
            left = left[os.write(descriptor, left) :]
    finally:
        os.close(descriptor)


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """A descriptor of a file or a folder, as ``os.fsync`` wants one."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def sync(path: Path) -> None:
    """Wait until a file's content, or the names in a folder, are on the disk.

    Raises:
        OSError: There is no such file or folder, or the disk is full or broken.
    """
    with opened(path) as descriptor:
        os.fsync(descriptor)


def restrict(path: Path) -> None:
    """Limit the mode of a folder to 0700, and that of a file to 0600.

    Symbolic links, files of other users and file systems without modes are left as they are.
    """
    with suppress(OSError):
        status = path.lstat()
        if stat.S_ISLNK(status.st_mode) or status.st_uid != os.geteuid():
            return
        mode = stat.S_IMODE(status.st_mode)
        allowed = _FOLDER if stat.S_ISDIR(status.st_mode) else _FILE
        if mode & ~allowed:
            path.chmod(mode & allowed)


def restrict_tree(folder: Path) -> None:
    """Restrict a folder and everything in it, as ``restrict`` does."""
    restrict(folder)
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            restrict(Path(parent, name))
