"""Maps what the APIs of catalogues of papers list to records: one function for each catalogue."""

import re
from collections.abc import Callable, Mapping
from html import unescape
from itertools import islice
from typing import Any

from digest.model import Record, is_pdf
from digest.sources.formats import pubmed
from digest.sources.formats.fields import flat, is_paper_object
from digest.sources.formats.json_shapes import names
from digest.sources.formats.json_values import as_object, is_object, objects, string
from digest.sources.formats.values import any_day, author_names, labels, markup_text, text_in
from digest.sources.links import arxiv_id, doi, first, web_url
from digest.sources.records import BadRecord, record

Item = Mapping[str, Any]
PAPER_PAGE = "https://huggingface.co/papers/"
LONGEST_ABSTRACT = 50_000  # words of an inverted index
HOMONYM = re.compile(r" \d{4}$")  # the number of a person with a frequent name in DBLP
OF_DAILY_PAPERS = ("submittedOnDailyAt", "discussionId", "numComments", "publishedAt", "upvotes")
CSL_TYPES = names(
    "article article-journal article-magazine article-newspaper book chapter dataset document entry"
    " graphic journal-article manuscript paper-conference patent periodical post post-weblog report"
    " posted-content proceedings-article review software speech standard thesis webpage"
)


def daily_papers(item: Item, line: int) -> Record:
    """A paper of the Hugging Face daily-papers API, or of an archive of its answers."""
    paper = item.get("paper")
    inner = paper if is_object(paper) else item
    # Such an archive names the paper by its arXiv id alone; its page there has the discussion.
    number = arxiv_id(inner.get("id"))
    own = first(web_url, (inner.get("url"), inner.get("link")))
    return flat(item, line, url=own or (PAPER_PAGE + number if number else None))


def openalex(item: Item, line: int) -> Record:
    """A work of OpenAlex, whose abstract is an index of its words."""
    authors = [
        text_in(each.get("author")) or text_in(each.get("raw_author_name"))
        for each in objects(item.get("authorships"))
    ]
    place = as_object(item.get("primary_location") or item.get("host_venue"))
    places = objects(item.get("locations"))[:20]
    keys = ("landing_page_url", "pdf_url")
    urls = [each.get(key) for each in (place, *places) for key in keys]
    free = (as_object(item.get("best_oa_location")), place, *places)
    topic = as_object(item.get("primary_topic"))
    dois = [item.get("doi"), as_object(item.get("ids")).get("doi")]
    url = first(web_url, (*urls[:1], *dois, *urls, item.get("id")))
    return record(
        markup_text(text_in(item.get("title")) or text_in(item.get("display_name"))),
        [_from_index(item.get("abstract_inverted_index")) or text_in(item.get("abstract"))],
        line=line,
        authors=authors,
        published=any_day(item.get("publication_date")),
        url=url,
        arxiv_id=first(arxiv_id, (*dois, *urls)),
        doi=first(doi, dois),
        venue=text_in(as_object(place.get("source") or place).get("display_name")),
        pdf=first(web_url, (each.get("pdf_url") for each in free))
        or _file(as_object(item.get("open_access")).get("oa_url")),
        categories=labels([topic.get("subfield"), topic.get("field")]),
        keywords=labels([item.get(key) for key in ("keywords", "topics", "concepts")]),
    )


def _file(url: object) -> str | None:
    """A URL that may be that of a page or of a file, if it is one of a file."""
    found = web_url(url)
    return found if found and is_pdf(found) else None


def _from_index(index: object) -> str:
    """The text whose words stand in ``index``, each with its positions."""
    words = (
        (position, word)
        for word, positions in as_object(index).items()
        if isinstance(positions, list)
        for position in positions
        if isinstance(position, int)
    )
    return " ".join(word for _, word in sorted(islice(words, LONGEST_ABSTRACT)))


