"""The evidence of interests in papers as postings: an entry for each interest and paper in which
there is some. Entries are numbered in the order of interests, and of the papers of each."""

from collections.abc import Iterable
from functools import cached_property

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]  # it ships no types

from digest.model import Interest
from digest.ranking.matching import Evidence
from digest.ranking.vocabulary import Floats, Ints


class Postings:
    """Interests by number, with their entries. More can be added; none changes."""

    def __init__(self, papers: int) -> None:
        self._width = papers
        self.number: dict[Interest, int] = {}
        self.interests: list[Interest] = []
        self.evidence: list[Evidence] = []
        self.entries = 0

    def add(self, found: Iterable[tuple[Interest, Evidence]]) -> None:
        """Number interests that are not among these yet."""
        for interest, evidence in found:
            self.number[interest] = len(self.interests)
            self.interests.append(interest)
            self.evidence.append(evidence)
            self.entries += len(evidence.papers)
        for name in ("matrix", "_keys"):
            self.__dict__.pop(name, None)

    @cached_property
    def matrix(self) -> sparse.csr_array:
        """Interests × papers: the evidence, in steps."""
        ends = np.cumsum([0, *(len(each.papers) for each in self.evidence)], dtype=np.int64)
        papers = np.concatenate([_NO_PAPERS, *(each.papers for each in self.evidence)])
        steps = np.concatenate([_NO_STEPS, *(each.steps for each in self.evidence)])
        shape = len(self.interests), self._width
        return sparse.csr_array((steps, papers.astype(np.int32), ends.astype(np.int32)), shape)

    @cached_property
    def _keys(self) -> Ints:
        """The interest and the paper of each entry, as one number."""
        rows = np.repeat(np.arange(len(self.interests)), np.diff(self.matrix.indptr))
        keys: Ints = rows * self._width + self.matrix.indices
        return keys

    def summed(self, numbers: Ints, weights: Floats, ends: Ints) -> Floats:
        """Lists of interests × papers: the weighted sum of the evidence of each list."""
        cells = weights, numbers.astype(np.int32), ends.astype(np.int32)
        lists = sparse.csr_array(cells, shape=(len(ends) - 1, len(self.interests)))
        found: Floats = (lists @ self.matrix).toarray()
        return found

    def find(self, numbers: Ints, papers: Ints) -> tuple[Ints, Ints]:
        """Which of some pairs of interest and paper have an entry, and its number."""
        wanted = numbers * self._width + papers
        keys = self._keys
        if not len(keys):
            return _NO_PAPERS, _NO_PAPERS
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        hits = np.flatnonzero(keys[at] == wanted)
        return hits, at[hits]

    def steps(self, entries: Ints) -> Floats:
        """The evidence of entries, in steps."""
        found: Floats = self.matrix.data[entries]
        return found

    def numbers(self, entries: Ints) -> Ints:
        """The interests of entries."""
        return self._keys[entries] // self._width

    def papers(self, entries: Ints) -> Ints:
        """The papers of entries."""
        return self._keys[entries] % self._width


_NO_PAPERS = np.empty(0, dtype=np.int64)
_NO_STEPS = np.empty(0, dtype=np.float64)
