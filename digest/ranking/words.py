"""Texts as arrays of numbers: words, their stems, and where a phrase stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice

import numpy as np
import snowballstemmer  # type: ignore[import-untyped]  # it ships no types
from numpy.typing import NDArray
from sklearn.feature_extraction.text import (  # type: ignore[import-untyped]  # it ships no types
    ENGLISH_STOP_WORDS,
)

from digest.text import terms

Ints = NDArray[np.int64]

BREAK = 0
"""Stands between two stretches of text that no phrase may span."""
_MOST_SPELLINGS = 32
_stemmer = snowballstemmer.stemmer("english")


@lru_cache(maxsize=200_000)
def stem(form: str) -> str:
    """Porter2 stem of a word's form; "" for a word that says nothing, as ``the``."""
    if form in ENGLISH_STOP_WORDS or (len(form) == 1 and form.isascii() and form.isalpha()):
        return ""
    return str(_stemmer.stemWord(form))


class Words(dict[str, int]):
    """Numbers of words by spelling; words of one form share a number, breaks have 0.

    It learns a new spelling when asked for it; ``stem_of[n]`` is the number of form n's stem, 0
    where it has none.
    """

    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, int] = {"": BREAK}
        self.stems: dict[str, int] = {"": 0}
        self.stem_of: list[int] = [0]

    def __missing__(self, spelling: str) -> int:
        number = BREAK
        if spelling[0].isalnum():
            number = self.add(terms.form(spelling))
        self[spelling] = number
        return number

    def add(self, form: str) -> int:
        """The number of a form."""
        number = self.forms.setdefault(form, len(self.forms))
        if number == len(self.stem_of):
            self.stem_of.append(self.stems.setdefault(stem(form), len(self.stems)))
        return number

    def copy(self) -> Words:
        """One that can learn without changing this one."""
        new = Words()
        new.update(self)
        new.forms, new.stems, new.stem_of = (
            dict(self.forms),
            dict(self.stems),
            list(self.stem_of),
        )
        return new

    def spellings(self, forms: Sequence[str]) -> list[tuple[int, ...]]:
        """Every way in which words of the texts read so far spell the letters of a phrase."""
        letters = "".join(forms)
        longest = len(forms) + terms.MAX_EXTRA_WORDS

        def spell(start: int, so_far: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
            if start == len(letters):
                yield so_far
            elif len(so_far) < longest:
                for end in range(len(letters), start, -1):
                    number = self.forms.get(letters[start:end])
                    if number is not None:
                        yield from spell(end, (*so_far, number))

        return list(islice(spell(0, ()), _MOST_SPELLINGS)) if letters else []


def features(stems: Ints) -> tuple[Ints, Ints]:
    """Single stems and neighbouring pairs: their positions in ``stems`` and their keys.

    Words without a stem are stepped over, -1 (a break) is not: ``mixture of experts`` gives
    ``mixtur``, ``expert`` and ``mixtur expert``.
    """
    at = np.flatnonzero(stems != 0)
    kept = stems[at]
    single = kept > 0
    pair = single[:-1] & single[1:]
    positions = np.concatenate([at[single], at[:-1][pair]])
    keys = np.concatenate([kept[single], (kept[:-1][pair] << 32) | kept[1:][pair]])
    return positions, keys


class Texts:
    """Many texts, one behind the other.

    ``words[i]`` is the number of the i-th word, ``row[i]`` the text it belongs to.
    """

    def __init__(self, texts: Iterable[str], words: Words) -> None:
        self.vocabulary = words
        numbers: list[int] = []
        ends: list[int] = []
        for text in texts:
            numbers.extend(map(words.__getitem__, terms.stream(text)))
            numbers.append(BREAK)
            ends.append(len(numbers))
        self.count = len(ends)
        self.words = np.array(numbers, dtype=np.int64)
        self.row = np.repeat(np.arange(self.count), np.diff(np.array([0, *ends])))
        self._order = np.argsort(self.words, kind="stable")
        self._starts = np.searchsorted(self.words[self._order], np.arange(len(words.forms) + 1))

    def features(self) -> tuple[Ints, Ints]:
        """(text, key) of every single stem and pair of stems."""
        stem_of = np.array(self.vocabulary.stem_of, dtype=np.int64)
        stem_of[BREAK] = -1
        positions, keys = features(stem_of[self.words])
        return self.row[positions], keys

    def find(self, forms: Sequence[str]) -> Ints:
        """Positions of the first words of a phrase, however its words are joined or split."""
        found = [self._exactly(spelling) for spelling in self.vocabulary.spellings(forms)]
        return np.unique(np.concatenate(found)) if found else np.empty(0, dtype=np.int64)

    def _exactly(self, numbers: Sequence[int]) -> Ints:
        lists = [self._order[self._starts[n] : self._starts[n + 1]] for n in numbers]
        rarest = min(range(len(lists)), key=lambda i: len(lists[i]))
        first: Ints = lists[rarest] - rarest
        first = first[(first >= 0) & (first + len(numbers) <= len(self.words))]
        for offset, number in enumerate(numbers):
            if offset != rarest:
                first = first[self.words[first + offset] == number]
        return first
