"""A papers page saved as text, in either of its layouts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from digest.model import Problem, Record
from digest.sources.page import dates, titles
from digest.sources.page.layout import SENTENCE_ENDS, Entry, Page, layout, paragraphs
from digest.sources.page.titles import Kind, Paragraph
from digest.sources.records import WITHOUT_DATE, BadRecord, Reading, excerpt, record

FURTHER_TITLE, LACKING_TEXT = -4, -15
"""Points against a second title above one block of metadata, as a missing block is rare; and
against one directly above the block, as two things missing at one place are rarer still."""
SHORTEST = 40
"""Characters of an abstract that ends no sentence and has no metadata."""
CONVINCING_PAPERS, CONVINCING_LENGTH = 3, 300
"""A text without a header is taken for a page that lost it, if it holds so many papers, each
with one paragraph of at least so many characters, and nothing else."""
SAVE_AGAIN = "save the page again if a paper is missing"


@dataclass(frozen=True, slots=True)
class Found:
    """Paragraphs that belong together: a title and its abstract, or text without a title."""

    title: Paragraph | None
    text: tuple[Paragraph, ...]


def read(text: str, *, name: str, arrived: datetime) -> Reading | None:
    """The papers of a page; None if ``text`` is no papers page."""
    page = layout(text)
    shown = [entry.shown for entry in page.entries if entry.shown]
    year = dates.page_year(page.date, shown, arrived=arrived)
    listed = page.date.on(year) if page.date else None
    latest = listed or dates.last_day(arrived)
    records: list[Record] = []
    problems: list[Problem] = []
    for entry in page.entries:
        for found, details in _papers(entry, page):
            try:
                published = details.shown.by(latest, year) if details.shown else None
                records.append(_record(found, details, published))
            except BadRecord as error:
                problems.append(_problem(error, found, details, name))
        if entry.unread:
            what = f"a date that cannot be read: {excerpt(entry.unread.text)}"
            problems.append(Problem(f"{name}:{entry.unread.number}", what, WITHOUT_DATE))
    has_header = page.is_own or (page.date is not None and page.header > 1)
    if not (has_header or page.is_detailed or _is_convincing(records, problems)):
        return None
    return Reading(
        format="papers-page-detailed" if page.is_detailed else "papers-page-plain",
        listed=listed,
        records=tuple(records),
        problems=tuple(problems),
    )


def _problem(error: BadRecord, found: Found, details: Entry, name: str) -> Problem:
    first = found.title or (found.text[0] if found.text else None)
    line = first.line if first else details.details_line
    what = f"{error}: {excerpt(first.text)}" if first else str(error)
    return Problem(f"{name}:{line}", what, SAVE_AGAIN)


def _papers(entry: Entry, page: Page) -> Iterator[tuple[Found, Entry]]:
    """What an entry holds, each with the metadata that belongs to it: the last has the entry's."""
    text = paragraphs(entry.lines, is_wrapped=page.is_wrapped)
    further_title = FURTHER_TITLE if page.is_detailed else 0
    at_end = LACKING_TEXT if entry.details_line else titles.TITLE_AT_END
    kinds = titles.kinds(text, further_title=further_title, title_at_end=at_end)
    papers = list(_grouped(text, kinds))
    if not papers and entry.details_line:
        papers = [Found(None, ())]
    for found in papers[:-1]:
        yield found, Entry()
    if papers:
        yield papers[-1], entry


def _grouped(text: Sequence[Paragraph], kinds: Sequence[Kind]) -> Iterator[Found]:
    title: Paragraph | None = None
    body: list[Paragraph] = []
    for paragraph, kind in zip(text, kinds, strict=True):
        if kind == "title":
            if title or body:
                yield Found(title, tuple(body))
            title, body = paragraph, []
        else:
            body.append(paragraph)
    if title or body:
        yield Found(title, tuple(body))


def _record(found: Found, details: Entry, published: date | None) -> Record:
    if not found.title:
        raise BadRecord("an abstract without a title" if found.text else "metadata without a paper")
    if not details.details_line and not _is_abstract(found.text):
        raise BadRecord("a title without an abstract")
    return record(
        found.title.text,
        [paragraph.text for paragraph in found.text],
        line=found.title.line,
        author_count=details.author_count,
        published=published,
        comments=details.shown.comments if details.shown else None,
    )


def _is_abstract(text: Sequence[Paragraph]) -> bool:
    """Whether there is more than a word or two, as below links of a page that look like titles."""
    return any(len(each.text) >= SHORTEST or each.text.endswith(SENTENCE_ENDS) for each in text)


def _is_convincing(records: Sequence[Record], problems: Sequence[Problem]) -> bool:
    return (
        not problems
        and len(records) >= CONVINCING_PAPERS
        and all(
            len(each.raw_abstract) >= CONVINCING_LENGTH and "\n" not in each.raw_abstract
            for each in records
        )
    )
