"""Meaning learned from the archive: terms that occur in like company lie close together.

Latent semantic analysis (Deerwester et al., JASIS 41, 1990): the truncated singular value
decomposition of the archive's tf-idf matrix, found by subspace iteration (Halko, Martinsson and
Tropp, SIAM Review 53, 2011). The iteration starts from the ids of the papers rather than from
random numbers, so that one more paper moves the others hardly at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]  # it ships no types

from digest.ranking.corpus import Corpus, columns_of, lengths, scaled
from digest.ranking.vocabulary import Floats, Ints

DIMENSIONS = 100
_SPARE = 12
"""More directions than that are followed, since the last ones are found badly."""
_ROUNDS = 4
_LEAST_PAPERS = 2
"""A term of a single paper has no company to be known by."""
_PAPERS_PER_DIMENSION = 4
_BLUR = 0.15
"""A text whose part in the space is no longer than this is not trusted to lie where it seems."""


@dataclass(frozen=True)
class Space:
    """Directions of terms; ``vectors[i]`` belongs to ``terms[i]``."""

    terms: Ints
    vectors: Floats

    @classmethod
    def learn(cls, corpus: Corpus, idf: Floats) -> Space:
        """Learn from papers, given the idf of the corpus's terms."""
        common = np.flatnonzero(corpus.papers_with >= _LEAST_PAPERS)
        size = min(DIMENSIONS, len(corpus.papers) // _PAPERS_PER_DIMENSION, len(common) - 1)
        if size < 1:
            return NOWHERE
        weights = corpus.weights(corpus.in_title + corpus.in_abstract, idf)[:, common]
        papers = scaled(weights, lengths(weights)).astype(np.float32)
        by_term = papers.T.tocsr()
        followed = _start([paper.id for paper in corpus.papers])[:, : size + _SPARE]
        for _ in range(_ROUNDS):
            followed = np.linalg.qr(papers @ (by_term @ followed))[0]
        found = (by_term @ followed).astype(np.float64)
        squares, turn = np.linalg.eigh(found.T @ found)
        kept = slice(-1, -size - 1, -1)
        strength = np.maximum(squares[kept], 1e-12)
        vectors = (found @ turn[:, kept]) / np.sqrt(strength)
        return cls(corpus.terms[common], vectors * np.sqrt(_fading(strength)))

    def place(self, weights: sparse.csr_array, terms: Ints) -> Floats:
        """Where texts (rows of weights by term) lie: vectors of length 1, shorter where little
        of a text is known, and 0 for one without a known term."""
        hits, at = columns_of(terms, self.terms)
        length = lengths(weights)[:, None]
        placed: Floats = (weights[:, hits] @ self.vectors[at]) / np.where(length == 0, 1.0, length)
        inside = np.linalg.norm(placed, axis=1, keepdims=True)
        placed /= np.hypot(inside, _BLUR)
        return placed


def _fading(strength: Floats) -> Floats:
    """1 for the stronger half of the directions, less and less for the others, 0 for the last: what
    comes next to it is as strong, and one more paper can put it in its place."""
    last, middle = strength[-1], strength[len(strength) // 2]
    faded: Floats = np.clip((strength - last) / max(middle - last, 1e-12), 0.0, 1.0)
    return faded


def _start(ids: list[str]) -> NDArray[np.float32]:
    """A row of signs for each paper, which depends on its id alone."""
    size = (DIMENSIONS + _SPARE + 7) // 8
    digests = b"".join(blake2b(each.encode(), digest_size=size).digest() for each in ids)
    bits = np.unpackbits(np.frombuffer(digests, np.uint8).reshape(len(ids), size), axis=1)
    return 2 * bits.astype(np.float32) - 1


NOWHERE = Space(np.empty(0, dtype=np.int64), np.empty((0, 1)))
"""What an archive without papers teaches."""
