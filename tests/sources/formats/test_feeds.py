"""Atom, RSS and JSON Feed."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import DumpError
from digest.sources.formats.markup import text_of_html
from tests.sources.page.samples import read

ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
  <title>Tides</title><updated>2025-10-28T00:00:00Z</updated>
  <entry>
    <id>http://arxiv.org/abs/2510.12345v2</id>
    <title>Small Experts
      for $\\alpha$ Tides</title>
    <summary>  We route $2\\times$ less.
      It works. </summary>
    <author><name>Ada Example</name></author><author><name>Bo Sample</name></author>
    <published>2025-10-20T23:00:00-05:00</published><updated>2025-10-25T00:00:00Z</updated>
    <link href="http://arxiv.org/pdf/2510.12345v2" rel="related"/>
    <link href="http://arxiv.org/abs/2510.12345v2" rel="alternate"/>
  </entry>
  <entry><title> </title><summary>No title.</summary></entry>
  <entry>
    <title type="html">A &lt;i&gt;marked&lt;/i&gt; H&lt;sub&gt;2&lt;/sub&gt;O &amp;amp; more</title>
    <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>One.</p>
      <script>bad()</script><p>Two <b>bold</b>.</p></div></content></entry>
</feed>"""
RSS = """<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>
  <title>cs.CL</title><pubDate>Tue, 28 Oct 2025 00:00:00 -0400</pubDate>
  <item>
    <title>Small Experts (arXiv:2510.12345v1 [cs.CL])</title>
    <link>https://arxiv.org/abs/2510.12345</link>
    <description>arXiv:2510.12345v1 Announce Type: new
Abstract: We route &lt;p&gt;less&lt;/p&gt; and 3 &lt; 4.</description>
    <dc:creator>Ada Example, Bo Sample and Cy Instance</dc:creator>
    <pubDate>Mon, 27 Oct 2025 22:00:00 -0400</pubDate>
    <guid isPermaLink="false">oai:arXiv.org:2510.12345v1</guid>
  </item>
  <item><title>Plain</title><author>ed@example.org</author><link>javascript:x</link>
    <guid>https://example.org/p/1</guid></item>
</channel></rss>"""
RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
  xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
  <channel><title>x</title><dc:date>2025-10-28T00:00-05:00</dc:date></channel>
  <item><title>Old Style</title><link>http://arxiv.org/abs/hep-th/9901001</link></item></rdf:RDF>"""


def test_atom() -> None:
    dump = read(ATOM, name="tides.atom")
    assert (dump.format, dump.listed) == ("atom", date(2025, 10, 28))
    first, second = dump.records
    assert (first.title, first.abstract) == (
        "Small Experts for α Tides",
        "We route 2× less. It works.",
    )
    assert (first.authors, first.author_count) == (("Ada Example", "Bo Sample"), 2)
    assert (first.published, first.arxiv_id) == (date(2025, 10, 20), "2510.12345")
    assert (first.url, first.line) == ("http://arxiv.org/abs/2510.12345v2", 4)
    assert (second.title, second.abstract) == ("A marked H₂O & more", "One.\n\nTwo bold.")
    assert [str(problem) for problem in dump.problems] == ["tides.atom:15: a paper without a title"]


def test_rss() -> None:
    dump = read(RSS)
    assert (dump.format, dump.listed, dump.problems) == ("rss", date(2025, 10, 28), ())
    first, second = dump.records
    assert (first.title, first.abstract) == ("Small Experts", "We route\n\nless\n\nand 3 < 4.")
    assert first.authors == ("Ada Example", "Bo Sample", "Cy Instance")
    assert (first.published, first.arxiv_id) == (date(2025, 10, 27), "2510.12345")
    assert (second.authors, second.author_count) == ((), None)
    assert (second.url, second.abstract) == ("https://example.org/p/1", "")


@pytest.mark.parametrize(
    "shown",
    ["Tue, 28 Oct 20250000000000 00:00:00 GMT", "Tue, 31 Feb 2025 00:00:00 GMT", "soon"],
)
def test_a_date_that_cannot_be_read_costs_a_paper_nothing_else(shown: str) -> None:
    dated = "<pubDate>Mon, 27 Oct 2025 22:00:00 -0400</pubDate>"
    items = [f"<item><title>{title}</title>{dated}\n</item>" for title in ("One", "Two")]
    text = f"<rss><channel>{''.join(items)}</channel></rss>".replace(
        dated, f"<pubDate>{shown}</pubDate>", 1
    )
    dump = read(text, name="tides.rss")
    assert [(record.title, record.published) for record in dump.records] == [
        ("One", None),
        ("Two", date(2025, 10, 27)),
    ]
    (problem,) = dump.problems
    assert (problem.where, problem.what) == (
        "tides.rss:1",
        f"a date that cannot be read: “{shown}”",
    )
    assert "is listed without its date" in problem.remedy


def test_a_date_that_cannot_be_read_does_not_matter_beside_one_that_can() -> None:
    two = "<pubDate>soon</pubDate><updated>2025-10-27T00:00:00Z</updated>"
    dump = read(f"<rss><channel><item><title>One</title>{two}</item></channel></rss>")
    assert [record.published for record in dump.records] == [date(2025, 10, 27)]
    assert dump.problems == ()


