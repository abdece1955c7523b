"""What every web page must keep to, checked on its parsed elements."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from itertools import pairwise
from urllib.parse import urljoin, urlsplit

from lxml import html  # type: ignore[import-untyped]  # it ships no types

VOID = {"meta", "link", "br", "rect"}
FORBIDDEN = {"script", "iframe", "object", "embed", "form", "img", "base", "video", "audio"}
FETCHED = {"src", "srcset", "background", "poster", "data"}


def check_page(page: bytes, path: str, published: set[str]) -> html.HtmlElement:
    """A whole page that fetches nothing, runs nothing, leads nowhere wrong and can be heard."""
    text = page.decode()
    assert text.startswith("<!DOCTYPE html>\n")
    root = html.document_fromstring(page)
    assert root.get("lang") == "en"
    assert root.findtext("head/title").strip()
    check_policy(root)
    for element in root.iter(html.etree.Element):
        assert element.tag not in FORBIDDEN
        assert not set(element.attrib) & FETCHED
        assert "style" not in element.attrib, "the policy would drop it"
        assert not [name for name in element.attrib if name.startswith("on")]
    ids = Counter(root.xpath("//@id"))
    assert not [name for name, count in ids.items() if count > 1]
    named = root.xpath("//@aria-labelledby") + [
        href[1:] for href in root.xpath("//a/@href") if href.startswith("#")
    ]
    assert set(named) <= set(ids)
    check_landmarks(root)
    for href in root.xpath("//a/@href | //link/@href"):
        check_link(href, path, published)
    return root


def check_policy(root: html.HtmlElement) -> None:
    """Nothing is allowed but the one style that stands in the page."""
    (policy,) = root.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    (style,) = root.xpath("//style/text()")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    assert "url(" not in style
    assert "@import" not in style
    assert root.xpath("//meta[@name='referrer']/@content") == ["no-referrer"]


def check_landmarks(root: html.HtmlElement) -> None:
    """What a screen reader steers by: a way past the head, landmarks, headings in order."""
    body = root.find("body")
    assert (body[0].get("class"), body[0].get("href")) == ("skip", "#main")
    assert [len(root.xpath(f"//{tag}")) for tag in ("header", "main", "footer")] == [1, 1, 1]
    levels = [int(heading.tag[1]) for heading in root.xpath("//h1 | //h2 | //h3")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    for link in root.xpath("//a"):
        assert link.text_content().strip()
    for nav in root.xpath("//nav"):
        assert nav.get("aria-label")


def check_link(href: str, path: str, published: set[str]) -> None:
    """To the web with a scheme that is safe to follow, or to a file that is there."""
    parts = urlsplit(href)
    if parts.scheme or parts.netloc:
        assert parts.scheme in ("http", "https")
        assert parts.netloc
    elif not href.startswith("#"):
        target = urlsplit(urljoin(f"https://site.example/{path}", href)).path.lstrip("/")
        assert target in published, f"{path} links to {target}"
