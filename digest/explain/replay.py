"""Plans past digests again with the present profile, and compares. Nothing is changed."""

from collections.abc import Iterator
from dataclasses import dataclass

from digest import selection
from digest.explain import explanation
from digest.explain.explanation import HistoryLedger
from digest.model import Decided, Digest, Expected, Paper, Pick, Subscriber


@dataclass(frozen=True, slots=True)
class Change:
    """A paper of a past digest, as it was then and as it would be now."""

    paper: Paper
    then: Pick | None  # the pick of the past digest; None: the paper was not in it
    score: float | None  # by the present profile; None: the digest would not reach back to it
    now: Pick | None  # the pick by the present profile; None: the paper would not be picked
    why_not: str  # why the paper would not be picked; empty if it would


@dataclass(frozen=True, slots=True)
class Replayed:
    """A past digest compared with what it would be now."""

    window: Decided
    gained: tuple[Change, ...]  # the papers that would be added, best first by the present score
    lost: tuple[Change, ...]  # the papers that would be dropped, best first by their former score
    kept: tuple[Change, ...]  # the papers that would stay, best first by the present score


def replay(
    ledger: HistoryLedger, subscriber: Subscriber, *, last: int, expected: Expected
) -> Iterator[Replayed]:
    """The subscriber's last decisions, newest first, each planned again, but for those whose picks
    are no longer kept."""
    made = {digest.period: digest for digest in ledger.digests(subscriber.id, limit=last)}
    for window in ledger.decisions(subscriber.id, limit=last):
        if window.picks is None:
            continue
        plan = explanation.past_plan(ledger, subscriber, window, expected=expected)
        yield _compare(window, made.get(window.period), plan)


def _compare(window: Decided, made: Digest | None, plan: selection.Plan) -> Replayed:
    then = {pick.paper.key: pick for pick in (made.picks if made else ())}
    decision = plan.decision
    now = {pick.paper.key: pick for pick in decision.picks} if isinstance(decision, Digest) else {}
    picked = [Change(pick.paper, then.get(key), pick.score, pick, "") for key, pick in now.items()]
    gained = tuple(change for change in picked if change.then is None)
    kept = tuple(change for change in picked if change.then is not None)
    lost = tuple(_lost(plan, pick) for key, pick in then.items() if key not in now)
    return Replayed(window, gained, lost, kept)


def _lost(plan: selection.Plan, then: Pick) -> Change:
    keys = [paper.key for paper in plan.window.papers]
    if then.paper.key not in keys:  # ``backfill`` or the schedule was another
        return Change(then.paper, then, None, None, "your first digest would not reach back to it")
    index = keys.index(then.paper.key)
    left_out = selection.why_left_out(plan, index)
    detail = left_out.detail if left_out else ""
    return Change(then.paper, then, plan.score(index), None, detail)
