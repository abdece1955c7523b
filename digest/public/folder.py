"""Writes the files that a web server serves; each file is replaced as a whole."""

from __future__ import annotations

import fcntl
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

_PATH = re.compile(r"(?:[\w-][\w.-]*/)*[\w-][\w.-]*", re.ASCII)
"""A relative path without hidden names and without characters that a URL has to escape."""
_TEMPORARY = re.compile(r"\.[0-9a-f]{16}\.tmp", re.ASCII)
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW


class FolderPublisher:
    """Writes files to a folder. POSIX only.

    A file appears as a whole or not at all, and is durable once ``publish`` has returned. A file
    with the same bytes is left as it is, with its time of change. Symbolic links below the folder
    are not followed: a link in the place of a file is replaced, in the place of a folder it is an
    error. Several publishers may work at once; the later version of a file wins. Temporary files
    of a killed publisher are removed when files of the same folder are next published.
    """

    def __init__(self, public: Path) -> None:
        self._public = public

    def publish(self, files: Mapping[str, bytes]) -> tuple[int, int]:
        """Write ``files`` by their paths in the folder; count the written and the unchanged ones.

        A file that cannot be written does not stop the others.

        Raises:
            ValueError: A path is absolute, has a hidden part (such as ``..``) or a character other
                than ``A-Za-z0-9._-/``. Nothing has been written then.
            OSError: The error of the first file that could not be written, with its full path in
                ``filename`` and a note with the number of others.
        """
        folders: dict[str, dict[str, bytes]] = {}
        for path, content in files.items():
            if not _PATH.fullmatch(path):
                raise ValueError(f"not a public path: {path!r}")
            folder, _, name = path.rpartition("/")
            folders.setdefault(folder, {})[name] = content
        written = 0
        failures: list[OSError] = []
        for folder, contents in folders.items():
            written += self._publish_folder(folder, contents, failures)
        if failures:
            if len(failures) > 1:
                failures[0].add_note(f"and {len(failures) - 1} more could not be written")
            raise failures[0]
        return written, len(files) - written

    def has(self, path: str) -> bool:
        """Whether this path in the folder is a file, not a link."""
        file = self._public / path
        return file.is_file() and not file.is_symlink()

    def _publish_folder(
        self, folder: str, contents: Mapping[str, bytes], failures: list[OSError]
    ) -> int:
        """Write files of one folder, and count them; errors are added to ``failures``."""
        written = 0
        try:
            with _opened(self._public, folder) as descriptor:
                _remove_stale(descriptor)
                for name, content in contents.items():
                    try:
                        if _read(descriptor, name, len(content)) != content:
                            _replace(descriptor, name, content)
                            written += 1
                    except OSError as error:
                        failures.append(self._located(error, folder, name))
                if written:
                    os.fsync(descriptor)
        except OSError as error:
            failures.append(self._located(error, folder))
        return written

    def _located(self, error: OSError, *parts: str) -> OSError:
        """The same error with the full path instead of a path relative to an open folder."""
        return OSError(error.errno, error.strerror, str(self._public.joinpath(*parts)))


@contextmanager
def _opened(public: Path, folder: str) -> Iterator[int]:
    """Open ``folder`` below ``public``; missing folders are created with mode 0755."""
    if not public.is_dir():
        public.mkdir(parents=True, exist_ok=True)
        public.chmod(0o755)
    descriptor = os.open(public, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for name in filter(None, folder.split("/")):
            inner = _enter(descriptor, name)
            os.close(descriptor)
            descriptor = inner
        yield descriptor
    finally:
        os.close(descriptor)


def _enter(parent: int, name: str) -> int:
    """Open the folder ``name`` in ``parent``; if it is missing, it is created durably."""
    try:
        return os.open(name, _FOLDER, dir_fd=parent)
    except FileNotFoundError:
        with suppress(FileExistsError):
            os.mkdir(name, dir_fd=parent)
    inner = os.open(name, _FOLDER, dir_fd=parent)
    os.fchmod(inner, 0o755)
    os.fsync(parent)
    return inner


def _read(folder: int, name: str, size: int) -> bytes | None:
    """The bytes of a regular file of exactly this size; None for anything else."""
    try:
        # O_NONBLOCK: to open a named pipe in the place of the file must not block.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(name, flags, dir_fd=folder)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        return file.read() if os.fstat(descriptor).st_size == size else None


def _replace(folder: int, name: str, content: bytes) -> None:
    """Replace whatever has this name by a new file, atomically."""
    temporary = f".{secrets.token_hex(8)}.tmp"
    try:
        with os.fdopen(_created(folder, temporary), "wb") as file:
            os.fchmod(file.fileno(), 0o644)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary, dir_fd=folder)
        raise


def _created(folder: int, name: str) -> int:
    """Create and lock a new file; the lock tells other publishers that the file is in use."""
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


def _remove_stale(folder: int) -> None:
    """Remove temporary files that no running publisher has locked."""
    for name in filter(_TEMPORARY.fullmatch, os.listdir(folder)):
        with suppress(OSError):  # it is in use, already gone, or another user's
            descriptor = os.open(name, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.unlink(name, dir_fd=folder)
            finally:
                os.close(descriptor)
