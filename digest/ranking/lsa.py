"""Latent semantic analysis (Deerwester et al., JASIS 41, 1990): the truncated singular value
decomposition of the archive's tf-idf matrix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]  # it ships no types

from digest.ranking.collection import Collection, columns_of, lengths, scaled, tf_idf
from digest.ranking.vocabulary import Floats, Ints

DIMENSIONS = 100
_LEAST_PAPERS = 2  # a term of a single paper occurs with nothing else: nothing is learned of it
_PAPERS_PER_DIMENSION = 4
POINT_BITS = 26  # binary places of a coordinate; see `on_grid`


@dataclass(frozen=True)
class LatentSpace:
    """Vectors of terms; ``vectors[i]`` belongs to ``terms[i]``."""

    terms: Ints
    vectors: Floats

    @classmethod
    def learn(cls, archive: Collection, idf: Floats) -> LatentSpace:
        """Learn from the papers of an archive, given the idf of its terms."""
        common = np.flatnonzero(archive.papers_with >= _LEAST_PAPERS)
        size = min(DIMENSIONS, len(archive.papers) // _PAPERS_PER_DIMENSION, len(common) - 1)
        if size < 1:
            return cls(np.empty(0, dtype=np.int64), np.empty((0, 1)))
        weights = tf_idf(sum(archive.in_places).tocsr(), idf)[:, common]
        papers = scaled(weights, lengths(weights)).astype(np.float32)
        return cls(archive.terms[common], _right_vectors(papers, size).astype(np.float64))

    def place(self, weights: sparse.csr_array, terms: Ints) -> Floats:
        """The points of texts, given as rows of weights by term. They have length 1; less where
        little of a text is known, 0 where no term of it is."""
        hits, at = columns_of(terms, self.terms)
        length = lengths(weights)[:, None]
        placed: Floats = (weights[:, hits] @ self.vectors[at]) / np.where(length == 0, 1.0, length)
        inside = np.linalg.norm(placed, axis=1, keepdims=True)
        placed /= np.where(inside == 0, 1.0, inside)
        return placed


def _right_vectors(papers: sparse.csr_array, size: int) -> Floats:
    """The right singular vectors of the ``size`` greatest singular values, as columns."""
    # It takes long to import, and ships no types.
    from scipy.sparse.linalg import ArpackError, svds  # type: ignore[import-untyped]  # noqa: PLC0415

    start = np.ones(min(papers.shape), dtype=np.float32)  # by default it is drawn at random
    try:
        found: Floats = svds(papers, size, v0=start, return_singular_vectors="vh")[2].T
    except ArpackError:  # it cannot go on, as where papers fall into groups without a common word
        values, left = np.linalg.eigh((papers @ papers.T).toarray().astype(np.float64))
        singular = np.sqrt(np.maximum(values[-size:], np.finfo(np.float32).eps))
        found = papers.T @ left[:, -size:] / singular
    return found


def on_grid(values: Floats, places: int) -> Floats:
    """Values rounded to so many binary places. Where those of two vectors sum to 54 and their
    product stays below 1/4 (or to 52, and below 1), each partial sum fits into a double without
    rounding: the product is the same in whatever order, block or machine it is summed."""
    found: Floats = np.ldexp(np.rint(np.ldexp(values, places)), -places)
    return found
