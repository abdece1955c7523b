"""From evidence to a score between 0 and 1, in steps of 0.0001. Up to ``KNEE`` the score is the
evidence; above, it nears 1 by ``1 - (1 - KNEE)² / (evidence + 1 - 2 KNEE)``, which begins with the
same slope. Nothing in it depends on other papers or on the profile."""

from collections.abc import Sequence
from math import floor

import numpy as np

from digest.ranking.vocabulary import Floats

STEPS = 10_000  # steps in a score of 1; evidence is counted in whole steps, so that sums are exact
KNEE = 0.75
SCALE = 1.8  # of evidence: one clear mention in an abstract passes a threshold of 0.2
_KNEE, _REST = KNEE * STEPS, (1 - KNEE) * STEPS


def score_steps(evidence: Floats) -> Floats:
    """Scores, in steps, of evidence in (whole) steps."""
    score: Floats = np.maximum(evidence, 0.0)
    above = score > _KNEE
    score[above] = np.rint(STEPS - _REST * _REST / (score[above] - _KNEE + _REST))
    return score


def score_step(evidence: int) -> int:
    """The same for one number."""
    if evidence <= _KNEE:
        return max(evidence, 0)
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
