"""The parts of the evidence of postings, found where they are asked for and kept."""

import numpy as np

from digest.ranking.attribution import Attribution
from digest.ranking.flat import Growing, Values, by_pair
from digest.ranking.labels import Label, Labels
from digest.ranking.postings import Postings
from digest.ranking.vocabulary import Floats, Ints

_PARTS = 4_000_000  # parts kept at a time; bounds memory
_NAMELESS: Label = ("", "abstract", "related")  # evidence that no single word of the paper shows
_AT_A_TIME = 5_000  # entries whose parts are found together
_UNKNOWN = -1


class Parts:
    """Parts of evidence, one behind the other."""

    def __init__(self, attribution: Attribution, postings: Postings) -> None:
        self._attribution, self.postings = attribution, postings
        self._wants = attribution.wants()
        self._forget()

    def _forget(self) -> None:
        self.labels = Labels()
        self._label, self._value = Growing(np.empty(0, dtype=np.int32)), Growing(np.empty(0))
        self._firsts = Growing(np.empty(0, dtype=np.int32))  # the first part of each entry
        self._counts = Growing(np.empty(0, dtype=np.int32))

    @property
    def label(self) -> Ints:
        """The number of the label of each part."""
        return self._label.values

    @property
    def evidence(self) -> Floats:
        """The evidence of each part."""
        return self._value.values

    def of_entries(self, entries: Ints) -> tuple[Ints, Ints]:
        """Where the parts of each of some entries begin, and how many they are. It holds until
        this is called again."""
        if len(self.evidence) > _PARTS:
            self._forget()
        if new := self.postings.entries - len(self._firsts.values):
            self._firsts.add(np.full(new, _UNKNOWN))
            self._counts.add(np.zeros(new, dtype=np.int32))
        firsts, counts = self._firsts.values, self._counts.values
        missing = np.unique(entries[firsts[entries] == _UNKNOWN])
        if len(missing):
            papers = self.postings.papers(missing)
            missing = missing[np.argsort(papers, kind="stable")]  # all of one paper together
            for first in range(0, len(missing), _AT_A_TIME):
                some = missing[first : first + _AT_A_TIME]
                firsts[some], counts[some] = self.add(self._found(some), len(some))
        return firsts[entries], counts[entries]

    def add(self, found: Values, pairs: int) -> tuple[Ints, Ints]:
        """Keep the parts of so many pairs, and return where those of each one begin, and how many
        they are."""
        found = found.take(np.flatnonzero(found.value > 0))
        counts = np.bincount(found.pair, minlength=pairs)
        if len(none := np.flatnonzero(counts == 0)):
            number = self.labels.number(_NAMELESS)
            found = by_pair(found, Values(none, np.full_like(none, number), np.ones(len(none))))
            counts[none] = 1
        start = len(self.evidence)
        self._label.add(found.term)
        self._value.add(found.value)
        return start + np.cumsum(counts) - counts, counts

    def _found(self, entries: Ints) -> Values:
        """The parts of entries, which are given by paper."""
        its = self.postings
        numbers = its.numbers(entries).tolist()
        asked = [(its.interests[number], its.evidence[number]) for number in numbers]
        return self._attribution.parts(self._wants, self.labels, its.papers(entries), asked)
