"""Texts as arrays of numbers: words, their stems, and where a phrase stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any, ParamSpec, TypeVar
from weakref import WeakMethod
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]  # it ships no types

from digest.text import terms
from digest.text.stems import stem

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_P = ParamSpec("_P")
_T = TypeVar("_T")
BREAK = 0  # stands between two stretches of text that no phrase may span
PAIR = 32  # a pair of stems is numbered `first << PAIR | second`, a single stem by itself
_UNKNOWN = 1 << 30  # stems that no text holds are numbered from here on; a pair fits into 63 bits
_NO_WORD = -1  # fills up the shorter ones of several phrases
_LEAST_PIECE = 2  # letters of each half where a word is split


def remembered(method: Callable[_P, _T], most: int) -> Callable[_P, _T]:
    """A method with its last results kept. Unlike a cached method it does not keep its object
    alive, which would stay in memory until cycles are collected."""
    weak = WeakMethod(method)

    @lru_cache(most)
    def found(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        alive = weak()
        assert alive is not None, "whoever asks holds the object"  # noqa: S101
        return alive(*args, **kwargs)

    return found  # type: ignore[return-value]  # the arguments can be hashed


class Vocabulary(dict[str, int]):
    """Numbers of words by spelling; words of one form share a number, breaks have 0. Reading texts
    teaches it their words; asking about a phrase teaches it nothing. ``stem_of[n]`` is the number
    of form n's stem, 0 where it has none."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, int] = {"": BREAK}
        self.stems: dict[str, int] = {"": 0}
        self.stem_of: list[int] = [0]
        self.spelled = remembered(self._spelled, 20_000)

    def __getstate__(self) -> dict[str, Any]:
        return {name: kept for name, kept in vars(self).items() if name != "spelled"}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        vars(self).update(state)
        self.spelled = remembered(self._spelled, 20_000)

    def __missing__(self, spelling: str) -> int:
        form = terms.form(spelling) if spelling[0].isalnum() else ""
        number = self[spelling] = self.forms.setdefault(form, len(self.forms))
        if number == len(self.stem_of):
            self.stem_of.append(self.learn_stem(form))
        return number

    def learn_stem(self, form: str) -> int:
        """The number of a form's stem, a new one if there is none yet; 0 for no stem."""
        return self.stems.setdefault(stem(form), len(self.stems))

    def stem_number(self, form: str) -> int:
        """The number of a form's stem; a stem that no text holds gets one that no other has."""
        said = stem(form)
        number = self.stems.get(said)
        return _UNKNOWN | (crc32(said.encode()) & (_UNKNOWN - 1)) if number is None else number

    def extended(self, texts: Iterable[str]) -> Vocabulary:
        """A copy that knows the words of more texts; those known before keep their numbers. New
        stems are numbered in the order of their letters. So the sums over the terms of one text are
        the same to the last digit, whatever the other texts are."""
        found = Vocabulary()
        found.update(self)
        found.forms, found.stems = dict(self.forms), dict(self.stems)
        found.stem_of = list(self.stem_of)
        spellings = {word for text in texts for word in terms.stream(text) if word[0].isalnum()}
        for form in sorted({terms.form(word) for word in spellings}, key=stem):
            found.learn_stem(form)
        return found

    def _spelled(self, given: tuple[str, ...]) -> list[tuple[str, ...]]:
        """A phrase as given, with two of its words joined, or with one split in two. Only ways of
        which all words have been read. The results are kept as ``spelled``, since all texts are
        read before anything is asked."""
        known = self.forms
        found = [given]
        for i, form in enumerate(given):
            if i + 1 < len(given):
                found.append((*given[:i], form + given[i + 1], *given[i + 2 :]))
            found += [
                (*given[:i], form[:cut], form[cut:], *given[i + 1 :])
                for cut in range(_LEAST_PIECE, len(form) - _LEAST_PIECE + 1)
                if form[:cut] in known and form[cut:] in known
            ]
        return [one for one in found if one and all(form in known for form in one)]


