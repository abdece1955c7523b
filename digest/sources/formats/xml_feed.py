"""Reads Atom and RSS in all versions; elements are found by name, in any namespace."""

import re
from collections.abc import Iterator
from datetime import date
from email.utils import parsedate_to_datetime
from typing import Any

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

from digest.model import Problem, Record
from digest.sources.formats.json_values import day
from digest.sources.formats.markup import text_of_element, text_of_html
from digest.sources.links import arxiv_id, web_url
from digest.sources.records import WITHOUT_DATE, BadRecord, File, Reading, excerpt, record

ROOTS = {"feed": "atom", "rss": "rss", "RDF": "rss"}
ENTRIES = {"entry", "item"}
ABSTRACTS = ("content", "encoded", "summary", "description", "abstract")
PUBLISHED = ("published", "issued", "pubDate", "date", "created", "updated", "modified")
UPDATED = ("updated", "modified", "lastBuildDate", "pubDate", "date")
ARXIV_PREFACE = re.compile(r"\s*arXiv:\S+ Announce Type: [\w-]+\s+(?:Abstract:\s*)?")
ARXIV_SUFFIX = re.compile(r"\s*\(arXiv:[^()]{5,60}\)\s*$")
BETWEEN_NAMES = re.compile(r"\s*(?:,| and )\s*")


def read(file: File) -> Reading | None:
    """Read the papers of a feed; None if it is not a feed in XML. Nothing is fetched."""
    safe = {"no_network": True, "remove_comments": True, "remove_pis": True}
    parser = etree.XMLParser(recover=True, resolve_entities="internal", **safe)
    root = etree.fromstring(file.data, parser)
    if root is None or _name(root) not in ROOTS:
        return None
    records: list[Record] = []
    problems: list[Problem] = []
    for entry in root.iter():
        if _name(entry) in ENTRIES:
            where = f"{file.name}:{entry.sourceline}"
            try:
                records.append(_record(entry))
            except BadRecord as error:
                problems.append(Problem(where, str(error)))
                continue
            if records[-1].published is None and (unread := next(_dates(entry), "")):
                what = f"a date that cannot be read: {excerpt(unread)}"
                problems.append(Problem(where, what, WITHOUT_DATE))
    return Reading(ROOTS[_name(root)], _listed(root), tuple(records), tuple(problems))


def _record(entry: Any) -> Record:
    children = {name: child for child in reversed(entry) if (name := _name(child))}
    links = list(_links(entry))
    abstract = next(filter(None, (_text(children.get(name)) for name in ABSTRACTS)), "")
    return record(
        ARXIV_SUFFIX.sub("", _text(children.get("title"))),
        [ARXIV_PREFACE.sub("", abstract, count=1)],
        line=entry.sourceline or 0,
        authors=[name for child in entry for name in _authors(child)],
        published=next(filter(None, map(_day, _dates(entry))), None),
        comments=_count(children.get("comments")),
        url=next(filter(None, map(web_url, links)), None),
        arxiv_id=next(filter(None, map(arxiv_id, links)), None),
    )


def _name(element: Any) -> str:
    """The element's name without its namespace; "" for anything but an element."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _text(element: Any | None) -> str:
    """The text of an element that contains XHTML, escaped HTML or plain text."""
    if element is None:
        return ""
    if len(element):
        return text_of_element(element)
    text = "".join(element.itertext())
    return text if element.get("type") in {"text", "text/plain"} else text_of_html(text)


def _links(entry: Any) -> Iterator[str]:
    """The URLs of the paper, the best first."""
    links = [child for child in entry if _name(child) == "link"]
    for link in links:
        if link.get("rel", "alternate") == "alternate":
            yield link.get("href") or (link.text or "").strip()
    for child in entry:
        if _name(child) in {"guid", "id", "origLink"}:
            yield (child.text or "").strip()


def _authors(child: Any) -> list[str]:
    """The names in an element; arXiv's feeds list all authors in one."""
    if _name(child) not in {"author", "creator", "contributor"}:
        return []
    named = [each for each in child if _name(each) == "name"]
    if named:
        return ["".join(each.itertext()) for each in named]
    text = text_of_html("".join(child.itertext()))
    return [name for name in BETWEEN_NAMES.split(text) if name.strip() and "@" not in name]


def _count(element: Any | None) -> int | None:
    text = (element.text or "").strip() if element is not None else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None


def _listed(root: Any) -> date | None:
    heads = [root, *(child for child in root if _name(child) == "channel")]
    texts = ((_name(child), child.text or "") for head in heads for child in head)
    dates = {name: found for name, text in texts if (found := _day(text.strip()))}
    return next((dates[name] for name in UPDATED if name in dates), None)


def _dates(entry: Any) -> Iterator[str]:
    """The dates of an entry as text, the best first."""
    given = {_name(child): (child.text or "").strip() for child in reversed(entry)}
    return filter(None, map(given.get, PUBLISHED))


def _day(text: str) -> date | None:
    """Parse a date in ISO 8601 or RFC 5322; it is not converted to another time zone."""
    if found := day(text):
        return found
    try:
        return parsedate_to_datetime(text).date()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
