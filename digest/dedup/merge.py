"""Merges the metadata of several records of one paper."""

from dataclasses import replace
from datetime import date

from digest.dedup import similarity
from digest.model import Paper, Record

SAME_TEXT = 60  # the percentage to which a longer abstract must equal the one it replaces


def improved(paper: Paper, record: Record, *, newer: bool) -> Paper:
    """Merge the record's metadata into the paper. A complete abstract replaces a cut one, a longer
    one a shorter one; a date from a source with an arXiv id one without, since pages leave out the
    year. ``newer``: the record's dump is not older than the paper's, so its comments count."""
    counts = paper.author_count, record.author_count
    comments_count = record.comments is not None and (newer or paper.comments is None)
    return replace(
        paper,
        abstract=_better_abstract(paper.abstract, record.abstract),
        authors=max(paper.authors, record.authors, key=len),
        author_count=max((n for n in counts if n is not None), default=None),
        published=_better_date(paper, record),
        comments=record.comments if comments_count else paper.comments,
        url=paper.url or record.url,
        arxiv_id=paper.arxiv_id or record.arxiv_id,
    )


def is_cut(abstract: str) -> bool:
    """Whether the source has cut off the end of the abstract."""
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
