"""Chooses among good papers, where they are more than the limit or some are nearly the same. Pure.
A paper is an integer here. A digest takes the required papers, then the best ones up to the limit,
and never two that are nearly the same. Then an interest that has good papers, none of them chosen,
gets its best one in; the paper that goes is one that no interest needs."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

Twins = Mapping[int, Collection[int]]
"""The papers that are nearly the same as others, with these others."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The papers of a digest, and why some that are as good are not among them."""

    picked: tuple[int, ...]  # best first
    twins: Mapping[int, int]  # a paper that is left out → the better one that is nearly the same
    made_room: Mapping[int, str]  # a paper that is left out → the interest that got its place


def choose(
    order: Sequence[int],
    *,
    limit: int,
    required: Collection[int],
    twins: Twins,
    good: Callable[[], Mapping[str, Collection[int]]],
) -> Chosen:
    """Choose from ``order``, best first; all ``required`` papers are in, even beyond ``limit``.
    ``good`` returns the papers that are good enough for each interest by itself. It is called only
    if the limit leaves a paper out."""
    picked: list[int] = []
    left_out: dict[int, int] = {}
    first = [index for index in order if index in required] if required else []
    for index in (*first, *(i for i in order if i not in required)) if first else order:
        if len(picked) >= limit and index not in required:
            break
        near = twins.get(index, ())
        twin = next((one for one in picked if one in near), None) if near else None
        if twin is None:
            picked.append(index)
        else:
            left_out[index] = twin
    made_room: dict[int, str] = {}
    if len(order) > len(picked) + len(left_out):
        others = [i for i in order if i not in left_out] if left_out else order
        made_room = _balance(picked, others, required, twins, good())
    if first or made_room:
        chosen = set(picked)
        picked = list(islice(filter(chosen.__contains__, order), len(chosen)))
    return Chosen(tuple(picked), left_out, made_room)


def _balance(
    picked: list[int],
    others: Sequence[int],
    required: Collection[int],
    twins: Twins,
    good: Mapping[str, Collection[int]],
) -> dict[int, str]:
    """Replace papers in ``picked`` by ``others`` until every interest that has a good paper has one
    there. Interests come in the order of their best paper; the papers at the end of ``picked`` go
    first."""
    # An interest with a good paper there keeps one: no paper goes that an interest needs.
    chosen = frozenset(picked)
    crowded_out = [name for name, papers in good.items() if papers and chosen.isdisjoint(papers)]
    best = {name: next(filter(good[name].__contains__, others), None) for name in crowded_out}
    place = {name: others.index(index) for name, index in best.items() if index is not None}
    made_room: dict[int, str] = {}
    for name in sorted(place, key=lambda name: (place[name], name)):
        if any(index in good[name] for index in picked):
            continue
        of_name = filter(good[name].__contains__, others)
        new = next((i for i in of_name if not _has_twin(i, picked, twins)), None)
        least = _least(picked, required, good)
        if new is not None and least is not None:
            picked.remove(least)
            # At the front, so that a later interest does not take the place away again.
            picked.insert(0, new)
            made_room[least] = name
    return made_room


def _has_twin(index: int, picked: Sequence[int], twins: Twins) -> bool:
    near = twins.get(index, ())
    return any(one in near for one in picked) if near else False


def _least(
    picked: Sequence[int], required: Collection[int], good: Mapping[str, Collection[int]]
) -> int | None:
    """The last paper that need not be seen, and that no interest has as its only good one."""
    may_go = (index for index in reversed(picked) if index not in required)
    return next((index for index in may_go if not _needed(index, picked, good.values())), None)


def _needed(index: int, picked: Sequence[int], good: Iterable[Collection[int]]) -> bool:
    """Whether an interest has this paper as its only good one among those that are picked."""
    return any(
        index in papers and not any(one in papers for one in picked if one != index)
        for papers in good
    )
