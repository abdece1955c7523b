"""Record linkage: decides which records of a dump are the same paper, known or new."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum
from itertools import islice

from digest.dedup import merge
from digest.dedup.blocking_keys import arxiv_key, keys, paper_id, title_key
from digest.dedup.similarity import TitleSimilarity, abstracts_match, compare_titles
from digest.model import Match, Paper, PaperKey, Record

COMMON = 32
"""A sentence key of more papers than this is a set phrase and not used; of the papers with the same
title, this many are compared."""
AGREEMENT = {TitleSimilarity.NEAR: 70, TitleSimilarity.SAME_HEAD: 80}
"""The percentage to which the abstracts must be equal, by the similarity of the titles. Abstracts
of different papers are usually equal to 45 %, and hardly ever to 60 %."""


class _Evidence(IntEnum):
    """The evidence that two listings are the same paper; the strongest evidence decides."""

    NONE = 0
    ALIKE = 1  # the titles are equal, or they are similar and the abstracts match
    EQUAL = 2  # the titles are equal and the abstracts match
    ARXIV_ID = 3


@dataclass(frozen=True, slots=True)
class _Listing:
    """A known paper or a record, with its blocking keys."""

    text: Record | Paper
    keys: frozenset[int]
    title_key: int
    arxiv_key: int | None

    @classmethod
    def of(cls, text: Record | Paper, known: frozenset[int] = frozenset()) -> _Listing:
        arxiv = None if text.arxiv_id is None else arxiv_key(text.arxiv_id)
        return cls(text, known or keys(text), title_key(text.title), arxiv)


@dataclass(slots=True, eq=False)
class _Cluster:
    """The listings that are one paper, as far as they have been compared."""

    age: int  # orders the clusters: the paper that has been known longest has the smallest number
    paper: Paper | None  # the known paper; None if the paper is new
    arxiv_id: str | None
    members: list[int] = field(default_factory=list)  # its records' indices among the listings

    def admits(self, arxiv_id: str | None) -> bool:
        return arxiv_id is None or self.arxiv_id in (None, arxiv_id)


def match(
    records: Sequence[Record],
    candidates: Sequence[Paper],
    *,
    listed: date | None,
    arrived: datetime,
) -> list[Match]:
    """Match the records of a dump, whose own date is ``listed``, with the known papers that share a
    key with any. A record that matches several papers joins the one with its arXiv id, else one
    with the same title and a matching abstract, else the one known longest. Two papers of the
    ledger are never joined. Matches come in the order of their first records."""
    known = sorted(candidates, key=lambda paper: (paper.arrived, paper.key, paper.id))
    order = sorted(range(len(records)), key=lambda place: _rank(records[place]))
    linkage = _Linkage(known, [records[place] for place in order])
    matches = {}
    for cluster in linkage.clusters():
        members = sorted(cluster.members)
        ranked = [order[member - len(known)] for member in members]
        paper = _described(cluster.paper, [records[place] for place in ranked], listed, arrived)
        matches[min(ranked)] = Match(
            paper=paper,
            records=tuple(records[place] for place in sorted(ranked)),
            is_new=cluster.paper is None,
            keys=frozenset().union(*(linkage.listings[member].keys for member in members)),
        )
    return [matches[first] for first in sorted(matches)]


def _rank(record: Record) -> tuple[object, ...]:
    """A sort key by content, so that the order in the dump does not matter. Records with an arXiv
    id come first, so that records without one are compared with them."""
    return (
        record.arxiv_id is None,
        record.arxiv_id or "",
        record.title,
        -len(record.abstract),
        record.abstract,
        record.published or date.min,
        -1 if record.author_count is None else record.author_count,
        -1 if record.comments is None else record.comments,
        record.url or "",
        record.authors,
    )


def _described(
    known: Paper | None, records: Sequence[Record], listed: date | None, arrived: datetime
) -> Paper:
    first = records[0]
    new = Paper(PaperKey(0), paper_id(first), first.title, first.abstract, arrived, listed)
    paper = known or new
    newer = listed is None or paper.listed is None or listed >= paper.listed
    for record in records:
        paper = merge.improved(paper, record, newer=newer)
    return paper


class _Linkage:
    """The state of one call of ``match``; it compares each record with the listings before it."""

    def __init__(self, known: Sequence[Paper], records: Sequence[Record]) -> None:
        self.listings = [_Listing.of(paper, paper.keys) for paper in known]
        self.listings += map(_Listing.of, records)
        # The cluster of each listing that has been compared.
        self._clusters = [_Cluster(age, paper, paper.arxiv_id) for age, paper in enumerate(known)]
        # For each key, the first listing with each pair of title and arXiv id that has the key.
        self._by_key: defaultdict[int, dict[tuple[int, str | None], int]] = defaultdict(dict)
        for place, listing in enumerate(self.listings):
            for key in listing.keys:
                self._by_key[key].setdefault((listing.title_key, listing.text.arxiv_id), place)

    def clusters(self) -> list[_Cluster]:
        """Put every record in a cluster; returns the clusters that have records."""
        for place in range(len(self._clusters), len(self.listings)):
            self._join(place)
        return list(dict.fromkeys(cluster for cluster in self._clusters if cluster.members))

    def _join(self, place: int) -> None:
        fitting = self._fitting(place)
        arxiv_id = self.listings[place].text.arxiv_id
        if not fitting:
            self._clusters.append(_Cluster(place, None, arxiv_id, [place]))
            return
        by_fit = sorted(fitting, key=lambda cluster: (-fitting[cluster], cluster.age))
        home = by_fit[0]
        home.members.append(place)
        home.arxiv_id = home.arxiv_id or arxiv_id
        self._clusters.append(home)
        for other in by_fit[1:]:
            if other.paper is None and home.admits(other.arxiv_id):
                home.members += other.members
                home.arxiv_id = home.arxiv_id or other.arxiv_id
                for member in other.members:
                    self._clusters[member] = home

    def _fitting(self, place: int) -> dict[_Cluster, _Evidence]:
        """The clusters that a listing may join, each with the strongest evidence for it."""
        listing = self.listings[place]
        fitting: dict[_Cluster, _Evidence] = {}
        for partner in self._partners(place):
            cluster = self._clusters[partner]
            if cluster.admits(listing.text.arxiv_id):
                evidence = _evidence(listing, self.listings[partner])
                if evidence > fitting.get(cluster, _Evidence.NONE):
                    fitting[cluster] = evidence
        return fitting

    def _partners(self, place: int) -> set[int]:
        """Earlier listings that share a key with this one, except keys of too many papers."""
        listing = self.listings[place]
        found: set[int] = set()
        for key in listing.keys:
            sharing = self._by_key[key]
            if len(sharing) <= COMMON or key in (listing.title_key, listing.arxiv_key):
                found.update(islice(sharing.values(), COMMON))
        return {partner for partner in found if partner < place}


def _evidence(listing: _Listing, partner: _Listing) -> _Evidence:
    """The evidence that two listings, whose arXiv ids do not differ, are the same paper."""
    one, other = listing.text, partner.text
    if one.arxiv_id is not None and one.arxiv_id == other.arxiv_id:
        return _Evidence.ARXIV_ID
    if listing.title_key in partner.keys:
        return _Evidence.EQUAL if _agree(one, other, TitleSimilarity.NEAR) else _Evidence.ALIKE
    alike = compare_titles(one.title, other.title)
    if alike is TitleSimilarity.DIFFERENT or not _agree(one, other, alike):
        return _Evidence.NONE
    return _Evidence.ALIKE


def _agree(one: Record | Paper, other: Record | Paper, alike: TitleSimilarity) -> bool:
    return abstracts_match(one.abstract, other.abstract, percent=AGREEMENT[alike])
