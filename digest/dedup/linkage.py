"""Sorts the records of one dump into papers, known and new."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum
from itertools import islice

from digest.dedup import merge, similarity
from digest.dedup.blocking_keys import arxiv_key, keys, title_key
from digest.dedup.similarity import Likeness
from digest.model import Match, Paper, Record

COMMON = 32
"""A sentence of more papers than this is a formula of the trade and no evidence; of papers with
one title, so many are looked at."""
AGREEMENT = {Likeness.NEAR: 70, Likeness.SAME_HEAD: 80}
"""Per cent to which abstracts must agree for titles this much alike to be those of one paper;
abstracts of different papers agree to 45 as a rule, and hardly ever to 60."""


class _Evidence(IntEnum):
    """Why a record may be taken for a listing of a paper; the strongest decides."""

    NONE = 0
    ALIKE = 1
    """The titles are equal, or nearly so with abstracts that match."""
    EQUAL = 2
    """The titles are equal and the abstracts match."""
    ARXIV_ID = 3


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A known paper or a record, with what it is found by."""

    text: Record | Paper
    keys: frozenset[int]
    title_key: int
    arxiv_key: int | None

    @classmethod
    def of(cls, text: Record | Paper, known: frozenset[int] = frozenset()) -> _Sheet:
        arxiv = None if text.arxiv_id is None else arxiv_key(text.arxiv_id)
        return cls(text, known or keys(text), title_key(text.title), arxiv)


@dataclass(slots=True, eq=False)
class _Group:
    """One paper in the making."""

    age: int
    """The less, the longer the paper has been known."""
    paper: Paper | None
    """None: new."""
    arxiv_id: str | None
    members: list[int] = field(default_factory=list)
    """Its records, as indices of sheets."""

    def admits(self, arxiv_id: str | None) -> bool:
        return arxiv_id is None or self.arxiv_id in (None, arxiv_id)


def match(
    records: Sequence[Record],
    candidates: Sequence[Paper],
    *,
    listed: date | None,
    arrived: datetime,
) -> list[Match]:
    """Sort the records of a dump into papers, in the order of each paper's first record.

    ``candidates`` are the known papers that share a key with any record; ``listed`` is the
    dump's own date. A record that fits several papers joins the one with its arXiv id, else one
    whose title and abstract agree with it, else the one known longest. Papers that the ledger
    knows as two stay two. Which records go together, and what becomes of their metadata, does
    not depend on the order of either argument.
    """
    known = sorted(candidates, key=lambda paper: (paper.arrived, paper.key, paper.id))
    order = sorted(range(len(records)), key=lambda place: _rank(records[place]))
    sorting = _Sorting(known, [records[place] for place in order])
    matches = {}
    for group in sorting.groups():
        members = sorted(group.members)
        ranked = [order[member - len(known)] for member in members]
        paper = _described(group.paper, [records[place] for place in ranked], listed, arrived)
        matches[min(ranked)] = Match(
            paper=paper,
            records=tuple(records[place] for place in sorted(ranked)),
            is_new=group.paper is None,
            keys=frozenset().union(*(sorting.sheets[member].keys for member in members)),
        )
    return [matches[first] for first in sorted(matches)]


def _rank(record: Record) -> tuple[object, ...]:
    """Sorts records by what they say, so that their places in the dump do not matter; those
    with an arXiv id come first, so that those without one find them."""
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
    paper = known or merge.first_paper(records[0], listed=listed, arrived=arrived)
    newer = listed is None or paper.listed is None or listed >= paper.listed
    for record in records:
        paper = merge.improved(paper, record, newer=newer)
    return paper


class _Sorting:
    """One call of ``match``: each record is compared with the sheets before it."""

    def __init__(self, known: Sequence[Paper], records: Sequence[Record]) -> None:
        self.sheets = [_Sheet.of(paper, paper.keys) for paper in known]
        self.sheets += map(_Sheet.of, records)
        self._groups = [_Group(age, paper, paper.arxiv_id) for age, paper in enumerate(known)]
        """The group of each sheet so far."""
        self._by_key: defaultdict[int, dict[tuple[int, str | None], int]] = defaultdict(dict)
        """For each key, the first sheet of each (title, arXiv id) that has it."""
        for place, sheet in enumerate(self.sheets):
            for key in sheet.keys:
                self._by_key[key].setdefault((sheet.title_key, sheet.text.arxiv_id), place)

    def groups(self) -> list[_Group]:
        """The groups that have records once every record is in one."""
        for place in range(len(self._groups), len(self.sheets)):
            self._join(place)
        return list(dict.fromkeys(group for group in self._groups if group.members))

    def _join(self, place: int) -> None:
        fitting = self._fitting(place)
        arxiv_id = self.sheets[place].text.arxiv_id
        if not fitting:
            self._groups.append(_Group(place, None, arxiv_id, [place]))
            return
        by_fit = sorted(fitting, key=lambda group: (-fitting[group], group.age))
        home = by_fit[0]
        home.members.append(place)
        home.arxiv_id = home.arxiv_id or arxiv_id
        self._groups.append(home)
        for other in by_fit[1:]:
            if other.paper is None and home.admits(other.arxiv_id):
                self._absorb(home, other)

    def _absorb(self, home: _Group, other: _Group) -> None:
        home.members += other.members
        home.arxiv_id = home.arxiv_id or other.arxiv_id
        for member in other.members:
            self._groups[member] = home

    def _fitting(self, place: int) -> dict[_Group, _Evidence]:
        """The groups that the sheet may join."""
        sheet = self.sheets[place]
        fitting: dict[_Group, _Evidence] = {}
        for partner in self._partners(place):
            group = self._groups[partner]
            if group.admits(sheet.text.arxiv_id):
                evidence = _evidence(sheet, self.sheets[partner])
                if evidence > fitting.get(group, _Evidence.NONE):
                    fitting[group] = evidence
        return fitting

    def _partners(self, place: int) -> set[int]:
        """Earlier sheets that share a telling key with this one."""
        sheet = self.sheets[place]
        found: set[int] = set()
        for key in sheet.keys:
            sharing = self._by_key[key]
            if len(sharing) <= COMMON or key in (sheet.title_key, sheet.arxiv_key):
                found.update(islice(sharing.values(), COMMON))
        return {partner for partner in found if partner < place}


def _evidence(sheet: _Sheet, partner: _Sheet) -> _Evidence:
    """What speaks for both being listings of one paper; their arXiv ids do not speak against."""
    one, other = sheet.text, partner.text
    if one.arxiv_id is not None and one.arxiv_id == other.arxiv_id:
        return _Evidence.ARXIV_ID
    if sheet.title_key in partner.keys:
        return _Evidence.EQUAL if _agree(one, other, Likeness.NEAR) else _Evidence.ALIKE
    alike = similarity.titles(one.title, other.title)
    if alike is Likeness.DIFFERENT or not _agree(one, other, alike):
        return _Evidence.NONE
    return _Evidence.ALIKE


def _agree(one: Record | Paper, other: Record | Paper, alike: Likeness) -> bool:
    return similarity.abstracts_match(one.abstract, other.abstract, percent=AGREEMENT[alike])