def semantic_scholar(item: Item, line: int) -> Record:
    """A paper of Semantic Scholar, also inside ``citingPaper`` and the like."""
    for key in ("citedPaper", "citingPaper", "recommendedPaper"):
        item = as_object(item.get(key)) or item
    ids = as_object(item.get("externalIds") or item.get("externalids"))
    number = arxiv_id(ids.get("ArXiv"))
    name = doi(ids.get("DOI"))
    pdf = web_url(as_object(item.get("openAccessPdf")).get("url"))
    is_file = pdf is not None and doi(pdf) is None  # else its page, where the file is
    venue = text_in(item.get("venue")) or text_in(as_object(item.get("journal")).get("name"))
    authors, author_count = author_names(item.get("authors"))
    return record(
        text_in(item.get("title")),
        [text_in(item.get("abstract")) or text_in(as_object(item.get("tldr")))],
        line=line,
        authors=authors,
        author_count=author_count,
        published=any_day(item.get("publicationDate") or item.get("publicationdate")),
        url=_page(number, name) or web_url(item.get("url")) or pdf,
        arxiv_id=number,
        doi=name,
        venue=venue,
        pdf=pdf if is_file else None,
        categories=labels([item.get(key) for key in ("fieldsOfStudy", "s2FieldsOfStudy")]),
    )


def _page(number: str | None, name: str | None) -> str | None:
    """Where a paper with an arXiv id or a DOI is."""
    if number:
        return f"https://arxiv.org/abs/{number}"
    return web_url(f"https://doi.org/{name}") if name else None


def crossref(item: Item, line: int) -> Record:
    """A work of Crossref, or an entry of CSL JSON, which has the same keys."""
    titles = [item.get("title"), item.get("subtitle")]
    title, subtitle = (
        text_in(each[0] if isinstance(each, list) and each else each) for each in titles
    )
    if subtitle and subtitle.casefold() not in title.casefold():
        title = f"{title}: {subtitle}"
    listed = item.get("author") or item.get("editor")
    authors, author_count = author_names(listed)
    container = item.get("container-title")
    name = doi(item.get("DOI"))
    number = next(
        filter(None, map(arxiv_id, (item.get("DOI"), item.get("URL"), item.get("number")))), None
    )
    online = (
        item.get(key)
        for key in ("published-online", "published", "issued", "posted", "published-print")
    )
    own = web_url(item.get("URL"))
    return record(
        markup_text(title),
        [markup_text(text_in(item.get("abstract")))],
        line=line,
        authors=authors,
        author_count=author_count,
        published=first(any_day, online),
        url=_page(number, None) or own or _page(None, name),
        arxiv_id=number,
        doi=name,
        venue=text_in(container[0] if isinstance(container, list) and container else container),
        pdf=_crossref_pdf(item.get("link")),
        categories=labels([item.get("group-title"), item.get("subject")]),
        keywords=labels(item.get("keyword")),
    )


def _crossref_pdf(links: object) -> str | None:
    """The PDF that people may open, rather than what is for programs."""
    found = (
        web_url(each.get("URL"))
        for each in objects(links)
        if each.get("content-type") == "application/pdf"
    )
    return next((url for url in found if url and "//api." not in url), None)


def biorxiv(item: Item, line: int) -> Record:
    """A preprint of bioRxiv or medRxiv; a version beyond the first is a revision."""
    server = text_in(item.get("server") or item.get("preprint_platform"))
    named = {"biorxiv": "bioRxiv", "medrxiv": "medRxiv"}.get(server.casefold(), server)
    name = doi(item.get("doi") or item.get("preprint_doi"))
    version = text_in(item.get("version"))
    is_revised = version.isdecimal() and int(version[:6]) > 1
    file = f"https://www.{server.casefold()}.org/content/{name}v{version or 1}.full.pdf"
    return flat(
        item,
        line,
        venue=named,
        url=_page(None, name),
        pdf=web_url(file) if name and named in ("bioRxiv", "medRxiv") else None,
        standing="withdrawn"
        if item.get("type") == "withdrawn"
        else "revised"
        if is_revised
        else None,
    )


def arxiv_metadata(item: Item, line: int) -> Record:
    """A paper of the snapshot of arXiv's metadata, whose comments are remarks of authors."""
    versions = item.get("versions")
    first = versions[0] if isinstance(versions, list) and versions else {}
    published = any_day(as_object(first).get("created"))
    remarks = {"comments": None, "comment": item.get("comments")}
    return flat({**item, **remarks}, line, published=published)


