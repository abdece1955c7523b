"""From scores to a decision: which papers a digest holds, and why each other one is left out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from digest.model import (
    Coverage,
    Digest,
    DumpSeen,
    Interest,
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
from digest.selection.diversity import Chosen, choose

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Expect = Literal["weekday", "day", "none"]


@dataclass(frozen=True, slots=True)
class Window:
    """What has arrived since a subscriber's last digest."""

    papers: Sequence[Paper]
    """Oldest first."""
    until: PaperKey
    """The newest paper there is."""
    dumps: int
    expected: int
    missing: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Ranked:
    """What ranking says of the papers of a window, by their index there."""

    scores: NDArray[np.float64]
    """One for each paper."""
    excluded: Mapping[int, str]
    """A paper that is ruled out → the exclusion, in words."""
    reasons: Callable[[int], tuple[Reason, ...]]
    alone: Callable[[Interest], NDArray[np.float64]]
    """Scores as if this were the only interest."""
    holding: Callable[[Interest], Collection[int]]
    """The papers that hold an interest in its own words."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on every paper of a window, by its index there."""

    order: tuple[int, ...]
    """All that could be picked, best first."""
    chosen: Chosen
    sent: frozenset[int]
    excluded: frozenset[int]

    @property
    def picked(self) -> tuple[int, ...]:
        """Best first."""
        return self.chosen.picked

    def why(self, index: int) -> Why | None:
        """Why this paper is left out; None: it is picked."""
        if index in self.sent:
            return Why.SENT_BEFORE
        if index in self.excluded:
            return Why.RULED_OUT
        if index not in self.order:
            return Why.BELOW_THRESHOLD
        if index in self.chosen.picked:
            return None
        if index in self.chosen.twins:
            return Why.DUPLICATE
        return Why.MADE_ROOM if index in self.chosen.made_room else Why.OVER_LIMIT

    def left_out(self, considered: int) -> Mapping[Why, int]:
        """How many of ``considered`` papers are left out, by reason."""
        chosen = self.chosen
        counts = {
            Why.SENT_BEFORE: len(self.sent),
            Why.RULED_OUT: len(self.excluded - self.sent),
            Why.DUPLICATE: len(chosen.twins),
            Why.MADE_ROOM: len(chosen.made_room),
        }
        counts[Why.OVER_LIMIT] = (
            len(self.order) - len(chosen.picked) - len(chosen.twins) - len(chosen.made_room)
        )
        counts[Why.BELOW_THRESHOLD] = considered - len(chosen.picked) - sum(counts.values())
        return {why: count for why, count in counts.items() if count}


@dataclass(frozen=True, slots=True)
class Plan:
    """A decision with everything that led to it."""

    subscriber: Subscriber
    period: Period
    window: Window
    ranked: Ranked
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
        until=fresh[-1].key if fresh else after,
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


def passing(subscriber: Subscriber, ranked: Ranked) -> list[int]:
    """Indices of the papers that may be picked: good enough or required, and not ruled out."""
    good = (ranked.scores >= subscriber.threshold).nonzero()[0].tolist()
    wanted = sorted({*good, *required(subscriber, ranked)})
    return [index for index in wanted if index not in ranked.excluded]


def required(subscriber: Subscriber, ranked: Ranked) -> frozenset[int]:
    """Indices of the papers that hold an interest which must be seen."""
    musts = [interest for interest in subscriber.profile.interests if interest.must_see]
    return frozenset(index for interest in musts for index in ranked.holding(interest))


def judge(
    subscriber: Subscriber,
    papers: Sequence[Paper],
    ranked: Ranked,
    sent: Collection[PaperKey],
    alike: Callable[[Paper, Paper], bool],
) -> Judgement:
    """Pick from ``papers``, which ``ranked`` follows; equal scores fall to the smaller paper id."""
    order = [index for index in passing(subscriber, ranked) if papers[index].key not in sent]
    order.sort(key=lambda index: (-ranked.scores[index], papers[index].id))
    chosen = choose(
        order,
        limit=subscriber.limit,
        required=required(subscriber, ranked),
        alike=lambda one, other: alike(papers[one], papers[other]),
        good=lambda: _good(subscriber, ranked),
    )
    return Judgement(
        order=tuple(order),
        chosen=chosen,
        sent=frozenset(i for i, paper in enumerate(papers) if sent and paper.key in sent),
        excluded=frozenset(ranked.excluded),
    )


def _good(subscriber: Subscriber, ranked: Ranked) -> dict[str, set[int]]:
    """For each interest, as it is written, the papers that would pass by it alone."""
    found: dict[str, set[int]] = {}
    for interest in subscriber.profile.interests:
        passed = (ranked.alone(interest) >= subscriber.threshold).nonzero()[0]
        found.setdefault(str(interest), set()).update(passed.tolist())
    return found


def plan(
    subscriber: Subscriber,
    period: Period,
    seen: Window,
    ranked: Ranked,
    *,
    sent: Collection[PaperKey],
    alike: Callable[[Paper, Paper], bool],
    now: datetime,
) -> Plan:
    """Decide one subscriber's digest; of papers that are ``alike``, it holds one."""
    judgement = judge(subscriber, seen.papers, ranked, sent, alike)
    picks = tuple(
        pick(seen.papers[index], float(ranked.scores[index]), ranked.reasons(index), period)
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
        decision = Digest(subscriber.id, period, now, seen.until, picks, coverage)
    else:
        reason = SkipReason.NOTHING_PICKED if seen.papers else SkipReason.NOTHING_NEW
        decision = Skip(subscriber.id, period, now, seen.until, reason, coverage)
    return Plan(subscriber, period, seen, ranked, judgement, decision)


def pick(paper: Paper, score: float, reasons: tuple[Reason, ...], period: Period) -> Pick:
    """A pick, marked late where its dump's date lies before the digest's period."""
    late = paper.listed is not None and paper.listed < period.start
    return Pick(paper, score, reasons, late)


def why_left_out(plan: Plan, index: int) -> LeftOut | None:
    """Why a paper of the plan's window is not in its digest; None: it is."""
    judgement = plan.judgement
    why = judgement.why(index)
    if why is None:
        return None
    papers, score = plan.window.papers, float(plan.ranked.scores[index])
    limit, threshold = plan.subscriber.limit, plan.subscriber.threshold
    match why:
        case Why.SENT_BEFORE:
            detail = "an earlier digest has it"
        case Why.RULED_OUT:
            detail = f"your exclusion {plan.ranked.excluded[index]}"
        case Why.OVER_LIMIT:
            rank = 1 + judgement.order.index(index)
            detail = f"it ranks {rank}, and your limit is {limit}"
            if rank <= limit:
                detail += ", filled by what must be seen"
        case Why.BELOW_THRESHOLD:
            detail = f"its score {score:.4f} is below your threshold {threshold:g}"
        case Why.DUPLICATE:
            twin = papers[judgement.chosen.twins[index]]
            detail = f"“{twin.title}” is nearly the same and comes before it"
        case Why.MADE_ROOM:
            detail = f"it made room for “{judgement.chosen.made_room[index]}”"
        case Why.TOO_EARLY:
            detail = "it arrived before the papers that this digest draws on"
    return LeftOut(papers[index], score, why, detail)
