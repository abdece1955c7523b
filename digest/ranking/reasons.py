"""Why a paper has its score: parts of it that sum to it exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from digest.model import Place, Reason
from digest.ranking.scale import STEPS, apportion, score_steps

Via = Literal["term", "acronym", "related", "pattern", "author", "liked", "disliked", "several"]


@dataclass(frozen=True)
class Part:
    """Something in a paper that speaks for an interest."""

    term: str
    """As it stands in the paper."""
    place: Place
    via: Via
    evidence: float


@dataclass(frozen=True)
class Share:
    """The evidence of one interest for one paper, in steps, and what it is made of."""

    interest: str
    weight: float
    steps: int
    parts: Sequence[Part]


def explain(shares: Sequence[Share]) -> tuple[Reason, ...]:
    """Reasons whose contributions sum to the score, strongest first.

    An interest is credited with what the score would lose without it, so above the knee, where
    evidence counts less, several interests leave something over that any one of them would have
    brought: it is credited to all of them, as one reason via ``several``.
    """
    total = sum(share.steps for share in shares)
    score = _score(total)
    reasons, credited = [], 0
    for share in shares:
        loss = score - _score(total - share.steps)
        credited += loss
        for part, steps in zip(
            share.parts, apportion(loss, [p.evidence for p in share.parts]), strict=True
        ):
            if steps:
                reasons.append(_reason(share, part, steps))
    reasons.sort(key=lambda r: (-abs(r.contribution), r.interest, r.place, r.term))
    if score != credited:
        names = " + ".join(sorted({share.interest for share in shares}))
        together = Reason(names, "", "title", 1.0, (score - credited) / STEPS, "several")
        reasons.append(together)
    return tuple(reasons)


def _score(steps: int) -> int:
    return int(score_steps(np.array(float(steps))))


def _reason(share: Share, part: Part, steps: int) -> Reason:
    return Reason(share.interest, part.term, part.place, share.weight, steps / STEPS, part.via)
