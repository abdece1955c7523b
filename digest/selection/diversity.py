"""Chooses among good papers, where they are more than the limit or some are nearly the same. Pure.
A paper is an integer here. A digest takes the required papers, then the best ones up to the limit,
and never two that are nearly the same. Then an interest that has good papers, none of them chosen,
gets its best one in; the paper that goes is one that no interest needs."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

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
        others = (i for i in order if i not in left_out) if left_out else order
        made_room = _balance(picked, others, required, twins, good())
    if first or made_room:
        chosen = set(picked)
        picked = [index for index in order if index in chosen]
    return Chosen(tuple(picked), left_out, made_room)


def _balance(
    picked: list[int],
    others: Iterable[int],
    required: Collection[int],
    twins: Twins,
    good: Mapping[str, Collection[int]],
) -> dict[int, str]:
    """Replace papers in ``picked`` by ``others`` until every interest that has a good paper has one
    there. Interests come in the order of their best paper; the papers at the end of ``picked`` go
    first."""
    # An interest with a good paper there keeps one: no paper goes that an interest needs.
    chosen = frozenset(picked)
    crowded_out = [name for name, papers in good.items() if chosen.isdisjoint(papers)]
    if not crowded_out:
        return {}
    asked = frozenset().union(*(good[name] for name in crowded_out))
    rest = list(filter(asked.__contains__, others))
    best = {name: list(filter(good[name].__contains__, rest)) for name in crowded_out}
    made_room: dict[int, str] = {}
    for name in sorted((n for n in best if best[n]), key=lambda n: (rest.index(best[n][0]), n)):
        if any(index in good[name] for index in picked):
            continue
        new = next((i for i in best[name] if not _has_twin(i, picked, twins)), None)
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
    held = ([index for index in picked if index in papers] for papers in good.values())
    needed = {papers[0] for papers in held if len(papers) == 1}
    return next((i for i in reversed(picked) if i not in required and i not in needed), None)
