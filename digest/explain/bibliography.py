"""Reads the library of a reference manager, or any list of papers, to learn interests from it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from digest import sources
from digest.errors import DigestError, DumpError
from digest.model import DumpHash, Problem
from digest.sources.content import LIMIT, text_of, unpacked
from digest.sources.formats import bibliography
from digest.text.latex import readable

LARGEST = LIMIT  # the most bytes of a library: some 30,000 entries with abstracts
EXPORT = "export your library as BibTeX, RIS or CSL JSON"


@dataclass(frozen=True, slots=True)
class Library:
    """The entries of a library that have a title."""

    texts: tuple[str, ...]  # of each entry: title, abstract and keywords, each a paragraph
    problems: tuple[Problem, ...] = ()


class LibraryError(DigestError):
    """A file is not a library, or unreadable."""


def read(path: Path, *, now: datetime) -> Library:
    """Read the library in a file; the format is recognised by the content.

    Raises:
        LibraryError: The file is not a library, unreadable, or without a title.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise LibraryError(f"{path} is larger than {LARGEST // 2**20} MiB: export a part of it")
        content = path.read_bytes()
        found = _read(content, path.name, now)
    except OSError as error:
        raise LibraryError(f"{path} cannot be read: {error.strerror or error}") from error
    except DumpError as error:
        raise LibraryError(f"{path} is no library: {error.reason}; {EXPORT}") from error
    if not found.texts:
        raise LibraryError(f"{path} has no entry with a title")
    return found


def _read(content: bytes, name: str, now: datetime) -> Library:
    library = bibliography.parsed(text_of(unpacked(content)), name)
    if library:
        entries = [(each.title, each.abstract, *each.keywords) for each in library.publications]
        unnamed = (each.line for each in library.publications if not each.title.strip())
        problems = (Problem(f"{name}:{line}", "this entry has no title") for line in unnamed)
        return Library(_texts(entries), (*library.problems, *problems))
    hashed = DumpHash(hashlib.sha256(content).hexdigest())
    dump = sources.read(name, content, hash=hashed, arrived=now)
    return Library(_texts((each.title, each.abstract) for each in dump.records), dump.problems)


def _texts(entries: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """The text of each entry that has a title, once."""
    texts = ([readable(part).strip() for part in entry] for entry in entries)
    whole = ("\n\n".join(filter(None, parts)) for parts in texts if parts[0])
    return tuple(dict.fromkeys(whole))
