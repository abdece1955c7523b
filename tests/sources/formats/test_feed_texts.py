"""Whose element it is, what its text is, where its links lead, and what is no paper."""

from __future__ import annotations

import contextlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import DumpError
from digest.model import Dump, Record
from tests.sources.page.samples import read

NAMESPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom"'
    ' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    ' xmlns:media="http://search.yahoo.com/mrss/" xmlns:other="http://example.org/ns"'
    ' xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
)


def rss(item: str, head: str = "") -> Record:
    text = f"<rss {NAMESPACES}><channel>{head}<item>{item}</item></channel></rss>"
    (record,) = read(text).records
    return record


def atom(entry: str) -> Record:
    space = 'xmlns="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/"'
    (record,) = read(f"<feed {space}><entry>{entry}</entry></feed>").records
    return record


# --- whose element it is -----------------------------------------------------------------


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize(
    "stranger",
    [
        "<itunes:title>Short</itunes:title><itunes:summary>Words</itunes:summary>",
        "<media:title>Ada</media:title><media:description>A picture</media:description>",
        "<media:content><media:title>ada</media:title></media:content>",
        "<media:group><media:title>Ada</media:title></media:group>",
        "<other:title>No</other:title><other:description>No</other:description>",
        "<image><title>No</title><description>No</description></image>",
        "<source url='x'>No</source><category>No</category>",
    ],
)
def test_elements_of_others_do_not_stand_in_for_the_feeds_own(stranger: str, before: bool) -> None:
    own = "<title>Tides</title><description>They rise.</description>"
    found = rss(stranger + own if before else own + stranger)
    assert (found.title, found.abstract) == ("Tides", "They rise.")


def test_the_whole_text_wins_over_the_teaser() -> None:
    full = "<content:encoded>&lt;p&gt;In full.&lt;/p&gt;</content:encoded>"
    found = rss(f"<title>Tides</title><description>In…</description>{full}")
    assert found.abstract == "In full."
    found = atom("<title>Tides</title><summary>In…</summary><content>In full.</content>")
    assert found.abstract == "In full."


@pytest.mark.parametrize(
    "text",
    [
        "<media:group><media:description>A talk.</media:description></media:group>",
        "<media:description>A talk.</media:description>",
    ],
)
def test_the_description_of_a_video_counts_where_there_is_no_other(text: str) -> None:
    assert atom(f"<title>Tides</title>{text}").abstract == "A talk."
    assert atom(f"<title>Tides</title>{text}<summary>Own.</summary>").abstract == "Own."


@pytest.mark.parametrize(
    "space",
    [
        "http://www.w3.org/2005/Atom",
        "http://purl.org/atom/ns#",
        "http://purl.org/rss/1.0/",
        "http://my.netscape.com/rdf/simple/0.9/",
        "http://example.org/unheard-of",
    ],
)
@pytest.mark.parametrize("prefix", ["", "a:"])
def test_a_feed_is_in_any_namespace_with_any_prefix(space: str, prefix: str) -> None:
    name = f"xmlns:{prefix[:-1]}" if prefix else "xmlns"
    item = f"<{prefix}item><{prefix}title>Tides</{prefix}title></{prefix}item>"
    text = f'<{prefix}rss {name}="{space}">{item}</{prefix}rss>'
    assert [record.title for record in read(text).records] == ["Tides"]


def test_prefixes_that_are_not_declared() -> None:
    text = "<rss><item><title>Tides</title><dc:creator>Ada Example</dc:creator></item></rss>"
    assert read(text).records[0].authors == ("Ada Example",)


def test_a_single_entry_of_atom_is_a_feed_of_one() -> None:
    text = '<entry xmlns="http://www.w3.org/2005/Atom"><title>Tides</title></entry>'
    assert [record.title for record in read(text).records] == ["Tides"]


@pytest.mark.parametrize("text", ["<entry><title>T</title></entry>", "<RDF><Person/></RDF>"])
def test_other_xml_with_such_names_is_refused(text: str) -> None:
    with pytest.raises(DumpError, match="no Atom or RSS"):
        read(text)


# --- what its text is --------------------------------------------------------------------

TOKENS = (
    "Models see &lt;image&gt;, write &lt;think&gt; before &lt;/think&gt;, for k&lt;n and r&gt;2."
)
SHOWN = "Models see <image>, write <think> before </think>, for k<n and r>2."


