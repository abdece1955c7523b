"""Reasons for the scores of picks, with contributions that sum to each score exactly."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np

from digest.model import Reason
from digest.ranking.calibration import STEPS, apportion, score_steps, sums
from digest.ranking.exclusions import taken
from digest.ranking.labels import Label
from digest.ranking.vocabulary import Floats, Ints

LEAST = 0.02  # a part of an interest's evidence is named from this share of all the evidence on
WANTED, UNWANTED, OTHER = range(3)
"""What a share comes from: an interest, an exclusion, or something else, as a verdict."""


Name = tuple[str, float]  # what a reason calls an interest, and its weight
_reason: Callable[[Iterable[object]], Reason] = partial(tuple.__new__, Reason)
"""Make a reason of its fields in a third of the time: a pass makes dozens for each reader."""


@dataclass(frozen=True, eq=False, slots=True)
class Shares:
    """What each interest brings to the score of each of several picks, pick by pick."""

    picks: Ints  # the pick of each share, ascending
    kinds: Ints
    steps: Floats  # weighted evidence
    names: Sequence[Name]
    parts: Ints  # the number of the first part of each share
    counts: Ints  # how many parts it has

    def merged(self, other: "Shares") -> "Shares":
        """These and others; of one pick, these come first."""
        order = np.argsort(np.concatenate([self.picks, other.picks]), kind="stable")
        names = [*self.names, *other.names]
        return Shares(
            np.concatenate([self.picks, other.picks])[order],
            np.concatenate([self.kinds, other.kinds])[order],
            np.concatenate([self.steps, other.steps])[order],
            [names[n] for n in order.tolist()],
            np.concatenate([self.parts, other.parts])[order],
            np.concatenate([self.counts, other.counts])[order],
        )


def explain(
    picks: int, shares: Shares, evidence: Floats, label: Ints, labels: Sequence[Label]
) -> list[tuple[Reason, ...]]:
    """Reasons for each of so many picks, strongest first, given the evidence of each part and the
    number of its label. Their contributions sum to the score. An interest is credited with what the
    score would lose without it; above the knee, what any one of several interests would have
    brought is left over, and credited to all of them as one reason via ``several``."""
    scores, losses = _losses(picks, shares)
    credited = sums(shares.picks, losses, picks)
    share, part, steps = _telling(shares, evidence, losses, LEAST * credited[shares.picks])
    # By pick and size, which are whole numbers; such a sort is quick where the parts come by pick.
    order = np.argsort(2 * STEPS * shares.picks[share] - np.abs(steps), kind="stable")
    share, part, steps = share[order], part[order], steps[order]
    names = map(shares.names.__getitem__, share.tolist())
    told = map(labels.__getitem__, label[part].tolist())
    reasons = [
        _reason((name, term, place, weight, contribution, via))
        for (name, weight), (term, place, via), contribution in zip(
            names, told, (steps / STEPS).tolist(), strict=True
        )
    ]
    found = _by_pick(picks, shares.picks[share], np.abs(steps), reasons)
    ends = np.searchsorted(shares.picks, np.arange(picks + 1)).tolist()
    for pick in np.flatnonzero(scores != credited).tolist():
        every = sorted({name for name, _ in shares.names[ends[pick] : ends[pick + 1]]})
        left_over = (scores[pick] - credited[pick]).item() / STEPS
        found[pick] += (Reason(" + ".join(every), "", "title", 1.0, left_over, "several"),)
    return found


def _by_pick(
    picks: int, pick: Ints, size: Floats, reasons: Sequence[Reason]
) -> list[tuple[Reason, ...]]:
    """The reasons of each pick, given by pick and size; of equal ones, by their words."""
    equal = (pick[1:] == pick[:-1]) & (size[1:] == size[:-1])
    tied = set(pick[:-1][equal].tolist())
    ends = np.searchsorted(pick, np.arange(picks + 1)).tolist()
    found = [tuple(reasons[first:last]) for first, last in pairwise(ends)]
    for each in tied:
        its = sorted(found[each], key=lambda r: (-abs(r.contribution), r.interest, r.place, r.term))
        found[each] = tuple(its)
    return found


def _losses(picks: int, shares: Shares) -> tuple[Floats, Floats]:
    """The scores of the picks, and what each would lose without each share, in whole steps."""
    every, without = [], []
    for kind in (WANTED, UNWANTED, OTHER):
        steps = np.where(shares.kinds == kind, shares.steps, 0.0)
        every.append(sums(shares.picks, steps, picks))
        without.append(every[-1][shares.picks] - steps)
    scores = _scores(*every)
    return scores, scores[shares.picks] - _scores(*without)


def _scores(wanted: Floats, unwanted: Floats, other: Floats) -> Floats:
    return score_steps(wanted - taken(wanted, unwanted) + other)


def _telling(
    shares: Shares, evidence: Floats, losses: Floats, least: Floats
) -> tuple[Ints, Ints, Floats]:
    """The parts that count of each share, with their steps; the strongest part of a share also
    stands for the rest."""
    lost = np.flatnonzero(losses)
    counts = shares.counts[lost]
    firsts = np.cumsum(counts) - counts
    group = np.repeat(np.arange(len(lost)), counts)
    part = np.arange(len(group)) - firsts[group] + shares.parts[lost][group]
    steps = apportion(losses[lost], evidence[part], group)
    size = np.abs(steps)
    strongest = size == np.maximum.reduceat(size, firsts)[group] if len(lost) else lost > 0
    largest = np.flatnonzero(strongest)
    strongest[largest[np.diff(group[largest], prepend=-1) == 0]] = False  # of equal ones, the first
    kept = strongest | (size >= np.maximum(least[lost], 1.0)[group])
    rest = sums(group, np.where(kept, 0.0, steps), len(lost))
    steps += np.where(strongest, rest[group], 0.0)
    return lost[group[kept]], part[kept], steps[kept]
