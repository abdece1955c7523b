"""The folders of dumps, with their subfolders: finds finished files and their hashes. A file of the
operator is finished if its name does not say otherwise, and if it has not changed for two seconds
by the clock of its file system. A file that was fetched appears whole, since it is renamed."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple, Protocol

from digest.model import DumpHash, FileStamp, Problem
from digest.sources import parts
from digest.sources.content import LIMIT, too_large
from digest.sources.parts import Part

SETTLED = 2_000_000_000  # the nanoseconds without a change after which a file counts as finished
CLOCK_SKEW = 60_000_000_000  # nanoseconds by which a file server's clock is plausibly ahead
UNFINISHED = (".part", ".tmp", ".partial", ".crdownload", ".download", ".filepart")
NEVER_DUMPS = {".gitkeep", ".gitignore", ".keep", ".DS_Store", "Thumbs.db", "desktop.ini"}
FETCHED = "fetched"
"""The first folder in the name of a fetched dump: ``fetched/arxiv/2026-11-27.1.xml.gz``, or, of
what was added to a page later, ``fetched/arxiv/2026-11-27.2.2026-11-30.xml.gz``."""
LONGEST_PATH = 2000  # bytes of a path whose hash is kept: databases have no longer keys


@dataclass(frozen=True, slots=True)
class InboxFile:
    """A finished file with a dump."""

    name: str  # the path in its folder, with `/` between folders
    path: str  # text: there may be many files
    hash: DumpHash
    size: int
    source: str = ""  # the source that it was fetched from; empty: it lies in the inbox
    day: date | None = None  # of a fetched dump: the day of its page
    listed: date | None = None  # of a fetched dump: when what is new in it came at the earliest

    @classmethod
    def at(cls, path: Path) -> InboxFile:
        """Take a file that lies anywhere, by its path.

        Raises:
            OSError: It cannot be read.
        """
        with path.open("rb") as file:
            content = DumpHash(hashlib.file_digest(file, "sha256").hexdigest())
        return cls(str(path), str(path), content, path.stat().st_size)

    def content(self) -> bytes:
        """Read the file; the bytes are those of ``hash``.

        Raises:
            OSError: The file no longer exists, or has changed.
            DumpError: The file is too large.
        """
        if self.size > LIMIT:
            raise too_large()
        content = Path(self.path).read_bytes()
        if hashlib.sha256(content).hexdigest() != self.hash:
            raise OSError(errno.EBUSY, "it was changed while it was being read", self.path)
        return content

    def parts(self) -> Iterator[Part]:
        """Yield the content: all of it, or part by part where the file is large and has lines.

        Raises:
            OSError: The file no longer exists, or has changed.
            DumpError: The file is too large, or damaged.
        """
        if parts.is_divided(Path(self.path), self.size):
            yield from parts.divided(Path(self.path), self.hash)
        else:
            yield Part(self.hash, self.content())


@dataclass(frozen=True, slots=True)
class Scan:
    """The dumps at one moment."""

    found: tuple[InboxFile, ...]  # the finished files: those of the inbox, then fetched ones
    waiting: tuple[str, ...]  # the names of files that are still being written
    problems: tuple[Problem, ...]  # the files and folders that cannot be read


class Stamps(Protocol):
    """Keeps hashes of files from one process to the next, by the paths of the files."""

    def file_stamps(self) -> dict[str, FileStamp]: ...
    def record_file_stamps(self, new: Mapping[str, FileStamp], gone: Collection[str]) -> None: ...


class _Entry(NamedTuple):
    """A regular file, as a look into its folder finds it."""

    path: str
    name: str
    status: os.stat_result
    source: str
    day: date | None
    listed: date | None


class Inbox:
    """The operator's folder of dumps and, as ``fetched``, the folder of dumps that the program
    fetches, with a folder for each source. It caches hashes, and keeps them in what ``stamps``
    opens, so that no process reads a file again that has not changed."""

    def __init__(
        self,
        folder: Path,
        fetched: Path | None = None,
        stamps: Callable[[], AbstractContextManager[Stamps]] | None = None,
    ) -> None:
        self.folder, self.fetched, self._open_stamps = folder, fetched, stamps
        self._stamps: dict[str, FileStamp] = {}
        self._new: dict[str, FileStamp] = {}
        """Of the stamps, those that are not kept yet."""
        self._has_read_stamps = stamps is None
        self._files: dict[str, InboxFile] = {}

    def scan(self) -> Scan:
        """Look at every file once.

        Raises:
            LedgerError: The hashes cannot be kept.
        """
        if not self._has_read_stamps and self._open_stamps:
            with self._open_stamps() as stamps:
                self._stamps, self._has_read_stamps = stamps.file_stamps(), True
        problems: list[Problem] = []
        waiting: list[str] = []
        entries = sorted(_walk(self.folder, "", waiting, problems))
        now = _file_system_now(self.folder)  # after the files' own times were read
        fresh = {entry.path for entry in entries if _is_fresh(entry.status, now)}
        if self.fetched and self.fetched.is_dir():
            own = _walk(self.fetched, f"{FETCHED}/", [], problems)
            entries += sorted(entry for entry in own if entry.day)
        found: list[InboxFile] = []
        for entry in entries:
            try:
                file = None if entry.path in fresh else self._file(entry)
            except FileNotFoundError:
                continue  # it has just been deleted
            except OSError as error:
                problems.append(_unreadable(entry.name, error))
                continue
            if file:
                found.append(file)
            else:
                waiting.append(entry.name)
        self._files = {file.path: file for file in found}
        self._keep_stamps({entry.path for entry in entries})
        return Scan(tuple(found), tuple(sorted(waiting)), tuple(sorted(problems)))

    def _file(self, entry: _Entry) -> InboxFile | None:
        """The file with the hash of its content; None if it changes meanwhile.

        Raises:
            OSError: It cannot be read.
        """
        key, now = _key(entry.path), _properties(entry.status)
        stamp = self._stamps.get(key)
        if stamp is None or stamp[:3] != now:
            with Path(entry.path).open("rb") as file:
                content = hashlib.file_digest(file, "sha256").hexdigest()
                if _properties(os.fstat(file.fileno())) != now:
                    return None
            stamp = self._stamps[key] = self._new[key] = FileStamp(*now, DumpHash(content))
            self._files.pop(entry.path, None)
        path, name, _, source, day, listed = entry
        return self._files.get(path) or InboxFile(
            name, path, stamp.hash, stamp.size, source, day, listed
        )

    def _keep_stamps(self, here: Collection[str]) -> None:
        """Forget the stamps of files that are gone, and keep those that are new."""
        others = self._stamps.keys() - set(map(_key, here))
        gone = [key for key in others if not os.path.lexists(key)]
        for key in gone:
            del self._stamps[key]
            self._new.pop(key, None)
        if (gone or self._new) and self._open_stamps:
            new = {key: at for key, at in self._new.items() if len(key.encode()) <= LONGEST_PATH}
            with self._open_stamps() as stamps:
                stamps.record_file_stamps(new, gone)
        self._new = {}


def _walk(top: Path, prefix: str, waiting: list[str], problems: list[Problem]) -> Iterator[_Entry]:
    """Yield every file below a folder except those that are never dumps or not finished."""
    folders = [(str(top.absolute()), prefix)]
    while folders:
        current, before = folders.pop()
        source = before.split("/")[1] if prefix and before != prefix else ""
        for entry in _listed(current, before[:-1] or ".", problems):
            name = before + _shown(entry.name)
            if entry.is_dir(follow_symlinks=False):
                if not entry.name.startswith("."):
                    folders.append((entry.path, f"{name}/"))
            elif entry.name in NEVER_DUMPS:
                continue
            elif entry.name.startswith(".") or entry.name.lower().endswith(UNFINISHED):
                waiting.append(name)
            elif status := _status(entry, name, problems):
                day, listed = _days(entry.name) if source else (None, None)
                yield _Entry(entry.path, name, status, source, day, listed)


def _listed(folder: str, name: str, problems: list[Problem]) -> list[os.DirEntry[str]]:
    """What a folder holds; nothing, and perhaps a problem, where it cannot be read."""
    try:
        return list(os.scandir(folder))
    except FileNotFoundError:
        if name == ".":  # otherwise it has just been deleted
            problems.append(Problem(folder, "the inbox does not exist", "create it"))
    except OSError as error:
        problems.append(_unreadable(name, error))
    return []


def _status(entry: os.DirEntry[str], name: str, problems: list[Problem]) -> os.stat_result | None:
    """The status of a regular file; None, and perhaps a problem, for anything else."""
    try:
        status = entry.stat()
    except FileNotFoundError:
        if entry.is_symlink():  # otherwise it has just been deleted
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


def _shown(name: str) -> str:
    """The name to show; file names may contain line ends and bytes that are not text."""
    if name.isprintable():
        return name
    text = os.fsencode(name).decode("utf-8", "replace")
    return "".join(char if char.isprintable() else "\ufffd" for char in text)


def _days(name: str) -> tuple[date | None, date | None]:
    """The day of the page that a fetched file is named by, and the day when it was listed."""
    day, _, rest = name.partition(".")
    later = rest.partition(".")[2].partition(".")[0]
    try:
        page = date.fromisoformat(day)
        return page, date.fromisoformat(later) if later[:1].isdigit() else page
    except ValueError:  # something else
        return None, None


def _key(path: str) -> str:
    """The path as text that a database holds."""
    if path.isprintable():
        return path
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _properties(status: os.stat_result) -> tuple[int, int, int]:
    """What changes with the content of a file."""
    return status.st_size, status.st_mtime_ns, status.st_ino


def _unreadable(name: str, error: OSError) -> Problem:
    return Problem(name, f"it cannot be read: {error.strerror or error}", "check its permissions")


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
