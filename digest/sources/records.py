"""What all readers share: their result, their records, and errors of single records."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import product
from typing import Protocol

from digest.model import Problem, Record, Standing, is_pdf
from digest.sources import links
from digest.sources.code_links import own_code
from digest.sources.subjects import sorted_out
from digest.text.clean import cut, one_line, storable
from digest.text.latex import readable

EXCERPT = 60
LONGEST = {"title": 1000, "abstract": 20_000}
"""The characters of a record's texts that are kept."""
RAW = 100_000  # characters of a text that are read at all
PLAIN_NAME = re.compile(r"[A-Za-z]+(?:(?:\. |[ .'-])[A-Za-z]+)*\.?")
"""Most names: there is nothing in them that would have to be made readable."""
WITHOUT_DATE = "nothing else is lost: the paper is listed without its date"


class BadRecord(Exception):
    """A record cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class File:
    """A file as readers get it: unpacked, and decoded."""

    name: str  # by which problems call it
    data: bytes
    text: str  # with a line feed as line end
    arrived: datetime
    line: int = 1  # the number of its first line: of a part of a file, not 1


@dataclass(frozen=True, slots=True)
class Reading:
    """The result of reading a file."""

    format: str
    listed: date | None
    records: tuple[Record, ...]
    problems: tuple[Problem, ...]
    is_incomplete: bool = False
    """Whether there seem to be more papers in the file than were read."""


def bounded(found: Reading, file: str) -> Reading:
    """The reading with texts of a bounded length, cut after a word, and a problem for each cut."""
    records, problems = list(found.records), list(found.problems)
    for place, name in product(range(len(records)), LONGEST):
        one, limit = records[place], LONGEST[name]
        if len(text := getattr(one, name)) > limit:
            shorter = text[: limit - 1]
            shorter = (shorter.rsplit(maxsplit=1)[0] if " " in shorter else shorter) + "…"
            records[place] = replace(one, **{name: shorter})
            where = f"{file}:{one.line}" if one.line else file
            what = f"the {name} of {excerpt(one.title)} was cut after {limit:,} characters"
            problems.append(Problem(where, what, "nothing else is lost"))
    return replace(found, records=tuple(records), problems=tuple(problems))


class Reader(Protocol):
    """A module that reads one format."""

    def read(self, file: File) -> Reading | None:
        """Read the papers of a file; None if it is in another format.

        Raises:
            DumpError: It is in this format, but has no list of papers.
        """


def record(
    title: str,
    paragraphs: Sequence[str],
    *,
    line: int = 0,
    authors: Iterable[str] = (),
    author_count: int | None = None,
    published: date | None = None,
    comments: int | None = None,
    url: str | None = None,
    arxiv_id: str | None = None,
    doi: str | None = None,
    venue: str = "",
    upvotes: int | None = None,
    standing: Standing | None = None,
    pdf: str | None = None,
    code: str | None = None,
    categories: Iterable[str] = (),
    keywords: Iterable[str] = (),
) -> Record:
    """Make a record with readable text. Where no ``code`` is given, what the abstract says of it
    counts.

    Raises:
        BadRecord: Nothing of the title can be shown.
    """
    title, raw_abstract = title[:RAW], storable("\n\n".join(paragraphs)[:RAW])
    shown = one_line(readable(title))
    if not shown:
        raise BadRecord("a paper without a title")
    names = tuple(filter(None, map(_name, authors)))
    abstract = readable(raw_abstract)
    under, about = sorted_out(categories, keywords)
    return Record(
        title=shown,
        abstract=abstract,
        raw_title=storable(title),
        raw_abstract=raw_abstract,
        line=line,
        authors=names,
        author_count=author_count if author_count is not None else len(names) or None,
        published=published,
        comments=comments,
        url=url,
        arxiv_id=arxiv_id,
        doi=doi,
        venue=_venue(one_line(readable(venue))),
        upvotes=upvotes,
        standing=standing,
        pdf=_full_text(pdf, url, arxiv_id),
        code=code or own_code(abstract),
        categories=under,
        keywords=about,
    )


def _full_text(pdf: str | None, url: str | None, arxiv_id: str | None) -> str | None:
    """The address of the full text; None for that of an arXiv paper, which follows from its id."""
    found = pdf or (url if url and is_pdf(url) else None)
    return None if found and arxiv_id and links.arxiv_id(found) else found


def _name(author: str) -> str:
    return author if PLAIN_NAME.fullmatch(author) else one_line(readable(author))


def _venue(name: str) -> str | None:
    """A venue by its name. That a paper is on arXiv is said by its id and does not hide the journal
    that another source names."""
    return None if name.casefold().startswith("arxiv") else name or None


def excerpt(text: str) -> str:
    """The beginning of ``text`` in quotes, for the message of a problem."""
    return f"“{cut(one_line(text), EXCERPT)}”"
