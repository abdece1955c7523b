"""What a pass ranks against: an archive, analysed once, in which papers are looked up or placed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]  # it ships no types

from digest.model import Paper, PaperId
from digest.ranking.background import Background
from digest.ranking.collection import Collection, by_id, lengths, scaled, tf_idf
from digest.ranking.lsa import POINT_BITS, on_grid
from digest.ranking.meaning import directions, vectors
from digest.ranking.topics import Topics
from digest.ranking.vocabulary import PAIR, Floats, Vocabulary

SLOPE = 0.5  # how much a paper's length counts; with 1 all would be as long (Singhal, SIGIR 1996)


@dataclass(frozen=True, eq=False)
class Placed:
    """Papers as vectors over the terms of a collection, and as points of the latent space."""

    collection: Collection
    idf: Floats  # of each term of the collection
    length: Floats  # what the weights of each paper are divided by
    weights: sparse.csr_array
    points: Floats
    meanings: Floats  # the direction of each paper among the vectors of words


@dataclass(frozen=True, eq=False)
class Corpus:
    """An archive, analysed. Nothing that is ranked against it changes it."""

    background: Background
    topics: Topics
    placed: Placed  # the papers of the archive
    middle: Floats  # their mean point

    @classmethod
    def learn(cls, archive: Iterable[Paper]) -> Corpus:
        """Analyse an archive; it may be empty."""
        collection = Collection.read(archive, Vocabulary())
        background = Background.learn(collection)
        topics = Topics(background)
        placed = _placed(collection, background)
        middle = placed.points.sum(axis=0) / max(1, len(collection.papers))
        return cls(background, topics, placed, middle)

    def place(self, papers: Iterable[Paper]) -> Placed:
        """Papers in the order of their ids; those of the archive are looked up in it. The others,
        and those whose text has changed, are placed beside it with what it taught."""
        wanted, known = by_id(papers), self.placed.collection
        rows = np.array([self._row(paper) for paper in wanted], dtype=np.int64)
        beside = [paper for paper, row in zip(wanted, rows.tolist(), strict=True) if row < 0]
        held = rows[rows >= 0]
        collection = known if len(held) == len(known.papers) else known.part(held)
        if beside:
            texts = [text for paper in beside for text in (paper.title, paper.abstract)]
            others = Collection.read(beside, known.vocabulary.extended(texts))
            collection = collection.with_others(others)
        return _placed(replace(collection, papers=wanted), self.background)

    def point(self, paper: PaperId) -> Floats | None:
        """The point of a paper of the archive."""
        row = self.placed.collection.row.get(paper)
        return None if row is None else self.placed.points[row]

    def _row(self, paper: Paper) -> int:
        row = self.placed.collection.row.get(paper.id, -1)
        known = self.placed.collection.papers[row] if row >= 0 else paper
        return row if (known.title, known.abstract) == (paper.title, paper.abstract) else -1


def _placed(collection: Collection, background: Background) -> Placed:
    idf = background.idf(collection.terms)
    weights = tf_idf(collection.counts, idf)
    length = (1 - SLOPE) * background.length + SLOPE * lengths(weights)
    weights = scaled(weights, length)
    points = on_grid(background.space.place(weights, collection.terms), POINT_BITS)
    single = np.flatnonzero(collection.terms >> PAIR == 0)
    stems = collection.vocabulary.stems_of(collection.terms[single])
    meanings = directions(weights[:, single], vectors(stems), of_papers=True)
    return Placed(collection, idf, length, weights, points, on_grid(meanings, POINT_BITS))
