"""Merges the metadata of several records of one paper, so that the best source of each counts in
whatever order they come. ``provenance`` of a paper packs the grades of the sources of its title,
abstract and date, from 0 to 3, two bits each."""

from dataclasses import replace
from datetime import date
from typing import Any

from digest.dedup import similarity
from digest.dedup.blocking_keys import bare
from digest.model import Paper, Record, Standing
from digest.text.clean import normal_title
from digest.text.subjects import united as united_labels

SAME_TEXT = 60  # the percentage to which another abstract must equal the one it replaces
AS_LONG = 0.8  # an abstract that is shorter than this share of another one lacks something
TITLE, ABSTRACT, DATE = 0, 2, 4  # the bits of the grades
PREPRINTS = (
    *("10.1101/", "10.48550/", "10.64898/", "10.21203/", "10.20944/", "10.31219/", "10.31234/"),
    *("10.26434/", "10.2139/", "10.36227/", "10.22541/", "10.5281/", "10.17605/", "10.31222/"),
)
"""Registrants of DOIs of preprints: the DOI of a journal is preferred."""
PREPRINT_SERVERS = ("arxiv", "biorxiv", "medrxiv", "ssrn", "research square", "preprint", "zenodo")
OTHER_PAGES = (
    "huggingface.co/",
    "alphaxiv.org/",
    "ar5iv.",
    "openalex.org/",
    "semanticscholar.org/",
)
"""Sites that list the papers of others."""


def grade(source: Record | Paper) -> int:
    """How good a source is: it knows the arXiv id (3), the DOI (2), a link (1), or none."""
    if source.arxiv_id is not None:
        return 3
    return 2 if source.doi is not None else int(source.url is not None)


def begun(paper: Paper, record: Record) -> Paper:
    """A paper that has its title and abstract from this record."""
    found = grade(record)
    return replace(paper, standing=record.standing, provenance=found << TITLE | found << ABSTRACT)


def with_title(paper: Paper, record: Record) -> Paper:
    """The paper with the title of this record."""
    provenance = _with_grade(paper.provenance, TITLE, grade(record))
    return replace(paper, title=record.title, provenance=provenance)


def with_abstract(paper: Paper, record: Record) -> Paper:
    """The paper with the abstract of this record."""
    provenance = _with_grade(paper.provenance, ABSTRACT, grade(record))
    return replace(paper, abstract=record.abstract, provenance=provenance)


def improved(paper: Paper, record: Record, *, newer: bool) -> Paper:
    """Merge the record's metadata into the paper. ``newer``: the record's dump is not older than
    the paper's, so its numbers of comments and votes count."""
    return _merged(paper, record, (grade(record),) * 3, newer=newer)


def united(paper: Paper, other: Paper) -> Paper:
    """Merge the metadata of another paper that turned out to be the same into the paper."""
    grades = _grade(other, TITLE), _grade(other, ABSTRACT), _grade(other, DATE)
    newer = (other.listed or date.min) >= (paper.listed or date.min)
    merged = _merged(paper, other, grades, newer=newer)
    known = paper.base_upvotes is not None
    return merged if known else replace(merged, base_upvotes=other.base_upvotes)


def is_cut(abstract: str) -> bool:
    """Whether the source has cut off the end of the abstract."""
    return abstract.rstrip().endswith(("…", "..."))


def _merged(
    paper: Paper, source: Record | Paper, grades: tuple[int, int, int], *, newer: bool
) -> Paper:
    title, text, day = grades
    change: dict[str, Any] = {}
    provenance = paper.provenance
    if _is_better_title(paper, source.title, title):
        change["title"] = source.title
        provenance = _with_grade(provenance, TITLE, title)
    if _is_better_abstract(paper, source.abstract, text):
        change["abstract"] = source.abstract
        provenance = _with_grade(provenance, ABSTRACT, text)
    if _is_better_date(paper, source.published, day):
        change["published"] = source.published
        provenance = _with_grade(provenance, DATE, day)
    counts = paper.author_count, source.author_count
    return replace(
        paper,
        authors=max(paper.authors, source.authors, key=_fullness),
        author_count=max((n for n in counts if n is not None), default=None),
        comments=_newest(paper.comments, source.comments, newer=newer),
        upvotes=_newest(paper.upvotes, source.upvotes, newer=newer),
        url=_best(paper.url, source.url, _url_rank),
        arxiv_id=paper.arxiv_id or source.arxiv_id,
        doi=_best(paper.doi, source.doi, _doi_rank),
        venue=_best(paper.venue, source.venue, _venue_rank),
        standing=_standing(paper.standing, source.standing),
        pdf=_best(paper.pdf, source.pdf, _pdf_rank),
        code=_best(paper.code, source.code, _code_rank),
        categories=united_labels(paper.categories, source.categories),
        keywords=united_labels(paper.keywords, source.keywords),
        provenance=provenance,
        **change,
    )


