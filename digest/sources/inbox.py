"""The folder that dumps are put into: which files are finished, and what they hold.

The operator's files are only ever read. Subfolders count; hidden ones, and links to folders, do
not. A file is finished when its name does not say otherwise and it was not changed within the
last two seconds of the clock that stamps the files of its file system.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from digest.errors import DumpError
from digest.model import DumpHash, Problem

SETTLED = 2_000_000_000
"""Nanoseconds without a change after which a file counts as finished."""
CLOCK_SKEW = 60_000_000_000
"""Nanoseconds that a file server's clock may plausibly be ahead of this machine's."""
LARGEST = 64 * 2**20
"""Bytes; no list of papers comes near, and the content is held in memory."""
UNFINISHED = (".part", ".tmp", ".partial", ".crdownload", ".download", ".filepart")
NEVER_DUMPS = {".gitkeep", ".gitignore", ".keep", ".DS_Store", "Thumbs.db", "desktop.ini"}


@dataclass(frozen=True, slots=True)
class InboxFile:
    """A finished file."""

    name: str
    """Relative to the inbox, with ``/`` between folders."""
    path: Path
    hash: DumpHash
    size: int

    def content(self) -> bytes:
        """The file's bytes, which are those of ``hash``.

        Raises OSError if the file is gone or has changed since, DumpError if it is too large.
        """
        if self.size > LARGEST:
            raise DumpError(
                f"it is larger than {LARGEST // 2**20} MiB", "split it into files of fewer papers"
            )
        content = self.path.read_bytes()
        if hashlib.sha256(content).hexdigest() != self.hash:
            raise OSError(errno.EBUSY, "it was changed while it was being read", str(self.path))
        return content


@dataclass(frozen=True, slots=True)
class Scan:
    """What lies in the inbox at one moment."""

    found: tuple[InboxFile, ...]
    """Finished files, in order of their names."""
    waiting: tuple[str, ...]
    """Names of files that are still being written."""
    problems: tuple[Problem, ...]
    """What cannot be read at all."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What changes when a file does."""

    size: int
    changed: int
    inode: int

    @classmethod
    def of(cls, status: os.stat_result) -> Stamp:
        """The stamp in a file's status."""
        return cls(status.st_size, status.st_mtime_ns, status.st_ino)


class Inbox:
    """A folder of dumps. It remembers hashes, so that looking again costs little."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._hashes: dict[Path, tuple[Stamp, DumpHash]] = {}

    def scan(self) -> Scan:
        """Look once."""
        problems: list[Problem] = []
        waiting: list[str] = []
        files: dict[Path, os.stat_result] = {}
        for path in _walk(self.folder, problems):
            if _is_unfinished(path.name):
                waiting.append(_name(path, self.folder))
            elif status := _status(path, self.folder, problems):
                files[path] = status
        now = _file_system_now(self.folder)  # after the files' own times were read
        found: list[InboxFile] = []
        for path, status in sorted(files.items()):
            name = _name(path, self.folder)
            try:
                content = None if _is_fresh(status, now) else self._hash(path, status)
            except FileNotFoundError:
                continue  # deleted a moment ago
            except OSError as error:
                problems.append(_unreadable(name, error))
                continue
            if content:
                found.append(InboxFile(name, path, content, status.st_size))
            else:
                waiting.append(name)
        self._hashes = {path: self._hashes[path] for path in files if path in self._hashes}
        return Scan(tuple(found), tuple(sorted(waiting)), tuple(sorted(problems)))

    def _hash(self, path: Path, status: os.stat_result) -> DumpHash | None:
        """The hash of a file's content; None if the file changes while it is read."""
        stamp = Stamp.of(status)
        known, content = self._hashes.get(path, (None, None))
        if known == stamp:
            return content
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
            if Stamp.of(os.fstat(file.fileno())) != stamp:
                return None
        self._hashes[path] = stamp, DumpHash(digest.hexdigest())
        return self._hashes[path][1]


def _walk(folder: Path, problems: list[Problem]) -> Iterator[Path]:
    """Everything below ``folder`` that is no folder, except what is never a dump."""
    folders = [folder]
    while folders:
        current = folders.pop()
        try:
            entries = list(os.scandir(current))
        except FileNotFoundError:
            if current == folder:
                problems.append(Problem(str(folder), "the inbox does not exist", "create it"))
            continue
        except OSError as error:
            problems.append(_unreadable(_name(current, folder), error))
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if not entry.name.startswith("."):
                    folders.append(Path(entry))
            elif entry.name not in NEVER_DUMPS:
                yield Path(entry)


def _status(path: Path, folder: Path, problems: list[Problem]) -> os.stat_result | None:
    """The status of a file; None, and perhaps a problem, for all else."""
    name = _name(path, folder)
    try:
        status = path.stat()
    except FileNotFoundError:
        if path.is_symlink():  # else it was deleted a moment ago
            problems.append(Problem(name, "it is a link that leads nowhere"))
        return None
    except OSError as error:
        problems.append(_unreadable(name, error))
        return None
    if stat.S_ISREG(status.st_mode):
        return status
    what = "a link to a folder" if stat.S_ISDIR(status.st_mode) else "not a file"
    problems.append(Problem(name, f"it is {what}", "put the dump itself here"))
    return None


def _name(path: Path, folder: Path) -> str:
    """The name to show: file names can hold line ends, and bytes that are no text."""
    shown = PurePath(os.path.relpath(path, folder)).as_posix()
    text = os.fsencode(shown).decode("utf-8", "replace")
    return "".join(char if char.isprintable() else "\ufffd" for char in text)


def _unreadable(name: str, error: OSError) -> Problem:
    return Problem(name, f"it cannot be read: {error.strerror or error}", "check its permissions")


def _is_unfinished(name: str) -> bool:
    return name.startswith(".") or name.lower().endswith(UNFINISHED)


def _is_fresh(status: os.stat_result, now: int) -> bool:
    """Whether a file was changed so lately that more may come.

    A time of change in the future was set by hand or by a program that keeps the original's, so
    the time of the last change of any kind, which nobody can set, is taken instead. If that lies
    in the future too, the server's clock is ahead, or this one was set back: a minute of it is
    waited for, no more.
    """
    changed = status.st_mtime_ns if status.st_mtime_ns <= now else status.st_ctime_ns
    return -CLOCK_SKEW <= now - changed < SETTLED


def _file_system_now(folder: Path) -> int:
    """Nanoseconds since the epoch by the clock that stamps files in ``folder``.

    A new file has that time. It is one without a name, so nobody ever sees it in the inbox;
    where the file system has no such files, or lets nobody write, the machine's clock serves.
    """
    try:
        descriptor = os.open(folder, os.O_TMPFILE | os.O_WRONLY, 0o600)
    except (OSError, AttributeError):
        return time.time_ns()
    try:
        return os.fstat(descriptor).st_mtime_ns
    finally:
        os.close(descriptor)
