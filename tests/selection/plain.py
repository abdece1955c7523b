"""The plain way to choose the papers of one digest: each paper and each interest after the other.
The program decides for many readers at once; both must agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from digest.model import Paper, Subscriber, Why
from digest.selection.decision import SECOND_LOOK


@dataclass(frozen=True)
class Case:
    """What one reader's papers look like to the ranking; a paper is its index."""

    subscriber: Subscriber
    scores: Sequence[float]
    excluded: Collection[int]
    sent: Collection[int]
    required: Collection[int]
    good: Mapping[str, Collection[int]]
    """The papers that reach the threshold by each interest alone."""


def picked(
    case: Case, papers: Sequence[Paper], looks: int, alike: Callable[[int, int], bool]
) -> tuple[list[int], Mapping[Why, int]]:
    """The picks, best first, and how many papers are left out for which reason."""
    subscriber = case.subscriber
    out = dict.fromkeys(case.excluded, Why.RULED_OUT)
    for index, paper in enumerate(papers):
        if paper.standing == "withdrawn":
            out[index] = Why.WITHDRAWN
        elif paper.standing == "revised" and not subscriber.revisions:
            out[index] = Why.REVISED
    out |= dict.fromkeys(case.sent, Why.SENT_BEFORE)
    least = [subscriber.threshold * (SECOND_LOOK if n < looks else 1) for n in range(len(papers))]
    fresh = [
        index
        for index, score in enumerate(case.scores)
        if index not in out and (score >= least[index] or index in case.required)
    ]
    order = sorted(fresh, key=lambda index: (-case.scores[index], papers[index].id))
    chosen, twins = _first(order, case, alike)
    rest = [index for index in order if index not in chosen and index not in twins]
    made_room = _balance(chosen, rest, case, alike) if rest else {}
    counts = Counter(out.values())
    counts[Why.DUPLICATE], counts[Why.MADE_ROOM] = len(twins), len(made_room)
    counts[Why.OVER_LIMIT] = len(order) - len(chosen) - len(twins) - len(made_room)
    counts[Why.BELOW_THRESHOLD] = len(papers) - len(out) - len(order)
    return [index for index in order if index in chosen], {w: n for w, n in counts.items() if n}


def _first(
    order: Sequence[int], case: Case, alike: Callable[[int, int], bool]
) -> tuple[list[int], set[int]]:
    chosen: list[int] = []
    twins = set()
    musts = [index for index in order if index in case.required]
    for index in (*musts, *(index for index in order if index not in case.required)):
        if len(chosen) >= case.subscriber.limit and index not in case.required:
            break
        if any(alike(one, index) for one in chosen):
            twins.add(index)
        else:
            chosen.append(index)
    return chosen, twins


def _balance(
    chosen: list[int], rest: Sequence[int], case: Case, alike: Callable[[int, int], bool]
) -> dict[int, str]:
    best = {name: [i for i in rest if i in papers] for name, papers in case.good.items()}
    made_room: dict[int, str] = {}
    for name in sorted((n for n in best if best[n]), key=lambda n: (rest.index(best[n][0]), n)):
        if any(index in case.good[name] for index in chosen):
            continue
        new = next((i for i in best[name] if not any(alike(i, one) for one in chosen)), None)
        may_go = [i for i in reversed(chosen) if i not in case.required]
        least = next((i for i in may_go if not _needed(i, chosen, case)), None)
        if new is not None and least is not None:
            chosen.remove(least)
            chosen.insert(0, new)
            made_room[least] = name
    return made_room


def _needed(index: int, chosen: Sequence[int], case: Case) -> bool:
    """Whether an interest has this paper as its only good one among the chosen."""
    return any([one for one in chosen if one in papers] == [index] for papers in case.good.values())
