"""From evidence to a score between 0 and 1, in steps of 0.0001. Up to ``KNEE`` the score is the
evidence; above, it nears 1 by ``1 - (1 - KNEE)² / (evidence + 1 - 2 KNEE)``, which begins with the
same slope. Nothing in it depends on other papers or on the profile."""

from collections.abc import Sequence
from math import floor

import numpy as np
from numpy.typing import NDArray

from digest.ranking.vocabulary import Floats

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


def score_step(evidence: float) -> int:
    """The same for one number."""
    if evidence <= _KNEE:
        return max(round(evidence), 0)
    return round(STEPS - _REST * _REST / (evidence - _KNEE + _REST))


def apportion(steps: int, parts: Sequence[float]) -> list[int]:
    """Whole steps for each part that sum to ``steps``, by largest remainder; ties: the first."""
    total = sum(parts)
    if not total:
        return [0] * len(parts)
    exact = [steps * part / total for part in parts]
    whole = [floor(x) for x in exact]
    for i in sorted(range(len(parts)), key=lambda i: whole[i] - exact[i])[: steps - sum(whole)]:
        whole[i] += 1
    return whole
