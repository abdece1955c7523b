"""What the words of papers bring to the evidence of phrase interests, for many pairs of an interest
and a paper at once. No digit depends on which pairs are asked for together."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]  # it ships no types

from digest.ranking.calibration import sums
from digest.ranking.collection import columns_of
from digest.ranking.flat import LAST, NOTHING, Cells, Values, joined, merged, ranges, spread
from digest.ranking.matching import PLACES, Matching
from digest.ranking.meaning import unit, vectors
from digest.ranking.queries import cells
from digest.ranking.topics import Topics
from digest.ranking.verdicts import Taste
from digest.ranking.vocabulary import PAIR, Floats, Ints
from digest.ranking.wants import Wants

TELLS = 0.1  # a word that a larger share of papers hold is not named as related by itself
SHOWS = 0.45  # the least cosine with an interest of a word that is named as like it in meaning
_RELATED_STEMS = 6  # at most so many stems make up related terms; more run into half a sentence


@dataclass(frozen=True, eq=False, slots=True)
class Brought:
    """What is brought to each of several pairs."""

    said: Floats  # how strongly the title, and the abstract, names the phrase
    keywords: Floats
    own: Values  # by stem
    related: Values  # the strongest stems
    all_related: Floats  # what all related stems bring
    rest: Floats  # what no word shows


class Words:
    """The words of papers."""

    def __init__(self, matching: Matching) -> None:
        self._placed = placed = matching.placed
        collection = placed.collection
        self._terms = collection.terms
        self._topics = _OnTopics(matching.corpus.topics, collection.terms, placed.weights)
        columns = len(collection.terms)
        self._weights = Cells(columns, placed.weights)
        tells = (collection.terms >> PAIR == 0) & (placed.idf >= -np.log(TELLS))
        self.telling = self._stems = collection.terms[tells]
        letters = collection.letters
        self._directions = unit(vectors(letters[stem] for stem in self._stems.tolist()))
        self._told = _columns(placed.weights, np.flatnonzero(tells), np.arange(len(self._stems)))

    def brought(self, wants: Wants, rows: Ints, papers: Ints, everywhere: Floats) -> Brought:
        """What words bring to pairs, of which those of one paper follow each other. ``everywhere``:
        1 for an interest that is looked for everywhere, 0 for one in a place."""
        pairs, count = np.arange(len(rows)), len(rows)
        texts = len(PLACES) * papers[:, None] + np.arange(len(PLACES))
        mentions = wants.mentions.at(np.repeat(rows, len(PLACES)), texts.ravel())
        said_in = mentions.reshape(texts.shape)
        near = np.maximum(_products(wants.points.values[rows], self._placed.points[papers]), 0.0)
        like = _products(wants.meanings.values[rows], self._placed.meanings[papers])
        like = np.maximum(like - wants.alike.values[rows], 0.0) * everywhere
        likest = self._likest(wants, rows, papers, like)
        said, unsaid = self._topics.of_pairs(wants, rows, papers, everywhere)
        own = merged(self._own(wants, rows, papers, said_in.max(axis=1)))
        own, related = _credited(own, merged(joined(_halves(said), likest)))
        best, whole = _strongest(related, count)
        rest = joined(
            unsaid,
            Values(pairs, pairs, near * everywhere),
            likest._replace(value=-likest.value),
            Values(pairs, pairs, like),
        )
        keywords = wants.keywords.at(rows, papers)
        return Brought(said_in, keywords, own, best, whole, sums(rest.pair, rest.value, count))

    def in_common(self, tastes: Sequence[Taste], papers: Ints) -> tuple[Values, Floats]:
        """The strongest stems that each of several papers has in common with the judged papers of a
        taste, and what all of them bring."""
        every = [NOTHING]
        for pair, (taste, paper) in enumerate(zip(tastes, papers.tolist(), strict=True)):
            columns, held = cells(self._placed.weights, paper)
            hits, at = columns_of(self._terms[columns], taste.terms)
            weights = taste.weights[at] * held[hits]
            every.append(Values(np.full_like(hits, pair), taste.terms[at], weights))
        return _strongest(merged(_halves(joined(*every))), len(tastes))

    def _own(self, wants: Wants, rows: Ints, papers: Ints, said: Floats) -> Values:
        """What the terms of interests bring, by stem."""
        pair, at = spread(wants.ends.values, rows)
        held = self._weights.at(papers[pair], wants.columns.values[at])
        pair, at, held = pair[held > 0], at[held > 0], held[held > 0]
        covered = np.maximum(sums(pair, wants.shares.values[at], len(rows)), said)
        value = wants.weights.values[at] * covered[pair] * held
        return _halves(Values(pair, wants.terms.values[at], value))

    def _likest(self, wants: Wants, rows: Ints, papers: Ints, like: Floats) -> Values:
        """The stems of papers that are like interests, each with its share of the likeness."""
        asked = np.flatnonzero(like)
        if not len(asked):
            return NOTHING
        papers, ends, told = papers[asked], self._told.indptr, self._told.indices
        its = zip(ends[papers].tolist(), ends[papers + 1].tolist(), strict=True)
        stems = (told[first:last] for first, last in its)
        # One by one, so that no digit depends on which other interests are asked for.
        ones = zip(stems, wants.directions.values[rows[asked]], strict=True)
        cosine = np.concatenate([self._directions.take(its, axis=0) @ one for its, one in ones])
        pair, at = spread(ends, papers)
        every = np.maximum(cosine, 0.0) * self._told.data[at]
        whole = sums(pair, every, len(asked))
        shown = np.flatnonzero(cosine >= SHOWS)
        pair = pair[shown]
        share = every[shown] * like[asked[pair]] / whole[pair]
        return Values(asked[pair], self._stems[told[at[shown]]], share)


class _OnTopics:
    """The terms of topics in papers."""

    def __init__(self, topics: Topics, terms: Ints, weights: sparse.csr_array) -> None:
        self._terms = topics.terms
        numbered = columns_of(topics.terms, terms)
        self._weights = _columns(weights, numbered[1], numbered[0], len(topics.terms))
        phrases = [each for its in topics.phrases for each in its]
        self._topic = np.repeat(np.arange(len(topics.phrases)), [*map(len, topics.phrases)])
        self._count = len(topics.phrases)
        self._ends = np.cumsum([0, *map(len, phrases)])
        every = np.array([term for each in phrases for term in each], dtype=np.int64)
        self._columns = np.searchsorted(topics.terms, every)

    @cached_property
    def _held(self) -> Ints:
        """The terms of phrases that papers hold whole, by paper and topic, in order."""
        size = np.diff(self._ends)
        cells = np.ones(len(self._columns)), self._columns, self._ends
        phrases = sparse.csr_array(cells, shape=(len(size), len(self._terms)))
        held = self._weights.copy()
        held.data = np.ones_like(held.data)
        found = sparse.coo_array(held @ phrases.T)
        whole = found.data == size[found.col]
        paper, phrase = found.row[whole].astype(np.int64), found.col[whole]
        which, at = spread(self._ends, phrase)
        key = (paper * self._count + self._topic[phrase])[which]
        return np.unique(key << PAIR | self._columns[at])

    def of_pairs(
        self, wants: Wants, rows: Ints, papers: Ints, everywhere: Floats
    ) -> tuple[Values, Values]:
        """What the terms of an interest's topics bring: those of phrases that the paper holds
        whole, and the others."""
        asked = np.flatnonzero(wants.have_related(rows) & (everywhere > 0))
        rows, papers = rows[asked], papers[asked]
        found = wants.related(len(self._terms))[rows].multiply(self._weights[papers]).tocsr()
        found.sort_indices()
        pair = np.repeat(np.arange(len(rows)), np.diff(found.indptr))
        term = found.indices.astype(np.int64)
        which, topic = wants.topics.of(rows)
        keys = (papers[which] * self._count + topic) << PAIR
        first = np.searchsorted(self._held, keys)
        of, at = ranges(first, np.searchsorted(self._held, keys | LAST, side="right") - first)
        held = which[of] << PAIR | self._held[at] & LAST
        said = np.isin(pair << PAIR | term, held)
        every = Values(asked[pair], self._terms[term], found.data)
        return every.take(np.flatnonzero(said)), every.take(np.flatnonzero(~said))


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


def _halves(found: Values) -> Values:
    """What each stem brings, given the values of terms; a pair is half of either stem."""
    first = np.where(found.term >> PAIR > 0, found.term >> PAIR, found.term)
    stems = np.stack([first, found.term & LAST], axis=1).ravel()
    return Values(np.repeat(found.pair, 2), stems, np.repeat(found.value / 2, 2))


def _credited(own: Values, related: Values) -> tuple[Values, Values]:
    """What is related by a word of the interest itself is credited to this word."""
    its, others = (each.pair << PAIR | each.term for each in (own, related))
    _, at, from_ = np.intersect1d(its, others, assume_unique=True, return_indices=True)
    own.value[at] += related.value[from_]
    return own, related.take(np.delete(np.arange(len(others)), from_))


def _strongest(related: Values, pairs: int) -> tuple[Values, Floats]:
    """The strongest stems of each pair, and what all of them bring."""
    whole = sums(related.pair, related.value, pairs)
    best = related.take(np.lexsort((-related.value, related.pair)))
    place = np.arange(len(best.pair)) - np.searchsorted(best.pair, best.pair)
    return best.take(np.flatnonzero(place < _RELATED_STEMS)), whole
