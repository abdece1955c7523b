"""Writes the files that a web server serves; each file is replaced as a whole."""

import os
import re
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from digest.disk_sync import sync_file_system
from digest.public.staging import STAGING, Staged, Staging

T = TypeVar("T")

_PATH = re.compile(r"(?:[\w-][\w.-]*/)*[\w-][\w.-]*", re.ASCII)
"""Relative, no hidden names, nothing that a URL would have to escape."""
MARKER = ".published"
"""Says up to which dump the folder is complete. It is hidden, so no web server hands it out."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW


class FolderPublisher:
    """Keeps files in a folder; fulfils ``pipeline.publish.Publisher``. POSIX only.

    A file appears whole or not at all, and survives a power cut once ``publish`` has returned.
    One whose bytes are the same is not touched, so its time of change stays true. Symbolic links
    below the folder are never followed: one in a file's place is replaced, one in a folder's
    place is an error. Several publishers may work at once; of two versions of one file the later
    wins. No folder is listed, so that the cost does not depend on what it holds; all files of one
    call are synced together.
    """

    def __init__(self, public: Path) -> None:
        self._public = public
        self._is_tidy = False  # whether what killed publishers left behind was removed

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
        self._write({"": {MARKER: f"{newest}\n".encode("ascii")}})

    def publish(self, files: Mapping[str, bytes]) -> tuple[int, int]:
        """Write ``files`` by their paths in the folder; count the written and the unchanged ones.

        A file that cannot be written does not stop the others, unless the disk fails.

        Raises:
            ValueError: A path is absolute, has a hidden part (such as ``..``) or a character other
                than ``A-Za-z0-9._-/``. Nothing has been written then.
            OSError: The error of the first file that could not be written, with its full path in
                ``filename`` and a note with the number of others.
        """
        written = self._write(_by_folder(files)) if files else 0
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
                    os.fsync(descriptor)
            except FileNotFoundError:
                continue
            except OSError as error:
                failures.append(self._located(error, folder))
        _raise_first(failures)

    def _write(self, folders: Mapping[str, Mapping[str, bytes]]) -> int:
        """Write files by folder and name; how many were not there with the same bytes."""
        failures: list[OSError] = []
        with _opened(self._public, "") as public, closing(self._staging(public)) as staging:
            staged = {
                folder: self._stage(staging, folder, files, failures)
                for folder, files in folders.items()
            }
            written = 0
            if any(staged.values()):
                self._sync(public)
                for folder, files in staged.items():
                    written += self._put(staging, folder, files, failures)
                self._sync(public)
        _raise_first(failures)
        return written

    def _staging(self, public: int) -> Staging:
        try:
            staging = Staging(public)
        except OSError as error:
            raise self._located(error, STAGING) from error
        if not self._is_tidy:
            staging.remove_stale()
            self._is_tidy = True
        return staging

    def _sync(self, public: int) -> None:
        try:
            sync_file_system(public)
        except OSError as error:
            raise self._located(error) from error

    def _stage(
        self, staging: Staging, folder: str, files: Mapping[str, bytes], failures: list[OSError]
    ) -> dict[str, Staged]:
        """Write the files of one folder that are not there as they should be; they get their
        names later. Errors are added to ``failures``."""
        staged: dict[str, Staged] = {}
        try:
            with _opened(self._public, folder) as descriptor:
                for name, content in files.items():
                    try:
                        if _read(descriptor, name, len(content)) != content:
                            staged[name] = staging.write(content)
                    except OSError as error:
                        failures.append(self._located(error, folder, name))
        except OSError as error:
            failures.append(self._located(error, folder))
        return staged

    def _put(
        self, staging: Staging, folder: str, files: Mapping[str, Staged], failures: list[OSError]
    ) -> int:
        """Give written files their names in a folder; how many got theirs."""
        put = 0
        try:
            with _opened(self._public, folder) as descriptor:
                for name, staged in files.items():
                    try:
                        staging.move(staged, descriptor, name)
                        put += 1
                    except OSError as error:
                        failures.append(self._located(error, folder, name))
        except OSError as error:
            failures.append(self._located(error, folder))
        return put

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
def _opened(public: Path, folder: str, *, make: bool = True) -> Iterator[int]:
    """A descriptor of ``folder`` below ``public``; with ``make``, what is missing is made,
    readable by all."""
    if make and not public.is_dir():
        public.mkdir(parents=True, exist_ok=True)
        public.chmod(0o755)
    descriptor = os.open(public, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for name in filter(None, folder.split("/")):
            try:
                inner = os.open(name, _FOLDER, dir_fd=descriptor)
            except FileNotFoundError:
                if not make:
                    raise
                inner = _made(descriptor, name)
            os.close(descriptor)
            descriptor = inner
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
