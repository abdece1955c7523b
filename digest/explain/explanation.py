"""Explains the next digest and past ones, without changing anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from digest import selection
from digest.model import Decided, Paper, PaperKey, Period, Reason, Subscriber, Why
from digest.pipeline.decide import plan_all
from digest.pipeline.protocols import Ledger
from digest.scheduling import periods

HISTORY = 1000
"""How many past decisions are searched for a paper: 19 years of weekly digests."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a paper is, or is not, in a digest."""

    subscriber: Subscriber
    paper: Paper
    period: Period
    """The period of the digest that the paper was, or will be, considered for."""
    past: bool
    """Whether that digest has been decided."""
    score: float
    reasons: tuple[Reason, ...]
    """The reasons, which add up to ``score``."""
    picked: bool
    why: Why | None
    """Why the present profile leaves the paper out; None: it does not."""
    detail: str


def next_plan(
    ledger: Ledger, subscriber: Subscriber, *, expect: selection.Expect, now: datetime
) -> selection.Plan:
    """Plan the next digest from the papers known so far; it is the present one if one is due."""
    period, moment = periods.due_period(subscriber, now), now
    standing = ledger.progress({subscriber.id: period})[subscriber.id]
    if standing.decided:
        moment = periods.next_occurrence(subscriber.schedule, subscriber.timezone, now)
        period = periods.due_period(subscriber, moment)
    after = standing.until
    if after is None:
        after = _first_cursor(ledger, subscriber, period, moment)
    return _plan(ledger, subscriber, period, after, expect=expect, now=moment)


def past_plan(
    ledger: Ledger,
    subscriber: Subscriber,
    window: Decided,
    *,
    expect: selection.Expect,
) -> selection.Plan:
    """Plan a past digest again, from its papers, with the present profile."""
    after = window.after
    if after is None:
        after = _first_cursor(ledger, subscriber, window.period, window.composed)
    return _plan(
        ledger,
        subscriber,
        window.period,
        after,
        expect=expect,
        now=window.composed,
        until=window.until,
    )


def explain(
    ledger: Ledger, subscriber: Subscriber, paper: Paper, *, expect: selection.Expect, now: datetime
) -> Explanation:
    """Explain one paper in the digest that it was, or will be, considered for.

    A paper in a past digest has the score with which it was picked; any other paper has the score
    by the present profile.
    """
    for digest in ledger.digests(subscriber.id, limit=HISTORY):
        for pick in digest.picks:
            if pick.paper.key == paper.key:
                detail = f"in the digest for {digest.period}, made {digest.composed:%Y-%m-%d}"
                return Explanation(
                    subscriber,
                    paper,
                    digest.period,
                    past=True,
                    score=pick.score,
                    reasons=pick.reasons,
                    picked=True,
                    why=None,
                    detail=detail,
                )
    window = next(
        (d for d in ledger.decided(subscriber.id, limit=HISTORY) if _holds(d, paper)), None
    )
    if window is None:
        plan = next_plan(ledger, subscriber, expect=expect, now=now)
    else:
        plan = past_plan(ledger, subscriber, window, expect=expect)
    return _account(ledger, plan, paper, past=window is not None)


def _holds(window: Decided, paper: Paper) -> bool:
    return (window.after or 0) < paper.key <= window.until


def _account(ledger: Ledger, plan: selection.Plan, paper: Paper, *, past: bool) -> Explanation:
    index = next((i for i, each in enumerate(plan.window.papers) if each.key == paper.key), None)
    if index is None:
        return _account_too_early(ledger, plan, paper, past=past)
    left_out = selection.why_left_out(plan, index)
    if left_out is not None:
        detail = left_out.detail
    elif past:
        detail = "left out then; the profile as it stands would pick it"
    else:
        detail = f"it will be in the digest for {plan.period}"
    return Explanation(
        plan.subscriber,
        paper,
        plan.period,
        past=past,
        score=float(plan.ranked.scores[index]),
        reasons=plan.ranked.reasons(index),
        picked=left_out is None and not past,
        why=left_out.why if left_out else None,
        detail=detail,
    )


def _account_too_early(
    ledger: Ledger, plan: selection.Plan, paper: Paper, *, past: bool
) -> Explanation:
    alone = _plan(
        ledger,
        plan.subscriber,
        plan.period,
        PaperKey(paper.key - 1),
        expect="none",
        now=plan.decision.composed,
        until=paper.key,
    )
    return Explanation(
        plan.subscriber,
        paper,
        plan.period,
        past=past,
        score=float(alone.ranked.scores[0]),
        reasons=alone.ranked.reasons(0),
        picked=False,
        why=Why.TOO_EARLY,
        detail=f"it arrived on {paper.arrived:%Y-%m-%d}, before the first digest's papers; "
        "`backfill` in the profile reaches further back",
    )


def _first_cursor(
    ledger: Ledger, subscriber: Subscriber, period: Period, now: datetime
) -> PaperKey:
    return ledger.cursor(periods.first_window(subscriber, period, now=now))


def _plan(
    ledger: Ledger,
    subscriber: Subscriber,
    period: Period,
    after: PaperKey,
    *,
    expect: selection.Expect,
    now: datetime,
    until: PaperKey | None = None,
) -> selection.Plan:
    due, cursors = {subscriber.id: period}, {subscriber.id: after}
    return next(plan_all(ledger, [subscriber], due, cursors, expect=expect, now=now, until=until))
