"""Reads a papers page that was saved as text, or whose elements were turned into text."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from digest.errors import DumpError
from digest.model import Problem, Record
from digest.sources.page import dates, titles
from digest.sources.page.layout import SENTENCE_ENDS, Page, PageEntry, layout, paragraphs
from digest.sources.page.syntax import other_markup, plain
from digest.sources.page.titles import Kind, Paragraph
from digest.sources.records import WITHOUT_DATE, BadRecord, File, Reading, excerpt, record

FURTHER_TITLE, LACKING_TEXT = -4, -15
"""Points for a second title above one block of metadata, since a block is rarely missing; and for
a title directly above the block, since an abstract and a block are hardly ever missing at once."""
SHORTEST = 40  # characters of an abstract that has no metadata and does not end a sentence
CONVINCING_PAPERS, CONVINCING_LENGTH = 3, 300
"""A text without a header is read as a page if it contains only papers, at least this many, each
with one paragraph of at least this many characters."""
PAPER_PAGE = "https://huggingface.co/papers/"
TABLE_ROW = re.compile(r"\|[^|]*\|[^|]*\|")
MOST_PARAGRAPHS = 20
SAVE_OTHERWISE = "save the page as HTML or as text, as a browser does"
SAVE_AGAIN = "save the page again if a paper is missing"


@dataclass(frozen=True, slots=True)
class TitledText:
    """The paragraphs of a paper: a title and its abstract, or text without a title."""

    title: Paragraph | None
    text: tuple[Paragraph, ...]


def read(file: File) -> Reading | None:
    """Read the papers of a page; None if it is not a papers page.

    Raises:
        DumpError: It is in markup that is not read.
    """
    if markup := other_markup(file.text):
        raise DumpError(f"it is {markup}", "save the page as text, HTML or Markdown")
    return read_marked(file, plain(file.text))


def read_marked(file: File, text: str) -> Reading | None:
    """Read the text of a page with the marks of ``syntax``; None if it is not a papers page."""
    page = layout(text)
    shown = [entry.shown for entry in page.entries if entry.shown]
    year = dates.page_year(page.date, shown, arrived=file.arrived)
    listed = page.date.on(year) if page.date else None
    latest = listed or dates.last_day(file.arrived)
    records: list[Record] = []
    problems: list[Problem] = []
    for entry in page.entries:
        for found, details in _papers(entry, page):
            try:
                published = details.shown.by(latest, year) if details.shown else None
                records.append(_record(found, details, published))
            except BadRecord as error:
                problems.append(_problem(error, found, details, file.name))
        if entry.unread:
            what = f"a date that cannot be read: {excerpt(entry.unread.text)}"
            problems.append(Problem(f"{file.name}:{entry.unread.number}", what, WITHOUT_DATE))
    has_header = page.is_own or (page.date is not None and page.header > 1)
    are_linked = bool(records) and not problems and all(each.arxiv_id for each in records)
    is_page = has_header or page.is_detailed or are_linked
    if not (is_page or _is_convincing(records, problems)):
        return None
    problems += _of_more(page, records, len(problems), file.name)
    are_few = 10 * len(records) < 9 * page.papers_seen or bool(problems and not records)
    are_hidden = any(map(_seems_to_hold_others, records))
    kind = "papers-page-detailed" if page.is_detailed else "papers-page-plain"
    return Reading(kind, listed, tuple(records), tuple(problems), are_few or are_hidden)


def _of_more(
    page: Page, records: Sequence[Record], problem_count: int, name: str
) -> Iterator[Problem]:
    """Tell that there seem to be more papers on the page than were read."""
    if 10 * (len(records) + problem_count) < 9 * page.papers_seen:
        what = f"{len(records)} papers could be read of {page.papers_seen} or more"
        yield Problem(f"{name}:{page.first_line}", what, SAVE_OTHERWISE)
    for each in filter(_seems_to_hold_others, records):
        what = f"an abstract that seems to contain other papers: {excerpt(each.title)}"
        yield Problem(f"{name}:{each.line}", what, SAVE_OTHERWISE)


def _seems_to_hold_others(record: Record) -> bool:
    return record.raw_abstract.count("\n\n") >= MOST_PARAGRAPHS


def _problem(error: BadRecord, found: TitledText, details: PageEntry, name: str) -> Problem:
    first = found.title or (found.text[0] if found.text else None)
    line = first.line if first else details.details_line
    what = f"{error}: {excerpt(first.text)}" if first else str(error)
    return Problem(f"{name}:{line}", what, SAVE_AGAIN)


def _papers(entry: PageEntry, page: Page) -> Iterator[tuple[TitledText, PageEntry]]:
    """The papers of an entry, each with its metadata; the entry's block belongs to the last one."""
    text = paragraphs(entry.lines, width=page.width)
    if entry.is_titled:
        yield TitledText(text[0], tuple(text[1:])), entry
        return
    further_title = FURTHER_TITLE if page.is_detailed else 0
    at_end = LACKING_TEXT if entry.details_line else titles.TITLE_AT_END
    kinds = titles.kinds(text, further_title=further_title, title_at_end=at_end)
    papers = list(_grouped(text, kinds))
    if not papers and entry.details_line:
        papers = [TitledText(None, ())]
    for found in papers[:-1]:
        yield found, PageEntry()
    if papers:
        yield papers[-1], entry


def _grouped(text: Sequence[Paragraph], kinds: Sequence[Kind]) -> Iterator[TitledText]:
    title: Paragraph | None = None
    body: list[Paragraph] = []
    for paragraph, kind in zip(text, kinds, strict=True):
        if kind == "title":
            if title or body:
                yield TitledText(title, tuple(body))
            title, body = paragraph, []
        else:
            body.append(paragraph)
    if title or body:
        yield TitledText(title, tuple(body))


def _record(found: TitledText, details: PageEntry, published: date | None) -> Record:
    if not found.title:
        raise BadRecord("an abstract without a title" if found.text else "metadata without a paper")
    if TABLE_ROW.match(found.title.text):
        raise BadRecord("a row of a table")
    is_known = details.details_line or details.is_card or (details.is_titled and details.paper)
    if not (is_known or _is_abstract(found.text)):
        raise BadRecord("a title without an abstract")
    return record(
        found.title.text,
        [paragraph.text for paragraph in found.text],
        line=found.title.line,
        authors=details.authors,
        author_count=details.author_count,
        published=published,
        comments=details.comments,
        url=PAPER_PAGE + details.paper if details.paper else None,
        arxiv_id=details.paper,
        upvotes=details.upvotes,
        code=details.code or None,
    )


def _is_abstract(text: Sequence[Paragraph]) -> bool:
    """Whether it is more than the one or two words below a link that looks like a title."""
    return any(len(each.text) >= SHORTEST or each.text.endswith(SENTENCE_ENDS) for each in text)


def _is_convincing(records: Sequence[Record], problems: Sequence[Problem]) -> bool:
    texts = [each.raw_abstract for each in records]
    are_long = all(len(text) >= CONVINCING_LENGTH and "\n" not in text for text in texts)
    return not problems and len(records) >= CONVINCING_PAPERS and are_long
