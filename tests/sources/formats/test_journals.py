"""What journals and arXiv wrap around abstracts is taken off, and used."""

from datetime import UTC, date, datetime

import pytest

from digest.model import Record
from tests.sources.page.samples import read

NAMESPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:arxiv="http://arxiv.org/schemas/atom"'
    ' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    ' xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/"'
)
NOW = datetime(2026, 11, 29, tzinfo=UTC)
TWO = ("Ada Example", "Bob Sample")


def rss(item: str, channel: str = "") -> Record:
    text = f"<rss {NAMESPACES}><channel>{channel}<item>{item}</item></channel></rss>"
    (record,) = read(text, arrived=NOW).records
    return record


def facts(record: Record) -> tuple[str, tuple[str, ...], date | None, str | None, str | None]:
    return record.abstract, record.authors, record.published, record.doi, record.venue


def html(text: str) -> str:
    return f"<![CDATA[{text}]]>"


def test_nature() -> None:
    preface = (
        '<p>Nature Tides, Published online: 25 November 2026; <a href="x">'
        "doi:10.1038/s00000-026-00002-2</a></p>"
    )
    body = html(preface + "The sea rises, which nobody expected.")
    found = rss(
        f"<title>High T&lt;sub&gt;c&lt;/sub&gt;</title><content:encoded>{body}</content:encoded>"
    )
    assert found.title == "High T_c"
    assert facts(found) == (
        "The sea rises, which nobody expected.",
        (),
        date(2026, 11, 25),
        "10.1038/s00000-026-00002-2",
        "Nature Tides",
    )


def test_pubmed() -> None:
    body = html(
        "<div><p>J Tides. 2026 Nov 20;5(2):100-9. doi: 10.1000/jt.2026.1. Online ahead.</p>"
        "<p><b>ABSTRACT</b></p><p><b>BACKGROUND: </b>Tides rise.</p>"
        "<p><b>METHODS: </b>We looked.</p>"
        '<p>PMID:<a href="x">40000001</a> | DOI:<a href="y">10.1000/jt.2026.1</a></p></div>'
    )
    found = rss(
        f"<title>A trial</title><description>We looked.</description>"
        f"<content:encoded>{body}</content:encoded><dc:creator>Ada Example</dc:creator>"
        "<dc:creator>Bob Sample</dc:creator>"
    )
    assert facts(found) == (
        "BACKGROUND: Tides rise.\n\nMETHODS: We looked.",
        TWO,
        date(2026, 11, 20),
        "10.1000/jt.2026.1",
        "J Tides",
    )


@pytest.mark.parametrize(
    "issue",
    ["Publication date: November 2026", "Publication date: Available online 1 November 2026"],
)
def test_science_direct(issue: str) -> None:
    names = "<p>Author(s): Ada Example, Bob Sample</p>"
    body = f"<p>{issue}</p><p><b>Source:</b> Tides, Volume 100</p>{names}"
    found = rss(f"<title>An alloy</title><description>{html(body)}</description>")
    assert facts(found) == ("", TWO, date(2026, 11, 1), None, "Tides")


def test_an_issue_of_next_year_is_no_date() -> None:
    body = "<p>Publication date: March 2099</p><p><b>Source:</b> Tides</p>"
    found = rss(f"<title>An alloy</title><description>{html(body)}</description>")
    assert (found.published, found.venue) == (None, "Tides")


@pytest.mark.parametrize("kind", ["biorxiv", "medrxiv"])
def test_preprint_servers(kind: str) -> None:
    found = rss(
        f"<title>Maps</title><link>http://{kind}.org/cgi/content/short/2026.11.20.1v1?rss=1</link>"
        "<description>Maps were drawn.</description>"
        "<dc:creator>Example, A., van der Sample, B. C., TIDE Study Group</dc:creator>"
        "<dc:identifier>doi:10.1101/2026.11.20.1</dc:identifier><dc:date>2026-11-21</dc:date>"
    )
    assert facts(found)[1:4] == (
        ("A. Example", "B. C. van der Sample", "TIDE Study Group"),
        date(2026, 11, 21),
        "10.1101/2026.11.20.1",
    )
    assert str(found.venue).lower() == kind


@pytest.mark.parametrize(
    ("kind", "standing"),
    [("new", None), ("cross", None), ("replace", "revised"), ("replace-cross", "revised")],
)
def test_arxiv_says_what_is_new(kind: str, standing: str | None) -> None:
    text = f"arXiv:2611.00001v2 Announce Type: {kind} \nAbstract: We prove $k&lt;n$."
    dated = "<pubDate>Fri, 27 Nov 2026 00:00:00 -0500</pubDate>"
    link = "<link>https://arxiv.org/abs/2611.00001</link>"
    for announced in ("", f"<arxiv:announce_type>{kind}</arxiv:announce_type>"):
        found = rss(f"<title>A</title>{link}<description>{text}</description>{announced}{dated}")
        assert (found.abstract, found.arxiv_id) == ("We prove k<n.", "2611.00001")
        assert found.standing == standing
        # The day of a revision is not the day of the paper.
        assert found.published == (None if standing else date(2026, 11, 27))


def test_arxiv_of_old() -> None:
    found = rss(
        "<title>A theorem. (arXiv:2611.00001v2 [cs.LG] UPDATED)</title>"
        f"<dc:creator>{html('<a>Ada Example</a>, <a>Bob Sample</a>')}</dc:creator>"
    )
    assert (found.title, found.arxiv_id, found.standing) == ("A theorem", "2611.00001", "revised")
    assert found.authors == TWO


