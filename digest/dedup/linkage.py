"""Record linkage: decides which records of a dump are the same paper, known or new."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import islice, product

from digest.dedup import jumps, mending, merge
from digest.dedup.blocking_keys import paper_id
from digest.dedup.evidence import Evidence, Listing, evidence, may_share_title
from digest.model import Match, Paper, PaperId, PaperKey, Record

COMMON = 32
"""A sentence key of more papers than this is a set phrase and not used; of the papers with the same
title, this many are compared."""
LINKED = 8  # a link of more listings than this, with other titles or ids, is that of a whole list


@dataclass(slots=True, eq=False)
class _Cluster:
    """The listings that are one paper, as far as they have been compared."""

    age: int  # orders the clusters: the paper that has been known longest has the smallest number
    papers: list[Paper]  # the known papers in it; none if the paper is new
    arxiv_id: str | None
    places: list[int]  # the indices of its papers and records among the listings
    records: list[int] = field(default_factory=list)  # those of its records

    def admits(self, arxiv_id: str | None) -> bool:
        return arxiv_id is None or self.arxiv_id in (None, arxiv_id)

    def absorb(self, other: _Cluster) -> None:
        """Take in all that another cluster has."""
        self.papers += other.papers
        self.places += other.places
        self.records += other.records
        self.arxiv_id = self.arxiv_id or other.arxiv_id


def match(
    records: Sequence[Record],
    candidates: Sequence[Paper],
    *,
    listed: date | None,
    arrived: datetime,
) -> list[Match]:
    """Match the records of a dump, whose own date is ``listed``, with the known papers that share a
    key with any. A record joins all papers that it is evidence for, as long as their arXiv ids do
    not differ; otherwise the one with its arXiv id or DOI, else one with the same title and a
    matching abstract, else the one known longest. Of known papers that are joined, the one with the
    smallest key stays, unless all are revisions that a record announces as new. Matches come in the
    order of their first records."""
    known = sorted(candidates, key=lambda paper: (paper.arrived, paper.key, paper.id))
    order = sorted(range(len(records)), key=lambda place: _rank(records[place]))
    linkage = _Linkage(known, [records[place] for place in order])
    taken = {paper.id for paper in known}
    matches = {}
    for cluster in linkage.clusters():
        members = sorted(cluster.records)
        ranked = [order[member - len(known)] for member in members]
        own = [records[place] for place in ranked]
        papers = sorted(cluster.papers, key=lambda paper: paper.key)
        paper = papers[0] if papers else _new(own[0], taken, listed, arrived)
        is_new = not papers or _is_announced(papers, own)
        if papers and is_new:
            name = PaperId(f"{paper.id}#announced")
            paper = replace(paper, key=PaperKey(0), id=name, arrived=arrived, listed=listed)
        taken.add(paper.id)
        paper, upvotes_before = jumps.with_jump(_described(paper, papers, own, listed))
        matches[min(ranked)] = Match(
            paper=paper,
            records=tuple(records[place] for place in sorted(ranked)),
            is_new=is_new,
            keys=frozenset().union(*(linkage.listings[place].keys for place in cluster.places)),
            joined=tuple(one.key for one in papers[0 if is_new else 1 :]),
            upvotes_before=None if is_new else upvotes_before,
        )
    return [matches[first] for first in sorted(matches)]


def _rank(record: Record) -> tuple[object, ...]:
    """A sort key by content, so that the order in the dump does not matter. Records with ids come
    first, so that records without one are compared with them."""
    return (
        record.arxiv_id is None,
        record.arxiv_id or "",
        record.doi is None,
        record.doi or "",
        record.title,
        -len(record.abstract),
        record.abstract,
        record.published or date.min,
        *(-1 if n is None else n for n in (record.author_count, record.comments, record.upvotes)),
        *(record.url or "", record.venue or "", record.standing or ""),
        record.authors,
    )


def _is_announced(known: Sequence[Paper], records: Sequence[Record]) -> bool:
    """Whether a paper of which only revisions were listed is now listed as any new one is. It then
    arrives anew, so that digests that leave out revisions consider it."""
    revised = all(paper.standing == "revised" for paper in known)
    return revised and any(record.standing is None for record in records)


def _new(first: Record, taken: set[PaperId], listed: date | None, arrived: datetime) -> Paper:
    """A paper that only has what its first record says that no merge adds."""
    name = paper_id(first, taken)
    new = Paper(PaperKey(0), name, first.title, first.abstract, arrived, listed)
    return merge.begun(new, first)


def _described(
    paper: Paper, known: Sequence[Paper], records: Sequence[Record], listed: date | None
) -> Paper:
    """The paper with the metadata of all known papers and records that are the same."""
    newer = listed is None or paper.listed is None or listed >= paper.listed
    if paper.former:
        paper = mending.mended(paper, records)
    for other in known[1:]:
        paper = merge.united(paper, other)
    for record in records:
        paper = merge.improved(paper, record, newer=newer)
    return paper


class _Linkage:
    """The state of one call of ``match``; it compares each record with the listings before it."""

    def __init__(self, known: Sequence[Paper], records: Sequence[Record]) -> None:
        self.listings = [Listing.of(paper, paper.keys) for paper in known]
        self.listings += map(Listing.of, records)
        # The cluster of each listing that has been compared.
        self._clusters = [
            _Cluster(age, [paper], paper.arxiv_id, [age]) for age, paper in enumerate(known)
        ]
        # For each key, the first listing with each title and set of ids that has the key.
        self._by_key: defaultdict[int, dict[tuple[object, ...], int]] = defaultdict(dict)
        for place, one in enumerate(self.listings):
            kind = (one.title_key, one.arxiv_key, one.doi_key, one.link)
            for key in one.keys:
                self._by_key[key].setdefault(kind, place)

    def clusters(self) -> list[_Cluster]:
        """Put every record in a cluster; returns the clusters that have records."""
        known = len(self._clusters)
        for place in range(known, len(self.listings)):
            self._join(place)
        self._mend(known)
        return list(dict.fromkeys(cluster for cluster in self._clusters if cluster.records))

    def _join(self, place: int) -> None:
        fitting = self._fitting(place)
        arxiv_id = self.listings[place].text.arxiv_id
        own = _Cluster(place, [], arxiv_id, [place], [place])
        self._clusters.append(own)
        if not fitting:
            return
        home, *others = sorted(fitting, key=lambda cluster: (-fitting[cluster], cluster.age))
        self._unite(home, own)
        for other in others:
            weak = Evidence.TITLE in (fitting[home], fitting[other])
            if home.admits(other.arxiv_id) and not (
                weak and self._clash(home.places, other.places)
            ):
                self._unite(home, other)

    def _unite(self, home: _Cluster, other: _Cluster) -> None:
        for place in other.places:
            self._clusters[place] = home
        home.absorb(other)

    def _clash(self, some: Iterable[int], others: Iterable[int]) -> bool:
        """Whether any of these cannot have its title in common with any of the others."""
        return any(
            not may_share_title(self.listings[one], self.listings[other])
            for one, other in product(islice(some, COMMON), islice(others, COMMON))
        )

    def _fitting(self, place: int) -> dict[_Cluster, Evidence]:
        """The clusters that a listing may join, each with the strongest evidence for it."""
        listing = self.listings[place]
        fitting: dict[_Cluster, Evidence] = {}
        for partner in self._partners(place):
            cluster = self._clusters[partner]
            if cluster.admits(listing.text.arxiv_id):
                found = evidence(listing, self.listings[partner])
                if found > fitting.get(cluster, Evidence.NONE):
                    fitting[cluster] = found
        return {
            cluster: found
            for cluster, found in fitting.items()
            if found > Evidence.TITLE or not self._clash([place], cluster.places)
        }

    def _partners(self, place: int) -> set[int]:
        """Earlier listings that share a key with this one, except keys of too many papers."""
        listing = self.listings[place]
        strong = (listing.title_key, listing.arxiv_key, listing.doi_key)
        found: set[int] = set()
        for key in listing.keys | {listing.bare_key}:
            sharing = self._by_key.get(key, {})
            if len(sharing) <= (LINKED if key == listing.link_key else COMMON) or key in strong:
                found.update(islice(sharing.values(), COMMON))
        return {partner for partner in found if partner < place}

    def _mend(self, known: int) -> None:
        """Give records that no known paper fits to papers that this dump listed before, when an
        older reader misread it, and that no record fits."""
        left = [one for one in self._clusters[:known] if not one.records and one.papers[0].former]
        new = [one for one in self._clusters[known:] if not one.papers] if left else []
        for cluster in dict.fromkeys(new):
            records = [self.listings[place].text for place in cluster.records]
            for old in left:
                if old.admits(cluster.arxiv_id) and mending.misread(old.papers[0], records):
                    self._unite(old, cluster)
                    left.remove(old)
                    break
