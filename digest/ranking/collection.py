"""Papers as the ranking reads them: titles and abstracts in numbers, and their acronyms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]  # it ships no types

from digest.model import Paper
from digest.ranking.vocabulary import Floats, Ints, Texts, Vocabulary
from digest.text import terms

TITLE = 3  # a word in the title counts as so many in the abstract

Forms = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Collection:
    """Papers in the order of their ids, and the terms (stems and pairs of stems) in each."""

    papers: tuple[Paper, ...]
    texts: Texts  # the title of paper n is text 2n, its abstract text 2n + 1
    acronyms: Sequence[frozenset[tuple[Forms, Forms]]]  # each paper's, with what they stand for

    @classmethod
    def read(cls, papers: Iterable[Paper], vocabulary: Vocabulary) -> Collection:
        """Read papers; the vocabulary learns their words."""
        ordered = by_id(papers)
        texts = Texts.read([text for paper in ordered for text in _texts(paper)], vocabulary)
        return cls(ordered, texts, [_acronyms(paper) for paper in ordered])

    def place(self, papers: Iterable[Paper]) -> Collection:
        """Papers beside these. A text that is among these is looked up, the others are read with a
        copy of the vocabulary."""
        wanted = by_id(papers)
        known = {_texts(paper): row for row, paper in enumerate(self.papers)}
        new = [paper for paper in wanted if _texts(paper) not in known]
        if not new and len(wanted) == len(self.papers):
            return replace(self, papers=wanted)
        texts = [text for paper in new for text in _texts(paper)]
        beside = Collection.read(new, self.vocabulary.extended(texts))
        known |= {_texts(paper): len(self.papers) + row for row, paper in enumerate(new)}
        rows = [known[_texts(paper)] for paper in wanted]
        words, acronyms = [*self.texts.each, *beside.texts.each], [*self.acronyms, *beside.acronyms]
        its_words = [words[text] for row in rows for text in (2 * row, 2 * row + 1)]
        its_texts = Texts(its_words, beside.vocabulary)
        return Collection(wanted, its_texts, [acronyms[row] for row in rows])

    @cached_property
    def row(self) -> dict[str, int]:
        """Where the paper with an id stands."""
        return {paper.id: row for row, paper in enumerate(self.papers)}

    @property
    def vocabulary(self) -> Vocabulary:
        """The words of the papers, and of the collection that they are placed beside."""
        return self.texts.vocabulary

    @property
    def terms(self) -> Ints:
        """Every term of the papers, in order."""
        return self.texts.terms[0]

    @property
    def in_places(self) -> tuple[sparse.csr_array, sparse.csr_array]:
        """How often each paper (row) holds each term (column) in its title and its abstract."""
        counts = self.texts.terms[1]
        return counts[0::2], counts[1::2]

    @cached_property
    def counts(self) -> sparse.csr_array:
        """How often each paper holds each term, its title counted ``TITLE`` times."""
        in_title, in_abstract = self.in_places
        return (TITLE * in_title + in_abstract).tocsr()

    @cached_property
    def letters(self) -> Sequence[str]:
        """The stems by their numbers."""
        return list(self.vocabulary.stems)

    @cached_property
    def papers_with(self) -> Ints:
        """In how many papers each term is."""
        return np.bincount(self.counts.indices, minlength=len(self.terms)).astype(np.int64)


def _texts(paper: Paper) -> tuple[str, str]:
    return paper.title, paper.abstract


def by_id(papers: Iterable[Paper]) -> tuple[Paper, ...]:
    """Each paper once, in the order of ids."""
    return tuple(sorted({paper.id: paper for paper in papers}.values(), key=lambda p: p.id))


def _acronyms(paper: Paper) -> frozenset[tuple[Forms, Forms]]:
    found = terms.acronyms(f"{paper.title}\n{paper.abstract}")
    return frozenset((terms.forms(short), terms.forms(long)) for short, long in found)


def tf_idf(counts: sparse.csr_array, idf: Floats) -> sparse.csr_array:
    """Sublinear weights of terms: (1 + ln count) · idf."""
    weights = counts.copy()
    weights.data = (1 + np.log(weights.data)) * idf[weights.indices]
    return weights


def lengths(weights: sparse.csr_array) -> Floats:
    """The length of each row."""
    found: Floats = np.sqrt(weights.multiply(weights).sum(axis=1))
    return found


def scaled(weights: sparse.csr_array, by: Floats) -> sparse.csr_array:
    """Each row divided by its number, or left alone where that is 0."""
    found = weights.copy()
    found.data *= np.repeat(1 / np.where(by == 0, 1.0, by), np.diff(weights.indptr))
    return found


def product(one: sparse.csr_array, other: sparse.csr_array) -> sparse.csr_array:
    """A matrix product with the columns of each row in order. Without it their order, and with it
    the last digit of sums, could depend on other rows."""
    found = sparse.csr_array(one @ other)
    found.sort_indices()
    return found


def columns_of(wanted: Ints, known: Ints) -> tuple[Ints, Ints]:
    """Which of the wanted terms are among the (sorted) known ones, and where they stand there."""
    if not len(known):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    at = np.searchsorted(known, wanted)
    at[at == len(known)] = 0
    hits = np.flatnonzero(known[at] == wanted)
    return hits, at[hits]


def table(cells: Mapping[tuple[int, int], float], shape: tuple[int, int]) -> sparse.csr_array:
    """A table of values by row and column."""
    at = np.array(list(cells), dtype=np.int64).reshape(-1, 2).T
    values = np.array(list(cells.values()), dtype=np.float64)
    return sparse.coo_array((values, (at[0], at[1])), shape=shape).tocsr()