@pytest.mark.parametrize(
    "item",
    [
        "<title>WITHDRAWN: Tides</title>",
        "<title>Tides</title><description>This paper has been withdrawn.</description>",
        "<title>Tides</title><arxiv:comment>This paper is withdrawn</arxiv:comment>",
    ],
)
def test_what_is_withdrawn(item: str) -> None:
    assert rss(item).standing == "withdrawn"


def test_ieee() -> None:
    formula = '<tex-math notation="LaTeX">$H_{\\infty}$</tex-math>'
    text = f"a <inline-formula>{formula}</inline-formula> one."
    found = rss(
        f"<title>Control</title><description>{html(text)}</description>"
        "<authors>Ada Example;Bob Sample;</authors><pubDate>Nov. 2026</pubDate>",
        "<title>IEEE Transactions on Tides - new TOC</title>",
    )
    assert facts(found) == ("a H∞ one.", TWO, date(2026, 11, 1), None, "IEEE Transactions on Tides")


def test_wiley_has_its_line_beside_the_abstract() -> None:
    found = rss(
        "<title>Bridges</title><link>https://onlinelibrary.wiley.com/doi/10.1002/b.1?af=R</link>"
        f"<content:encoded>{html('<h2>ABSTRACT</h2><p>We build.</p>')}</content:encoded>"
        "<description>Journal of Tides, Volume 12, Issue 3, Page 1-9, November 2026. </description>"
        "<dc:creator>\nAda Example, \nBob Sample\n</dc:creator>"
    )
    assert facts(found) == ("We build.", TWO, date(2026, 11, 1), "10.1002/b.1", "Journal of Tides")


@pytest.mark.parametrize("issue", ["Volume 5, Issue 3, November 2026", "Ahead of Print"])
def test_acm_science_and_others(issue: str) -> None:
    found = rss(f"<title>A</title><description>Tides, {issue}. &lt;br/&gt;We looked.</description>")
    assert (found.abstract, found.venue) == ("We looked.", "Tides")


def test_physical_review() -> None:
    body = (
        "<p>Author(s): Ada Example and Bob Sample</p><p>We detect it.</p><br/>"
        "[Phys. Rev. Tides 137, 100001] Published Thu Nov 26, 2026"
    )
    link = "<link>http://link.aps.org/doi/10.1103/ab12-cd34</link>"
    found = rss(f"<title>A</title>{link}<description>{html(body)}</description>")
    assert facts(found) == (
        "We detect it.",
        TWO,
        date(2026, 11, 26),
        "10.1103/ab12-cd34",
        "Phys. Rev. Tides",
    )


def test_mdpi() -> None:
    body = (
        "<p><b>Tides, Vol. 26, Pages 1001: A Sensor</b></p>"
        "<p>Tides <a>doi: 10.3390/t26221001</a></p>"
        "<p>Authors:\n\tAda Example\n\tBob Sample\n</p><p>It senses.</p>"
    )
    found = rss(
        f"<title>Tides, Vol. 26, Pages 1001: A Sensor</title>"
        f"<description>{html(body)}</description>"
        "<dc:creator>Ada Example</dc:creator><dc:creator>Bob Sample</dc:creator>"
    )
    assert found.title == "A Sensor"
    assert facts(found) == ("It senses.", TWO, None, "10.3390/t26221001", "Tides")


def test_chemistry() -> None:
    body = (
        "<p><img src='x'/></p><div><cite>Tides of Chemistry</cite></div><div>DOI: 10.1021/t.1</div>"
    )
    found = rss(f"<title>[ASAP] A Catalyst</title><description>{html(body)}</description>")
    assert (found.title, *facts(found)[::4]) == ("A Catalyst", "", "Tides of Chemistry")
    body = (
        "<div><i><b>Tides Commun.</b></i>, 2026, Advance Article<br/><b>DOI</b>: 10.1039/D6T01A,"
        " Communication</div><div>Ada Example, Bob Sample</div>It dissolves.<br/>The content of"
        " this RSS Feed (c) The Royal Society of Tides"
    )
    found = rss(f"<title>A</title><description>{html(body)}</description>")
    assert facts(found) == ("It dissolves.", TWO, None, "10.1039/d6t01a", "Tides Commun.")


def test_plos_names_the_first_author_alone_outside_the_text() -> None:
    text = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>Mice</title>'
        "<author><name>Ada Example</name></author>"
        '<link href="https://journals.plos.org/plosone/article?id=10.1371/j.p.1"/>'
        f"<content type='html'>{html('<p>by Ada Example, Bob Sample</p>We saw none.')}</content>"
        "</entry></feed>"
    )
    (found,) = read(text).records
    assert facts(found) == ("We saw none.", TWO, None, "10.1371/j.p.1", None)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("&lt;h3&gt;Abstract&lt;/h3&gt;&lt;p&gt;We prove.&lt;/p&gt;", "We prove."),
        ("Abstract: We prove.", "We prove."),
        ("Abstract interpretation of programs.", "Abstract interpretation of programs."),
        (
            "A review, largely abstract — drawing on art.",
            "A review, largely abstract — drawing on art.",
        ),
        ("No abstract available.", ""),
    ],
)
def test_the_heading_of_an_abstract(given: str, shown: str) -> None:
    assert rss(f"<title>A</title><description>{given}</description>").abstract == shown
