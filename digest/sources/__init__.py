"""Reads dump files as records of papers, by one reader for each format."""

import re
from datetime import datetime
from importlib import import_module

from digest.errors import DumpError
from digest.model import Dump, DumpHash, Problem
from digest.sources.content import decoded, unpacked
from digest.sources.parts import Part
from digest.sources.records import File, Reader, bounded

VERSION = "3"
"""The version of the readers. Raise it whenever a reader accepts more files, or reads some better:
files that another version read or rejected are then read again, once."""
REMEDY = (
    "put in a saved papers page, a feed, an answer of an API, a table or a library:"
    " docs/inbox.md lists them"
)
ENCODING = "check the letters of its papers, or save it as UTF-8"
REPORT = "report this fault together with the file, or save the file in another form"
ROOT = re.compile(r"<([A-Za-z][\w:.-]{0,60})[\s>]")
READERS: dict[str, tuple[str, ...]] = {
    "<": (
        "formats.server_errors",
        "page.html",
        "formats.pubmed",
        "formats.xml_feed",
        "page.reader",
    ),
    "[": ("formats.arxiv_listing", "formats.json_papers", "formats.table", "page.reader"),
    "{": ("formats.json_feed", "formats.json_papers", "page.reader"),
    "": (
        "formats.server_errors",
        "page.html",
        "formats.arxiv_listing",
        "formats.bibliography",
        "formats.table",
        "page.reader",
    ),
}
"""The modules that are asked in turn, by the first character of a file; "" stands for others."""


def read(
    name: str,
    content: bytes,
    *,
    hash: DumpHash,  # noqa: A002 - named as the field of Dump that it becomes
    arrived: datetime,
    line: int = 1,
) -> Dump:
    """Read the papers in a file of the inbox, which may be gzipped, or in a part of one that begins
    with this line; problems name it ``name``.

    Raises:
        DumpError: The file is in no known format, or unreadable, or its reader fails.
    """
    data = unpacked(content)
    text, doubt = decoded(data)
    file = File(name, data, text, arrived, line)
    for reader in READERS.get(_start(file.text), READERS[""]):
        # Readers are imported when they are needed: that is slow, and most passes need none.
        module: Reader = import_module(f"digest.sources.{reader}")
        try:
            found = module.read(file)
        except (DumpError, OSError, MemoryError):
            raise
        except Exception as error:  # whatever a reader raises is this file's problem
            raise DumpError(
                f"its reader failed: {type(error).__name__}: {error}", REPORT
            ) from error
        if found:
            found = bounded(found, name)
            return Dump(
                hash,
                name,
                found.format,
                found.listed,
                found.records,
                (*([Problem(name, doubt, ENCODING)] if doubt else []), *found.problems),
                found.is_incomplete,
                VERSION,
            )
    raise DumpError(_what_it_is(file.text), REMEDY)


def read_part(name: str, part: Part, *, arrived: datetime) -> Dump:
    """Read the papers in a part of a file. One without papers is empty, with the reason as its
    problem, unless the file begins with it.

    Raises:
        DumpError: The file is in no known format, or unreadable, or its reader fails.
    """
    try:
        return read(name, part.content, hash=part.hash, arrived=arrived, line=part.line)
    except DumpError as error:
        if part.line == 1:
            raise
        where = f"{name}:{error.line or part.line}"
        problem = Problem(where, error.reason, error.remedy)
        return Dump(part.hash, name, "papers", None, (), (problem,), True, readers=VERSION)


def _start(text: str) -> str:
    return text.lstrip("\ufeff\x1e \t\n")[:1]


def _what_it_is(text: str) -> str:
    match _start(text):
        case "<":
            root = ROOT.search(text[:5000])
            named = f" (“{root[1]}”)" if root else ""
            return f"it is XML{named}, but no Atom or RSS feed"
        case "{" | "[":
            return "it begins like JSON, but is no known list of papers, or not whole"
        case _:
            return "it is text, but not that of a papers page"
