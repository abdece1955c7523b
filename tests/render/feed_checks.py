"""Checks of whole feeds against what their standards ask of them."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import feedparser  # type: ignore[import-untyped]  # it ships no types
from lxml import etree, html  # type: ignore[import-untyped]  # it ships no types

ATOM = "{http://www.w3.org/2005/Atom}"
DC = "{http://purl.org/dc/elements/1.1/}"
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
RFC_822 = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} [\d:]{8} [+-]\d{4}")
HARMLESS = {"p", "ol", "li", "em", "a", "br", "div"}
"""All tags that the body of an entry may consist of; ``div`` is the parser's own frame."""


@cache
def atom_grammar() -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(Path(__file__).with_name("atom.rng")))


def check_parses(feed: bytes) -> Any:
    """feedparser takes it without complaint."""
    parsed = feedparser.parse(feed)
    assert not parsed.bozo, parsed.bozo_exception
    return parsed


def check_body(markup: str) -> None:
    """The HTML of an entry: the tags we write, links to the web or to files, nothing else."""
    for element in html.fragment_fromstring(markup, create_parent="div").iter():
        assert element.tag in HARMLESS, element.tag
        assert set(element.attrib) <= ({"href"} if element.tag == "a" else set())
        if element.tag == "a":
            check_address(element.attrib["href"])


def check_address(address: str) -> None:
    """Absolute, ASCII, and of a scheme that a click may follow."""
    assert address.isascii()
    assert re.fullmatch(r"(https?://[^/]+|file:///).*", address), address


def check_atom(feed: bytes) -> etree._Element:
    """Every MUST of RFC 4287 that binds a document, by section; the grammar has the rest.

    The grammar covers which elements stand where and how often (4.1.1, 4.1.2), text, person and
    date constructs (3.1 to 3.3, less what is below), and the attributes of 4.2.
    """
    root = etree.fromstring(feed)
    atom_grammar().assertValid(root)
    entries = root.findall(f"{ATOM}entry")
    for element in root.iter(f"{ATOM}updated", f"{ATOM}published"):
        assert RFC_3339.fullmatch(element.text or ""), "3.3: RFC 3339, T and Z in capitals"
    assert root.find(f"{ATOM}author") is not None, "4.1.1: an author for entries without one"
    for container in (root, *entries):
        alternates = Counter(
            (link.get("type"), link.get("hreflang"))
            for link in container.findall(f"{ATOM}link")
            if link.get("rel", "alternate") == "alternate"
        )
        assert set(alternates.values()) <= {1}, "4.1: one alternate of a type and language"
        assert alternates, "4.1.2: a link where there is no content"
    for element in root.iter(f"{ATOM}id"):
        assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", element.text or ""), "4.2.6: absolute IRI"
    for link in root.iter(f"{ATOM}link"):
        assert urlsplit(link.attrib["href"]).scheme, "4.2.7: an IRI, here never a relative one"
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    assert len(set(ids)) == len(ids), "4.2.6: different entries have different ids"
    for body in root.iter(f"{ATOM}content", f"{ATOM}summary"):
        assert body.get("type") == "html"
        check_body(body.text or "")
    for element in root.iter(f"{ATOM}title", f"{ATOM}name"):
        assert (element.text or "").strip(), "3.2, 4.2.14: something to read"
    updated = [entry.findtext(f"{ATOM}updated") or "" for entry in entries]
    assert updated == sorted(updated, reverse=True), "newest first"
    assert root.findtext(f"{ATOM}updated") == max(updated, default="2000-01-01T00:00:00+00:00")
    check_parses(feed)
    return root


def check_rss(feed: bytes) -> etree._Element:
    """RSS 2.0 with the RSS board's profile: what readers rely on."""
    root = etree.fromstring(feed)
    assert (root.tag, root.get("version")) == ("rss", "2.0")
    assert [child.tag for child in root] == ["channel"]
    channel = root[0]
    for required in ("title", "link", "description", "lastBuildDate", "pubDate"):
        assert channel.findtext(required), required
    selves = channel.findall(f"{ATOM}link")
    assert [link.get("rel") for link in selves] == ["self"]
    check_rfc_822(channel.findtext("lastBuildDate"))
    items = channel.findall("item")
    for item in items:
        assert {child.tag for child in item} <= {
            "title",
            "link",
            "description",
            "guid",
            "pubDate",
            f"{DC}creator",
            "enclosure",
        }
        assert (item.findtext("title") or "").strip()
        assert item.find("guid").attrib == {"isPermaLink": "false"}
        for file in item.findall("enclosure"):
            check_address(file.get("url"))
            assert (file.get("type"), file.get("length")) == ("application/pdf", "0")
        check_rfc_822(item.findtext("pubDate"))
        check_body(item.findtext("description") or "")
    guids = [item.findtext("guid") for item in items]
    assert len(set(guids)) == len(guids)
    check_parses(feed)
    return channel


def check_rfc_822(text: str | None) -> datetime:
    assert text
    assert RFC_822.fullmatch(text), text
    return parsedate_to_datetime(text)


def check_json(feed: bytes) -> Any:
    """JSON Feed 1.1: the keys it requires, of the types it says."""
    document = json.loads(feed.decode("utf-8", "strict"))
    assert document["version"] == "https://jsonfeed.org/version/1.1"
    assert document["title"]
    assert isinstance(document["items"], list)
    for key in ("home_page_url", "feed_url"):
        assert urlsplit(document[key]).scheme
    for item in document["items"]:
        assert isinstance(item["id"], str)
        assert item["title"].strip()
        check_address(item["url"])
        check_body(item["content_html"])
        for file in item.get("attachments", []):
            check_address(file["url"])
            assert file["mime_type"] == "application/pdf"
        for key in ("date_published", "date_modified"):
            assert RFC_3339.fullmatch(item[key])
        assert all(author["name"] for author in item.get("authors", [{"name": "x"}]))
    ids = [item["id"] for item in document["items"]]
    assert len(set(ids)) == len(ids)
    return document
