"""Chooses among good papers, where they are more than the limit or some are nearly the same. Pure.
A paper is an integer here. A digest takes the required papers, then the best ones up to the limit,
and never two that are nearly the same. Then an interest that has good papers, none of them chosen,
gets its best one in; the paper that goes is one that no interest needs."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from digest.model import Paper, PaperKey
from digest.text import terms

ALIKE = 0.4
"""Two papers are nearly the same if the Jaccard index of their abstracts' word trigrams is at least
this. Of 7,000 conference abstracts, versions of one paper had 0.43 or more, others at most 0.23."""
LEAST_TRIPLES = 30  # with fewer trigrams, set phrases may make up most of an abstract


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
    alike: Callable[[int, int], bool],
    good: Callable[[], Mapping[str, Collection[int]]],
) -> Chosen:
    """Choose from ``order``, best first; all ``required`` papers are in, even beyond ``limit``.
    ``good`` returns the papers that are good enough for each interest by itself. It is called only
    if the limit leaves a paper out."""
    picked: list[int] = []
    twins: dict[int, int] = {}
    first = [index for index in order if index in required]
    for index in (*first, *(index for index in order if index not in required)):
        if len(picked) >= limit and index not in required:
            break
        twin = next((one for one in picked if alike(one, index)), None)
        if twin is None:
            picked.append(index)
        else:
            twins[index] = twin
    made_room: dict[int, str] = {}
    if len(order) > len(picked) + len(twins):
        decided = {*picked, *twins}
        rest = [index for index in order if index not in decided]
        made_room = _balance(picked, rest, required, alike, good())
    chosen = set(picked)
    return Chosen(tuple(index for index in order if index in chosen), twins, made_room)


def _balance(
    picked: list[int],
    rest: Sequence[int],
    required: Collection[int],
    alike: Callable[[int, int], bool],
    good: Mapping[str, Collection[int]],
) -> dict[int, str]:
    """Replace papers in ``picked`` until every interest that has a good paper has one there.
    Interests come in the order of their best paper; the papers at the end of ``picked`` go
    first."""
    best = {name: [index for index in rest if index in papers] for name, papers in good.items()}
    rank = {index: place for place, index in enumerate(rest)}
    made_room: dict[int, str] = {}
    for name in sorted((n for n in good if best[n]), key=lambda n: (rank[best[n][0]], n)):
        if any(index in good[name] for index in picked):
            continue
        new = next((i for i in best[name] if not any(alike(i, one) for one in picked)), None)
        least = next(
            (i for i in reversed(picked) if i not in required and not _needed(i, picked, good)),
            None,
        )
        if new is not None and least is not None:
            picked.remove(least)
            # At the front, so that a later interest does not take the place away again.
            picked.insert(0, new)
            made_room[least] = name
    return made_room


def _needed(index: int, picked: Sequence[int], good: Mapping[str, Collection[int]]) -> bool:
    """Whether an interest has this paper as its only good one among ``picked``."""
    return any(
        index in papers and not any(one in papers for one in picked if one != index)
        for papers in good.values()
    )


class NearDuplicates:
    """Compares the abstracts of papers, and caches the results."""

    def __init__(self) -> None:
        self._triples: dict[PaperKey, frozenset[tuple[str, ...]]] = {}
        self._known: dict[tuple[PaperKey, PaperKey], bool] = {}

    def __call__(self, one: Paper, other: Paper) -> bool:
        """Whether two papers are nearly the same."""
        pair = (one.key, other.key) if one.key < other.key else (other.key, one.key)
        known = self._known.get(pair)
        if known is None:
            mine, its = self._of(one), self._of(other)
            enough = min(len(mine), len(its)) >= LEAST_TRIPLES
            shared = len(mine & its)
            known = enough and shared >= ALIKE * (len(mine) + len(its) - shared)
            self._known[pair] = known
        return known

    def _of(self, paper: Paper) -> frozenset[tuple[str, ...]]:
        if paper.key not in self._triples:
            forms = terms.tokens(paper.abstract).forms
            self._triples[paper.key] = frozenset(zip(forms, forms[1:], forms[2:], strict=False))
        return self._triples[paper.key]
