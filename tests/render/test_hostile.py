"""Whatever a dump or a profile holds is shown as text and does nothing."""

from __future__ import annotations

import email
from dataclasses import replace
from email.message import EmailMessage
from email.policy import default
from typing import cast
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

from digest.model import DeliveryId, Digest, Interest, Profile, SubscriberId
from digest.render.email.compose import EmailComposer
from digest.render.gist import gist
from digest.render.templates import load
from digest.text.clean import one_line
from tests.conftest import examples
from tests.render.email.views import ADA, LINKS, SITE, digest, pick, reason

NASTY = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</td></tr></table></body></html>",
    "<!--each.letter.papers--><!--done.letter.papers-->",
    "hole.letter.papers.title.end",
    "<!--rich.letter.papers.gist--><mark>x</mark><!--rich-->",
    "<mark>not ours</mark><bdi>nor this</bdi>",
    "a\r\nBcc: all@example.org\r\n\r\n--=_digest\r\n",
    "{{7*7}} {% include 'email.html.j2' %} {# gone #}",
    "%s %b %(title)s {0} {title} ${title}",
    "nul \x00 bell \x07 tab \t vt \x0b ff \x0c nel \x85",
    "lone \ud800 surrogate \udfff",
    "\u202ereversed \u2066isolated",
    "line\u2028separator\u2029paragraph",
    "]]> <![CDATA[ <?php ?>",
    "=?utf-8?q?=3Cb=3E?= =41",
    'Evil" <x@y.example>, <z@y.example>',
    "&lt;b&gt; &amp;amp; &#60;script&#62;",
    "'\"><a href='javascript:alert(1)'>",
    ".\r\n.",
    "=\r\nFrom nobody",
]
hostile = st.text(st.characters(), min_size=1, max_size=60) | st.sampled_from(NASTY)
ADDRESSES = (
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "//evil.example/x",
    "https://x.example/'onmouseover='alert(1)\"><script>",
    "https://[broken",
    "file:///etc/passwd",
    "https://x.example/\u202e\u2028ü?q=%zz#<",
)


@pytest.fixture(scope="module")
def composer() -> EmailComposer:
    return EmailComposer(load(), SITE)


def poisoned(text: str, url: str | None = None) -> Digest:
    """A digest with the text in every place that a dump or a profile can reach."""
    bad = pick(
        1,
        reason(text, interest=text),
        reason(text, interest=text, via="acronym", place="abstract"),
        title=text,
        abstract=f"It says {text} and goes on.",
        authors=(text, text),
        url=url,
        arxiv_id=None,
    )
    return digest([bad, *(pick(key) for key in range(2, 8))])


def read(composer: EmailComposer, what: Digest, text: str) -> EmailMessage:
    subscriber = replace(ADA, id=SubscriberId("ada"), name=text, profile=Profile((Interest(text),)))
    raw = composer.compose(DeliveryId(1), what, subscriber, LINKS).content
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert raw.replace(b"\r\n", b"").translate(None, b"\r\n\0") == raw.replace(b"\r\n", b"")
    return email.message_from_bytes(raw, policy=default)


def page(message: EmailMessage) -> etree._Element:
    part = message.get_body(("html",))
    assert part is not None
    return etree.fromstring(cast("str", part.get_content()), etree.HTMLParser())


def outline(root: etree._Element) -> list[tuple[object, tuple[str, ...]]]:
    """Elements and the names of their attributes, without those that mark or isolate text."""
    return [
        (found.tag, tuple(found.attrib))
        for found in root.iter()
        if found.tag not in ("mark", "bdi")
    ]


def seen(element: etree._Element) -> str:
    return " ".join("".join(element.itertext()).split())


@settings(max_examples=examples(60))
@given(hostile)
def test_text_is_shown_and_does_nothing(composer: EmailComposer, text: str) -> None:
    message = read(composer, poisoned(text), text)
    harmless = read(composer, poisoned("harmless"), "harmless")
    assert message.keys() == harmless.keys()
    assert [who.addr_spec for who in message["To"].addresses] == ["ada@example.org"]
    assert [who.addr_spec for who in message["From"].addresses] == ["digest@example.org"]
    for part in message.walk():
        assert part.defects == []
        assert all(value.defects == () for value in part.values())
    shown, root = one_line(text), page(message)
    assert outline(root) == outline(page(harmless))
    assert seen(root.xpath("//h2")[0]) == (shown or "Untitled")
    said = " ".join(gist(text, f"It says {text} and goes on."))
    assert seen(root.xpath("//*[@class='gist']")[0]) == one_line(said)
    assert seen(root.xpath("//td[@class='foot']")[0]).endswith("New York time.")
    plain = message.get_body(("plain",))
    assert plain is not None
    assert f"1. {shown or 'Untitled'}" in " ".join(cast("str", plain.get_content()).split())


@pytest.mark.parametrize("url", ADDRESSES)
def test_papers_link_to_the_web_alone(composer: EmailComposer, url: str) -> None:
    root = page(read(composer, poisoned("harmless", url), "harmless"))
    for link in root.xpath("//h2/a/@href"):
        assert urlsplit(link).scheme in ("http", "https")
        assert link.isascii()
        assert not set(link) & set("\"'<> ")
    assert outline(root) == outline(page(read(composer, poisoned("harmless"), "harmless")))


@settings(max_examples=examples(25))
@given(st.lists(hostile, min_size=1, max_size=9))
@example(NASTY[:9])
def test_every_paper_of_a_hostile_dump_is_there(composer: EmailComposer, titles: list[str]) -> None:
    what = digest(pick(key, title=title) for key, title in enumerate(titles, 1))
    root = page(read(composer, what, "harmless"))
    assert [seen(found) for found in root.xpath("//h2")] == [
        one_line(title) or "Untitled" for title in titles
    ]
