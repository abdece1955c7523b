"""What a profile as it stands now would have made of past digests. Nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from digest import selection
from digest.explain import explanation
from digest.model import Decided, Digest, Paper, Pick, Subscriber
from digest.pipeline.protocols import Ledger


@dataclass(frozen=True, slots=True)
class Change:
    """One paper of a past digest, then and now."""

    paper: Paper
    then: Pick | None
    """As it was picked; None: the digest did not hold it."""
    score: float | None
    """By the profile as it stands; None: its digest would not reach back to the paper."""
    now: Pick | None
    """As it would be picked; None: it would not."""
    why_not: str
    """Why it would not be picked; empty where it would."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """One past digest, side by side with what it would be."""

    window: Decided
    gained: tuple[Change, ...]
    """Best first by the score of now, as ``kept``."""
    lost: tuple[Change, ...]
    """Best first by the score of then."""
    kept: tuple[Change, ...]


def replay(
    ledger: Ledger, subscriber: Subscriber, *, last: int, expect: selection.Expect
) -> Iterator[Replayed]:
    """The subscriber's last decisions, newest first, each planned again."""
    windows = ledger.decided(subscriber.id, limit=last)
    made = {digest.period: digest for digest in ledger.digests(subscriber.id, limit=last)}
    for window in windows:
        plan = explanation.past_plan(ledger, subscriber, window, expect=expect)
        yield _compare(window, made.get(window.period), plan)


def _compare(window: Decided, made: Digest | None, plan: selection.Plan) -> Replayed:
    then = {pick.paper.key: pick for pick in (made.picks if made else ())}
    decision = plan.decision
    now = {pick.paper.key: pick for pick in decision.picks} if isinstance(decision, Digest) else {}
    gained = [
        Change(pick.paper, None, pick.score, pick, "")
        for key, pick in now.items()
        if key not in then
    ]
    kept = [
        Change(pick.paper, then[key], pick.score, pick, "")
        for key, pick in now.items()
        if key in then
    ]
    lost = [_lost(plan, pick) for key, pick in then.items() if key not in now]
    return Replayed(window, tuple(gained), tuple(lost), tuple(kept))


def _lost(plan: selection.Plan, then: Pick) -> Change:
    keys = [paper.key for paper in plan.window.papers]
    if then.paper.key not in keys:  # ``backfill`` or the schedule was another
        return Change(then.paper, then, None, None, "your first digest would not reach back to it")
    index = keys.index(then.paper.key)
    left_out = selection.why_left_out(plan, index)
    detail = left_out.detail if left_out else ""
    return Change(then.paper, then, float(plan.ranked.scores[index]), None, detail)
