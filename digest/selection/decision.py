"""The decision which papers a digest holds, and why each other paper is left out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from digest import model
from digest.model import Why
from digest.selection.diversity import Chosen, Twins
from digest.selection.window import Window

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


SECOND_LOOK = 0.5
"""A paper whose upvotes jumped is picked from this share of the threshold on: many readers found
it good, so it may be less near to what this one looks for."""
RULED_OUT = (None, Why.RULED_OUT, Why.REVISED, Why.WITHDRAWN, Why.SENT_BEFORE)
"""What keeps a paper out whatever its score, the least important first."""
_DETAILS = {
    Why.SENT_BEFORE: "an earlier digest has it",
    Why.TOO_EARLY: "it arrived before the papers that this digest draws on",
    Why.REVISED: (
        "it is a new version of a paper that was announced before it was known here;"
        " `revisions: true` in the profile lets such papers in"
    ),
    Why.WITHDRAWN: "its source says that it was withdrawn",
}


@dataclass(frozen=True, slots=True)
class Ranked:
    """The results of ranking for several readers with one window, by the place of a reader among
    these and of a paper in the window."""

    scores: NDArray[np.float64]  # readers × papers
    excluded: Sequence[Mapping[int, str]]
    """Each reader's excluded papers → the exclusion, as the profile writes it."""
    reasons: Callable[[Sequence[tuple[int, int]]], Sequence[tuple[model.Reason, ...]]]
    """The reasons that add up to the score of each pick, a reader and a paper."""
    reached: Callable[[model.Interest, float], Collection[int]]
    """The papers that reach a threshold by an interest alone."""
    holding: Callable[[model.Interest], Collection[int]]  # the papers with an interest's own words
    twins: Twins


@dataclass(frozen=True, slots=True)
class Judgement:
    """What becomes of every paper of a window; a paper is its index in the window."""

    order: Sequence[int]  # all papers that could be picked, best first
    chosen: Chosen
    ruled_out: NDArray[np.int8]  # for each paper its place in ``RULED_OUT``

    def why(self, index: int) -> Why | None:
        """Why a paper is left out; None if it is picked."""
        if why := RULED_OUT[self.ruled_out[index]]:
            return why
        if index not in self.order:
            return Why.BELOW_THRESHOLD
        if index in self.chosen.picked:
            return None
        if index in self.chosen.twins:
            return Why.DUPLICATE
        return Why.MADE_ROOM if index in self.chosen.made_room else Why.OVER_LIMIT


@dataclass(frozen=True, slots=True)
class Plan:
    """A decision together with everything that it follows from."""

    subscriber: model.Subscriber
    period: model.Period
    window: Window
    ranked: Ranked
    place: int  # of the subscriber in ``ranked``
    judgement: Judgement
    decision: model.Digest | model.Skip

    def score(self, index: int) -> float:
        """The score of a paper of the window."""
        return float(self.ranked.scores[self.place, index])

    def reasons(self, index: int) -> tuple[model.Reason, ...]:
        """The reasons that add up to it."""
        return self.ranked.reasons([(self.place, index)])[0]


def why_left_out(plan: Plan, index: int) -> model.LeftOut | None:
    """Explain why a paper of the plan's window is not in its digest; None if it is."""
    judgement = plan.judgement
    why = judgement.why(index)
    if why is None:
        return None
    papers, score = plan.window.papers, plan.score(index)
    paper = papers[index]
    limit, threshold = plan.subscriber.limit, plan.subscriber.threshold
    match why:
        case Why.RULED_OUT:
            detail = f"your exclusion {plan.ranked.excluded[plan.place][index]}"
        case Why.OVER_LIMIT:
            rank = 1 + judgement.order.index(index)
            detail = f"it ranks {rank}, and your limit is {limit}"
            if rank <= limit:
                detail += ", filled by what must be seen"
        case Why.BELOW_THRESHOLD:
            detail = f"its score {score:.4f} is below your threshold {threshold:g}"
            if paper.key in plan.window.upvotes_before:
                detail += (
                    f", and below {threshold * SECOND_LOOK:g}, which is enough for a second look"
                )
        case Why.DUPLICATE:
            twin = papers[judgement.chosen.twins[index]]
            detail = f"“{twin.title}” is nearly the same and comes before it"
        case Why.MADE_ROOM:
            detail = f"it made room for “{judgement.chosen.made_room[index]}”"
        case other:
            detail = _DETAILS[other]
    return model.LeftOut(paper, score, why, detail)