def test_rss_of_the_first_version() -> None:
    dump = read(RDF)
    assert (dump.format, dump.listed) == ("rss", date(2025, 10, 28))
    assert [record.arxiv_id for record in dump.records] == ["hep-th/9901001"]


def test_feeds_in_other_encodings() -> None:
    text = (
        '<?xml version="1.0" encoding="ISO-8859-1"?><rss><item><title>Fréchet</title></item></rss>'
    )
    assert read(text.encode("latin-1")).records[0].title == "Fréchet"
    assert (
        read(ATOM.replace("utf-8", "utf-16").encode("utf-16")).records[0].arxiv_id == "2510.12345"
    )


@pytest.mark.parametrize("length", [700, 900, 1100])
def test_a_feed_that_was_cut_off_keeps_its_first_papers(length: int) -> None:
    assert read(ATOM[:length]).records[0].title == "Small Experts for α Tides"


def test_entities_neither_grow_nor_read_files() -> None:
    growing = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    text = f"""<!DOCTYPE feed [<!ENTITY e0 "tide"><!ENTITY file SYSTEM "file:///etc/passwd">{growing}]>
        <feed><entry><title>One &e1; &file;.</title></entry>
        <entry><title>Two &e9;</title></entry></feed>"""
    first, *_ = read(text).records
    assert first.title == f"One {'tide' * 10} &file;."
    assert all(len(record.title) < 10_000 for record in read(text).records)


@pytest.mark.parametrize(
    "text", ["<opml><body/></opml>", "<?xml version='1.0'?>", "<feedback>x</feedback>"]
)
def test_other_xml_is_refused(text: str) -> None:
    with pytest.raises(DumpError, match="no Atom or RSS"):
        read(text)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("no markup &amp; 3 < 4", "no markup & 3 < 4"),
        ("<p>One<br>two</p>\n<ul><li>a<li>b</ul>", "One\n\ntwo\n\na\n\nb"),
        ("x<sup>2</sup>, <a href='javascript:x'>link</a><style>p{}</style>", "x^{2}, link"),
        ("<!-- hidden --><p class=", ""),
        ("<script>alert(1)</script>", ""),
    ],
)
def test_html_as_text(html: str, text: str) -> None:
    assert text_of_html(html) == text


@given(st.text(st.sampled_from("<>/pbsub!-&;amp\x00\ud800\" '="), max_size=60))
def test_any_html_has_a_text(html: str) -> None:
    assert "<p>" not in text_of_html(html)


# --- JSON Feed ---------------------------------------------------------------------------


def feed(*items: Any, **changes: Any) -> str:
    version = "https://jsonfeed.org/version/1.1"
    return json.dumps({"version": version, "title": "Tides", "items": items} | changes)


def test_json_feed() -> None:
    dump = read(
        feed(
            {
                "id": "1",
                "url": "https://arxiv.org/abs/2510.12345",
                "title": "Small Experts",
                "content_html": "<p>One.</p><p>Two.</p>",
                "authors": [{"name": "Ada Example"}],
                "date_published": "2025-10-20T10:00:00Z",
            },
            {"id": "https://example.org/2", "title": "Text", "content_text": "a < b"},
            {"id": "3", "title": "Old", "author": {"name": "Bo Sample"}, "summary": "Short."},
        )
    )
    assert (dump.format, dump.listed, dump.problems) == ("json-feed", None, ())
    first, second, third = dump.records
    assert (first.abstract, first.authors) == ("One.\n\nTwo.", ("Ada Example",))
    assert (first.published, first.arxiv_id) == (date(2025, 10, 20), "2510.12345")
    assert (second.url, second.abstract) == ("https://example.org/2", "a < b")
    assert (third.authors, third.abstract) == (("Bo Sample",), "Short.")


def test_bad_items_of_a_json_feed_are_reported_by_number() -> None:
    dump = read(feed(None, {"title": "Good"}, {"title": 5}, "x", []), name="f.json")
    assert [record.title for record in dump.records] == ["Good"]
    assert [problem.where for problem in dump.problems] == [
        f"f.json item {number}" for number in (1, 3, 4, 5)
    ]


@pytest.mark.parametrize("changes", [{"version": "2"}, {"items": None}, {"version": None}])
def test_other_objects_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(DumpError, match="no list of papers"):
        read(feed(**changes))


def test_a_json_feed_names_people_and_days_as_other_feeds_do() -> None:
    item = {
        "id": "/1",
        "title": "Tides",
        "authors": [{"name": "Example, A., Sample, B."}],
        "date_published": "26 Nov 2026",
    }
    bad = {"title": "Waves", "date_published": "soon"}
    dump = read(feed(item, bad, home_page_url="https://example.org/"), name="f.json")
    first, second = dump.records
    assert (first.authors, first.published) == (("A. Example", "B. Sample"), date(2026, 11, 26))
    assert (first.url, second.published) == ("https://example.org/1", None)
    (problem,) = dump.problems
    assert (problem.where, problem.what) == (
        "f.json item 2",
        "a date that cannot be read: “soon”",
    )
