"""Writes the files that a web server serves; each file is replaced as a whole."""

import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

_PATH = re.compile(r"(?:[\w-][\w.-]*/)*[\w-][\w.-]*", re.ASCII)
"""Relative, no hidden names, nothing that a URL would have to escape."""
MARKER = ".published"
"""Says up to which dump the folder is complete. It is hidden, so no web server hands it out."""
_TEMPORARY = re.compile(r"\.[0-9a-f]{16}\.tmp", re.ASCII)
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW


class FolderPublisher:
    """Keeps files in a folder; fulfils ``pipeline.publish.Publisher``. POSIX only.

    A file appears whole or not at all, and survives a power cut once ``publish`` has returned.
    One whose bytes are the same is not touched, so its time of change stays true. Symbolic links
    below the folder are never followed: one in a file's place is replaced, one in a folder's
    place is an error. Several publishers may work at once; of two versions of one file the later
    wins. What a killed publisher left behind is removed when another one first writes to the
    same folder.
    """

    def __init__(self, public: Path) -> None:
        self._public = public
        self._tidied: set[str] = set()
        """Folders from which stale files were removed already: looking costs time with size."""

    def read_marker(self) -> str | None:
        """What ``write_marker`` wrote last; None in a folder that is new."""
        try:
            return (self._public / MARKER).read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            return None

    def write_marker(self, newest: str) -> None:
        """Record that everything up to the dump ``newest`` has been published to this folder.

        Raises:
            OSError: The folder cannot be written.
        """
        with _opened(self._public, "") as descriptor:
            _replace(descriptor, MARKER, f"{newest}\n".encode("ascii"))
            os.fsync(descriptor)

    def publish(self, files: Mapping[str, bytes]) -> tuple[int, int]:
        """Write ``files`` by their paths in the folder; count the written and the unchanged ones.

        A file that cannot be written does not stop the others.

        Raises:
            ValueError: A path is absolute, has a hidden part (such as ``..``) or a character other
                than ``A-Za-z0-9._-/``. Nothing has been written then.
            OSError: The error of the first file that could not be written, with its full path in
                ``filename`` and a note with the number of others.
        """
        written = 0
        failures: list[OSError] = []
        grown: set[str] = set()
        for folder, names in _by_folder(files).items():
            written += self._publish_folder(folder, names, grown, failures)
        for folder in grown:
            with _opened(self._public, folder) as descriptor:
                os.fsync(descriptor)
        _raise_first(failures)
        return written, len(files) - written

    def remove(self, paths: Collection[str]) -> None:
        """Remove files, and folders with all that they hold; what is not there is no error.

        Paths are as for ``publish``. What cannot be removed does not keep the others.

        Raises:
            OSError: The first that cannot be removed.
        """
        failures: list[OSError] = []
        for folder, names in _by_folder(dict.fromkeys(paths)).items():
            try:
                with _opened(self._public, folder, make=False) as descriptor:
                    for name in names:
                        try:
                            _remove(descriptor, name)
                        except OSError as error:
                            failures.append(self._located(error, folder, name))
            except FileNotFoundError:
                continue
            except OSError as error:
                failures.append(self._located(error, folder))
        _raise_first(failures)

    def _publish_folder(
        self, folder: str, files: Mapping[str, bytes], grown: set[str], failures: list[OSError]
    ) -> int:
        """Write files of one folder, and count them; errors are added to ``failures``, folders in
        which others were made to ``grown``."""
        written = 0
        try:
            with _opened(self._public, folder, grown=grown) as descriptor:
                if folder not in self._tidied:
                    _remove_stale(descriptor)
                    self._tidied.add(folder)
                for name, content in files.items():
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


def _by_folder(files: Mapping[str, T]) -> dict[str, dict[str, T]]:
    """What public paths have, by folder and name.

    Raises:
        ValueError: A path is absolute, has a hidden part, or a character that a URL would escape.
    """
    folders: dict[str, dict[str, T]] = {}
    for path, what in files.items():
        if not _PATH.fullmatch(path):
            raise ValueError(f"not a public path: {path!r}")
        folder, _, name = path.rpartition("/")
        folders.setdefault(folder, {})[name] = what
    return folders


def _raise_first(failures: Sequence[OSError]) -> None:
    if len(failures) > 1:
        failures[0].add_note(f"and {len(failures) - 1} more could not be written")
    if failures:
        raise failures[0]


@contextmanager
def _opened(
    public: Path, folder: str, *, make: bool = True, grown: set[str] | None = None
) -> Iterator[int]:
    """A descriptor of ``folder`` below ``public``; with ``make``, what is missing is made,
    readable by all, and the folders that it was made in are added to ``grown``: they are not
    synced yet."""
    if make and not public.is_dir():
        public.mkdir(parents=True, exist_ok=True)
        public.chmod(0o755)
    descriptor = os.open(public, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        above: list[str] = []
        for name in filter(None, folder.split("/")):
            try:
                inner = os.open(name, _FOLDER, dir_fd=descriptor)
            except FileNotFoundError:
                if not make:
                    raise
                inner = _made(descriptor, name)
                if grown is not None:
                    grown.add("/".join(above))
            os.close(descriptor)
            descriptor = inner
            above.append(name)
        yield descriptor
    finally:
        os.close(descriptor)


def _made(parent: int, name: str) -> int:
    """A descriptor of the folder ``name``, made in ``parent`` unless somebody else just did."""
    with suppress(FileExistsError):
        os.mkdir(name, dir_fd=parent)
    descriptor = os.open(name, _FOLDER, dir_fd=parent)
    os.fchmod(descriptor, 0o755)
    return descriptor


def _remove(folder: int, name: str) -> None:
    """Remove a file, a link or a whole folder, if it is there; no link is followed."""
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return
    except (IsADirectoryError, PermissionError):  # macOS and Linux differ
        shutil.rmtree(name, dir_fd=folder)
    os.fsync(folder)


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