def openreview(item: Item, line: int) -> Record:
    """A note of OpenReview, whose values are objects in version 2 of the API."""
    content = {
        key: value["value"] if is_object(value) and "value" in value else value
        for key, value in item["content"].items()
    }
    forum = item.get("forum") or item.get("id")
    dates = (item.get(key) for key in ("pdate", "odate", "cdate", "tcdate"))
    url = web_url(f"https://openreview.net/forum?id={forum}") if isinstance(forum, str) else None
    inner = {key: value for key, value in content.items() if key not in ("pdf", "html")}
    return flat(
        inner,
        line,
        abstract=text_in(content.get("abstract")) or text_in(content.get("TL;DR")),
        published=first(any_day, dates),
        url=url,
        pdf=url.replace("/forum?", "/pdf?") if url and content.get("pdf") else None,
        standing="withdrawn" if "withdrawn" in text_in(content.get("venueid")).casefold() else None,
    )


def dblp(item: Item, line: int) -> Record:
    """A hit of DBLP, which has no abstracts; a single author is an object, several are a list."""
    info = item["info"] if is_object(item.get("info")) else item
    listed = info.get("authors")
    people = listed.get("author") if is_object(listed) else listed
    authors, _ = author_names(people if isinstance(people, list) else [people] if people else [])
    venue = info.get("venue")
    name = doi(info.get("doi")) or doi(info.get("ee"))
    number = first(arxiv_id, (info.get("ee"), info.get("doi")))
    return record(
        text_in(info.get("title")).removesuffix("."),
        [],
        line=line,
        authors=[HOMONYM.sub("", author) for author in authors],
        url=first(web_url, (info.get("ee"), info.get("url"))),
        arxiv_id=number,
        doi=name,
        venue=text_in(venue[0] if isinstance(venue, list) and venue else venue),
    )


def pubmed_summary(item: Item, line: int) -> Record:
    """A summary of PubMed (esummary), which has no abstract."""
    if error := text_in(item.get("error")):
        raise BadRecord(f"PubMed says of it: {error}")
    names = [each.get("value") for each in objects(item.get("articleids"))]
    name = first(doi, names)
    pmid = text_in(item.get("uid"))
    title = unescape(text_in(item.get("title")))
    return record(
        title if title.endswith("..") else title.removesuffix("."),
        [],
        line=line,
        authors=_pubmed_names(item.get("authors")),
        published=any_day(item.get("epubdate")) or any_day(item.get("pubdate")),
        url=web_url(f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/") if pmid else _page(None, name),
        doi=name,
        venue=text_in(item.get("fulljournalname") or item.get("source")),
    )


def _pubmed_names(listed: object) -> list[str]:
    """Names such as ``Example AB``."""
    return author_names(", ".join(author_names(listed)[0]))[0]


Mapper = Callable[[Item, int], Record]
Test = Callable[[Item], bool]


def _has(*keys: str) -> Test:
    return lambda item: any(key in item for key in keys)


def _is_daily(item: Item) -> bool:
    if is_object(paper := item.get("paper")):
        return "title" in paper or "title" in item
    return "summary" in item and any(key in item for key in OF_DAILY_PAPERS)


def _is_csl(item: Item) -> bool:
    if "title" not in item:
        return False
    is_work = "DOI" in item and any(key in item for key in ("container-title", "issued", "member"))
    return is_work or string(item.get("type")) in CSL_TYPES


FORMATS: tuple[tuple[str, Test, Mapper], ...] = (
    ("daily-papers", _is_daily, daily_papers),
    ("openalex", _has("abstract_inverted_index", "authorships"), openalex),
    (
        "semantic-scholar",
        _has("externalIds", "paperId", "corpusid", "citedPaper", "citingPaper", "recommendedPaper"),
        semantic_scholar,
    ),
    ("dblp", lambda item: is_object(item.get("info")) and "title" in item["info"], dblp),
    (
        "openreview",
        lambda item: is_object(item.get("content")) and "title" in item["content"],
        openreview,
    ),
    (
        "pubmed",
        lambda item: "uid" in item and ("pubdate" in item or "error" in item),
        pubmed_summary,
    ),
    (
        "biorxiv",
        lambda item: "preprint_doi" in item or {"server", "version"} <= item.keys(),
        biorxiv,
    ),
    ("csl", _is_csl, crossref),
    ("arxiv-metadata", _has("authors_parsed"), arxiv_metadata),
    ("pubmed", _has("MedlineCitation", "BookDocument"), pubmed.article),
    ("papers", is_paper_object, flat),
)
"""The formats of an object that describes a paper, with what tells each from the others."""


def format_of(item: object) -> tuple[str, Mapper] | None:
    """The format of an object, and what maps it; None if it is no paper."""
    if not is_object(item):
        return None
    return next(((name, mapper) for name, test, mapper in FORMATS if test(item)), None)
