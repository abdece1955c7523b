"""Latent semantic analysis (Deerwester et al., JASIS 41, 1990): the truncated singular value
decomposition of the archive's tf-idf matrix, by subspace iteration (Halko, Martinsson and Tropp,
SIAM Review 53, 2011), which starts from the papers' ids: one more paper hardly moves the others."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]  # it ships no types

from digest.ranking.collection import Collection, columns_of, lengths, scaled, tf_idf
from digest.ranking.vocabulary import Floats, Ints

DIMENSIONS = 100
_SPARE = 12  # directions computed beyond those, since the last ones converge badly
_ROUNDS = 4
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
        by_term = papers.T.tocsr()
        followed = _start([paper.id for paper in archive.papers])[:, : size + _SPARE]
        for _ in range(_ROUNDS):
            followed = np.linalg.qr(papers @ (by_term @ followed))[0]
        found = (by_term @ followed).astype(np.float64)
        squares, turn = np.linalg.eigh(found.T @ found)
        kept = slice(-1, -size - 1, -1)
        strength = np.maximum(squares[kept], 1e-12)
        vectors = (found @ turn[:, kept]) / np.sqrt(strength)
        return cls(archive.terms[common], vectors)

    def place(self, weights: sparse.csr_array, terms: Ints) -> Floats:
        """The points of texts, given as rows of weights by term. They have length 1; less where
        little of a text is known, 0 where no term of it is."""
        hits, at = columns_of(terms, self.terms)
        length = lengths(weights)[:, None]
        placed: Floats = (weights[:, hits] @ self.vectors[at]) / np.where(length == 0, 1.0, length)
        inside = np.linalg.norm(placed, axis=1, keepdims=True)
        placed /= np.where(inside == 0, 1.0, inside)
        return placed


def on_grid(values: Floats, places: int) -> Floats:
    """Values rounded to so many binary places. Where those of two vectors sum to 54 and their
    product stays below 1/4 (or to 52, and below 1), each partial sum fits into a double without
    rounding: the product is the same in whatever order, block or machine it is summed."""
    found: Floats = np.ldexp(np.rint(np.ldexp(values, places)), -places)
    return found


def _start(ids: list[str]) -> NDArray[np.float32]:
    """A row of signs for each paper, which depends on its id alone."""
    size = (DIMENSIONS + _SPARE + 7) // 8
    digests = b"".join(blake2b(each.encode(), digest_size=size).digest() for each in ids)
    bits = np.unpackbits(np.frombuffer(digests, np.uint8).reshape(len(ids), size), axis=1)
    return 2 * bits.astype(np.float32) - 1
