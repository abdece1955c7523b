"""Reads the library of a reference manager, BibTeX or RIS, to learn interests from its texts. A
broken entry is reported and costs no other entry."""

import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import rispy  # type: ignore[import-untyped]  # it ships no types
from bibtexparser.entrypoint import parse_string
from bibtexparser.model import Entry, ParsingFailedBlock

from digest.errors import DigestError
from digest.model import Problem
from digest.text.latex import readable

LARGEST = 64 * 2**20  # the most bytes of a library: some 30,000 entries with abstracts
_RIS = re.compile(r"^\s*TY  ?-", re.MULTILINE)
_RIS_ENDS = re.compile(r"^[ \t]*ER  ?-.*$", re.MULTILINE)
_RIS_BEGINS = re.compile(r"^[ \t]*(?=TY  ?-)", re.MULTILINE)
_BIBTEX = re.compile(r"@\s*\w+\s*[{(]")
_BETWEEN_KEYWORDS = re.compile("[;,]")


@dataclass(frozen=True, slots=True)
class Library:
    """The entries of a library that have a title."""

    texts: tuple[str, ...]  # of each entry: title, abstract and keywords, each a paragraph
    problems: tuple[Problem, ...] = ()


class LibraryError(DigestError):
    """A file is not a library, or unreadable."""


def read(path: Path) -> Library:
    """Read the library in a file; the format is recognised by the content.

    Raises:
        LibraryError: The file is not a library, unreadable, or without a title.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise LibraryError(f"{path} is larger than {LARGEST // 2**20} MiB: export a part of it")
        content = path.read_bytes()
    except OSError as error:
        raise LibraryError(f"{path} cannot be read: {error.strerror or error}") from error
    text = _decoded(content).replace("\r\n", "\n").replace("\r", "\n")
    if _RIS.search(text):
        found = _from_ris(text)
    elif _BIBTEX.search(text):
        found = _from_bibtex(text, path.name)
    else:
        raise LibraryError(f"{path} is neither BibTeX nor RIS: export your library as one of them")
    if not found.texts:
        raise LibraryError(f"{path} has no entry with a title")
    return found


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _from_bibtex(text: str, name: str) -> Library:
    # The library logs problems that it also returns.
    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)
    entries, problems = [], []
    for block in parse_string(text).blocks:
        # An entry with a duplicate key or field is used too.
        entry = block.ignore_error_block if isinstance(block, ParsingFailedBlock) else block
        if isinstance(entry, Entry):
            entries.append({field.key.casefold(): str(field.value) for field in entry.fields})
        elif isinstance(block, ParsingFailedBlock):
            line = (block.start_line or 0) + 1
            problems.append(Problem(f"{name}:{line}", "this entry cannot be read", "mend it"))
    return Library(_texts(entries), tuple(problems))


def _from_ris(text: str) -> Library:
    # An entry ends where the next one begins, with or without a line for its end.
    ended = _RIS_BEGINS.sub("ER  - \n\n", _RIS_ENDS.sub("", text)) + "\nER  - \n"
    return Library(_texts(map(_ris_fields, rispy.loads(ended, skip_unknown_tags=True))))


def _ris_fields(entry: Mapping[str, Any]) -> dict[str, str]:
    title = entry.get("title") or entry.get("primary_title") or ""
    abstract = entry.get("abstract") or entry.get("notes_abstract") or ""
    keywords = "; ".join(entry.get("keywords", ()))
    return {"title": str(title), "abstract": str(abstract), "keywords": keywords}


def _texts(entries: Iterable[Mapping[str, str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, map(_text, entries))))


def _text(entry: Mapping[str, str]) -> str:
    """The text of an entry; empty if it has no title."""
    title = readable(entry.get("title", ""))
    if not title:
        return ""
    abstract = readable(entry.get("abstract", ""))
    keywords = _BETWEEN_KEYWORDS.split(readable(entry.get("keywords", "")))
    return "\n\n".join(part for part in map(str.strip, (title, abstract, *keywords)) if part)
