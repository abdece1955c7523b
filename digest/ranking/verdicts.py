"""What verdicts teach: a paper gains by what it has in common with papers that a subscriber liked,
and loses by what it has in common with the disliked ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from digest.model import Paper, PaperId, Profile, Via
from digest.ranking.calibration import Singles, in_steps
from digest.ranking.collection import columns_of
from digest.ranking.corpus import Corpus, Placed
from digest.ranking.lsa import POINT_BITS, on_grid
from digest.ranking.queries import cells
from digest.ranking.vocabulary import Floats, Ints, remembered

WORDS = 0.8  # evidence of full similarity of words to judged papers, once there are many of them
NEAR = 0.6  # the same for nearness in the latent space
HALF = 5  # with so many judged papers it is half of that
UNLIKE = 0.1  # nearness up to this counts as 0


@dataclass(frozen=True, eq=False)
class Taste:
    """What the liked papers of a profile, or the disliked ones, do to the papers of a ranking."""

    via: Via
    steps: Singles  # what it adds to the scores of papers, or takes
    terms: Ints  # what the judged papers say more often than the archive, in order
    weights: Floats


class Verdicts:
    """The papers that verdicts can name: those to be ranked, those of the archive, and others."""

    def __init__(self, corpus: Corpus, placed: Placed) -> None:
        self._corpus, self._placed = corpus, placed
        self._known = [placed, corpus.placed]
        # Reasons are asked for pick by pick, all of one profile before those of the next.
        self._tastes = remembered(self._tastes_of, 10)

    def place(self, papers: Iterable[Paper]) -> None:
        """Place papers that verdicts of the next profiles name. They take the place of those given
        before, so that memory stays bounded over many batches."""
        known = [placed.collection.row for placed in self._known[:2]]
        beside = [paper for paper in papers if not any(paper.id in rows for rows in known)]
        self._known[2:] = [self._corpus.place(beside)]
        self._tastes = remembered(self._tastes_of, 10)

    def tastes(self, profile: Profile) -> Sequence[Taste]:
        """What the verdicts of a profile do to scores; nothing to those of the judged papers."""
        return self._tastes(profile.liked, profile.disliked)

    def _tastes_of(self, liked: Sequence[PaperId], disliked: Sequence[PaperId]) -> list[Taste]:
        found = self._taste("liked", liked), self._taste("disliked", disliked)
        return [taste for taste in found if taste]

    def _taste(self, via: Via, ids: Sequence[PaperId]) -> Taste | None:
        known = [found for each in ids if (found := self._find(each))]
        if not known:
            return None
        grown = len(known) / (len(known) + HALF)
        terms, weights = self._more_often(known)
        weights *= WORDS * grown
        collection = self._placed.collection
        by_column = np.zeros(len(collection.terms))
        hits, at = columns_of(terms, collection.terms)
        by_column[at] = weights[hits]
        away = np.mean([placed.points[row] for placed, row in known], axis=0) - self._corpus.middle
        direction = on_grid(away / (float(np.linalg.norm(away)) or 1.0), POINT_BITS)
        near = np.maximum(self._placed.points @ direction - UNLIKE, 0.0)
        near *= NEAR * grown * self._corpus.background.trust
        steps = in_steps(self._placed.weights @ by_column + near)
        steps[[collection.row[each] for each in ids if each in collection.row]] = 0.0
        return Taste(via, steps if via == "liked" else -steps, terms, weights)

    def _find(self, paper: PaperId) -> tuple[Placed, int] | None:
        for placed in self._known:
            if (row := placed.collection.row.get(paper)) is not None:
                return placed, row
        return None

    def _more_often(self, known: Sequence[tuple[Placed, int]]) -> tuple[Ints, Floats]:
        """The terms of papers that weigh more in them than in the archive, and by how much, as a
        vector of length 1. Words that the archive does not hold are left out: each collection
        numbers them in its own way."""
        archive = self._corpus.placed.collection.terms
        mean = -self._mean
        for placed, row in known:
            columns, weights = cells(placed.weights, row)
            hits, at = columns_of(placed.collection.terms[columns], archive)
            mean[at] += weights[hits] / len(known)
        more = np.flatnonzero(mean > 0)
        return archive[more], mean[more] / (float(np.linalg.norm(mean[more])) or 1.0)

    @cached_property
    def _mean(self) -> Floats:
        """The mean weight of each term in the archive."""
        placed = self._corpus.placed
        found: Floats = np.asarray(placed.weights.sum(axis=0)).ravel()
        return found / max(1, len(placed.collection.papers))
