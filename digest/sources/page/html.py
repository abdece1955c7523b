"""Reads a papers page that was saved as HTML: the JSON inside it, or else its elements."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from email import message_from_bytes
from typing import Any

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

from digest.errors import DumpError
from digest.model import Problem
from digest.sources.content import decoded
from digest.sources.formats import json_papers
from digest.sources.formats.json_values import day, is_object, value_of
from digest.sources.formats.markup import BLOCK, HIDDEN, WHITE
from digest.sources.page import reader
from digest.sources.page.syntax import CLOSED, END, HEADING, LINE, NONCHARACTERS, is_markdown, link
from digest.sources.records import File, Reading, excerpt

FORMAT = "papers-page-html"
COMMENT = r"(?:\s|<!--(?:(?!-->).)*-->|<\?xml[^>]{0,200}>)*+"
HTML = re.compile(
    rf"\ufeff?{COMMENT}<(?:(?P<is_whole>!doctype\s+html|html)|head|body|main|div|section|article|meta|script)\b",
    re.IGNORECASE | re.DOTALL,
)
ARCHIVE = re.compile(
    r"(?:[\w-]+:[^\n]*\n(?:[ \t][^\n]*\n)*+)*?Content-Type:\s*multipart/related", re.IGNORECASE
)
OUR_TITLE = re.compile(r"(?:daily|trending) papers\b", re.IGNORECASE)
HEADINGS = re.compile(r"h[1-6]")
PROPERTIES = "data-props"
SAVE = "save the papers page (huggingface.co/papers) as HTML or text when it has loaded"


@dataclass(frozen=True, slots=True)
class Listing:
    """The list of papers inside a page as JSON, and the line at which it stands."""

    papers: list[Any]
    listed: date | None
    line: int


def read(file: File) -> Reading | None:
    """Read an HTML page, alone or in a web archive (.mhtml); None for anything else.

    Raises:
        DumpError: It is an HTML page, but no papers page.
    """
    text = _archived(file) if ARCHIVE.match(file.text) else file.text
    match = HTML.match(text)
    if not match or (not match["is_whole"] and is_markdown(text)):  # Markdown may contain elements
        return None
    parser = etree.HTMLParser(
        no_network=True, huge_tree=True, remove_comments=True, remove_pis=True, encoding="utf-8"
    )
    root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    if root is None:
        raise DumpError("it is an HTML page without content", SAVE)
    if (listing := _listing(root)) and (reading := _of_listing(listing, file)):
        return reading
    reading = reader.read_marked(file, "".join(_marked(root)))
    if reading and (reading.records or reading.problems):
        return replace(reading, format=FORMAT)
    title = WHITE.sub(" ", root.findtext(".//title") or "").strip()
    if not (reading or OUR_TITLE.match(title)):
        named = f" ({excerpt(title)})" if title else ""
        raise DumpError(f"it is an HTML page{named}, but no papers page", SAVE)
    problem = Problem(f"{file.name}:1", "no paper can be found in this papers page", SAVE)
    return Reading(FORMAT, reading.listed if reading else None, (), (problem,), True)


def _archived(file: File) -> str:
    """The page in a web archive, as Chrome saves it."""
    for part in message_from_bytes(file.data).walk():
        if part.get_content_type() == "text/html":
            payload = part.get_payload(decode=True)
            return decoded(payload)[0] if isinstance(payload, bytes) and payload.strip() else ""
    return ""


def _listing(root: Any) -> Listing | None:
    """The first list of papers in the properties of an element."""
    for element in root.iter(etree.Element):
        properties = element.get(PROPERTIES)
        if not properties or '"paper' not in properties.lower().replace("dailypapers", "papers"):
            continue
        try:
            value = value_of(properties)
        except ValueError:
            continue
        if is_object(value) and (papers := _papers(value)) is not None:
            return Listing(papers, day(value.get("dateString")), element.sourceline or 1)
    return None


def _papers(properties: dict[str, Any]) -> list[Any] | None:
    if isinstance(listed := properties.get("dailyPapers"), list):
        return listed
    for value in properties.values():
        if isinstance(value, list) and any(map(_is_listed, value)):
            return value
    paper = properties.get("paper")
    return [properties] if is_object(paper) and "title" in paper else None


def _is_listed(value: object) -> bool:
    return is_object(value) and ("paper" in value or {"title", "summary"} <= value.keys())


def _of_listing(listing: Listing, file: File) -> Reading | None:
    if not listing.papers:  # a day without papers
        return Reading(FORMAT, listing.listed, (), ())
    text = "\n" * (listing.line - 1) + json.dumps(listing.papers, ensure_ascii=False)
    reading = json_papers.read(replace(file, text=text))
    listed = listing.listed or (reading.listed if reading else None)
    return replace(reading, format=FORMAT, listed=listed) if reading else None


def _marked(root: Any) -> Iterator[str]:
    """The text of the elements as lines, with the marks of ``syntax`` for links and headings."""
    around = ""  # the mark of the link in which the walk is
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        name = element.tag
        line = f"\n{CLOSED}{LINE}{element.sourceline or 0}{END}" if BLOCK.fullmatch(name) else ""
        if event == "start":
            if HIDDEN.fullmatch(name):
                walk.skip_subtree()
                continue
            if name == "a":
                around = link(element.get("href") or "")
            yield line + (around if line or name == "a" else "")
            yield HEADING if HEADINGS.fullmatch(name) else ""
            yield _text(element.text, element)
        else:
            around = "" if name == "a" else around
            yield line + _text(element.tail, element)


def _text(text: str | None, element: Any) -> str:
    """The text of a node on one line, or with its own lines in preformatted text."""
    clean = NONCHARACTERS.sub("", text or "")
    return clean if element.tag == "pre" else WHITE.sub(" ", clean)
