"""Records and known papers as the tests of identity need them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from digest.dedup import keys, match
from digest.model import Match, Paper, PaperKey, Record

MONDAY = datetime(2026, 11, 9, 8, tzinfo=UTC)
TUESDAY = datetime(2026, 11, 10, 8, tzinfo=UTC)

ABSTRACT = (
    "Adapting a large language model to every new task by updating all of its weights is costly. "
    "We keep the weights as they are and learn a pair of narrow matrices for each layer instead. "
    "Their product is added to the frozen weights, so nothing is slower once training is over. "
    "On a range of language tasks the method matches full training with 0.1% of the parameters. "
    "We also study how the rank of the update relates to the difficulty of the task at hand."
)
OTHER_ABSTRACT = (
    "A robot that walks on rough ground has to guess what its cameras cannot see below the grass. "
    "We let it feel its way with its own legs and learn from the difference between both senses. "
    "A policy trained in simulation for eight hours crosses forests, snow and loose gravel. "
    "It recovers from slips that had ended every earlier attempt on the same steep hiking trail."
)


def record(title: str, abstract: str = ABSTRACT, **facts: object) -> Record:
    return replace(Record(title, abstract, title, abstract), **facts)  # type: ignore[arg-type]  # facts are fields of Record


def sort(
    records: Sequence[Record],
    known: Sequence[Paper] = (),
    *,
    listed: date | None = date(2026, 11, 10),
    arrived: datetime = TUESDAY,
) -> list[Match]:
    return match(records, known, listed=listed, arrived=arrived)


def known(
    *records: Record, key: int = 1, arrived: datetime = MONDAY, listed: date = date(2026, 11, 9)
) -> Paper:
    """The paper that the ledger holds once these records have come, a dump each."""
    paper: Paper | None = None
    marks: frozenset[int] = frozenset()
    for one in records:
        (found,) = match([one], [paper] if paper else [], listed=listed, arrived=arrived)
        marks |= found.keys
        paper = replace(found.paper, key=PaperKey(key), keys=marks)
    assert paper is not None
    return paper


def as_candidates(papers: Sequence[Paper], records: Sequence[Record]) -> list[Paper]:
    """What the ledger hands over for these records: the papers that share a key with any."""
    wanted = frozenset().union(*map(keys, records))
    return [replace(paper, keys=paper.keys & wanted) for paper in papers if paper.keys & wanted]
