"""The best of the metadata that several records state of one paper."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from digest.dedup import similarity
from digest.dedup.blocking_keys import paper_id
from digest.model import Paper, PaperKey, Record

SAME_TEXT = 60
"""Per cent from which on a longer abstract is a fuller one and not that of something else."""


def first_paper(record: Record, *, listed: date | None, arrived: datetime) -> Paper:
    """A paper as the first record that names it describes it; its key is 0."""
    return Paper(
        key=PaperKey(0),
        id=paper_id(record),
        title=record.title,
        abstract=record.abstract,
        arrived=arrived,
        listed=listed,
        authors=record.authors,
        author_count=record.author_count,
        published=record.published,
        comments=record.comments,
        url=record.url,
        arxiv_id=record.arxiv_id,
    )


def improved(paper: Paper, record: Record, *, newer: bool) -> Paper:
    """The paper with what the record knows better.

    Title, id and arrival stay those of the first sighting. Of two abstracts the whole one wins
    over a cut one, then the longer; of two lists of authors the longer; of two dates that of a
    source which names the arXiv id, as pages leave out the year. The number of comments is
    that of the newest dump: ``newer`` says that the record's dump is no older than the paper's.
    """
    return replace(
        paper,
        abstract=_better_abstract(paper.abstract, record.abstract),
        authors=max(paper.authors, record.authors, key=len),
        author_count=_largest(paper.author_count, record.author_count),
        published=_better_date(paper, record),
        comments=_newest(paper.comments, record.comments, newer=newer),
        url=paper.url or record.url,
        arxiv_id=paper.arxiv_id or record.arxiv_id,
    )


def is_cut(abstract: str) -> bool:
    """Whether a source has left out the abstract's end."""
    return abstract.rstrip().endswith(("…", "..."))


def _better_abstract(known: str, stated: str) -> str:
    if not stated or (is_cut(stated), -len(stated)) >= (is_cut(known), -len(known)):
        return known
    short = min(len(known), len(stated)) < similarity.ENOUGH
    same = short or similarity.abstracts_match(known, stated, percent=SAME_TEXT)
    return stated if same else known


def _better_date(paper: Paper, record: Record) -> date | None:
    if paper.published is None or record.published is None:
        return paper.published or record.published
    surer = paper.arxiv_id is None and record.arxiv_id is not None
    return record.published if surer else paper.published


def _newest(known: int | None, stated: int | None, *, newer: bool) -> int | None:
    if stated is None or (known is not None and not newer):
        return known
    return stated


def _largest(*counts: int | None) -> int | None:
    return max((count for count in counts if count is not None), default=None)
