"""Meaning learned from the archive: terms that occur in like company lie close together.

Latent semantic analysis (Deerwester et al., JASIS 41, 1990): the truncated singular value
decomposition of the archive's tf-idf matrix.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]  # it ships no types
from sklearn.utils.extmath import (  # type: ignore[import-untyped]  # it ships no types
    randomized_svd,
)

from digest.ranking.corpus import Corpus, columns_of, lengths, scaled
from digest.ranking.words import Floats, Ints

DIMENSIONS = 100
_LEAST_PAPERS = 2
"""A term of a single paper has no company to be known by."""
_PAPERS_PER_DIMENSION = 4


@dataclass(frozen=True)
class Space:
    """Directions of terms; ``vectors[i]`` belongs to ``terms[i]``."""

    terms: Ints
    vectors: Floats
    papers: int
    """How many papers it was learned from."""

    @classmethod
    def learn(cls, corpus: Corpus, idf: Floats) -> Space:
        """Learn from papers, given the idf of the corpus's terms."""
        counts = (corpus.in_title + corpus.in_abstract).tocsr()
        common = np.bincount(counts.indices, minlength=len(corpus.terms)) >= _LEAST_PAPERS
        weights = corpus.weights(counts, idf)[:, np.flatnonzero(common)]
        size = min(DIMENSIONS, len(corpus.papers) // _PAPERS_PER_DIMENSION, weights.shape[1] - 1)
        if size < 1:
            return NOWHERE
        vectors = randomized_svd(
            scaled(weights, lengths(weights)), n_components=size, n_iter=4, random_state=0
        )[2]
        return cls(corpus.terms[common], np.ascontiguousarray(vectors.T), len(corpus.papers))

    def place(self, weights: sparse.csr_array, terms: Ints) -> Floats:
        """Unit vectors of texts (rows of weights by term), 0 for a text without a known term."""
        hits, at = columns_of(terms, self.terms)
        placed: Floats = weights[:, hits] @ self.vectors[at]
        length = np.linalg.norm(placed, axis=1, keepdims=True)
        return placed / np.where(length < 1e-9, 1.0, length)


NOWHERE = Space(np.empty(0, dtype=np.int64), np.empty((0, 1)), 0)
"""What an archive without papers teaches."""
