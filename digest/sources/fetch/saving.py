"""Saves answers as dumps in the folder of a source: whole or not at all."""

from __future__ import annotations

import gzip
import re
from contextlib import suppress
from datetime import date
from pathlib import Path

from digest import private_files

_START = 2000  # bytes in which the form of an answer shows


def save(folder: Path, day: date, content: bytes, *, listed: date) -> None:
    """Save an answer as ``<day>.<n>.<extension>.gz``, n being the first free number. What is new in
    it was listed on the day ``listed`` at the earliest; if that is not the day of the page, the
    name says it after the number. An answer that the newest file of the day holds is left.

    Raises:
        OSError: It cannot be saved; nothing is left of it.
    """
    _make_folder(folder)
    pattern = re.compile(rf"{day.isoformat()}\.(\d+)\.(?:[\d-]+\.)?\w+\.gz")
    files = {int(n[1]): path for path in folder.iterdir() if (n := pattern.fullmatch(path.name))}
    newest = max(files, default=0)
    data = _packed(content)
    if newest and files[newest].read_bytes() == data:
        return
    later = "" if listed == day else f"{listed.isoformat()}."
    name = f"{day.isoformat()}.{newest + 1}.{later}{_extension(content)}.gz"
    _write(folder, name, data)


def save_unreadable(folder: Path, day: date, content: bytes) -> None:
    """Save an answer that cannot be read, once a day: somebody should look at it, and a later
    version may read it.

    Raises:
        OSError: It cannot be saved; nothing is left of it.
    """
    _make_folder(folder)
    start = f"{day.isoformat()}.unreadable."
    if not any(path.name.startswith(start) for path in folder.iterdir()):
        _write(folder, f"{start}{_extension(content)}.gz", _packed(content))


def _make_folder(folder: Path) -> None:
    private_files.make_folder(folder.parent)
    private_files.make_folder(folder)


def _packed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def _write(folder: Path, name: str, data: bytes) -> None:
    unfinished = folder / f".{name}.tmp"  # the inbox leaves it alone
    try:
        unfinished.unlink(missing_ok=True)  # left by a process that was killed
        private_files.write_new(unfinished, data)
        private_files.sync(unfinished)
        unfinished.replace(folder / name)
    except OSError:
        with suppress(OSError):
            unfinished.unlink()
        raise
    private_files.sync(folder)


def _extension(content: bytes) -> str:
    start = content[:_START].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start.startswith(b"<"):
        return "json" if start[:1] in (b"{", b"[") else "txt"
    return "html" if b"<html" in start.lower() else "xml"
