"""From scores to a decision: which papers a digest holds, and why each other one is left out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from digest.model import (
    Coverage,
    Digest,
    DumpSeen,
    LeftOut,
    Paper,
    PaperKey,
    Period,
    Pick,
    Reason,
    Skip,
    SkipReason,
    Subscriber,
    Why,
)

Expect = Literal["weekday", "day", "none"]


@dataclass(frozen=True, slots=True)
class Window:
    """What has arrived since a subscriber's last digest."""

    papers: Sequence[Paper]
    """Oldest first."""
    upto: PaperKey
    """The newest paper there is."""
    dumps: int
    expected: int
    missing: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on every paper of a window, by its index there."""

    picked: tuple[int, ...]
    """Best first."""
    over_limit: tuple[int, ...]
    """Best first."""
    sent: frozenset[int]
    excluded: frozenset[int]

    def why(self, index: int) -> Why | None:
        """Why this paper is left out; None: it is picked."""
        if index in self.sent:
            return Why.SENT_BEFORE
        if index in self.excluded:
            return Why.RULED_OUT
        if index in self.over_limit:
            return Why.OVER_LIMIT
        return None if index in self.picked else Why.BELOW_THRESHOLD

    def left_out(self, considered: int) -> Mapping[Why, int]:
        """How many of ``considered`` papers are left out, by reason."""
        counts = {
            Why.SENT_BEFORE: len(self.sent),
            Why.RULED_OUT: len(self.excluded - self.sent),
            Why.OVER_LIMIT: len(self.over_limit),
        }
        counts[Why.BELOW_THRESHOLD] = considered - len(self.picked) - sum(counts.values())
        return {why: count for why, count in counts.items() if count}


@dataclass(frozen=True, slots=True)
class Plan:
    """A decision with everything that led to it."""

    subscriber: Subscriber
    period: Period
    window: Window
    scores: NDArray[np.float64]
    """One for each paper of the window."""
    excluded: Mapping[int, str]
    """Index in the window → the exclusion that rules the paper out, in words."""
    reasons: Callable[[int], tuple[Reason, ...]]
    """Those of a paper, by its index in the window."""
    judgement: Judgement
    decision: Digest | Skip


def window(
    papers: Sequence[Paper],
    dumps: Sequence[DumpSeen],
    *,
    after: PaperKey,
    period: Period,
    expect: Expect,
    today: date,
) -> Window:
    """The part of ``papers`` (oldest first) that came after ``after``, with its coverage.

    ``today`` is the subscriber's local date: no dump is missed that is yet to come.
    """
    fresh = [paper for paper in papers if paper.key > after]
    due = [day for day in expected_days(period, expect) if day <= today]
    came = {dump.listed for dump in dumps}
    return Window(
        papers=fresh,
        upto=fresh[-1].key if fresh else after,
        dumps=sum(dump.newest > after for dump in dumps),
        expected=len(due),
        missing=tuple(day for day in due if day not in came),
    )


def expected_days(period: Period, expect: Expect) -> list[date]:
    """The days of the period for which a dump should have come."""
    if expect == "none":
        return []
    length = (period.end - period.start).days + 1
    days = (period.start + timedelta(days=n) for n in range(length))
    return [day for day in days if expect == "day" or day.isoweekday() <= 5]


def passing(
    subscriber: Subscriber, scores: NDArray[np.float64], excluded: Collection[int]
) -> list[int]:
    """Indices of the papers at or above the threshold that no exclusion rules out."""
    above = np.flatnonzero(scores >= subscriber.threshold)
    return [index for index in above.tolist() if index not in excluded]


def judge(
    subscriber: Subscriber,
    papers: Sequence[Paper],
    scores: NDArray[np.float64],
    excluded: Collection[int],
    sent: Collection[PaperKey],
) -> Judgement:
    """Pick the best of ``papers``, which ``scores`` follows; ties fall to the smaller paper id."""
    eligible = [
        index for index in passing(subscriber, scores, excluded) if papers[index].key not in sent
    ]
    eligible.sort(key=lambda index: (-scores[index], papers[index].id))
    return Judgement(
        picked=tuple(eligible[: subscriber.limit]),
        over_limit=tuple(eligible[subscriber.limit :]),
        sent=frozenset(i for i, paper in enumerate(papers) if sent and paper.key in sent),
        excluded=frozenset(excluded),
    )


def plan(
    subscriber: Subscriber,
    period: Period,
    seen: Window,
    scores: NDArray[np.float64],
    excluded: Mapping[int, str],
    *,
    sent: Collection[PaperKey],
    reasons: Callable[[int], tuple[Reason, ...]],
    now: datetime,
) -> Plan:
    """Decide one subscriber's digest. ``reasons`` gives those of a paper by its index."""
    judgement = judge(subscriber, seen.papers, scores, excluded, sent)
    picks = tuple(
        pick(seen.papers[index], float(scores[index]), reasons(index), period)
        for index in judgement.picked
    )
    coverage = Coverage(
        dumps=seen.dumps,
        papers=len(seen.papers),
        left_out=judgement.left_out(len(seen.papers)),
        missing=seen.missing,
        expected=seen.expected,
    )
    decision: Digest | Skip
    if picks or (seen.papers and subscriber.send_empty):
        decision = Digest(subscriber.id, period, now, seen.upto, picks, coverage)
    else:
        reason = SkipReason.NOTHING_PICKED if seen.papers else SkipReason.NOTHING_NEW
        decision = Skip(subscriber.id, period, now, seen.upto, reason, coverage)
    return Plan(subscriber, period, seen, scores, excluded, reasons, judgement, decision)


def pick(paper: Paper, score: float, reasons: tuple[Reason, ...], period: Period) -> Pick:
    """A pick, marked late where its dump's date lies before the digest's period."""
    late = paper.listed is not None and paper.listed < period.start
    return Pick(paper, score, reasons, late)


def why_left_out(plan: Plan, index: int) -> LeftOut | None:
    """Why a paper of the plan's window is not in its digest; None: it is."""
    why = plan.judgement.why(index)
    if why is None:
        return None
    paper, score = plan.window.papers[index], float(plan.scores[index])
    limit, threshold = plan.subscriber.limit, plan.subscriber.threshold
    match why:
        case Why.SENT_BEFORE:
            detail = "an earlier digest has it"
        case Why.RULED_OUT:
            detail = f"your exclusion {plan.excluded[index]}"
        case Why.OVER_LIMIT:
            rank = limit + 1 + plan.judgement.over_limit.index(index)
            detail = f"it ranks {rank}, and your limit is {limit}"
        case Why.BELOW_THRESHOLD:
            detail = f"its score {score:.4f} is below your threshold {threshold:g}"
        case Why.DUPLICATE:
            detail = "the digest has a paper that is nearly the same"
        case Why.TOO_EARLY:
            detail = "it arrived before the papers that this digest draws on"
    return LeftOut(paper, score, why, detail)
