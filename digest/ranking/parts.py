"""The parts of the evidence of postings, found where they are asked for and kept."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from digest.ranking.attribution import Attribution
from digest.ranking.flat import Growing
from digest.ranking.postings import Postings
from digest.ranking.reasons import NAMELESS, Label, Part
from digest.ranking.vocabulary import Floats, Ints

_PARTS = 4_000_000  # parts kept at a time; bounds memory
_AT_A_TIME = 5_000  # entries whose parts are found together
_UNKNOWN = -1


class Parts:
    """Parts of evidence, one behind the other."""

    def __init__(self, attribution: Attribution, postings: Postings) -> None:
        self._attribution, self.postings = attribution, postings
        self._wants = attribution.wants()
        self._forget()

    def _forget(self) -> None:
        self.labels: list[Label] = []
        self._evidence = np.empty(1_000)
        self._known: dict[Label, Label] = {}  # equal labels are kept once
        self._firsts = Growing(np.empty(0, dtype=np.int32))  # the first part of each entry
        self._counts = Growing(np.empty(0, dtype=np.int32))

    @property
    def evidence(self) -> Floats:
        """The evidence of each part."""
        return self._evidence[: len(self.labels)]

    def of_entries(self, entries: Ints) -> tuple[Ints, Ints]:
        """Where the parts of each of some entries begin, and how many they are. It holds until
        this is called again."""
        if len(self.labels) > _PARTS:
            self._forget()
        if new := self.postings.entries - len(self._firsts.values):
            self._firsts.add(np.full(new, _UNKNOWN))
            self._counts.add(np.zeros(new, dtype=np.int32))
        firsts, counts = self._firsts.values, self._counts.values
        missing = np.unique(entries[firsts[entries] == _UNKNOWN])
        if len(missing):
            papers = self.postings.papers(missing)
            missing = missing[np.argsort(papers, kind="stable")]  # all of one paper together
            firsts[missing], counts[missing] = self.add(self._found(missing))
        return firsts[entries], counts[entries]

    def add(self, found: Iterable[Sequence[Part]]) -> tuple[Ints, Ints]:
        """Keep parts, and return where those of each one begin, and how many they are."""
        counts: list[int] = []
        evidence: list[float] = []
        start, known = len(self.labels), self._known
        for parts in found:
            before = len(evidence)
            for term, place, via, value in parts:
                if value > 0:
                    label = term, place, via
                    self.labels.append(known.setdefault(label, label))
                    evidence.append(value)
            if len(evidence) == before:
                self.labels.append(NAMELESS[:3])
                evidence.append(NAMELESS.evidence)
            counts.append(len(evidence) - before)
        while len(self._evidence) < len(self.labels):
            self._evidence = np.append(self._evidence, np.empty_like(self._evidence))
        self._evidence[start : len(self.labels)] = evidence
        every = np.array(counts, dtype=np.int64)
        return start + np.cumsum(every) - every, every

    def _found(self, entries: Ints) -> Iterator[Sequence[Part]]:
        """The parts of entries, which are given by paper."""
        for first in range(0, len(entries), _AT_A_TIME):
            some = entries[first : first + _AT_A_TIME]
            numbers, its = self.postings.numbers(some).tolist(), self.postings
            asked = [(its.interests[number], its.evidence[number]) for number in numbers]
            yield from self._attribution.parts(self._wants, its.papers(some), asked)
