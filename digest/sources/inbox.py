"""The folder for dumps, with its subfolders: finds finished files and their hashes. A file is
finished if its name does not say otherwise, and if it has not changed for two seconds by the clock
of its file system."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from digest.model import DumpHash, Problem
from digest.sources import parts
from digest.sources.content import LIMIT, too_large
from digest.sources.parts import Part

SETTLED = 2_000_000_000  # the nanoseconds without a change after which a file counts as finished
CLOCK_SKEW = 60_000_000_000  # nanoseconds by which a file server's clock is plausibly ahead
UNFINISHED = (".part", ".tmp", ".partial", ".crdownload", ".download", ".filepart")
NEVER_DUMPS = {".gitkeep", ".gitignore", ".keep", ".DS_Store", "Thumbs.db", "desktop.ini"}


@dataclass(frozen=True, slots=True)
class InboxFile:
    """A finished file in the inbox."""

    name: str  # the path in the inbox, with `/` between folders
    path: Path
    hash: DumpHash
    size: int

    @classmethod
    def at(cls, path: Path) -> InboxFile:
        """Take a file that lies anywhere, by its path.

        Raises:
            OSError: It cannot be read.
        """
        with path.open("rb") as file:
            content = DumpHash(hashlib.file_digest(file, "sha256").hexdigest())
        return cls(str(path), path, content, path.stat().st_size)

    def content(self) -> bytes:
        """Read the file; the bytes are those of ``hash``.

        Raises:
            OSError: The file no longer exists, or has changed.
            DumpError: The file is too large.
        """
        if self.size > LIMIT:
            raise too_large()
        content = self.path.read_bytes()
        if hashlib.sha256(content).hexdigest() != self.hash:
            raise OSError(errno.EBUSY, "it was changed while it was being read", str(self.path))
        return content

    def parts(self) -> Iterator[Part]:
        """Yield the content: all of it, or part by part where the file is large and has lines.

        Raises:
            OSError: The file no longer exists, or has changed.
            DumpError: The file is too large, or damaged.
        """
        if parts.is_divided(self.path, self.size):
            yield from parts.divided(self.path, self.hash)
        else:
            yield Part(self.hash, self.content())


@dataclass(frozen=True, slots=True)
class Scan:
    """The content of the inbox at one moment."""

    found: tuple[InboxFile, ...]  # the finished files, sorted by name
    waiting: tuple[str, ...]  # the names of files that are still being written
    problems: tuple[Problem, ...]  # the files and folders that cannot be read


@dataclass(frozen=True, slots=True)
class Stamp:
    """Properties of a file that change when its content does."""

    size: int
    changed: int
    inode: int

    @classmethod
    def of(cls, status: os.stat_result) -> Stamp:
        """Take the stamp from the status of a file."""
        return cls(status.st_size, status.st_mtime_ns, status.st_ino)


class Inbox:
    """A folder of dumps. It caches hashes, so that another scan costs little."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._hashes: dict[Path, tuple[Stamp, DumpHash]] = {}

    def scan(self) -> Scan:
        """Look at every file once."""
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
                continue  # it has just been deleted
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
        """Hash the content of a file; None if the file changes meanwhile."""
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
    """Yield everything below ``folder`` except folders and files that are never dumps."""
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
    """The status of a regular file; None, and perhaps a problem, for anything else."""
    name = _name(path, folder)
    try:
        status = path.stat()
    except FileNotFoundError:
        if path.is_symlink():  # otherwise it has just been deleted
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
    """The name to show; file names may contain line ends and bytes that are not text."""
    shown = PurePath(os.path.relpath(path, folder)).as_posix()
    text = os.fsencode(shown).decode("utf-8", "replace")
    return "".join(char if char.isprintable() else "\ufffd" for char in text)


def _unreadable(name: str, error: OSError) -> Problem:
    return Problem(name, f"it cannot be read: {error.strerror or error}", "check its permissions")


def _is_unfinished(name: str) -> bool:
    return name.startswith(".") or name.lower().endswith(UNFINISHED)


def _is_fresh(status: os.stat_result, now: int) -> bool:
    """Whether a file changed so recently that it may still be written to. A modification time in
    the future was set by a program; then the status change time counts, which none can set. If that
    is in the future too, a clock is wrong, by no more than ``CLOCK_SKEW`` if the file is fresh."""
    changed = status.st_mtime_ns if status.st_mtime_ns <= now else status.st_ctime_ns
    return -CLOCK_SKEW <= now - changed < SETTLED


def _file_system_now(folder: Path) -> int:
    """The time, in nanoseconds since the epoch, of the clock that stamps files in ``folder``. It is
    the time of a new file without a name, which nobody sees in the inbox. If that cannot be
    created, it is the time of this machine's clock."""
    try:
        descriptor = os.open(folder, os.O_TMPFILE | os.O_WRONLY, 0o600)
    except (OSError, AttributeError):
        return time.time_ns()
    try:
        return os.fstat(descriptor).st_mtime_ns
    finally:
        os.close(descriptor)