def counted(stems: Ints, row: Ints, rows: int) -> tuple[Ints, sparse.csr_array]:
    """The terms of texts, in order, and how often each text holds each. ``stems`` are those of all
    words, ``row`` their texts. Terms are single stems and neighbouring pairs. Words without a stem
    (0) are stepped over, a break (-1) is not: ``mixture of experts`` gives ``mixtur``, ``expert``
    and ``mixtur expert``."""
    at = np.flatnonzero(stems != 0)
    kept, row = stems[at], row[at]
    single = kept > 0
    pair = single[:-1] & single[1:]
    found = np.concatenate([kept[single], (kept[:-1][pair] << PAIR) | kept[1:][pair]])
    terms, columns = np.unique(found, return_inverse=True)
    cells = np.ones(len(found)), (np.concatenate([row[single], row[:-1][pair]]), columns)
    return terms, sparse.coo_array(cells, shape=(rows, len(terms))).tocsr()


class Texts:
    """Many texts, one behind the other. ``words[i]`` is the number of the i-th word, ``row[i]`` the
    text it belongs to."""

    def __init__(self, texts: Sequence[Ints], vocabulary: Vocabulary) -> None:
        self.each, self.vocabulary = texts, vocabulary
        self.count = len(texts)
        self.words = np.concatenate([np.empty(0, dtype=np.int64), *texts])
        self.row = np.repeat(np.arange(self.count), [len(text) for text in texts])

    @classmethod
    def read(cls, texts: Iterable[str], vocabulary: Vocabulary) -> Texts:
        """Read texts; the vocabulary learns their words."""
        words = [[*map(vocabulary.__getitem__, terms.stream(text)), BREAK] for text in texts]
        return cls([np.array(its, dtype=np.int64) for its in words], vocabulary)

    @cached_property
    def _order(self) -> Ints:
        return np.argsort(self.words, kind="stable")

    @cached_property
    def _sorted(self) -> Ints:
        return self.words[self._order]

    @cached_property
    def terms(self) -> tuple[Ints, sparse.csr_array]:
        """Every single stem and pair of stems, in order, and how often each text (row) holds it."""
        stem_of = np.array(self.vocabulary.stem_of, dtype=np.int64)
        stem_of[BREAK] = -1
        return counted(stem_of[self.words], self.row, self.count)

    def holding(self, phrases: Sequence[tuple[str, ...]]) -> tuple[Ints, Ints]:
        """(phrase, text) of every text that holds one, however its words are joined or split."""
        number = self.vocabulary.forms
        ways = [self.vocabulary.spelled(phrase) for phrase in phrases]
        words = [tuple(number[form] for form in way) for its in ways for way in its]
        which, first = self._exactly(words)
        phrase = np.repeat(np.arange(len(phrases)), [len(its) for its in ways])[which]
        found = np.unique(phrase * self.count + self.row[first])
        return found // self.count, found % self.count

    def _exactly(self, phrases: Sequence[tuple[int, ...]]) -> tuple[Ints, Ints]:
        """(phrase, position) of each place where the words of one follow each other."""
        longest = max(map(len, phrases), default=1)
        words = np.array([p + (_NO_WORD,) * (longest - len(p)) for p in phrases], dtype=np.int64)
        words = words.reshape(len(phrases), longest)
        starts = np.searchsorted(self._sorted, words)
        often = np.searchsorted(self._sorted, words, side="right") - starts
        often[words == _NO_WORD] = len(self.words) + 1
        # Where the rarest of its words stands, the others may stand beside it.
        rarest = np.argmin(often, axis=1)
        at = (np.arange(len(phrases)), rarest)
        phrase = np.repeat(np.arange(len(phrases)), often[at])
        within = np.arange(len(phrase)) - np.repeat(np.cumsum(often[at]) - often[at], often[at])
        first = self._order[starts[at][phrase] + within] - rarest[phrase]
        phrase, first = phrase[first >= 0], first[first >= 0]
        for offset in range(longest):
            wanted = words[phrase, offset]
            there = self.words[np.minimum(first + offset, len(self.words) - 1)]  # ends in a break
            stands = (there == wanted) | (wanted == _NO_WORD)
            phrase, first = phrase[stands], first[stands]
        return phrase, first
