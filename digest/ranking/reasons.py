"""Why a paper has its score: parts of it that sum to it exactly."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from digest.model import Interest, Place, Reason
from digest.ranking.scale import STEPS, apportion, score_steps
from digest.text import terms

Via = Literal["term", "acronym", "related", "pattern", "author", "several"]


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

    interest: Interest
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
                reasons.append(_reason(share.interest, part, steps))
    reasons.sort(key=lambda r: (-abs(r.contribution), r.interest, r.place, r.term))
    if score != credited:
        names = " + ".join(sorted({str(share.interest) for share in shares}))
        together = Reason(names, "", "title", 1.0, (score - credited) / STEPS, "several")
        reasons.append(together)
    return tuple(reasons)


def _score(steps: int) -> int:
    return int(score_steps(np.array(float(steps))))


def _reason(interest: Interest, part: Part, steps: int) -> Reason:
    return Reason(str(interest), part.term, part.place, interest.weight, steps / STEPS, part.via)


def stretches(
    text: str, stem_number: Callable[[str], int], wanted: Mapping[int, float]
) -> dict[str, float]:
    """Stretches of a text made of wanted stems, with the sum of what these bring.

    Each stem is counted once, in the longest stretch that holds it.
    """
    found: list[list[tuple[int, terms.Token]]] = []
    last: terms.Token | None = None
    for token in terms.tokens(text):
        number = stem_number(token.form)
        if number not in wanted:
            last = None
            continue
        if last is None or not terms.linked(text, last, token):
            found.append([])
        found[-1].append((number, token))
        last = token
    brought: dict[str, float] = {}
    left = dict(wanted)
    for stretch in sorted(found, key=lambda s: -len({number for number, _ in s})):
        new = [left.pop(n) for n in dict.fromkeys(number for number, _ in stretch) if n in left]
        if new:
            surface = text[stretch[0][1].start : stretch[-1][1].end]
            brought[surface] = brought.get(surface, 0.0) + sum(new)
    return brought
