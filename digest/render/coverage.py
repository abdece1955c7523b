"""How the pages that a digest was drawn from read to people: a quiet week, or a broken one."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from itertools import groupby

from digest.model import Coverage, Fault, Missing, Period
from digest.render.wording import day, listed, plural

_DAYS = 5  # so many missing days are named; of more, the first four and the number of the others
_VERBS: dict[Fault, tuple[str, str]] = {
    "missing": ("is missing", "are missing"),
    "partial": ("came only in part", "came only in part"),
    "unreadable": ("could not be read", "could not be read"),
}
_LABELS = {
    "arxiv": "arXiv",
    "biorxiv": "bioRxiv",
    "crossref": "Crossref",
    "daily-papers": "Daily Papers",
    "openalex": "OpenAlex",
    "pubmed": "PubMed",
    "semantic-scholar": "Semantic Scholar",
}
"""Names of sources that have the name of their kind, as people write them."""


def coverage(seen: Coverage, period: Period) -> str:
    """What a digest was drawn from, and which pages are missing: ``Read from 9 of 10 expected
    pages, 612 papers; Tuesday's arXiv page is missing and will be in your next digest if it
    comes.``"""
    return f"Read from {summary(seen, period)}{_hope(seen.missing) if seen.missing else ''}."


def summary(seen: Coverage, period: Period) -> str:
    """``9 of 10 expected pages, 612 papers; Tuesday's arXiv page is missing``."""
    return _summary(seen.pages, seen.papers, seen.missing, seen.expected, period.kind)


@lru_cache(maxsize=256)  # many readers' digests were drawn from the same
def _summary(read: int, papers: int, missing: tuple[Missing, ...], expected: int, kind: str) -> str:
    pages = plural(read, "page")
    if expected:
        pages = f"{expected - len(missing)} of {plural(expected, 'expected page')}"
    text = f"{pages}, {plural(papers, 'paper')}"
    faults = [_fault(fault, missing, kind) for fault in _VERBS]
    said = listed(filter(None, faults))
    return f"{text}; {said}" if said else text


def _hope(missing: Sequence[Missing]) -> str:
    if any(page.fault != "missing" for page in missing):
        return "; the rest will be in your next digest if it comes"
    if len(missing) > 1:
        return " and will be in your next digest if they come"
    return " and will be in your next digest if it comes" if missing else ""


def _fault(fault: Fault, missing: Sequence[Missing], kind: str) -> str:
    """Which pages have one fault; empty where none has."""
    pages = sorted((page.source, page.day) for page in missing if page.fault == fault)
    groups = groupby(pages, key=lambda page: page[0])
    said = [_pages(source, [when for _, when in group], kind) for source, group in groups]
    return f"{listed(said)} {_VERBS[fault][len(pages) > 1]}" if said else ""


def _pages(source: str, days: Sequence[date], kind: str) -> str:
    """``Tuesday's arXiv page``, ``Tuesday's``, ``the arXiv pages of 17 Nov and 18 Nov``."""
    label = f"{_LABELS.get(source, source)} " if source else ""
    noun = f"{label}page" if len(days) == 1 else f"{label}pages"
    if kind == "month":
        said = [day(when, year=False) for when in days]
        if len(said) > _DAYS:
            said = [*said[: _DAYS - 1], f"{len(said) - _DAYS + 1} more days"]
        return f"the {noun} of {listed(said)}"
    said = [f"{when:%A}'s" for when in days]
    return listed(said) + (f" {noun}" if source else "")
