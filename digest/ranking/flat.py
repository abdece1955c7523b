"""Rows of different lengths as flat arrays: the cells of one row behind those of the row before."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]  # it ships no types

from digest.ranking.calibration import sums
from digest.ranking.vocabulary import PAIR, Floats, Ints


class Growing:
    """An array to which others are appended, each at a cost that does not depend on its length.
    What it begins with gives the kind and the number of columns."""

    def __init__(self, first: NDArray[Any]) -> None:
        self._held, self._count = first, len(first)

    def add(self, more: NDArray[Any]) -> None:
        """Append values, or rows of values."""
        end = self._count + len(more)
        if end > len(self._held):
            room = np.empty((max(end, 2 * len(self._held)), *more.shape[1:]), self._held.dtype)
            if self._count:
                room[: self._count] = self.values
            self._held = room
        self._held[self._count : end] = more
        self._count = end

    @property
    def values(self) -> NDArray[Any]:
        """All of it; the values that are there do not change."""
        return self._held[: self._count]


class Values(NamedTuple):
    """Values by pair, and by something else that has a number: a term, a stem or a label. Those of
    one pair are in the order in which they count."""

    pair: Ints
    term: Ints
    value: Floats

    def take(self, which: Ints) -> "Values":
        """Some of these."""
        return Values(self.pair[which], self.term[which], self.value[which])


NOTHING = Values(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0))


def joined(*found: Values) -> Values:
    """Values that count one after the other."""
    return Values(*map(np.concatenate, zip(*found, strict=True)))


def by_pair(*found: Values) -> Values:
    """Values in the order of pairs; of one pair, they count one after the other."""
    every = joined(*found)
    return every.take(np.argsort(every.pair, kind="stable"))


def merged(found: Values) -> Values:
    """The sums of those that are equal; those of one pair in the order of first values."""
    keys, first, of = np.unique(
        found.pair << PAIR | found.term, return_index=True, return_inverse=True
    )
    order = np.lexsort((first, keys >> PAIR))
    total = sums(of, found.value, len(keys))[order]
    return Values(keys[order] >> PAIR, keys[order] & LAST, total)


class Cells:
    """The cells of a growing matrix by row and column."""

    def __init__(self, width: int, found: sparse.csr_array | None = None) -> None:
        self._width = width
        self._keys, self._values = Growing(_NO_KEYS), Growing(_NO_VALUES)
        if found is not None:
            self.add(found, 0)

    def add(self, found: sparse.csr_array, first: int) -> None:
        """Append the rows of a matrix, which are numbered from ``first``."""
        rows = first + np.repeat(np.arange(found.shape[0]), np.diff(found.indptr))
        keys = rows * self._width + found.indices
        order = np.argsort(keys, kind="stable")
        self._keys.add(keys[order])
        self._values.add(found.data[order])

    def of(self, rows: Ints) -> tuple[Ints, Ints]:
        """The cells of rows that are not 0: the place of each among ``rows``, and its column."""
        keys, first = self._keys.values, rows * self._width
        ends = np.searchsorted(keys, first), np.searchsorted(keys, first + self._width)
        which, at = ranges(ends[0], ends[1] - ends[0])
        held = np.flatnonzero(self._values.values[at])
        return which[held], keys[at[held]] - first[which[held]]

    def at(self, rows: Ints, columns: Ints) -> Floats:
        """Some cells; 0 where there is none, and where the column is below 0."""
        keys, wanted = self._keys.values, rows * self._width + columns
        if not len(keys):
            return np.zeros(len(wanted))
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where((keys[at] == wanted) & (columns >= 0), self._values.values[at], 0.0)


def spread(ends: Ints, which: Ints) -> tuple[Ints, Ints]:
    """The cells of some rows, of which each ends where the next begins: the place among ``which``
    of the row of each cell, and the number of the cell."""
    first = ends[which]
    return ranges(first, ends[which + 1] - first)


def ranges(first: Ints, counts: Ints) -> tuple[Ints, Ints]:
    """Ranges of numbers, by their first one and how many they are: the range of each number, and
    the number."""
    group = np.repeat(np.arange(len(first)), counts)
    return group, np.arange(len(group)) + (first - (np.cumsum(counts) - counts))[group]


_NO_KEYS = np.empty(0, dtype=np.int64)
_NO_VALUES = np.empty(0, dtype=np.float64)
LAST = (1 << PAIR) - 1  # the bits of a pair of numbers that hold the last one
