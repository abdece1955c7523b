"""What the APIs of catalogues answer: one sample of each, with made-up papers."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from digest.model import Dump, Record
from tests.sources.page.samples import read

TITLE, TEXT, ADA = "Small Experts", "We route.", "Ada Example"
DOI_PAGE = "https://doi.org/10.1000/a"


def only(answer: Any, form: str) -> Record:
    """The only paper of an answer in this format, which is read without a problem."""
    dump = read(answer if isinstance(answer, str) else json.dumps(answer))
    assert (dump.format, dump.problems) == (form, ())
    (record,) = dump.records
    return record


def test_openalex() -> None:
    work = {
        "id": "https://openalex.org/W1",
        "doi": "https://doi.org/10.1000/XYZ.1",
        "display_name": "Small <i>Experts</i>",
        "publication_date": "2026-11-26",
        "authorships": [
            {"author": {"display_name": "Ada Example"}},
            {"author": {"display_name": None}, "raw_author_name": "Bo Sample"},
        ],
        "primary_location": {
            "landing_page_url": "https://doi.org/10.1000/xyz.1",
            "source": {"display_name": "Journal of Tides"},
        },
        "locations": [{"landing_page_url": "https://arxiv.org/abs/2611.01234"}],
        "abstract_inverted_index": {"We": [0, 3], "route": [1], "tokens.": [2], "win.": [4]},
        "concepts": [{"display_name": "Tide", "title": "x"}],
    }
    record = only({"meta": {"count": 1}, "results": [work], "group_by": []}, "openalex")
    assert record.title == "Small Experts"
    assert record.abstract == "We route tokens. We win."
    assert record.authors == ("Ada Example", "Bo Sample")
    assert (record.arxiv_id, record.doi) == ("2611.01234", "10.1000/xyz.1")
    assert record.url == "https://doi.org/10.1000/xyz.1"
    assert (record.venue, record.published) == ("Journal of Tides", date(2026, 11, 26))
    assert only(work, "openalex") == record
    assert only({**work, "abstract_inverted_index": None}, "openalex").abstract == ""


def test_semantic_scholar() -> None:
    paper = {
        "paperId": "0a1b",
        "externalIds": {"ArXiv": "2611.01234", "DOI": "10.48550/arXiv.2611.01234", "CorpusId": 1},
        "url": "https://www.semanticscholar.org/paper/0a1b",
        "title": "Small Experts",
        "abstract": "We route.",
        "venue": "",
        "journal": {"name": "Journal of Tides"},
        "publicationDate": "2026-11-26",
        "authors": [{"authorId": "1", "name": "Ada Example"}],
        "openAccessPdf": {"url": ""},
    }
    record = only({"total": 1, "token": None, "data": [paper]}, "semantic-scholar")
    assert record.authors == ("Ada Example",)
    assert (record.arxiv_id, record.doi) == ("2611.01234", None)
    assert (record.url, record.venue) == ("https://arxiv.org/abs/2611.01234", "Journal of Tides")
    assert (record.abstract, record.published) == ("We route.", date(2026, 11, 26))
    wrapped = {"offset": 0, "data": [{"contexts": [], "citingPaper": paper}]}
    assert only(wrapped, "semantic-scholar") == record
    assert only({"recommendedPapers": [paper]}, "semantic-scholar") == record
    other = {
        **paper,
        "externalIds": {"DOI": "10.1000/A"},
        "abstract": None,
        "tldr": {"text": "It."},
    }
    record = only(other, "semantic-scholar")
    assert (record.doi, record.url, record.abstract) == ("10.1000/a", DOI_PAGE, "It.")


def crossref_work(**changes: Any) -> dict[str, Any]:
    return {
        "DOI": "10.1000/ABC",
        "type": "journal-article",
        "title": ["Small Experts"],
        "subtitle": ["A Study"],
        "container-title": ["Journal of Tides", "J. Tides"],
        "abstract": "<jats:title>Abstract</jats:title><jats:sec><jats:title>Aim</jats:title>"
        "<jats:p>We route <jats:italic>k</jats:italic> &lt; n tokens.</jats:p></jats:sec>",
        "author": [
            {"given": "Ada", "family": "Example", "sequence": "first"},
            {"name": "The Tide Group", "sequence": "additional"},
        ],
        "issued": {"date-parts": [[2026, 11]]},
        "published-online": {"date-parts": [[2026, 11, 26]]},
        "URL": "https://doi.org/10.1000/abc",
        "reference": [{"article-title": "Another", "DOI": "10.1000/other", "author": "X"}],
    } | changes


def test_crossref() -> None:
    answer = {"status": "ok", "message-type": "work-list", "message": {"items": [crossref_work()]}}
    record = only(answer, "csl")
    assert record.title == "Small Experts: A Study"
    assert record.abstract == "Aim\n\nWe route k < n tokens."
    assert record.authors == ("Ada Example", "The Tide Group")
    assert (record.doi, record.url) == ("10.1000/abc", "https://doi.org/10.1000/abc")
    assert (record.venue, record.published) == ("Journal of Tides", date(2026, 11, 26))
    assert only({"status": "ok", "message": crossref_work()}, "csl") == record
    bare = only({"message": {"items": [crossref_work(author=None, abstract=None)]}}, "csl")
    assert (bare.authors, bare.abstract) == ((), "")


def test_csl_json() -> None:
    entry = {
        "id": "example2026",
        "type": "article-journal",
        "title": "Small Experts",
        "abstract": "We route.",
        "author": [{"family": "Example", "given": "Ada", "non-dropping-particle": "van"}],
        "issued": {"date-parts": [["2026", "11", "26"]]},
        "container-title": "Journal of Tides",
        "URL": "https://arxiv.org/abs/2611.01234",
    }
    record = only([entry], "csl")
    assert record.authors == ("Ada van Example",)
    assert (record.arxiv_id, record.published) == ("2611.01234", date(2026, 11, 26))
    assert only([{"id": "a", "type": "book", "title": "Tides"}], "csl").title == "Tides"


def test_zotero_and_mendeley() -> None:
    data = {
        "itemType": "journalArticle",
        "title": "Small Experts",
        "abstractNote": "We route.",
        "creators": [{"creatorType": "author", "firstName": "Ada", "lastName": "Example"}],
        "publicationTitle": "Journal of Tides",
        "date": "2026-11-26",
        "DOI": "10.1000/abc",
    }
    record = only([{"key": "A", "version": 1, "data": data}], "papers")
    assert (record.authors, record.doi) == (("Ada Example",), "10.1000/abc")
    assert (record.abstract, record.venue) == ("We route.", "Journal of Tides")
    attached = {"itemType": "attachment", "title": "PDF", "url": "https://arxiv.org/pdf/2611.01234"}
    library = {"config": {"label": "Better JSON"}, "items": [data, attached]}
    assert only(library, "papers") == record
    document = {
        "title": "Small Experts",
        "abstract": "We route.",
        "authors": [{"first_name": "Ada", "last_name": "Example"}],
        "identifiers": {"doi": "10.1000/abc", "arxiv": "2611.01234"},
        "year": 2026,
    }
    record = only([document], "papers")
    assert (record.doi, record.arxiv_id) == ("10.1000/abc", "2611.01234")
    assert record.authors == ("Ada Example",)


def test_biorxiv() -> None:
    preprint = {
        "doi": "10.1101/2026.11.20.000001",
        "title": "Small Experts",
        "authors": "Example, A.; Sample, B. C.",
        "date": "2026-11-26",
        "version": "1",
        "category": "neuroscience",
        "abstract": "We route.",
        "server": "bioRxiv",
    }
    answer = {"messages": [{"status": "ok", "count": 1, "total": "1"}], "collection": [preprint]}
    record = only(answer, "biorxiv")
    assert record.authors == ("A. Example", "B. C. Sample")
    assert (record.doi, record.venue) == ("10.1101/2026.11.20.000001", "bioRxiv")
    assert record.url == "https://doi.org/10.1101/2026.11.20.000001"
    assert (record.standing, record.published) == (None, date(2026, 11, 26))
    revised = only({**answer, "collection": [{**preprint, "version": "3"}]}, "biorxiv")
    assert revised.standing == "revised"


@pytest.mark.parametrize("wrap", [lambda text: {"value": text}, lambda text: text], ids=["2", "1"])
def test_openreview(wrap: Any) -> None:
    content = {
        "title": wrap("Small Experts"),
        "abstract": wrap("We route."),
        "authors": wrap(["Ada Example", "Bo Sample"]),
        "venue": wrap("Tides 2026 Oral"),
        "pdf": wrap("/pdf/1.pdf"),
        "keywords": wrap(["tides"]),
    }
    note = {"id": "aBc", "forum": "aBc", "cdate": 1795737600000, "content": content}
    record = only({"notes": [note], "count": 1}, "openreview")
    assert (record.title, record.abstract) == ("Small Experts", "We route.")
    assert record.authors == ("Ada Example", "Bo Sample")
    assert (record.url, record.venue) == ("https://openreview.net/forum?id=aBc", "Tides 2026 Oral")
    assert record.published == date(2026, 11, 27)


def dblp_answer(*authors: Any, hits: Any = None) -> dict[str, Any]:
    info = {
        "authors": {"author": authors[0] if len(authors) == 1 else list(authors)},
        "title": "Small Experts.",
        "venue": "CoRR",
        "year": "2026",
        "type": "Informal Publications",
        "doi": "10.48550/ARXIV.2611.01234",
        "ee": "https://doi.org/10.48550/arXiv.2611.01234",
        "url": "https://dblp.org/rec/journals/corr/abs-2611-01234",
    }
    hit = [{"@score": "1", "info": info}]
    return {"result": {"status": {"@code": "200"}, "hits": {"@total": "1", "hit": hits or hit}}}


def test_dblp() -> None:
    one, two = {"@pid": "1", "text": "Ada Example 0001"}, {"@pid": "2", "text": "Bo Sample"}
    record = only(dblp_answer(one), "dblp")
    assert (record.title, record.authors, record.abstract) == (
        "Small Experts",
        ("Ada Example",),
        "",
    )
    assert (record.arxiv_id, record.doi, record.venue) == ("2611.01234", None, "CoRR")
    assert only(dblp_answer(one, two), "dblp").authors == ("Ada Example", "Bo Sample")


def test_pubmed_summaries() -> None:
    paper = {
        "uid": "40000001",
        "pubdate": "2026 Nov 26",
        "source": "J Tides",
        "fulljournalname": "Journal of Tides",
        "authors": [{"name": "Example AB", "authtype": "Author"}, {"name": "Sample C"}],
        "title": "Small &lt;i&gt;Experts&lt;/i&gt;.",
        "articleids": [{"idtype": "doi", "value": "10.1000/abc"}],
    }
    result = {
        "uids": ["40000001", "2"],
        "40000001": paper,
        "2": {"uid": "2", "error": "no such id"},
    }
    dump = read(json.dumps({"header": {"type": "esummary"}, "result": result}), name="a.json")
    (record,) = dump.records
    assert record.authors == ("A. B. Example", "C. Sample")
    assert (record.title, record.venue) == ("Small Experts", "Journal of Tides")
    assert (record.doi, record.published) == ("10.1000/abc", date(2026, 11, 26))
    assert record.url == "https://pubmed.ncbi.nlm.nih.gov/40000001/"
    assert "no such id" in dump.problems[0].what


PUBMED = """<?xml version="1.0" ?>
<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle//EN" "https://example.org/p.dtd">
<PubmedArticleSet>
<PubmedArticle><MedlineCitation><PMID Version="1">40000001</PMID><Article PubModel="Print">
<Journal><JournalIssue><PubDate><Year>2026</Year><Month>Nov</Month><Day>26</Day></PubDate>
</JournalIssue><Title>Journal of Tides</Title></Journal>
<ArticleTitle>Small <i>Experts</i> for H<sub>2</sub>O.</ArticleTitle>
<ELocationID EIdType="doi" ValidYN="Y">10.1000/abc</ELocationID>
<Abstract><AbstractText Label="AIM">We route <i>k</i> &lt; n.</AbstractText>
<AbstractText Label="RESULTS">It works.</AbstractText></Abstract>
<AuthorList><Author><LastName>Example</LastName><ForeName>Ada B</ForeName></Author>
<Author><CollectiveName>The Tide Group</CollectiveName></Author></AuthorList>
</Article></MedlineCitation></PubmedArticle>
<PubmedArticle><MedlineCitation><PMID>2</PMID><Article><ArticleTitle/></Article></MedlineCitation></PubmedArticle>
</PubmedArticleSet>"""


def test_pubmed_xml() -> None:
    dump = read(PUBMED, name="p.xml")
    (record,) = dump.records
    assert (dump.format, record.title) == ("pubmed", "Small Experts for H₂O")
    assert record.abstract == "AIM: We route k < n.\n\nRESULTS: It works."
    assert record.authors == ("Ada B Example", "The Tide Group")
    assert (record.doi, record.venue) == ("10.1000/abc", "Journal of Tides")
    assert (record.published, record.line) == (date(2026, 11, 26), 4)
    assert record.url == "https://pubmed.ncbi.nlm.nih.gov/40000001/"
    assert [problem.where for problem in dump.problems] == ["p.xml:14"]


def test_pubmed_xml_that_was_cut_off_keeps_what_is_whole() -> None:
    dump = read(PUBMED[: PUBMED.rindex("<PubmedArticle>") + 30])
    assert [record.title for record in dump.records] == ["Small Experts for H₂O"]
    assert dump.is_incomplete


def test_the_json_that_converters_make_of_pubmed_xml() -> None:
    article = {
        "Journal": {"Title": "Journal of Tides"},
        "ArticleTitle": "Small Experts.",
        "Abstract": {"AbstractText": [{"@Label": "AIM", "#text": "We route."}, "It works."]},
        "AuthorList": {"Author": {"LastName": "Example", "ForeName": "Ada"}},
        "ArticleDate": {"@DateType": "Electronic", "Year": "2026", "Month": "11", "Day": "26"},
    }
    citation = {"PMID": {"@Version": "1", "#text": "40000001"}, "Article": article}
    ids = {"ArticleId": [{"@IdType": "doi", "#text": "10.1000/abc"}]}
    item = {"MedlineCitation": citation, "PubmedData": {"ArticleIdList": ids}}
    record = only({"PubmedArticleSet": {"PubmedArticle": [item]}}, "pubmed")
    assert (record.title, record.authors) == ("Small Experts", ("Ada Example",))
    assert record.abstract == "AIM: We route.\n\nIt works."
    assert (record.doi, record.published) == ("10.1000/abc", date(2026, 11, 26))
    assert only({"PubmedArticleSet": {"PubmedArticle": item}}, "pubmed") == record


def test_the_snapshot_of_arxiv_in_json_lines() -> None:
    paper = {
        "id": "2611.01234",
        "submitter": "Ada Example",
        "authors": "Ada Example, Bo Sample",
        "title": "Small Experts\n  for Tides",
        "comments": "12 pages",
        "journal-ref": None,
        "doi": None,
        "categories": "cs.LG",
        "abstract": "  We route\ntokens.\n",
        "versions": [{"version": "v1", "created": "Thu, 26 Nov 2026 10:00:00 GMT"}],
        "update_date": "2026-11-28",
        "authors_parsed": [["Example", "Ada", ""], ["Sample", "Bo", ""]],
    }
    dump: Dump = read("\n".join(json.dumps({**paper, "id": f"2611.0123{n}"}) for n in range(3)))
    assert dump.format == "arxiv-metadata"
    assert [record.arxiv_id for record in dump.records] == [
        "2611.01230",
        "2611.01231",
        "2611.01232",
    ]
    record = dump.records[0]
    assert (record.title, record.abstract) == ("Small Experts for Tides", "We route tokens.")
    assert (record.authors, record.author_count) == (("Ada Example", "Bo Sample"), 2)
    assert (record.published, record.comments) == (date(2026, 11, 26), None)
    assert record.url == "https://arxiv.org/abs/2611.01230"


@pytest.mark.parametrize(
    "paper",
    [
        {"title_s": [TITLE], "abstract_s": [TEXT], "authFullName_s": [ADA]},
        {"title_display": TITLE, "abstract": [TEXT], "author_display": [ADA]},
        {"title": TITLE, "abstractText": TEXT, "authorString": ADA},
        {"bibjson": {"title": TITLE, "abstract": TEXT, "author": [{"name": ADA}]}},
        {"title": TITLE, "abstract": TEXT, "creators": [{"creator": "Example, Ada"}]},
        {"_source": {"title": TITLE, "abstract": TEXT, "authors": ADA}},
        {
            "attributes": {
                "titles": [{"title": TITLE}],
                "creators": [{"name": "Example, Ada"}],
                "descriptions": [{"description": TEXT}],
            }
        },
        {
            "metadata": {
                "titles": [{"title": TITLE}],
                "abstracts": [{"value": TEXT}],
                "authors": [{"full_name": "Example, Ada"}],
                "dois": [{"value": "10.1000/abc"}],
            }
        },
        {"paper.title": TITLE, "paper.summary": TEXT, "paper.authors": ADA},
    ],
    ids=["hal", "plos", "epmc", "doaj", "springer", "elastic", "datacite", "inspire", "table"],
)
def test_other_catalogues(paper: dict[str, Any]) -> None:
    record = only({"response": {"docs": [paper]}}, "papers")
    assert (record.title, record.abstract) == ("Small Experts", "We route.")
    assert record.authors == ("Ada Example",)
