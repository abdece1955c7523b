"""The hidden folder in which published files are written before they get their names."""

import fcntl
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from typing import NewType

STAGING = ".staging"
"""It is hidden, so no web server hands it out, and holds nothing else, so that looking for what
killed publishers left behind does not depend on how much is published."""
_LOCK = ".lock"

Staged = NewType("Staged", str)
"""A file that was written and has no name yet."""


class Staging:
    """The files of one publisher. Their names begin with that of its lock file, which it keeps
    locked, so that other publishers know that they are in use."""

    def __init__(self, public: int) -> None:
        """Open the folder, which is made in ``public``, an open folder. Raises OSError."""
        with suppress(FileExistsError):
            os.mkdir(STAGING, 0o700, dir_fd=public)
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW
        self._folder = os.open(STAGING, flags, dir_fd=public)
        self._name, self._written = secrets.token_hex(8), 0
        try:
            self._lock = _locked(self._folder, self._name + _LOCK)
        except BaseException:
            os.close(self._folder)
            raise

    def close(self) -> None:
        """Remove what got no name."""
        # The names are known: other publishers may have any number of files here.
        own = [f"{self._name}.{number}" for number in range(1, self._written + 1)]
        self._remove(self._name, own)
        os.close(self._lock)
        os.close(self._folder)

    def write(self, content: bytes) -> Staged:
        """Write a file, readable by all."""
        self._written += 1
        name = Staged(f"{self._name}.{self._written}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        with os.fdopen(os.open(name, flags, 0o600, dir_fd=self._folder), "wb") as file:
            os.fchmod(file.fileno(), 0o644)
            file.write(content)
        return name

    def move(self, staged: Staged, folder: int, name: str) -> None:
        """Replace whatever has this name in an open folder, atomically."""
        os.rename(staged, name, src_dir_fd=self._folder, dst_dir_fd=folder)

    def remove_stale(self) -> None:
        """Remove the files of publishers that no longer run."""
        folder: int = self._folder
        names = os.listdir(folder)
        for lock in (name for name in names if name.endswith(_LOCK)):
            with suppress(OSError):  # it is in use, already gone, or another user's
                flags = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
                descriptor = os.open(lock, flags, dir_fd=folder)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    self._remove(lock.removesuffix(_LOCK), names)
                finally:
                    os.close(descriptor)

    def _remove(self, publisher: str, names: Sequence[str]) -> None:
        """Remove the files of a publisher among ``names``, and last its lock."""
        own = [name for name in names if name.startswith(f"{publisher}.")]
        for name in (*(one for one in own if not one.endswith(_LOCK)), publisher + _LOCK):
            with suppress(OSError):
                os.unlink(name, dir_fd=self._folder)


def _locked(folder: int, name: str) -> int:
    """Create and lock a new file."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    while True:
        descriptor = os.open(name, flags, 0o600, dir_fd=folder)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if os.fstat(descriptor).st_nlink:
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # another publisher removed it as stale before it was locked
