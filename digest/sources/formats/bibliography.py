"""Reads libraries of reference managers, as lists of papers and to learn interests from."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from digest.errors import DumpError
from digest.model import Problem, Record
from digest.sources import dates
from digest.sources import people as names_of
from digest.sources.code_links import repository
from digest.sources.formats import bibtex, tagged
from digest.sources.formats.bibtex import without_braces
from digest.sources.links import arxiv_id, doi, first, web_url
from digest.sources.records import BadRecord, File, Reading, record

BIBTEX = re.compile(r"^[ \t]*@\s{0,9}[A-Za-z]\w{0,30}\s{0,9}[{(]", re.MULTILINE)
LONGEST_PREFACE = 2000  # characters before the first entry, beside comments
COMMENT = re.compile(r"^[ \t]*%.*$", re.MULTILINE)
ARXIV_IN_TEXT = re.compile(
    r"\barxiv(?:\s+preprint)?(?:\s+arxiv)?[:\s/]+(\d{4}\.\d{4,5}|[a-z-]{2,12}/\d{7})", re.IGNORECASE
)
CODE = ("code", "github", "repository", "url", "note", "howpublished")
BETWEEN_KEYWORDS = re.compile("[;,]")
HEADING = re.compile(r"\*|/.*", re.DOTALL)
"""What MeSH adds to a heading: a mark of the main ones, and what it looks at."""
URL_COMMAND = re.compile(r"\\(?:url|href)\s*\{([^{}]*)\}|\\(?=[_%&#~])")
MEND = "mend the entry, or export it again"
PUBMED_PAGE = "https://pubmed.ncbi.nlm.nih.gov/"


@dataclass(frozen=True, slots=True)
class Publication:
    """An entry of a library, in the words of the library."""

    line: int
    title: str
    abstract: str = ""
    keywords: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    published: date | None = None
    venue: str = ""
    doi: str | None = None
    arxiv_id: str | None = None
    url: str | None = None
    pdf: str | None = None
    code: str | None = None
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Library:
    """The entries of a file, and where they cannot be read."""

    format: str
    publications: tuple[Publication, ...]
    problems: tuple[Problem, ...]


def read(file: File) -> Reading | None:
    """Read the papers of a library; None if the file is none.

    Raises:
        DumpError: No entry of the library has a title.
    """
    first = BIBTEX.search(file.text)
    before = COMMENT.sub("", file.text[: first.start()]) if first else ""
    if len(before.strip()) > LONGEST_PREFACE:
        return None  # a text that shows how to cite something
    library = parsed(file.text, file.name)
    if library is None:
        return None
    records: list[Record] = []
    problems = list(library.problems)
    for each in library.publications:
        try:
            records.append(_record(each))
        except BadRecord as error:
            problems.append(Problem(f"{file.name}:{each.line}", str(error), MEND))
    if not records:
        raise DumpError(f"it is a library ({library.format}), but no entry has a title", MEND)
    is_incomplete = len(problems) > len(records)
    return Reading(library.format, None, tuple(records), tuple(problems), is_incomplete)


def parsed(text: str, name: str) -> Library | None:
    """The entries of a library; None if the text is none. Problems name the file ``name``."""
    first = BIBTEX.search(text)
    if style := tagged.style_of(text[: first.start()] if first else text):
        found = tuple(_tagged(each, style) for each in tagged.entries(text, style))
        return Library(style.name, found, ())
    if not first:
        return None
    publications: list[Publication] = []
    problems: list[Problem] = []
    for entry in bibtex.entries(text):
        if entry.error:
            problems.append(Problem(f"{name}:{entry.line}", entry.error, "mend it"))
        else:
            publications.append(_bibtex(entry))
    return Library("bibtex", tuple(publications), tuple(problems))


def _record(entry: Publication) -> Record:
    page = f"https://arxiv.org/abs/{entry.arxiv_id}" if entry.arxiv_id else None
    own = web_url(f"https://doi.org/{entry.doi}") if entry.doi else None
    return record(
        entry.title,
        [entry.abstract],
        line=entry.line,
        authors=entry.authors,
        published=entry.published,
        url=entry.url or page or own,
        arxiv_id=entry.arxiv_id,
        doi=entry.doi,
        venue=entry.venue,
        pdf=entry.pdf,
        code=entry.code,
        categories=entry.categories,
        keywords=entry.keywords,
    )


def _keywords(texts: list[str]) -> tuple[str, ...]:
    parts = (part.strip() for text in texts for part in BETWEEN_KEYWORDS.split(text))
    return tuple(part for part in parts if part)


# --- BibTeX ------------------------------------------------------------------------------


def _bibtex(entry: bibtex.Entry) -> Publication:
    fields = entry.fields
    title = without_braces(fields.get("title", ""))
    if title and (subtitle := without_braces(fields.get("subtitle", "")).strip()):
        title = f"{title.rstrip().rstrip(':')}: {subtitle}"
    venues = (fields.get(key, "") for key in ("journaltitle", "journal", "booktitle"))
    venue = without_braces(next(filter(None, venues), ""))
    links = (URL_COMMAND.sub(r"\1", fields.get(key, "")) for key in ("url", "howpublished", "note"))
    url = first(web_url, links)
    own_doi = fields.get("doi", "").replace("\\_", "_")
    return Publication(
        entry.line,
        title,
        without_braces(fields.get("abstract", "")),
        _keywords([without_braces(fields.get("keywords", "") or fields.get("keyword", ""))]),
        tuple(bibtex.people(fields.get("author", ""))),
        _bibtex_day(fields),
        venue,
        doi(own_doi) or doi(url),
        _bibtex_arxiv(fields, [own_doi, url or ""]),
        url,
        next(filter(None, (web_url(fields.get(key)) for key in ("pdf", "file", "fulltext"))), None),
        next(filter(None, (repository(fields.get(key)) for key in CODE)), None),
        (fields.get("primaryclass", "") or fields.get("eprintclass", ""),),
    )


def _bibtex_day(fields: dict[str, str]) -> date | None:
    if found := dates.day(fields.get("date", "").partition("/")[0]):
        return found
    year, month = fields.get("year", ""), without_braces(fields.get("month", "")).replace("~", " ")
    if month.strip().isdecimal():
        month = f"{int(month):02}" if len(month) < 5 else ""
        day = fields.get("day", "").strip()
        return dates.day(f"{year}-{month}-{day}" if day.isdecimal() else f"{year}-{month}")
    parts = (month, fields.get("day", ""), year)
    return dates.day(" ".join(part for part in parts if part)) if month else None


def _bibtex_arxiv(fields: dict[str, str], links: list[str]) -> str | None:
    kind = fields.get("eprinttype", "") or fields.get("archiveprefix", "") or "arxiv"
    if kind.lower() == "arxiv" and (found := arxiv_id(fields.get("eprint", ""))):
        return found
    said = (fields.get(key, "") for key in ("journal", "note", "howpublished", "volume", "number"))
    return first(arxiv_id, links) or _arxiv_in(said)


def _arxiv_in(texts: Iterator[str]) -> str | None:
    """The arXiv id that one of these texts has in it, as ``arXiv preprint arXiv:2401.01234``."""
    found = (ARXIV_IN_TEXT.search(text) for text in texts)
    return next((arxiv_id(match[1]) for match in found if match), None)


# --- lines with tags ---------------------------------------------------------------------


def _tagged(entry: tagged.Lines, style: tagged.Style) -> Publication:
    def found(what: str) -> list[str]:
        return tagged.values(entry, style, what)

    names = found("author")
    authors = names_of.split("; ".join(names)) if len(names) > 1 else names_of.split("".join(names))
    links = [*found("url"), *found("doi")]
    said = [*links, *found("arxiv"), *found("venue")]
    pmid = next(iter(found("pmid")), "")
    url = first(web_url, links)
    dois = (doi(each.split(" [")[0]) for each in [*found("doi"), *links] if "[pii]" not in each)
    ids = (arxiv_id(each) for each in said)
    code = [*links, *(note.removeprefix("Code: ") for note in found("note"))]
    return Publication(
        entry.line,
        _one(found("title")),
        "\n\n".join(found("abstract")),
        (*_keywords(found("keyword")), *(HEADING.sub("", each) for each in found("heading"))),
        tuple(authors),
        first(_day, found("date")),
        _one(found("venue")),
        next(filter(None, dois), None),
        next(filter(None, ids), None) or _arxiv_in(iter(said)),
        url or (f"{PUBMED_PAGE}{pmid}/" if pmid.isdecimal() else None),
        first(web_url, found("pdf")),
        first(repository, code),
        tuple(each for text in found("category") for each in text.split(";")),
    )


def _one(texts: list[str]) -> str:
    return texts[0] if texts else ""


def _day(text: str) -> date | None:
    """The day of ``2026/11/26/`` and the like; RIS leaves out what is not known between slashes."""
    return dates.day(text.strip().strip("/"))
