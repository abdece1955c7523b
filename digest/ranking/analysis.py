"""Papers as attribution reads them: where their stems stand, as flat arrays."""

from array import array
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digest.model import Paper
from digest.ranking.calibration import sums
from digest.ranking.flat import LAST, Growing, Values, merged, ranges
from digest.ranking.labels import VIAS, Label, Labels
from digest.ranking.matching import PLACES
from digest.ranking.vocabulary import BREAK, PAIR, Floats, Ints, Vocabulary
from digest.text import terms

_HYPHENS = frozenset("-‐‑")
_UNREAD = -1

_VIA_BITS = 2  # of the place of a ``VIAS``

Bools = NDArray[np.bool_]
Spell = Callable[[Ints, Ints, Ints], Ints]
"""The labels of stretches, given the group, the first and the last word of each."""


class Standing(NamedTuple):
    """Stems in titles and abstracts. Those of one group, which is the title (even) or the abstract
    (odd) of a pair, follow each other in the order in which they count."""

    group: Ints
    stem: Ints
    value: Floats
    first: Ints  # where the words of this stem begin among those sorted by stem
    many: Ints  # how many there are

    def take(self, which: Ints) -> "Standing":
        """Some of these."""
        group, stem, value, first, many = self
        return Standing(group[which], stem[which], value[which], first[which], many[which])


