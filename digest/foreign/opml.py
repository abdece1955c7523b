"""OPML of a reader of feeds: sources, and one profile, since a list of feeds names no people."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types
from pydantic_core import PydanticCustomError

from digest.config.fields import web_url
from digest.foreign import arxiv_categories, words
from digest.foreign.people import Person, Report, content, not_this
from digest.text.clean import one_line

_WANTED = "export the subscriptions of a reader of feeds as OPML"
_MOST = 1000  # feeds of one file
_ARXIV = re.compile(r"https?://(?:rss\.|export\.)?arxiv\.org/(?:rss|atom)/([A-Za-z.+-]{2,80})")


def people(path: Path, report: Report) -> Iterator[Person]:
    """The owner of the list, interested in what its folders are called. Raises ConfigError where
    it is no such file."""
    root = _root(path)
    names = words.Ids(signs="-", longest=34, otherwise="feed")
    folders: list[str] = []
    categories: list[str] = []
    seen = set[str]()
    for outline in root.iter("outline"):
        url = one_line(_attribute(outline, "xmlurl"))
        if not url:
            if len(outline):  # else it is a feed without an address, or a note
                folders.append(_title(outline))
            continue
        if url in seen:
            continue
        seen.add(url)
        source = _source(outline, url, names, report)
        if source and len(report.sources) < _MOST:
            report.sources.append(source)
            categories += source.get("categories", ())
    if not report.sources:
        raise not_this(path, "OPML without feeds", _WANTED)
    report.tell(0, "OPML names feeds and no people: it becomes one reader and sources")
    named = words.phrases(filter(None, folders))[0]
    about = arxiv_categories.interests(list(dict.fromkeys(categories)))
    known = {str(one).casefold() for one in named}
    interests = [*named, *(one for one in about if str(one).casefold() not in known)]
    entry: dict[str, Any] = {"interests": interests} if interests else {}
    owner, address = (_head(root, name) for name in ("ownerName", "ownerEmail"))
    entry |= {key: said for key, said in (("name", owner), ("email", address)) if said}
    yield Person(report.file, owner or address or "reader", entry)


def _root(path: Path) -> Any:
    parser = etree.XMLParser(recover=True, no_network=True, resolve_entities=False, load_dtd=False)
    try:
        root = etree.fromstring(content(path), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise not_this(path, f"not XML: {error}", _WANTED) from error
    if root is None or root.tag != "opml":
        raise not_this(path, "no OPML", _WANTED)
    return root


def _source(outline: Any, url: str, names: words.Ids, report: Report) -> dict[str, Any] | None:
    """The feed of an outline; None, and told, where nothing could fetch it."""
    title = _title(outline) or url
    try:
        web_url(url)
    except PydanticCustomError as error:
        report.tell(outline.sourceline, f"the feed {words.shown(title)} is left out: {error}")
        return None
    name = names.unused(title)
    if found := _ARXIV.fullmatch(url):
        listed = list(filter(None, found[1].split("+")))
        return {"kind": "arxiv", "name": name, "via": "rss", "categories": listed}
    return {"kind": "feed", "name": name, "url": url}


def _title(outline: Any) -> str:
    return one_line(_attribute(outline, "title") or _attribute(outline, "text"))


def _attribute(outline: Any, wanted: str) -> str:
    """An attribute by its name in lower case: programs differ in that."""
    return next((str(value) for key, value in outline.attrib.items() if key.lower() == wanted), "")


def _head(root: Any, name: str) -> str:
    return one_line(root.findtext(f"head/{name}") or "")
