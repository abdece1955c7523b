"""Finds papers whose abstracts are nearly the same."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from digest.selection.diversity import Twins

ALIKE = 0.4
"""Two papers are nearly the same if the Jaccard index of their abstracts' word trigrams is at least
this. Of 7,000 conference abstracts, versions of one paper had 0.43 or more, others at most 0.23."""
LEAST_TRIGRAMS = 30  # with fewer, set phrases may make up most of an abstract

Ints = NDArray[np.int64]
_NONE = np.empty(0, dtype=np.int64)


def near_duplicates(abstracts: Sequence[Ints]) -> Twins:
    """The papers that are nearly the same as others, with these others. A paper is its index; its
    abstract is given by the numbers of its words."""
    every = _trigrams(abstracts)
    found: dict[int, list[int]] = {}
    candidates = np.array(_candidates(every), dtype=np.int64).reshape(-1, 2)
    sizes = np.array([len(each) for each in every], dtype=np.int64)
    ends = np.concatenate([[0], np.cumsum(sizes)])
    _, trigrams = np.unique(np.concatenate([_NONE, *every]), return_inverse=True)
    held = np.zeros(len(trigrams), dtype=bool)
    for one, others in _by_first(candidates):
        its = trigrams[ends[one] : ends[one + 1]]
        held[its] = True
        cells = np.concatenate([trigrams[ends[n] : ends[n + 1]] for n in others.tolist()])
        shared = np.add.reduceat(held[cells], np.cumsum(sizes[others]) - sizes[others], dtype=int)
        held[its] = False
        for other in others[shared >= ALIKE * (sizes[one] + sizes[others] - shared)].tolist():
            found.setdefault(one, []).append(other)
            found.setdefault(other, []).append(one)
    return found


def _by_first(pairs: Ints) -> Iterator[tuple[int, Ints]]:
    """The second ones of pairs that are in order, by the first one."""
    firsts, at = np.unique(pairs[:, 0], return_index=True)
    for first, start, end in zip(firsts.tolist(), at, np.append(at[1:], len(pairs)), strict=False):
        yield first, pairs[start:end, 1]


def _trigrams(abstracts: Sequence[Ints]) -> list[Ints]:
    """The trigrams of each abstract as ascending numbers; none of one that has too few."""
    words = np.concatenate([_NONE, *abstracts])
    known, numbers = np.unique(words, return_inverse=True)
    found = []
    end = 0
    for abstract in abstracts:
        its = numbers[end : end + len(abstract)]
        end += len(abstract)
        trigrams = np.unique((its[:-2] * len(known) + its[1:-1]) * len(known) + its[2:])
        found.append(trigrams if len(trigrams) >= LEAST_TRIGRAMS else trigrams[:0])
    return found


def _candidates(trigrams: Sequence[Ints]) -> list[tuple[int, int]]:
    """Every pair of papers that could be nearly the same. Two sets with a Jaccard index of
    ``ALIKE`` share so large a part of each that they also share one of the rarest trigrams of each
    when the most frequent ones, as many as leave less than that part, are set aside (prefix
    filtering: Chaudhuri et al., ICDE 2006)."""
    sizes = np.array([len(each) for each in trigrams], dtype=np.int64)
    paper = np.repeat(np.arange(len(sizes)), sizes)
    trigram = np.concatenate([_NONE, *trigrams])
    _, number, often = np.unique(trigram, return_inverse=True, return_counts=True)
    order = np.lexsort((number, often[number], paper))  # of each paper the rarest first
    place = np.arange(len(order)) - (np.cumsum(sizes) - sizes)[paper]
    kept = order[place <= (sizes - np.floor(ALIKE * sizes))[paper]]
    kept = kept[np.argsort(number[kept], kind="stable")]
    number, paper = number[kept], paper[kept]
    found: set[tuple[int, int]] = set()
    for apart in range(1, len(number)):
        same = number[apart:] == number[:-apart]
        if not same.any():
            break
        ones, others = paper[:-apart][same], paper[apart:][same]
        found.update(zip(ones.tolist(), others.tolist(), strict=True))
    return sorted(found)