class Analysis:
    """The words of titles and abstracts. Text 2n is the title of paper n, and text 2n + 1 its
    abstract. A text is read when it is asked for; its words are numbered behind those of the texts
    that were read before."""

    def __init__(self, papers: Sequence[Paper], vocabulary: Vocabulary, telling: Ints) -> None:
        self._papers, self._vocabulary = papers, vocabulary
        self._tells = np.zeros(len(vocabulary.stems), dtype=bool)
        self._tells[telling] = True
        self._tokens: dict[int, terms.Tokens] = {}
        self._begins = np.full(len(PLACES) * len(papers), _UNREAD)  # the first word of each text
        numbers = np.empty(0, dtype=np.int32)
        self._keys = Growing(np.empty(0, dtype=np.int64))
        """The first word of a text with a stem of it, for each word that has one, in order."""
        self._at = Growing(numbers)  # the word of each key
        self._linked = Growing(np.empty(0, dtype=bool))
        """Whether a word can belong to one phrase with the word before it."""
        # The first and the last one of the words that hyphens join to a word: no `fine` of
        # `fine-tuning`.
        self._firsts, self._lasts = Growing(numbers), Growing(numbers)

    def words(self, text: int) -> tuple[str, terms.Tokens]:
        """A text, and its words."""
        self._read([text])
        return self._text(text), self._tokens[text]

    def _text(self, number: int) -> str:
        paper = self._papers[number // 2]
        return paper.abstract if number % 2 else paper.title

    def _read(self, texts: Iterable[int]) -> None:
        for number in texts:
            if self._begins[number] == _UNREAD:
                self._begins[number] = len(self._linked.values)
                self._add(number)

    def _add(self, number: int) -> None:
        text = self._text(number)
        forms, starts, ends = words = terms.tokens(text)
        self._tokens[number] = terms.Tokens(forms, array("i", starts), array("i", ends))
        known, stem_of = self._vocabulary.forms, self._vocabulary.stem_of
        stems = np.array([stem_of[known.get(form, BREAK)] for form in forms], dtype=np.int64)
        gaps = [text[end:start] for end, start in zip(ends, starts[1:], strict=False)]
        linked = [gap == " " or terms.linked(text, words, n) for n, gap in enumerate(gaps, 1)]
        # Behind the last word is a mark, which has a number as well: no two texts begin as one.
        every = np.arange(len(forms) + 1)
        hyphen = np.array([False, *map(_HYPHENS.__contains__, gaps), False])[: len(every)]
        first = np.maximum.accumulate(np.where(hyphen, 0, every))
        ends_here = np.where(np.append(hyphen[1:], False), len(forms), every)
        last = np.minimum.accumulate(ends_here[::-1])[::-1]
        at = np.flatnonzero(stems)
        at = at[np.argsort(stems[at], kind="stable")]
        begin = self._begins[number]
        self._keys.add(begin << PAIR | stems[at])
        self._at.add(begin + at)
        self._linked.add(np.array([False, *linked, False][: len(every)]))
        self._firsts.add(begin + first)
        self._lasts.add(begin + last)

    def standing(self, found: Values, papers: Ints, title: int) -> Standing:
        """Where the stems of papers stand, and what each brings in either place, in which those of
        the title count so many times."""
        its = len(PLACES) * papers[found.pair][:, None] + np.arange(len(PLACES))
        self._read(np.unique(its).tolist())
        keys = (self._begins[its] << PAIR | found.term[:, None]).ravel()
        first = np.searchsorted(self._keys.values, keys)
        count = np.searchsorted(self._keys.values, keys, side="right") - first
        often = count.reshape(its.shape) * np.array([title, 1.0])
        value = found.value[:, None] * often / often.sum(axis=1)[:, None]
        group = len(PLACES) * found.pair[:, None] + np.arange(len(PLACES))
        stem = np.repeat(found.term, len(PLACES))
        every = Standing(group.ravel(), stem, value.ravel(), first, count)
        kept = np.flatnonzero(count)
        return every.take(kept[np.argsort(every.group[kept], kind="stable")])

    def stretches(self, here: Standing, spell: Spell, *, telling: bool) -> Values:
        """The longest stretches that are made of the stems of each group, and with ``telling`` hold
        one that tells something: the number of the label and the evidence of each. A stem is
        counted once, in the stretch that holds the most different stems."""
        tells = self._tells[here.stem] if telling else np.ones(len(here.stem), dtype=bool)
        begin, end, best = self._runs(here, tells)
        none = len(begin)
        kept = np.flatnonzero((best < none) | tells)
        best, group = best[kept], here.group[kept]
        alone = best == none
        stem = np.where(alone, kept, here.stem[kept])  # those alone are in the given order
        order = np.lexsort((stem, best, group))
        kept, best, group, alone = kept[order], best[order], group[order], alone[order]
        word = self._at.values[here.first[kept]]
        first, last = (np.where(alone, word, np.append(each, 0)[best]) for each in (begin, end))
        begins = np.flatnonzero(alone | (np.diff(best, prepend=-1) != 0))
        of = np.repeat(np.arange(len(begins)), np.diff(begins, append=len(kept)))
        group, first, last = group[begins], first[begins], last[begins]
        number = spell(group, self._firsts.values[first], self._lasts.values[last])
        return merged(Values(group, number, sums(of, here.value[kept], len(begins))))

    def _runs(self, here: Standing, tells: Bools) -> tuple[Ints, Ints, Ints]:
        """Runs of several words, as first and last word, that hold a stem that tells something;
        those of a group with the most different stems first. And the first run that holds each
        stem, or the number of runs where none does."""
        which, at = ranges(here.first, here.many)
        word = self._at.values[at]
        order = np.argsort(here.group[which] << PAIR | word)
        which, word = which[order], word[order]
        group = here.group[which]
        joined = (np.diff(word, prepend=-2) == 1) & (np.diff(group, prepend=-1) == 0)
        joined &= self._linked.values[word]
        starts = ~joined & np.append(joined[1:], False)
        within = np.flatnonzero(starts | joined)
        run = np.cumsum(starts[within]) - 1
        cells = np.unique(run << PAIR | which[within])
        run, which = cells >> PAIR, cells & LAST
        begin, end = word[starts], word[joined & ~np.append(joined[1:], False)]
        size, told = np.bincount(run, minlength=len(begin)), np.zeros(len(begin), dtype=bool)
        told[run[tells[which]]] = True
        order = np.lexsort((-size, group[starts]))
        order = order[told[order]]
        rank = np.full(len(begin), len(order))
        rank[order] = np.arange(len(order))
        best = np.full(len(here.stem), len(order))
        np.minimum.at(best, which, rank[run])
        return begin[order], end[order], best

    def labelled(self, labels: Labels, papers: Ints, via: Ints) -> Spell:
        """What finds the labels of stretches, given the papers and the ``VIAS`` of pairs."""

        def spell(group: Ints, first: Ints, last: Ints) -> Ints:
            pair = group // len(PLACES)
            texts = len(PLACES) * papers[pair] + group % len(PLACES)
            keys = (first.astype(np.int64) << _VIA_BITS | via[pair]) << PAIR | last
            every, at, of = np.unique(keys, return_index=True, return_inverse=True)
            known, columns = labels.of_stretches, (texts, first, last, via[pair])
            its = zip(*(each[at].tolist() for each in columns), strict=True)
            for key, stretch in zip(every.tolist(), its, strict=True):
                if key not in known:
                    known[key] = labels.number(self._label(*stretch))
            return np.array([known[key] for key in every.tolist()], dtype=np.int64)[of]

        return spell

    def _label(self, text: int, first: int, last: int, via: int) -> Label:
        begin, (_, starts, ends) = self._begins.item(text), self._tokens[text]
        term = self._text(text)[starts[first - begin] : ends[last - begin]]
        return term, PLACES[text % len(PLACES)], VIAS[via]
