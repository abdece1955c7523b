"""Phrase interests as flat arrays, ready to be compared with many papers at once."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]  # it ships no types

from digest.ranking.collection import columns_of
from digest.ranking.flat import Cells, Growing
from digest.ranking.matching import Evidence, Matching, Phrases
from digest.ranking.vocabulary import Ints

Bools = NDArray[np.bool_]


class Wants:
    """Phrase interests by number. More can be added; none changes."""

    def __init__(self, matching: Matching) -> None:
        self._known_terms = matching.collection.terms
        self._first: dict[Phrases, int] = {}
        self._count = 0
        papers, topics, placed = len(matching.papers), matching.corpus.topics, matching.placed
        none, numbers = np.zeros(1, dtype=np.int64), np.zeros(0, dtype=np.int64)
        values = np.zeros(0)
        self.ends, self.terms, self.columns = Growing(none), Growing(numbers), Growing(numbers)
        self.weights, self.shares = Growing(values), Growing(values)
        self.mentions, self.keywords = Cells(2 * papers), Cells(papers)
        self.topics = Cells(topics.vectors.shape[0])
        self._related_ends, self._related_terms = Growing(none), Growing(numbers)
        self._related_weights = Growing(values)
        self.points, self.meanings = Growing(placed.points[:0]), Growing(placed.meanings[:0])
        self.directions, self.alike = Growing(placed.meanings[:0]), Growing(values)

    def number(self, evidence: Evidence) -> int:
        """The number of a phrase interest; -1 for another."""
        if evidence.phrases is None:
            return -1
        if evidence.phrases not in self._first:
            self._add(evidence.phrases)
        return self._first[evidence.phrases] + evidence.row

    def _add(self, phrases: Phrases) -> None:
        found, first = phrases.wanted, self._count
        self._first[phrases] = first
        self._count += len(found.names)
        terms = found.terms[found.own.indices]
        columns = np.full(len(terms), -1)
        hits, at = columns_of(terms, self._known_terms)
        columns[hits] = at
        self.ends.add(found.own.indptr[1:] + len(self.terms.values))
        self.terms.add(terms)
        self.columns.add(columns)
        self.weights.add(found.own.data)
        self.shares.add(found.stems.data)  # of the same terms
        self.mentions.add(phrases.mentions, first)
        self.keywords.add(phrases.keywords, first)
        self.topics.add(found.topics, first)
        self._related_ends.add(phrases.related.indptr[1:] + len(self._related_terms.values))
        self._related_terms.add(phrases.related.indices)
        self._related_weights.add(phrases.related.data)
        self.points.add(found.points)
        self.meanings.add(found.meanings)
        self.directions.add(phrases.directions)
        self.alike.add(found.alike)

    def have_related(self, rows: Ints) -> Bools:
        """Whether there are terms of topics of interests."""
        ends = self._related_ends.values
        found: Bools = ends[rows + 1] > ends[rows]
        return found

    def related(self, terms: int) -> sparse.csr_array:
        """Interests × the terms of topics: the weights of the terms of their topics."""
        cells = self._related_weights.values, self._related_terms.values, self._related_ends.values
        return sparse.csr_array(cells, shape=(self._count, terms))
