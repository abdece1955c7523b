"""What a pass ranks against: an archive, analysed once, in which papers are looked up or placed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from scipy import sparse  # type: ignore[import-untyped]  # it ships no types

from digest.model import Paper
from digest.ranking import meaning
from digest.ranking.background import Background
from digest.ranking.collection import Collection, lengths, scaled, tf_idf
from digest.ranking.lsa import POINT_BITS, on_grid
from digest.ranking.topics import Topics
from digest.ranking.vocabulary import Floats, Vocabulary

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
        """Papers in the order of their ids, weighed by what the archive taught."""
        return _placed(self.placed.collection.place(papers), self.background)


def _placed(collection: Collection, background: Background) -> Placed:
    idf = background.idf(collection.terms)
    weights = tf_idf(collection.counts, idf)
    length = (1 - SLOPE) * background.length + SLOPE * lengths(weights)
    weights = scaled(weights, length)
    points = on_grid(background.space.place(weights, collection.terms), POINT_BITS)
    meanings = meaning.centred(meaning.directions(weights, collection.terms, collection.letters))
    return Placed(collection, idf, length, weights, points, on_grid(meanings, POINT_BITS))
