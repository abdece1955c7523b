"""The evidence of interests in papers as postings: an entry for each interest and paper in which
there is some. Entries are numbered in the order of interests, and of the papers of each."""

from collections.abc import Iterable
from functools import cached_property

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]  # it ships no types

from digest.model import Interest
from digest.ranking.flat import Growing
from digest.ranking.matching import Evidence
from digest.ranking.vocabulary import Floats, Ints


class Postings:
    """Interests by number, with their entries. More can be added; none changes."""

    def __init__(self, papers: int) -> None:
        self._width = papers
        self.number: dict[Interest, int] = {}
        self.interests: list[Interest] = []
        self.evidence: list[Evidence] = []
        self._ends = Growing(np.zeros(1, dtype=np.int32))
        self._papers = Growing(np.empty(0, dtype=np.int32))
        self._steps = Growing(np.empty(0))
        self._keys = Growing(np.empty(0, dtype=np.int64))  # the interest and the paper of each

    @property
    def entries(self) -> int:
        """How many there are."""
        return len(self._keys.values)

    def add(self, found: Iterable[tuple[Interest, Evidence]]) -> None:
        """Number interests that are not among these yet."""
        first, entries = len(self.interests), self.entries
        for interest, evidence in found:
            self.number[interest] = len(self.interests)
            self.interests.append(interest)
            self.evidence.append(evidence)
        new = self.evidence[first:]
        if not new:
            return
        papers = np.concatenate([evidence.papers for evidence in new])
        counts = [len(evidence.papers) for evidence in new]
        self._papers.add(papers)
        self._steps.add(np.concatenate([evidence.steps for evidence in new]))
        self._keys.add(
            np.repeat(np.arange(first, len(self.evidence)), counts) * self._width + papers
        )
        self._ends.add(entries + np.cumsum(counts))
        self.__dict__.pop("matrix", None)

    @cached_property
    def matrix(self) -> sparse.csr_array:
        """Interests × papers: the evidence, in steps."""
        cells = self._steps.values, self._papers.values, self._ends.values
        return sparse.csr_array(cells, shape=(len(self.interests), self._width))

    def summed(self, numbers: Ints, weights: Floats, ends: Ints) -> Floats:
        """Lists of interests × papers: the weighted sum of the evidence of each list."""
        cells = weights, numbers.astype(np.int32), ends.astype(np.int32)
        lists = sparse.csr_array(cells, shape=(len(ends) - 1, len(self.interests)))
        found: Floats = (lists @ self.matrix).toarray()
        return found

    def find(self, numbers: Ints, papers: Ints) -> tuple[Ints, Ints]:
        """Which of some pairs of interest and paper have an entry, and its number."""
        wanted = numbers * self._width + papers
        keys = self._keys.values
        if not len(keys):
            return _NONE, _NONE
        order = np.argsort(wanted)  # what is searched in order is found in near-by memory
        at = np.empty(len(wanted), dtype=np.int64)
        at[order] = np.minimum(np.searchsorted(keys, wanted[order]), len(keys) - 1)
        hits = np.flatnonzero(keys[at] == wanted)
        return hits, at[hits]

    def steps(self, entries: Ints) -> Floats:
        """The evidence of entries, in steps."""
        found: Floats = self._steps.values[entries]
        return found

    def numbers(self, entries: Ints) -> Ints:
        """The interests of entries."""
        found: Ints = self._keys.values[entries] // self._width
        return found

    def papers(self, entries: Ints) -> Ints:
        """The papers of entries."""
        found: Ints = self._keys.values[entries] % self._width
        return found


_NONE = np.empty(0, dtype=np.int64)