@pytest.mark.parametrize("kind", ["", ' type="text"', ' type="text/plain"', ' type="html"'])
def test_signs_that_begin_no_markup_are_letters(kind: str) -> None:
    found = atom(f"<title{kind}>{TOKENS}</title><summary{kind}>{TOKENS}</summary>")
    assert (found.title, found.abstract) == (SHOWN, SHOWN)
    found = rss(f"<title>{TOKENS}</title><description>{TOKENS}</description>")
    assert (found.title, found.abstract) == (SHOWN, SHOWN)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (
            "for p&lt;q and x&lt;y. It is &lt;i&gt;italic&lt;/i&gt;.",
            "for p<q and x<y. It is italic.",
        ),
        ("a&lt;b for all, if r&gt;2", "a<b for all, if r>2"),
        ("p &lt; 0.05, &lt;0.1 and &lt;5%", "p < 0.05, <0.1 and <5%"),
        ("&lt;a href='x'&gt;A link&lt;/a&gt; &lt;o:p&gt;&lt;/o:p&gt;", "A link"),
        ("&lt;p&gt;One.&lt;/p&gt;&lt;p&gt;Two.&lt;/p&gt;", "One.\n\nTwo."),
        ("&lt;jats:p&gt;One &lt;jats:italic&gt;x&lt;/jats:italic&gt;&lt;/jats:p&gt;", "One x"),
        ("<![CDATA[<b>Bold</b> &amp; &eacute;]]>", "Bold & é"),
        ("&lt;![CDATA[Twice]]&gt;", "Twice"),
        ("Cut off &lt;a href=&quot;https://exam", "Cut off"),
        ("&lt;custom-tag class='x'&gt;Custom&lt;/custom-tag&gt;", "Custom"),
        ("<p>Not <b>escaped</b></p>", "Not escaped"),
        ("<p>Not closed<br>nor<hr>escaped", "Not closed\n\nnor\n\nescaped"),
    ],
)
def test_the_text_of_a_description(given: str, shown: str) -> None:
    text = f"<rss><item><title>A</title><description>{given}</description></item></rss>"
    items = text.replace("</item>", "</item><item><title>B</title></item>")
    assert [(each.title, each.abstract) for each in read(items).records] == [
        ("A", shown),
        ("B", ""),
    ]


def test_titles_with_markup_that_is_not_escaped() -> None:
    assert rss("<title>On <i>tides</i> of H<sub>2</sub>O</title>").title == "On tides of H₂O"
    div = '<div xmlns="http://www.w3.org/1999/xhtml">On <i>tides</i>, k&lt;n</div>'
    found = atom(f'<title type="xhtml">{div}</title><content type="xhtml">{div}</content>')
    assert (found.title, found.abstract) == ("On tides, k<n", "On tides, k<n")


@pytest.mark.parametrize(
    ("feed", "titles"),
    [
        ("<rss><item><title>For p<q and r>s</title></item>{B}</rss>", ["For p<q and r>s", "B"]),
        ("<rss><item><title>x < y</title></item>{B}</rss>", ["x < y", "B"]),
        ("<rss version=2.0><item><title>A</title></item>{B}</rss>", ["A", "B"]),
        ("<rss><item><title>A</title>{B}</rss>", ["A", "B"]),
        ("<rss><item><title>A</title><description>x{B}</rss>", ["A", "B"]),
        ("<rss>{B}<item><title>A</title><description><![CDATA[x</item></rss>", ["B", "A"]),
        ("<br /><b>Warning</b>: x<br />\n<?xml version='1.0'?><rss>{B}</rss>", ["B"]),
        ("<rss>{B}</rss><script>track()</script><!-- made -->", ["B"]),
        ("<rss><item><title>A</title><link>https://e.org/?a=1&b=2</link></item></rss>", ["A"]),
    ],
)
def test_xml_that_is_broken_loses_no_paper(feed: str, titles: list[str]) -> None:
    dump = read(feed.replace("{B}", "<item><title>B</title></item>"))
    assert ([record.title for record in dump.records], dump.problems) == (titles, ())


def test_broken_xml_leaves_what_is_set_apart_as_it_is() -> None:
    section = "<![CDATA[<div>One</div><div>p&lt;q</div>]]>"
    text = f"<rss><item><title>x<y and z</title><description>{section}</description></item></rss>"
    (record,) = read(text).records
    assert (record.title, record.abstract) == ("x<y and z", "One\n\np<q")


def test_entities_that_nobody_declared_stay_letters() -> None:
    found = rss(
        "<title>Caf&eacute; &ndash; M&uuml;ller &amp; co &foo; AT&T R&D;</title>"
        "<description>&alpha; &lt; 0.5&nbsp;holds &#150; &#x3b2;&#0;&#xD800; &amp;lt;</description>"
    )
    assert found.title == "Café – Müller & co &foo; AT&T R&D;"
    assert found.abstract.startswith("α < 0.5 holds – β")
    assert found.abstract.endswith("<")


def test_types_of_atom_0_3_and_content_that_is_no_text() -> None:
    escaped = '<title mode="escaped" type="text/html">A &lt;b&gt;bold&lt;/b&gt; one</title>'
    encoded = '<content mode="base64">VGlkZXMgcmlzZS4=</content>'
    found = atom(escaped + encoded)
    assert (found.title, found.abstract) == ("A bold one", "Tides rise.")
    found = atom('<title>A</title><content type="image/png">iVBORw0</content><summary>S</summary>')
    assert found.abstract == "S"


