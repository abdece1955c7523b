"""What sources say of papers beyond their text: PDF, code, categories and keywords."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import sources
from digest.model import DumpHash, Record
from digest.sources.code_links import own_code, repository
from digest.sources.links import web_url
from digest.sources.subjects import sorted_out
from digest.text.clean import one_line

NOW = datetime(2026, 11, 29, 9, tzinfo=UTC)
CODE = "https://github.com/ada/lamps"
PDF = "https://journal.example.org/lamps.pdf"
TITLE = "Lamps that Dim Themselves"
WORDS = [
    "Our",
    "code",
    "is",
    "available",
    "at",
    ".",
    "et al",
    "\n\n",
    CODE,
    f"({CODE})",
    "github.com/",
]
ABSTRACT = "We let lamps dim themselves, and measure for a year who notices."


class Facts(NamedTuple):
    pdf: str | None = None
    code: str | None = None
    categories: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()


def read(text: str) -> Record:
    dump = sources.read("a", text.encode(), hash=DumpHash("a"), arrived=NOW)
    (record,) = dump.records
    assert record.title == TITLE
    return record


def facts(text: str) -> Facts:
    record = read(text)
    return Facts(record.pdf, record.code, record.categories, record.keywords)


def atom(inner: str) -> str:
    return (
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom">'
        f"<entry><title>{TITLE}</title><summary>{ABSTRACT}</summary>{inner}</entry></feed>"
    )


def rss(inner: str) -> str:
    spaces = {
        "dc": "http://purl.org/dc/elements/1.1/",
        "prism": "http://prismstandard.org/namespaces/basic/2.0/",
    }
    declared = " ".join(f'xmlns:{name}="{url}"' for name, url in spaces.items())
    item = f"<item><title>{TITLE}</title><description>{ABSTRACT}</description>{inner}</item>"
    return f'<rss version="2.0" {declared}><channel>{item}</channel></rss>'


def paper(**more: object) -> dict[str, object]:
    return {"title": TITLE, "abstract": ABSTRACT, **more}


DAILY: dict[str, Any] = {
    "paper": {
        "id": "2611.01234",
        "title": TITLE,
        "summary": ABSTRACT,
        "upvotes": 3,
        "githubRepo": "https://github.com/ada/lamps.git",
        "projectPage": "https://ada.github.io/lamps",
        "ai_keywords": ["dimming", "Lamps, Smart", "dimming"],
    }
}
PAPERS = [
    ("daily papers", DAILY, Facts(None, CODE, (), ("dimming", "Lamps, Smart"))),
    (
        "a project page that is a repository",
        {"paper": DAILY["paper"] | {"githubRepo": "javascript:x", "projectPage": CODE}},
        Facts(None, CODE, (), ("dimming", "Lamps, Smart")),
    ),
    (
        "a page of a project",
        {"paper": {**DAILY["paper"], "githubRepo": None, "ai_keywords": []}},
        Facts(),
    ),
    (
        "OpenAlex",
        {
            "display_name": TITLE,
            "authorships": [],
            "best_oa_location": {"pdf_url": PDF},
            "open_access": {"oa_url": "https://journal.example.org/lamps"},
            "primary_topic": {
                "display_name": "Smart Lighting",
                "subfield": {"display_name": "Building and Construction"},
                "field": {"display_name": "Engineering"},
            },
            "topics": [{"display_name": "Smart Lighting", "score": 0.99}],
            "keywords": [
                {"display_name": "Dimming", "score": 0.61},
                {"display_name": "Sleep", "score": 0.2},
            ],
            "concepts": [
                {"display_name": "Computer science", "level": 0, "score": 0.7},
                {"display_name": "dimming", "level": 2, "score": 0.5},
                {"display_name": "Lamp", "level": 3, "score": 0.45},
            ],
        },
        Facts(
            PDF,
            None,
            ("Building and Construction", "Engineering"),
            ("Dimming", "Smart Lighting", "Lamp"),
        ),
    ),
    (
        "OpenAlex, where the free copy is a file",
        {"display_name": TITLE, "authorships": [], "open_access": {"oa_url": PDF}},
        Facts(PDF),
    ),
    (
        "Semantic Scholar",
        {
            "paperId": "1",
            "title": TITLE,
            "openAccessPdf": {"url": PDF},
            "fieldsOfStudy": ["Computer Science"],
            "s2FieldsOfStudy": [
                {"category": "Computer Science", "source": "external"},
                {"category": "Engineering", "source": "s2-fos-model"},
            ],
        },
        Facts(PDF, None, ("Computer Science", "Engineering")),
    ),
    (
        "Semantic Scholar, which calls the page of a DOI a PDF",
        {"paperId": "1", "title": TITLE, "openAccessPdf": {"url": "https://doi.org/10.1000/7"}},
        Facts(),
    ),
    (
        "Crossref",
        {
            "title": [TITLE],
            "DOI": "10.1000/7",
            "issued": {"date-parts": [[2026]]},
            "subject": ["General Engineering", "Optics, Lamps"],
            "link": [
                {"URL": "https://api.example.org/7.xml", "content-type": "text/xml"},
                {"URL": "https://api.example.org/7.pdf", "content-type": "application/pdf"},
                {"URL": PDF, "content-type": "application/pdf"},
            ],
        },
        Facts(PDF, None, ("General Engineering", "Optics, Lamps")),
    ),
    (
        "CSL JSON",
        {"type": "article-journal", "title": TITLE, "keyword": "dimming, lamps"},
        Facts(keywords=("dimming", "lamps")),
    ),
    (
        "bioRxiv",
        {
            "title": TITLE,
            "server": "bioRxiv",
            "version": "2",
            "doi": "10.1101/7",
            "category": "neuroscience",
        },
        Facts("https://www.biorxiv.org/content/10.1101/7v2.full.pdf", None, ("neuroscience",)),
    ),
    (
        "OpenReview",
        {
            "forum": "aBc",
            "content": {
                "title": {"value": TITLE},
                "keywords": {"value": ["dimming", "lamps"]},
                "primary_area": {"value": "applications to lighting"},
                "pdf": {"value": "/pdf/0a1b.pdf"},
                "code": {"value": CODE},
                "code_of_ethics": {"value": "We have read it."},
            },
        },
        Facts(
            "https://openreview.net/pdf?id=aBc",
            CODE,
            ("applications to lighting",),
            ("dimming", "lamps"),
        ),
    ),
    (
        "arXiv's metadata",
        {
            **paper(id="2611.01234", authors_parsed=[["Example", "Ada", ""]]),
            "categories": "eess.SY cs.SY",
            "comments": f"9 pages. {CODE}",
        },
        Facts(None, CODE, ("eess.SY", "cs.SY")),
    ),
    (
        "PubMed as JSON",
        {
            "MedlineCitation": {
                "Article": {"ArticleTitle": TITLE},
                "MeshHeadingList": {
                    "MeshHeading": [
                        {"DescriptorName": {"#text": "Humans"}},
                        {
                            "DescriptorName": {"#text": "Lighting, Smart"},
                            "QualifierName": "methods",
                        },
                    ]
                },
            }
        },
        Facts(keywords=("Lighting, Smart",)),
    ),
    (
        "Europe PMC",
        paper(
            doi="10.1000/7",
            keywordList={"keyword": ["dimming"]},
            meshHeadingList={"meshHeading": [{"descriptorName": "Lighting"}]},
        ),
        Facts(keywords=("dimming", "Lighting")),
    ),
    (
        "lines of one's own",
        paper(pdf=PDF, code=CODE, categories=["cs.LG", "Optics"], keywords=["Lamps, Smart"]),
        Facts(PDF, CODE, ("cs.LG", "Optics"), ("Lamps, Smart",)),
    ),
    (
        "what is none",
        paper(
            pdf="file:///etc/passwd",
            code="not yet",
            categories=["Research Article", "Uncategorized", "68T05", "I.2.6"],
            keywords=["https://example.org", "2026", "x" * 101, "", "cs.LG"],
        ),
        Facts(categories=("cs.LG",)),
    ),
    (
        "Zotero",
        paper(tags=[{"tag": "dimming"}, {"tag": "lamps"}], DOI="10.1000/7"),
        Facts(None, None, (), ("dimming", "lamps")),
    ),
]
TEXTS = [
    (
        "arXiv's API",
        atom(
            '<link href="http://arxiv.org/pdf/2611.01234v1" rel="related" title="pdf"/>'
            "<id>http://arxiv.org/abs/2611.01234v1</id>"
            f"<arxiv:comment>Code: {CODE}.git</arxiv:comment>"
            '<category term="cs.SY" scheme="http://arxiv.org/schemas/atom"/>'
            '<category term="eess.SY" scheme="http://arxiv.org/schemas/atom"/>'
            '<category term="I.2.6; 93C" scheme="http://arxiv.org/schemas/atom"/>'
            '<arxiv:primary_category term="eess.SY" scheme="http://arxiv.org/schemas/atom"/>'
        ),
        Facts(None, CODE, ("eess.SY", "cs.SY")),
    ),
    (
        "arXiv's RSS",
        rss(
            "<link>https://arxiv.org/abs/2611.01234</link>"
            "<category>cs.LG</category><category>stat.ML</category>"
        ),
        Facts(categories=("cs.LG", "stat.ML")),
    ),
    (
        "a journal's RSS",
        rss(
            f'<enclosure url="{PDF}" type="application/pdf"/><category>Research Article</category>'
            "<prism:section>Optics</prism:section><dc:subject>dimming; lamps</dc:subject>"
            "<category>Lamps, Smart</category>"
        ),
        Facts(PDF, None, ("Optics",), ("Lamps, Smart", "dimming", "lamps")),
    ),
    (
        "Atom with labels",
        atom('<category term="17" label="Smart lamps"/><link rel="alternate" href="/lamps.pdf"/>'),
        Facts(keywords=("Smart lamps",)),
    ),
    (
        "JSON Feed",
        json.dumps(
            {
                "version": "https://jsonfeed.org/version/1.1",
                "items": [
                    {
                        "title": TITLE,
                        "tags": ["lamps", "News"],
                        "attachments": [{"url": PDF, "mime_type": "application/pdf"}],
                    }
                ],
            }
        ),
        Facts(PDF, None, (), ("lamps",)),
    ),
    (
        "a listing of arXiv",
        (
            f"arXiv:2611.01234 [pdf, html]\n  Title: {TITLE}\n  Authors: Ada Example\n"
            f"  Comments: 9 pages, {CODE}\n"
            "  Subjects: Systems and Control (eess.SY); Machine Learning (cs.LG)\n"
        ),
        Facts(None, CODE, ("eess.SY", "cs.LG")),
    ),
    (
        "arXiv's mail",
        (
            "\\\\\narXiv:2611.01234\nDate: Thu, 26 Nov 2026 18:00:00 GMT   (9kb)\n\n"
            f"Title: {TITLE}\nAuthors: Ada Example\n"
            f"Categories: eess.SY cs.LG\n\\\\\n  {ABSTRACT}\n\\\\\n"
        ),
        Facts(categories=("eess.SY", "cs.LG")),
    ),
    (
        "a search on arXiv",
        (
            f"arXiv:2611.01234 [pdf, other]\neess.SY cs.LG\n{TITLE}\nAuthors: Ada Example\n"
            f"Abstract: {ABSTRACT}\n"
        ),
        Facts(categories=("eess.SY", "cs.LG")),
    ),
    (
        "PubMed's XML",
        (
            "<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>7</PMID><Article>"
            f"<ArticleTitle>{TITLE}</ArticleTitle></Article><MeshHeadingList><MeshHeading>"
            "<DescriptorName>Lighting</DescriptorName></MeshHeading><MeshHeading><DescriptorName>"
            "Humans</DescriptorName></MeshHeading></MeshHeadingList><KeywordList><Keyword>"
            "<i>dimming</i> lamps</Keyword><Keyword>sleep</Keyword></KeywordList></MedlineCitation>"
            "</PubmedArticle></PubmedArticleSet>"
        ),
        Facts(keywords=("dimming lamps", "sleep", "Lighting")),
    ),
    (
        "BibTeX",
        (
            f"@article{{a, title={{{TITLE}}}, abstract={{{ABSTRACT}}},"
            f" keywords={{dimming, {{Smart}} lamps}}, primaryclass={{eess.SY}},"
            f" pdf={{{PDF}}}, file={{/home/ada/x.pdf}}, code={{{CODE}}}}}"
        ),
        Facts(PDF, CODE, ("eess.SY",), ("dimming", "Smart lamps")),
    ),
    (
        "RIS",
        (
            f"TY  - JOUR\nTI  - {TITLE}\nKW  - dimming\nKW  - smart lamps\n"
            f"L1  - {PDF}\nL2  - {CODE}\nER  - \n"
        ),
        Facts(PDF, CODE, (), ("dimming", "smart lamps")),
    ),
    (
        ".nbib",
        (
            f"PMID- 7\nTI  - {TITLE}\nOT  - dimming\nMH  - Humans\nMH  - *Lighting/methods\n"
            "MH  - Lamps, Smart\n"
        ),
        Facts(keywords=("dimming", "Lighting", "Lamps, Smart")),
    ),
    (
        "EndNote",
        f"%0 Journal Article\n%T {TITLE}\n%K dimming\n%> {PDF}\n",
        Facts(PDF, None, (), ("dimming",)),
    ),
    (
        "the Web of Science",
        (
            f"FN Clarivate\nVR 1.0\nPT J\nTI {TITLE}\nDE dimming; lamps\n"
            "WC Engineering, Civil; Optics\n"
            "ER\nEF\n"
        ),
        Facts(None, None, ("Engineering, Civil", "Optics"), ("dimming", "lamps")),
    ),
    (
        "CSV",
        (
            f"title,abstract,categories,keywords,pdf_url,code\n{TITLE},{ABSTRACT.replace(',', '')},"
            f"\"cs.LG, cs.SY\",\"['dimming', 'smart lamps']\",{PDF},{CODE}\n"
        ),
        Facts(PDF, CODE, ("cs.LG", "cs.SY"), ("dimming", "smart lamps")),
    ),
    (
        "Markdown",
        (
            f"| Title | Authors | Links | PDF |\n|---|---|---|---|\n"
            f"| [{TITLE}](https://example.org/7) |"
            f" Ada Example | [Code]({CODE}) | [file]({PDF}) |\n"
        ),
        Facts(PDF, CODE),
    ),
]
CASES = [(name, json.dumps([item]), found) for name, item, found in PAPERS] + TEXTS


@pytest.mark.parametrize(("text", "found"), [case[1:] for case in CASES], ids=[c[0] for c in CASES])
def test_facts_are_read_from_every_format(text: str, found: Facts) -> None:
    assert facts(text) == found


@pytest.mark.parametrize(
    "sentence",
    [
        f"Our code is available at {CODE}.",
        f"Code: {CODE}",
        f"(code: {CODE})",
        f"Project page: https://ada.github.io/lamps. Code at: {CODE}/.",
        "The source code is released under an open licence at github.com/ada/lamps.",
        f"We release our code, data and models ({CODE}).",
        f"An implementation of our lamps is publicly\navailable at {CODE}.git.",
        "All experiments are open-sourced at http://www.github.com/ada/lamps, and more.",
        f"Codes and pretrained models can be found in [{CODE}]({CODE}).",
        rf"Our code is at \url{{{CODE}}}.",
        f"We start from https://github.com/other/room and publish our code at {CODE}.",
        f"Lamps of others are bright. GitHub repository: {CODE}",
    ],
)
def test_an_abstract_that_says_where_its_code_is(sentence: str) -> None:
    text = f"{ABSTRACT} {sentence}"
    assert facts(json.dumps(paper(abstract=text, doi="10.1000/7"))) == Facts(code=CODE)


@pytest.mark.parametrize(
    "sentence",
    [
        f"We build on {CODE}.",
        f"We build on the code that is available at {CODE}.",
        f"The code of Other et al. is available at {CODE}.",
        f"Their code is available at {CODE}.",
        f"We use the public code at {CODE} as a baseline.",
        f"Our code, a fork of {CODE}, will be published.",
        f"The list of papers is available at {CODE}.",
        f"Code is available. Lamps are listed in {CODE}.",
        "Our code is available at https://ada.github.io/lamps.",
        "Our code is available on github.com/ada.",
        "Our code is available at https://github.com/topics/lamps.",
        "Our code is available at https://example.org/github.com.",
        "Our code is available upon request.",
    ],
)
def test_an_abstract_that_does_not_say_where_its_own_code_is(sentence: str) -> None:
    assert own_code(f"{ABSTRACT} {sentence}") is None


def test_what_a_source_states_comes_before_the_abstract() -> None:
    text = "Our code is available at https://github.com/other/room."
    assert facts(json.dumps(paper(abstract=text, code=CODE, doi="10.1000/7"))).code == CODE


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://gitlab.example.org/ada/lamps", "https://gitlab.example.org/ada/lamps"),
        ("http://github.com/ada/lamps.git", CODE),
        (f"{CODE}/tree/main/dim?tab=readme", f"{CODE}/tree/main/dim?tab=readme"),
        ("https://anonymous.4open.science/r/lamps-1/", "https://anonymous.4open.science/r/lamps-1"),
        ("https://github.com/ada", None),
        ("https://evil.example.org/github.com/ada/lamps", None),
        ("https://user@github.com/ada/lamps", None),
        ("javascript:github.com/ada/lamps", None),
        (f"{CODE} and more", None),
        (7, None),
    ],
)
def test_links_to_repositories(url: object, found: str | None) -> None:
    assert repository(url) == found


def test_papers_that_were_read_are_read_the_same_from_lines_of_them() -> None:
    names = ("pdf", "code", "categories", "keywords")
    for name, _, found in CASES:
        line = paper(doi="10.1000/7", **dict(zip(names, found, strict=True)))
        assert facts(json.dumps(line)) == found, name


@given(st.text(max_size=300) | st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join))
def test_whatever_an_abstract_says_its_code_is_a_link(text: str) -> None:
    found = own_code(text)
    assert found is None or (web_url(found) == found and found.startswith("https://"))


@given(st.lists(st.text(max_size=120), max_size=60), st.lists(st.text(max_size=120), max_size=60))
def test_whatever_labels_are_given_few_clean_ones_are_kept(
    some: list[str], more: list[str]
) -> None:
    for labels in sorted_out(some, more):
        assert len(labels) <= 50
        assert len({label.casefold() for label in labels}) == len(labels)
        assert all(1 < len(label) <= 100 and label == one_line(label) for label in labels)
    assert sorted_out(*sorted_out(some, more)) == sorted_out(some, more)
