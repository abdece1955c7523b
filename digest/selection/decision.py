"""Decides which papers a digest holds, and explains why each other paper is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from digest import model
from digest.model import Why
from digest.selection.diversity import Chosen, choose
from digest.selection.window import Window

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


SECOND_LOOK = 0.5
"""A paper whose upvotes jumped is picked from this share of the threshold on: many readers found
it good, so it may be less near to what this one looks for."""
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
    """The results of ranking for the papers of a window; a paper is its index in the window."""

    scores: NDArray[np.float64]  # one for each paper
    excluded: Mapping[int, str]  # excluded paper → the exclusion, as the profile writes it
    reasons: Callable[[int], tuple[model.Reason, ...]]  # the reasons that add up to a paper's score
    alone: Callable[[model.Interest], NDArray[np.float64]]  # the scores by this interest alone
    holding: Callable[[model.Interest], Collection[int]]  # the papers with an interest's own words


@dataclass(frozen=True, slots=True)
class Judgement:
    """What becomes of every paper of a window; a paper is its index in the window."""

    order: tuple[int, ...]  # all papers that could be picked, best first
    chosen: Chosen
    ruled_out: Mapping[int, Why]  # papers that could not be picked, whatever their scores

    def why(self, index: int) -> Why | None:
        """Why a paper is left out; None if it is picked."""
        if index in self.ruled_out:
            return self.ruled_out[index]
        if index not in self.order:
            return Why.BELOW_THRESHOLD
        if index in self.chosen.picked:
            return None
        if index in self.chosen.twins:
            return Why.DUPLICATE
        return Why.MADE_ROOM if index in self.chosen.made_room else Why.OVER_LIMIT

    def left_out(self, considered: int) -> Mapping[Why, int]:
        """Count the papers that are left out by reason, of ``considered`` papers in all."""
        chosen, counts = self.chosen, Counter(self.ruled_out.values())
        counts[Why.DUPLICATE] = len(chosen.twins)
        counts[Why.MADE_ROOM] = len(chosen.made_room)
        counts[Why.OVER_LIMIT] = (
            len(self.order) - len(chosen.picked) - len(chosen.twins) - len(chosen.made_room)
        )
        counts[Why.BELOW_THRESHOLD] = considered - len(chosen.picked) - counts.total()
        return {why: count for why, count in counts.items() if count}


@dataclass(frozen=True, slots=True)
class Plan:
    """A decision together with everything that it follows from."""

    subscriber: model.Subscriber
    period: model.Period
    window: Window
    ranked: Ranked
    judgement: Judgement
    decision: model.Digest | model.Skip


def _judge(
    subscriber: model.Subscriber,
    seen: Window,
    ranked: Ranked,
    sent: Collection[model.PaperKey],
    alike: Callable[[model.Paper, model.Paper], bool],
) -> Judgement:
    """Choose from the papers of a window; of equal scores, the smaller paper id comes first."""
    papers = seen.papers
    musts = [interest for interest in subscriber.profile.interests if interest.must_see]
    required = {index for interest in musts for index in ranked.holding(interest)}
    good = (ranked.scores >= subscriber.threshold).nonzero()[0].tolist()
    lower = ranked.scores[: len(seen.upvotes_before)] >= subscriber.threshold * SECOND_LOOK
    good += lower.nonzero()[0].tolist()
    ruled_out = dict.fromkeys(ranked.excluded, Why.RULED_OUT)
    ruled_out |= _barred(subscriber, papers)
    if sent:
        ruled_out |= {i: Why.SENT_BEFORE for i, paper in enumerate(papers) if paper.key in sent}
    fresh = {*good, *required}.difference(ruled_out)
    order = sorted(fresh, key=lambda index: (-ranked.scores[index], papers[index].id))
    chosen = choose(
        order,
        limit=subscriber.limit,
        required=required,
        alike=lambda one, other: alike(papers[one], papers[other]),
        good=lambda: _good(subscriber, ranked),
    )
    return Judgement(
        order=tuple(order),
        chosen=chosen,
        ruled_out=ruled_out,
    )


def _barred(subscriber: model.Subscriber, papers: Sequence[model.Paper]) -> Mapping[int, Why]:
    """The papers that are not picked for what their sources say of them."""
    why: dict[str | None, Why] = {"withdrawn": Why.WITHDRAWN}
    if not subscriber.revisions:
        why["revised"] = Why.REVISED
    return {i: why[paper.standing] for i, paper in enumerate(papers) if paper.standing in why}


def _good(subscriber: model.Subscriber, ranked: Ranked) -> dict[str, set[int]]:
    """Each interest, as the profile writes it → the papers that reach the threshold by it alone."""
    found: dict[str, set[int]] = {}
    for interest in subscriber.profile.interests:
        passed = (ranked.alone(interest) >= subscriber.threshold).nonzero()[0]
        found.setdefault(str(interest), set()).update(passed.tolist())
    return found


def plan(
    subscriber: model.Subscriber,
    period: model.Period,
    seen: Window,
    ranked: Ranked,
    *,
    sent: Collection[model.PaperKey],
    alike: Callable[[model.Paper, model.Paper], bool],
    now: datetime,
    marks_late: bool = True,
) -> Plan:
    """Decide one subscriber's digest, which holds one of several papers that are ``alike``."""
    judgement = _judge(subscriber, seen, ranked, sent, alike)
    picks = tuple(
        model.Pick(
            seen.papers[index],
            float(ranked.scores[index]),
            ranked.reasons(index),
            late=marks_late and _is_late(seen, index, period),
            upvotes_before=seen.upvotes_before.get(seen.papers[index].key),
        )
        for index in judgement.chosen.picked
    )
    coverage = model.Coverage(
        pages=seen.pages,
        papers=len(seen.papers),
        left_out=judgement.left_out(len(seen.papers)),
        missing=seen.missing,
        expected=seen.expected,
    )
    decision: model.Digest | model.Skip
    if picks or (seen.papers and subscriber.send_empty):
        decision = model.Digest(subscriber.id, period, now, seen.until, picks, coverage)
    else:
        reason = model.SkipReason.NOTHING_PICKED if seen.papers else model.SkipReason.NOTHING_NEW
        decision = model.Skip(subscriber.id, period, now, seen.until, reason, coverage)
    return Plan(subscriber, period, seen, ranked, judgement, decision)


def _is_late(seen: Window, index: int, period: model.Period) -> bool:
    """Whether the dump of a paper is dated before the period, and its digest did not have it."""
    paper = seen.papers[index]
    return paper.key not in seen.upvotes_before and (paper.listed or period.start) < period.start


def why_left_out(plan: Plan, index: int) -> model.LeftOut | None:
    """Explain why a paper of the plan's window is not in its digest; None if it is."""
    judgement = plan.judgement
    why = judgement.why(index)
    if why is None:
        return None
    papers, score = plan.window.papers, float(plan.ranked.scores[index])
    paper = papers[index]
    limit, threshold = plan.subscriber.limit, plan.subscriber.threshold
    match why:
        case Why.RULED_OUT:
            detail = f"your exclusion {plan.ranked.excluded[index]}"
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
