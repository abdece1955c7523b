"""Divides a large file of JSON Lines into parts, so that its size does not matter. The cuts depend
on the content alone, from its beginning: of a file that has grown, only what is new is read."""

import errno
import gzip
import hashlib
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from digest.errors import DumpError
from digest.model import DumpHash
from digest.sources.content import DAMAGED, GZIP, LIMIT, too_large
from digest.sources.formats.json_values import is_object, value_of

SIZE = 4 * 2**20  # bytes of a part, which ends with the line that passes them
PACKED = SIZE // 32  # a gzip file up to this size is hardly ever larger than ``SIZE`` unpacked
LONGEST_LINE = 2**20  # of the first line, by which such a file is recognised


@dataclass(frozen=True, slots=True)
class Part:
    """Some lines of a file, or all of it."""

    hash: DumpHash  # of the lines; of the whole file, where the file ends with them
    content: bytes
    line: int = 1  # the number of the first line
    is_last: bool = True


def is_divided(path: Path, size: int) -> bool:
    """Whether a file is large, and holds an object of JSON on each line.

    Raises:
        OSError: The file cannot be read.
    """
    with path.open("rb") as raw:
        is_packed = raw.read(2) == GZIP
        raw.seek(0)
        if size <= (PACKED if is_packed else SIZE):
            return False
        try:
            first = _unpacked(raw, is_packed=is_packed).readline(LONGEST_LINE)
            return first.endswith(b"\n") and is_object(value_of(first.decode()))
        except (ValueError, EOFError, zlib.error, gzip.BadGzipFile):
            return False


def divided(path: Path, whole: DumpHash) -> Iterator[Part]:
    """Yield the parts of the file whose hash is ``whole``.

    Raises:
        OSError: The file no longer exists, or has changed.
        DumpError: A line is too long, or the gzip file is damaged.
    """
    with path.open("rb") as raw:
        before = os.fstat(raw.fileno())
        is_same = hashlib.file_digest(raw, "sha256").hexdigest() == whole
        raw.seek(0)
        is_packed = raw.read(2) == GZIP
        raw.seek(0)
        stream = _unpacked(raw, is_packed=is_packed)
        line, content = 1, _next(stream)
        while is_same:
            following = _next(stream)
            after = os.fstat(raw.fileno())
            if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
                break
            if not following:
                yield Part(whole, content, line)
                return
            own = DumpHash(hashlib.sha256(content).hexdigest())
            yield Part(own, content, line, is_last=False)
            line, content = line + content.count(b"\n"), following
    raise OSError(errno.EBUSY, "it was changed while it was being read", str(path))


def _unpacked(raw: IO[bytes], *, is_packed: bool) -> IO[bytes]:
    return gzip.GzipFile(fileobj=raw) if is_packed else raw  # type: ignore[return-value]


def _next(stream: IO[bytes]) -> bytes:
    """The next lines, of ``SIZE`` bytes and up to the end of the last one."""
    try:
        content = stream.read(SIZE)
        rest = stream.readline(LIMIT - SIZE) if content else b""
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DumpError(*DAMAGED) from error
    if len(rest) >= LIMIT - SIZE and not rest.endswith(b"\n"):
        raise too_large()
    return content + rest
