"""From evidence to a score between 0 and 1, in steps of 0.0001. Up to ``KNEE`` the score is the
evidence; above, it nears 1 by ``1 - (1 - KNEE)² / (evidence + 1 - 2 KNEE)``, which begins with the
same slope. Nothing in it depends on other papers or on the profile."""

import numpy as np
from numpy.typing import NDArray

from digest.ranking.vocabulary import Floats, Ints

Singles = NDArray[np.float32]

STEPS = 10_000  # steps in a score of 1
KNEE = 0.75
SCALE = 1.8  # of evidence: one clear mention in an abstract passes a threshold of 0.2
_PARTS = 256  # parts of a step in which evidence is counted
_KNEE, _REST = KNEE * STEPS, (1 - KNEE) * STEPS


def in_steps(evidence: Floats) -> Singles:
    """Evidence in steps of the score, rounded to parts of one, so that sums are exact in any order
    where weights are rounded too."""
    found = evidence * (SCALE * STEPS * _PARTS)
    return (np.rint(found, out=found) / _PARTS).astype(np.float32)


def score_steps(evidence: Floats) -> Floats:
    """Scores, in whole steps, of evidence in steps."""
    score: Floats = np.rint(np.maximum(evidence, 0.0))
    above = evidence > _KNEE
    score[above] = np.rint(STEPS - _REST * _REST / (evidence[above] - _KNEE + _REST))
    return score


def apportion(steps: Floats, evidence: Floats, group: Ints) -> Floats:
    """Whole steps for each part that sum to the ``steps`` of its group, by largest remainder; of
    equal ones, the first. The groups follow each other, and each has evidence."""
    exact = steps[group] * evidence / sums(group, evidence, len(steps))[group]
    whole: Floats = np.floor(exact)
    short = steps - sums(group, whole, len(steps))
    open_ = np.flatnonzero(short[group] > 0)
    group = group[open_]
    place = np.arange(len(group)) - np.searchsorted(group, group)
    order = np.lexsort(((whole - exact)[open_], group))
    whole[open_[order]] += place < short[group]
    return whole


def sums(group: Ints, values: Floats, groups: int) -> Floats:
    """The sum of each group, added one by one in the given order."""
    return np.bincount(group, values, groups).astype(np.float64, copy=False)
