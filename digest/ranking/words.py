"""What the words of papers bring to the evidence of phrase interests, for many pairs of an interest
and a paper at once. No digit depends on which pairs are asked for together."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]  # it ships no types

from digest.ranking.calibration import sums
from digest.ranking.collection import TITLE, columns_of
from digest.ranking.flat import Cells, spread
from digest.ranking.matching import PLACES, Matching
from digest.ranking.meaning import unit, vectors
from digest.ranking.queries import cells
from digest.ranking.topics import Topics
from digest.ranking.vocabulary import PAIR, Floats, Ints
from digest.ranking.wants import Wants

TELLS = 0.1  # a word that a larger share of papers hold is not named as related by itself
SHOWS = 0.45  # the least cosine with an interest of a word that is named as like it in meaning
_RELATED_STEMS = 6  # at most so many stems make up related terms; more run into half a sentence
_LAST = (1 << PAIR) - 1  # the bits of a term that number its last stem


class _Values(NamedTuple):
    """Values by pair, and by term or stem; of one pair, in the order in which they count."""

    pair: Ints
    term: Ints
    value: Floats

    def take(self, which: Ints) -> "_Values":
        return _Values(self.pair[which], self.term[which], self.value[which])


@dataclass(frozen=True, eq=False, slots=True)
class Stems:
    """Stems in the title, or in the abstract, and what each brings there; those of pair n are from
    ``ends[n]`` to ``ends[n + 1]``."""

    ends: Sequence[int]
    stems: Sequence[int]
    values: Sequence[float]

    def of(self, pair: int) -> dict[int, float]:
        """What each stem of a pair brings."""
        its = slice(self.ends[pair], self.ends[pair + 1])
        return dict(zip(self.stems[its], self.values[its], strict=True))


@dataclass(frozen=True, eq=False, slots=True)
class Brought:
    """What is brought to each of several pairs."""

    title: Sequence[float]  # how strongly the title names the phrase
    abstract: Sequence[float]
    keywords: Sequence[float]
    own: Sequence[Stems]  # in the title, and in the abstract
    related: Sequence[Stems]  # the strongest ones
    all_related: Sequence[float]  # what all related stems bring
    rest: Sequence[float]  # what no word shows


class Words:
    """The words of papers."""

    def __init__(self, matching: Matching) -> None:
        self._placed = placed = matching.placed
        collection = placed.collection
        self._terms = collection.terms
        self._topics = _OnTopics(matching.corpus.topics, collection.terms, placed.weights)
        columns = len(collection.terms)
        self._weights = Cells(columns, placed.weights)
        self._counts = [Cells(columns, counts) for counts in collection.in_places]
        tells = (collection.terms >> PAIR == 0) & (placed.idf >= -np.log(TELLS))
        self._stems = collection.terms[tells]
        self.telling = frozenset(self._stems.tolist())
        letters = collection.letters
        self._directions = unit(vectors(letters[stem] for stem in self._stems.tolist()))
        self._told = _columns(placed.weights, np.flatnonzero(tells), np.arange(len(self._stems)))

    def brought(self, wants: Wants, rows: Ints, papers: Ints, everywhere: Floats) -> Brought:
        """What words bring to pairs, of which those of one paper follow each other. ``everywhere``:
        1 for an interest that is looked for everywhere, 0 for one in a place."""
        pairs, count = np.arange(len(rows)), len(rows)
        title, abstract = (wants.mentions.at(rows, 2 * papers + n) for n in range(len(PLACES)))
        near = np.maximum(_products(wants.points.values[rows], self._placed.points[papers]), 0.0)
        like = _products(wants.meanings.values[rows], self._placed.meanings[papers])
        like = np.maximum(like - wants.alike.values[rows], 0.0) * everywhere
        likest = self._likest(wants, rows, papers, like)
        said, unsaid = self._topics.of_pairs(wants, rows, papers, everywhere)
        own = _by_stem(self._own(wants, rows, papers, np.maximum(title, abstract)))
        own, related = _credited(own, _by_stem(_joined(_halves(said), likest)))
        best, whole = _strongest(related, count)
        rest = _joined(
            unsaid,
            _Values(pairs, pairs, near * everywhere),
            likest._replace(value=-likest.value),
            _Values(pairs, pairs, like),
        )
        return Brought(
            title.tolist(),
            abstract.tolist(),
            wants.keywords.at(rows, papers).tolist(),
            self._in_places(own, papers),
            self._in_places(best, papers),
            whole.tolist(),
            sums(rest.pair, rest.value, count).tolist(),
        )

    def in_common(self, terms: Ints, weights: Floats, paper: int) -> tuple[Sequence[Stems], float]:
        """The strongest stems that a paper has in common with weighted terms, which are in order,
        and what all of them bring."""
        columns, held = cells(self._placed.weights, paper)
        hits, at = columns_of(self._terms[columns], terms)
        found = _Values(np.zeros_like(hits), terms[at], weights[at] * held[hits])
        best, whole = _strongest(_by_stem(_halves(found)), 1)
        return self._in_places(best, np.array([paper])), whole.item()

    def _own(self, wants: Wants, rows: Ints, papers: Ints, said: Floats) -> _Values:
        """What the terms of interests bring, by stem."""
        pair, at = spread(wants.ends.values, rows)
        held = self._weights.at(papers[pair], wants.columns.values[at])
        pair, at, held = pair[held > 0], at[held > 0], held[held > 0]
        covered = np.maximum(sums(pair, wants.shares.values[at], len(rows)), said)
        value = wants.weights.values[at] * covered[pair] * held
        return _halves(_Values(pair, wants.terms.values[at], value))

    def _likest(self, wants: Wants, rows: Ints, papers: Ints, like: Floats) -> _Values:
        """The stems of papers that are like interests, each with its share of the likeness."""
        asked = np.flatnonzero(like)
        if not len(asked):
            return _NOTHING
        rows, papers, ends = rows[asked], papers[asked], self._told.indptr
        firsts = np.flatnonzero(np.diff(papers, prepend=-1))
        cosines = []
        for first, last in pairwise([*firsts.tolist(), len(asked)]):
            paper = papers[first]
            told = self._told.indices[ends[paper] : ends[paper + 1]]
            directions = self._directions[told]
            # One by one, so that no digit depends on which other interests are asked for.
            cosines += [directions @ one for one in wants.directions.values[rows[first:last]]]
        cosine = np.concatenate(cosines)
        pair, at = spread(ends, papers)
        every = np.maximum(cosine, 0.0) * self._told.data[at]
        whole = sums(pair, every, len(asked))
        shown = np.flatnonzero(cosine >= SHOWS)
        pair = pair[shown]
        share = every[shown] * like[asked[pair]] / whole[pair]
        return _Values(asked[pair], self._stems[self._told.indices[at[shown]]], share)

    def _in_places(self, found: _Values, papers: Ints) -> Sequence[Stems]:
        """What each stem brings in the title, and in the abstract."""
        columns = np.searchsorted(self._terms, found.term)
        title, abstract = (each.at(papers[found.pair], columns) for each in self._counts)
        title *= TITLE
        places = []
        for often in (title, abstract):
            value = found.value * often / (title + abstract)
            here = found._replace(value=value).take(np.flatnonzero(often))
            ends = np.searchsorted(here.pair, np.arange(len(papers) + 1))
            places.append(Stems(ends.tolist(), here.term.tolist(), here.value.tolist()))
        return places


class _OnTopics:
    """The terms of topics in papers."""

    def __init__(self, topics: Topics, terms: Ints, weights: sparse.csr_array) -> None:
        self._terms = topics.terms
        numbered = columns_of(topics.terms, terms)
        self._weights = _columns(weights, numbered[1], numbered[0], len(topics.terms))
        phrases = [each for its in topics.phrases for each in its]
        topic_of = np.repeat(np.arange(len(topics.phrases)), [len(its) for its in topics.phrases])
        self._topic = topic_of
        self._ends = np.cumsum([0, *map(len, phrases)])
        every = np.array([term for each in phrases for term in each], dtype=np.int64)
        self._columns = np.searchsorted(topics.terms, every)

    @cached_property
    def _held(self) -> sparse.csr_array:
        """Papers × phrases: those that a paper holds whole."""
        size = np.diff(self._ends)
        cells = np.ones(len(self._columns)), self._columns, self._ends
        phrases = sparse.csr_array(cells, shape=(len(size), len(self._terms)))
        held = self._weights.copy()
        held.data = np.ones_like(held.data)
        found = (held @ phrases.T).tocsr()
        found.data = found.data == size[found.indices]
        found.eliminate_zeros()
        return found

    def of_pairs(
        self, wants: Wants, rows: Ints, papers: Ints, everywhere: Floats
    ) -> tuple[_Values, _Values]:
        """What the terms of an interest's topics bring: those of phrases that the paper holds
        whole, and the others."""
        found = wants.related(len(self._terms))[rows].multiply(self._weights[papers]).tocsr()
        found.sort_indices()
        pair = np.repeat(np.arange(len(rows)), np.diff(found.indptr))
        every = _Values(pair, found.indices.astype(np.int64), found.data)
        every = every.take(np.flatnonzero(everywhere[pair]))
        which, at = spread(self._held.indptr, papers)
        phrase = self._held.indices[at]
        asked = np.flatnonzero(wants.topics.at(rows[which], self._topic[phrase]))
        of, at = spread(self._ends, phrase[asked])
        width = len(self._terms)
        keys = np.unique(which[asked][of] * width + self._columns[at])
        said = np.isin(every.pair * width + every.term, keys)
        every = every._replace(term=self._terms[every.term])
        return every.take(np.flatnonzero(said)), every.take(np.flatnonzero(~said))


_NOTHING = _Values(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0))


def _columns(
    found: sparse.csr_array, columns: Ints, numbers: Ints, width: int | None = None
) -> sparse.csr_array:
    """Some columns of a matrix, which get other numbers in the same order."""
    number = np.full(found.shape[1], -1)
    number[columns] = numbers
    kept = number[found.indices] >= 0
    ends = np.concatenate([[0], np.cumsum(kept)])[found.indptr]
    cells = found.data[kept], number[found.indices[kept]], ends
    return sparse.csr_array(cells, shape=(found.shape[0], width or len(columns)))


def _products(ones: Floats, others: Floats) -> Floats:
    """The product of each pair of points on grids, which is the same in whatever order."""
    found: Floats = np.einsum("ij,ij->i", ones, others)
    return found


def _joined(*found: _Values) -> _Values:
    """Values that count one after the other."""
    return _Values(*map(np.concatenate, zip(*found, strict=True)))


def _halves(found: _Values) -> _Values:
    """What each stem brings, given the values of terms; a pair is half of either stem."""
    first = np.where(found.term >> PAIR > 0, found.term >> PAIR, found.term)
    stems = np.stack([first, found.term & _LAST], axis=1).ravel()
    return _Values(np.repeat(found.pair, 2), stems, np.repeat(found.value / 2, 2))


def _by_stem(found: _Values) -> _Values:
    """The sums of the values of each stem; those of one pair in the order of first values."""
    keys, first, of = np.unique(
        found.pair << PAIR | found.term, return_index=True, return_inverse=True
    )
    order = np.lexsort((first, keys >> PAIR))
    total = sums(of, found.value, len(keys))[order]
    return _Values(keys[order] >> PAIR, keys[order] & _LAST, total)


def _credited(own: _Values, related: _Values) -> tuple[_Values, _Values]:
    """What is related by a word of the interest itself is credited to this word."""
    its, others = (each.pair << PAIR | each.term for each in (own, related))
    _, at, from_ = np.intersect1d(its, others, assume_unique=True, return_indices=True)
    own.value[at] += related.value[from_]
    return own, related.take(np.delete(np.arange(len(others)), from_))


def _strongest(related: _Values, pairs: int) -> tuple[_Values, Floats]:
    """The strongest stems of each pair, and what all of them bring."""
    whole = sums(related.pair, related.value, pairs)
    best = related.take(np.lexsort((-related.value, related.pair)))
    place = np.arange(len(best.pair)) - np.searchsorted(best.pair, best.pair)
    return best.take(np.flatnonzero(place < _RELATED_STEMS)), whole
