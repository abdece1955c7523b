"""Reads articles of PubMed: its XML (efetch), and the JSON that converters make of that."""

import io
from collections.abc import Mapping
from typing import Any

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

from digest.model import Problem, Record
from digest.sources.formats.json_values import as_object
from digest.sources.formats.markup import text_of_element
from digest.sources.formats.values import any_day, labels, markup_text, text_in
from digest.sources.links import arxiv_id, doi, first
from digest.sources.records import BadRecord, File, Reading, record

ROOTS = ("<PubmedArticleSet", "<PubmedBookArticleSet", "<PubmedArticle>")
ENDS = tuple(f"</{root[1:].rstrip('>')}>" for root in ROOTS)
ARTICLES = ("PubmedArticle", "PubmedBookArticle")
MIXED = {
    "ArticleTitle",
    "AbstractText",
    "VernacularTitle",
    "BookTitle",
    "CollectiveName",
    "Keyword",
}
"""Elements with text that has markup in it."""
DEEPEST = 20
PAGE = "https://pubmed.ncbi.nlm.nih.gov/"


def read(file: File) -> Reading | None:
    """Read the articles of PubMed's XML; None if it is in another format."""
    if not any(root in file.text[:4096] for root in ROOTS):
        return None
    records: list[Record] = []
    problems: list[Problem] = []
    walk = etree.iterparse(
        io.BytesIO(file.data),
        tag=ARTICLES,
        recover=True,
        no_network=True,
        load_dtd=False,
        resolve_entities=False,
        remove_comments=True,
        remove_pis=True,
    )
    for _, element in walk:
        line = element.sourceline or 0
        try:
            records.append(article(_values(element, 0), line))
        except BadRecord as error:
            problems.append(Problem(f"{file.name}:{line}", str(error)))
        element.clear()
    is_cut = not file.text.rstrip().endswith(ENDS)
    if is_cut:
        where = f"{file.name}:{file.text.count(chr(10)) + 1}"
        problems.append(Problem(where, "the XML ends in the middle", "fetch the answer again"))
    return Reading("pubmed", None, tuple(records), tuple(problems), is_cut)


def _values(element: Any, depth: int) -> dict[str, Any]:
    """An element as converters of XML to JSON write it."""
    values: dict[str, Any] = {f"@{key}": value for key, value in element.attrib.items()}
    if element.tag in MIXED or not len(element):
        values["#text"] = text_of_element(element)
        return values
    for child in element if depth < DEEPEST else ():
        if isinstance(child.tag, str):
            before = values.get(child.tag)
            value = _values(child, depth + 1)
            if before is None:
                values[child.tag] = value
            elif isinstance(before, list):
                before.append(value)
            else:
                values[child.tag] = [before, value]
    return values


def article(item: Mapping[str, Any], line: int) -> Record:
    """The record of an article or of a chapter of a book.

    Raises:
        BadRecord: The article has no title.
    """
    citation = as_object(item.get("MedlineCitation")) or as_object(item.get("BookDocument"))
    found = as_object(citation.get("Article")) or citation
    book = as_object(found.get("Book"))
    data = as_object(item.get("PubmedData")) or as_object(item.get("PubmedBookData"))
    titles = (found.get("ArticleTitle"), found.get("VernacularTitle"), book.get("BookTitle"))
    journal = as_object(found.get("Journal"))
    issue = as_object(journal.get("JournalIssue"))
    ids = [
        *_listed(as_object(data.get("ArticleIdList")).get("ArticleId")),
        *_listed(as_object(citation.get("ArticleIdList")).get("ArticleId")),
        *_listed(found.get("ELocationID")),
    ]
    names = [text_in(each) for each in ids]
    pmid = text_in(citation.get("PMID"))
    types = map(
        text_in, _listed(as_object(found.get("PublicationTypeList")).get("PublicationType"))
    )
    dates = (*_listed(found.get("ArticleDate")), issue.get("PubDate"), book.get("PubDate"))
    people = [_name(each) for each in _listed(as_object(found.get("AuthorList")).get("Author"))]
    return record(
        _title(next(filter(None, map(text_in, titles)), "")),
        [markup_text(text_in(_listed(as_object(found.get("Abstract")).get("AbstractText"))))],
        line=line,
        authors=people,
        published=first(_day, dates),
        url=f"{PAGE}{pmid}/" if pmid.isdecimal() else None,
        arxiv_id=first(arxiv_id, names),
        doi=first(doi, names),
        venue=text_in(journal.get("Title")),
        keywords=labels([citation.get(key) for key in ("KeywordList", "MeshHeadingList")]),
        standing="withdrawn" if "Retracted Publication" in types else None,
    )


def _listed(value: object) -> list[Any]:
    """``value`` as a list: a converter gives a single child without one."""
    return value if isinstance(value, list) else [] if value is None else [value]


def _title(text: str) -> str:
    """A title without its full stop, and without the brackets of a translated one."""
    text = markup_text(text).strip().removesuffix(".")
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    return text.removesuffix(".")


def _name(author: object) -> str:
    parts = as_object(author)
    given = text_in(parts.get("ForeName")) or text_in(parts.get("Initials"))
    family = text_in(parts.get("LastName"))
    suffix = text_in(parts.get("Suffix"))
    name = " ".join(part for part in (given, family, suffix) if part)
    return name or text_in(parts.get("CollectiveName"))


def _day(value: object) -> Any:
    parts = as_object(value)
    text = "-".join(text_in(parts.get(key)) for key in ("Year", "Month", "Day"))
    return any_day(text)
