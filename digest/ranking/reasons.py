"""Reasons for a paper's score, with contributions that sum to it exactly."""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from digest.model import Place, Reason, Via
from digest.ranking.calibration import STEPS, apportion, score_step
from digest.ranking.exclusions import taken

LEAST = 0.02  # a part of an interest's evidence is named from this share of all the evidence on


class Part(NamedTuple):
    """A term of a paper with its evidence for an interest."""

    term: str  # as it stands in the paper
    place: Place
    via: Via
    evidence: float


Kind = Literal["interest", "exclusion", "other"]


class Share(NamedTuple):
    """What one interest brings to the score of one paper, and what it is made of."""

    interest: str
    weight: float
    steps: float
    parts: Sequence[Part]
    kind: Kind = "interest"


_NAMELESS = Part("", "abstract", "related", 1.0)  # evidence that no single word of the paper shows


def explain(shares: Sequence[Share]) -> tuple[Reason, ...]:
    """Reasons whose contributions sum to the score, strongest first. An interest is credited with
    what the score would lose without it; above the knee, what any one of several interests would
    have brought is left over, and credited to all of them as one reason via ``several``."""
    all_of_it = {"interest": 0.0, "exclusion": 0.0, "other": 0.0}
    for share in shares:
        all_of_it[share.kind] += share.steps
    score = _score(**all_of_it)
    losses = [
        score - _score(**(all_of_it | {share.kind: all_of_it[share.kind] - share.steps}))
        for share in shares
    ]
    credited = sum(losses)
    reasons = []
    for share, loss in zip(shares, losses, strict=True):
        parts = [part for part in share.parts if part.evidence > 0] or [_NAMELESS]
        steps = apportion(loss, [part.evidence for part in parts])
        reasons += [
            Reason(share.interest, part.term, part.place, share.weight, its / STEPS, part.via)
            for part, its in _telling(parts, steps, LEAST * credited)
        ]
    reasons.sort(key=lambda r: (-abs(r.contribution), r.interest, r.place, r.term))
    if score != credited:
        names = " + ".join(sorted({share.interest for share in shares}))
        reasons.append(Reason(names, "", "title", 1.0, (score - credited) / STEPS, "several"))
    return tuple(reasons)


def _score(interest: float, exclusion: float, other: float) -> int:
    return score_step(interest - float(taken(interest, exclusion)) + other)


def _telling(
    parts: Sequence[Part], steps: Sequence[int], least: float
) -> Iterator[tuple[Part, int]]:
    """The parts of an interest that count; the strongest one also stands for the rest."""
    if not any(steps):
        return
    strongest = max(range(len(parts)), key=lambda n: abs(steps[n]))
    kept = [n for n, its in enumerate(steps) if n == strongest or abs(its) >= max(least, 1)]
    rest = sum(steps) - sum(steps[n] for n in kept)
    for n in kept:
        yield parts[n], steps[n] + (rest if n == strongest else 0)
