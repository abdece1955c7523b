"""Reads dump files as records of papers, by one reader for each format."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from digest.errors import DumpError
from digest.model import Dump, DumpHash
from digest.sources.content import text_of, unpacked

if TYPE_CHECKING:
    from digest.sources.records import Reading

VERSION = "1"
"""The version of the readers. Raise it whenever a reader accepts more files: files that another
version rejected are then read again."""
REMEDY = (
    "put in a papers page saved as text, an answer of the daily-papers API, or an Atom, RSS or"
    " JSON feed"
)
HTML = re.compile(r"\s*(?:<\?xml[^>]{0,200}>\s*)?<(?:!doctype\s+html|html)\b", re.IGNORECASE)


def read(
    name: str,
    content: bytes,
    *,
    hash: DumpHash,  # noqa: A002 - named as the field of Dump that it becomes
    arrived: datetime,
) -> Dump:
    """Read the papers in a file of the inbox, which may be gzipped; problems name it ``name``.

    Raises:
        DumpError: The file is in no known format, or unreadable.
    """
    data = unpacked(content)
    text = text_of(data)
    if HTML.match(text):
        raise DumpError("it is an HTML page", "save the page as text, not as HTML")
    found = _reading(text, data, name=name, arrived=arrived)
    if found is None:
        raise DumpError(_what_it_is(text), REMEDY)
    return Dump(hash, name, found.format, found.listed, found.records, found.problems)


def _reading(text: str, data: bytes, *, name: str, arrived: datetime) -> Reading | None:
    # Readers are imported when they are needed: that is slow, and most passes need none.
    found: Reading | None = None
    match _start(text):
        case "<":
            from digest.sources.formats import xml_feed  # noqa: PLC0415

            found = xml_feed.read(data, name=name)
        case "[":
            from digest.sources.formats import daily_papers  # noqa: PLC0415

            found = daily_papers.read(text, name=name, arrived=arrived)
        case "{":
            from digest.sources.formats import json_feed  # noqa: PLC0415

            found = json_feed.read(text, name=name)
    if found is None:
        from digest.sources.page import reader  # noqa: PLC0415

        found = reader.read(text, name=name, arrived=arrived)
    return found


def _start(text: str) -> str:
    return text.lstrip("\ufeff \t\n")[:1]


def _what_it_is(text: str) -> str:
    match _start(text):
        case "<":
            return "it is XML, but no Atom or RSS feed"
        case "{" | "[":
            return "it begins like JSON, but is no known list of papers, or not whole"
        case _:
            return "it is text, but not that of a papers page"