def _grade(paper: Paper, field: int) -> int:
    return paper.provenance >> field & 3


def _with_grade(provenance: int, field: int, found: int) -> int:
    return (provenance & ~(3 << field)) | found << field


def _is_better_title(paper: Paper, title: str, found: int) -> bool:
    known = paper.title
    if similarity.differ_by_counter(known, title):
        counted = [bare(each) != each for each in (known, title)]
        if counted[0] != counted[1]:
            return counted[0]
    if found != _grade(paper, TITLE):
        return found > _grade(paper, TITLE)
    # Which spelling is better nobody knows; that it does not depend on the order is enough.
    return found > 0 and title < known and normal_title(title) == normal_title(known)


def _is_better_abstract(paper: Paper, stated: str, found: int) -> bool:
    known = paper.abstract
    if not stated or stated == known:
        return bool(stated) and found > _grade(paper, ABSTRACT)
    if is_cut(stated) != is_cut(known) and known:
        better = is_cut(known)
    elif found != _grade(paper, ABSTRACT) and min(len(stated), len(known)) >= AS_LONG * max(
        len(stated), len(known)
    ):
        better = found > _grade(paper, ABSTRACT)
    else:
        better = (len(stated), known) > (len(known), stated)
    short = min(len(known), len(stated)) < similarity.ENOUGH
    return better and (short or similarity.abstracts_match(known, stated, percent=SAME_TEXT))


def _is_better_date(paper: Paper, stated: date | None, found: int) -> bool:
    """A source with ids is surer of the date, since pages leave out the year."""
    if stated is None:
        return False
    known = _grade(paper, DATE)
    return paper.published is None or (-found, stated) < (-known, paper.published)


def _newest(known: int | None, stated: int | None, *, newer: bool) -> int | None:
    return known if stated is None or (known is not None and not newer) else stated


def _standing(known: Standing | None, stated: Standing | None) -> Standing | None:
    """Withdrawn once is withdrawn; revised is only what no source lists otherwise."""
    if "withdrawn" in (known, stated):
        return "withdrawn"
    return known if stated == known else None


def _fullness(authors: tuple[str, ...]) -> tuple[Any, ...]:
    return len(authors), sum(map(len, authors)), authors


def _best(known: str | None, stated: str | None, rank: Any) -> str | None:
    if known is None or stated is None:
        return known or stated
    return min(known, stated, key=lambda each: (*rank(each), len(each), each))


def _url_rank(url: str) -> tuple[bool, ...]:
    """The page of the paper at its publisher comes first, then other sites, then files."""
    place = url.casefold()
    is_file = place.endswith((".pdf", ".json", ".xml")) or "/pdf/" in place or "://api." in place
    is_other = any(site in place for site in OTHER_PAGES)
    return is_file, is_other, "arxiv.org/abs/" not in place


def _pdf_rank(url: str) -> tuple[bool]:
    return ("arxiv.org/" not in url.casefold(),)


def _code_rank(url: str) -> tuple[bool]:
    return (not url.casefold().startswith(("https://github.com/", "https://gitlab.com/")),)


def _doi_rank(doi: str) -> tuple[bool]:
    return (doi.startswith(PREPRINTS),)


def _venue_rank(venue: str) -> tuple[bool]:
    name = venue.casefold()
    return (any(server in name for server in PREPRINT_SERVERS),)