@pytest.mark.parametrize("element", ["slash:comments", "thr:total", "comments"])
def test_the_number_of_comments(element: str) -> None:
    spaces = (
        'xmlns:slash="http://purl.org/rss/1.0/modules/slash/"'
        ' xmlns:thr="http://purl.org/syndication/thread/1.0"'
    )
    item = (
        f"<item><title>A</title><comments>https://x.org</comments><{element}>7</{element}></item>"
    )
    assert read(f"<rss {spaces}>{item}</rss>").records[0].comments == 7


# --- links and dates ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "attribute", "link"),
    [
        ("<link>https://example.org/blog/</link>", "", "<link>/posts/1</link>"),
        ("<link>https://example.org/x</link>", "", "<atom:link href='posts/1'/>"),
        ("", " xml:base='https://example.org/a/'", "<link>../posts/1</link>"),
        (
            "<link>https://no.example.org</link>",
            " xml:base='https://example.org/'",
            "<link>posts/1</link>",
        ),
        ("<link>https://example.org/</link>", "", "<guid>/posts/1</guid>"),
        ("<link>https://example.org/</link>", "", "<link>//example.org/posts/1</link>"),
    ],
)
def test_relative_links(head: str, attribute: str, link: str) -> None:
    item = f"<item><title>A</title>{link}</item>"
    dump = read(f"<rss {NAMESPACES}{attribute}><channel>{head}{item}</channel></rss>")
    url = dump.records[0].url
    assert url in {"https://example.org/posts/1", "https://example.org/blog/posts/1"}


def test_a_guid_that_is_no_link_is_none() -> None:
    head = "<link>https://example.org/</link>"
    assert rss("<title>A</title><guid isPermaLink='false'>/posts/1</guid>", head).url is None


def test_a_date_is_that_of_the_paper_in_any_form() -> None:
    found = rss("<title>A</title><dc:date>2026-11-26</dc:date><pubDate>soon</pubDate>")
    assert found.published == date(2026, 11, 26)
    assert rss("<title>A</title>").published is None


# --- what is no paper --------------------------------------------------------------------

ERROR = (
    "<entry><id>http://arxiv.org/api/errors#incorrect_id_format_for_x</id><title>Error</title>"
    "<summary>incorrect id format for x</summary></entry>"
)


def arxiv(entries: str) -> Dump:
    return read(f'<feed xmlns="http://www.w3.org/2005/Atom">{entries}</feed>', name="a.atom")


def test_errors_of_arxiv_are_quoted() -> None:
    with pytest.raises(DumpError, match="error of arXiv's API: “incorrect id format for x”"):
        arxiv(ERROR)
    dump = arxiv("<entry><title>Tides</title></entry>\n" + ERROR)
    assert [record.title for record in dump.records] == ["Tides"]
    (problem,) = dump.problems
    assert problem.where == "a.atom:2"
    assert "“incorrect id format for x”" in problem.what
    with pytest.raises(DumpError, match="Feed error for query"):
        read("<rss><channel><title>Feed error for query: cs.XX</title></channel></rss>")


def test_a_feed_that_ends_in_the_middle_is_incomplete() -> None:
    text = "<rss><channel>\n<item><title>Tides</title></item>\n<item><title>Wav"
    dump = read(text, name="tides.rss")
    assert dump.records[0].title == "Tides"
    assert dump.is_incomplete
    assert str(dump.problems[0]).startswith("tides.rss:3: the feed ends in the middle")
    assert not read(f"{text}es</title></item></channel></rss>\n<!-- made -->\n").is_incomplete


@pytest.mark.parametrize("gap", ["\n", " ", "\n ", "\t"])
def test_gaps_of_any_length_are_read_at_once(gap: str) -> None:
    text = f"Publication date:{gap * 20_000}Source of the tides"
    assert rss(f"<title>A</title><description>{text}</description>").abstract.endswith("tides")
    wide = gap * 20_000
    dump = read(f"<rss>{wide}<item><title>A</title><link>x{wide}</link></item></rss>")
    assert [record.title for record in dump.records] == ["A"]


def test_references_that_are_no_characters_in_broken_xml() -> None:
    text = (
        '<rss a="&#xD800;&foo;"><item><title>A<b></title></item><item><title>B</title></item></rss>'
    )
    assert [record.title for record in read(text).records] == ["A", "B"]


FEED = (
    f"<rss {NAMESPACES}><channel><item><title>Tides &amp; x</title><description>"
    "&lt;p&gt;Rise&lt;/p&gt;</description><pubDate>26 Nov 2026</pubDate></item></channel></rss>"
)


@given(st.integers(0, len(FEED)), st.integers(0, 40), st.binary(max_size=12))
def test_a_feed_with_any_change_is_read_or_refused(start: int, length: int, put: bytes) -> None:
    data = FEED.encode()
    with contextlib.suppress(DumpError):
        read(data[:start] + put + data[start + length :])
