"""Explains the next digest and past ones, without changing anything."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from digest import model, selection
from digest.model import Expected
from digest.pipeline.planning import Planner, Waiting
from digest.pipeline.protocols import PlanningLedger
from digest.scheduling import periods

HISTORY = 1000  # how many past decisions are searched for a paper: 19 years of weekly digests


class HistoryLedger(PlanningLedger, Protocol):
    """The part of the ledger that explanations are read from."""

    def stored(
        self, names: Collection[model.SubscriberId]
    ) -> Mapping[model.SubscriberId, model.StoredSubscriber]: ...
    def copies(self, key: model.PaperKey) -> set[model.PaperKey]: ...
    def decided(self, due: Mapping[int, model.Period]) -> set[int]: ...
    def digests(self, subscriber: model.SubscriberId, *, limit: int) -> list[model.Digest]: ...
    def decisions(self, subscriber: model.SubscriberId, *, limit: int) -> list[model.Decided]: ...


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a paper is, or is not, in a digest."""

    subscriber: model.Subscriber
    paper: model.Paper
    period: model.Period  # the period of the digest that the paper was, or will be, considered for
    past: bool  # whether that digest has been decided
    score: float
    reasons: tuple[model.Reason, ...]  # the reasons, which add up to `score`
    picked: bool
    why: model.Why | None  # why the present profile leaves the paper out; None: it does not
    detail: str


def next_plan(
    ledger: HistoryLedger, subscriber: model.Subscriber, *, expected: Expected, now: datetime
) -> selection.Plan:
    """Plan the next digest from the papers known so far; it is the present one if one is due."""
    period, moment = periods.due_period(subscriber, now), now
    known = ledger.stored([subscriber.id]).get(subscriber.id)
    until = known.until if known else None
    if known and ledger.decided({known.key: period}):
        moment = periods.next_due(subscriber, now)
        period = periods.due_period(subscriber, moment)
    first = periods.first_window(subscriber, period, now=moment)
    after = ledger.cursor(first) if until is None else until
    waiting = Waiting(subscriber, period, after, until is None)
    planner = Planner(ledger, until=ledger.newest_key(), expected=expected, now=moment)
    return next(planner.plans([waiting]))


def preview(
    ledger: HistoryLedger, subscriber: model.Subscriber, *, expected: Expected, now: datetime
) -> tuple[selection.Plan, bool]:
    """Plan the next digest, or where nothing new has come, the last one again; whether it did."""
    plan = next_plan(ledger, subscriber, expected=expected, now=now)
    if not plan.window.papers:
        for decided in ledger.decisions(subscriber.id, limit=1):
            return past_plan(ledger, subscriber, decided, expected=expected), True
    return plan, False


def past_plan(
    ledger: HistoryLedger,
    subscriber: model.Subscriber,
    decided: model.Decided,
    *,
    expected: Expected,
) -> selection.Plan:
    """What the profile as it stands would have picked from the papers of a past decision."""
    moment = decided.composed
    first = periods.first_window(subscriber, decided.period, now=moment)
    after = ledger.cursor(first) if decided.after is None else decided.after
    waiting = Waiting(subscriber, decided.period, after, decided.after is None)
    planner = Planner(ledger, until=decided.until, expected=expected, now=moment, is_past=True)
    return next(planner.plans([waiting]))


def explain(
    ledger: HistoryLedger,
    subscriber: model.Subscriber,
    paper: model.Paper,
    *,
    expected: Expected,
    now: datetime,
) -> Explanation:
    """Explain one paper in the digest that it was, or will be, considered for. A paper in a past
    digest has the score with which it was picked; any other paper has the score by the present
    profile."""
    copies = ledger.copies(paper.key)
    for digest in ledger.digests(subscriber.id, limit=HISTORY):
        for pick in digest.picks:
            if pick.paper.key in copies:
                detail = f"in the digest for {digest.period}, made {digest.composed:%Y-%m-%d}"
                score, reasons = pick.score, pick.reasons
                return Explanation(
                    subscriber, paper, digest.period, True, score, reasons, True, None, detail
                )
    for decided in ledger.decisions(subscriber.id, limit=HISTORY):
        if (decided.after or 0) < paper.key <= decided.until:
            before = {subscriber.id: model.PaperKey(min(copies) - 1)}
            if decided.picks is None and copies & ledger.sent(before)[subscriber.id]:
                detail = f"in the digest for {decided.period}; its reasons are no longer kept"
                return Explanation(
                    subscriber, paper, decided.period, True, 0.0, (), True, None, detail
                )
            plan = past_plan(ledger, subscriber, decided, expected=expected)
            return _account(ledger, plan, paper, past=True)
    plan = next_plan(ledger, subscriber, expected=expected, now=now)
    return _account(ledger, plan, paper, past=False)


def _account(
    ledger: HistoryLedger, plan: selection.Plan, paper: model.Paper, *, past: bool
) -> Explanation:
    index = next((i for i, each in enumerate(plan.window.papers) if each.key == paper.key), None)
    scored, why = plan, None
    if index is None:
        index, scored, why = 0, _alone(ledger, plan, paper), model.Why.TOO_EARLY
        detail = (
            f"it arrived on {paper.arrived:%Y-%m-%d}, before the first digest's papers; "
            "`backfill` in the profile reaches further back"
        )
    elif left_out := selection.why_left_out(plan, index):
        why, detail = left_out.why, left_out.detail
    elif past:
        detail = "left out then; the profile as it stands would pick it"
    else:
        detail = f"it will be in the digest for {plan.period}"
    score, reasons, picked = scored.score(index), scored.reasons(index), not (why or past)
    return Explanation(
        plan.subscriber, paper, plan.period, past, score, reasons, picked, why, detail
    )


def _alone(ledger: HistoryLedger, plan: selection.Plan, paper: model.Paper) -> selection.Plan:
    moment = plan.decision.composed
    waiting = Waiting(plan.subscriber, plan.period, model.PaperKey(paper.key - 1), is_first=True)
    planner = Planner(ledger, until=paper.key, expected=Expected("none"), now=moment, is_past=True)
    return next(planner.plans([waiting]))
