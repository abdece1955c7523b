"""Papers as the ranking reads them: titles and abstracts in numbers, and their acronyms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]  # it ships no types

from digest.model import Paper
from digest.ranking.vocabulary import Floats, Ints, Texts, Vocabulary, read
from digest.text import terms

TITLE = 3  # a word in the title counts as so many in the abstract

Forms = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Collection:
    """Papers in the order of their ids, and the terms (stems and pairs of stems) in each."""

    papers: tuple[Paper, ...]
    vocabulary: Vocabulary
    words: Sequence[Ints]  # the words of paper n: 2n is its title, 2n + 1 its abstract
    terms: Ints  # the columns of the next two, in order
    in_title: sparse.csr_array  # how often each paper (row) holds each term there
    in_abstract: sparse.csr_array
    acronyms: Sequence[frozenset[tuple[Forms, Forms]]]  # each paper's, with what they stand for

    @classmethod
    def read(cls, papers: Iterable[Paper], vocabulary: Vocabulary) -> Collection:
        """Read papers; the vocabulary learns their words."""
        ordered = by_id(papers)
        words = read((text for p in ordered for text in (p.title, p.abstract)), vocabulary)
        rows, found = Texts(words, vocabulary).terms()
        all_terms, columns = np.unique(found, return_inverse=True)
        cells, shape = (np.ones(len(rows)), (rows, columns)), (2 * len(ordered), len(all_terms))
        counts = sparse.coo_array(cells, shape=shape).tocsr()
        acronyms = [_acronyms(paper) for paper in ordered]
        return cls(ordered, vocabulary, words, all_terms, counts[0::2], counts[1::2], acronyms)

    def part(self, rows: Ints) -> Collection:
        """Some of the papers, in the order given."""
        at = rows.tolist()
        return replace(
            self,
            papers=tuple(self.papers[row] for row in at),
            words=[self.words[text] for row in at for text in (2 * row, 2 * row + 1)],
            in_title=self.in_title[rows],
            in_abstract=self.in_abstract[rows],
            acronyms=[self.acronyms[row] for row in at],
        )

    def with_others(self, others: Collection) -> Collection:
        """These papers and others, read with a vocabulary that extends this one's."""
        papers = self.papers + others.papers
        every_term = np.union1d(self.terms, others.terms)

        def stacked(mine: sparse.csr_array, theirs: sparse.csr_array) -> sparse.csr_array:
            both = over(every_term, self.terms, mine), over(every_term, others.terms, theirs)
            return sparse.vstack(both, format="csr")

        both = Collection(
            papers,
            others.vocabulary,
            [*self.words, *others.words],
            every_term,
            stacked(self.in_title, others.in_title),
            stacked(self.in_abstract, others.in_abstract),
            [*self.acronyms, *others.acronyms],
        )
        return both.part(np.array(sorted(range(len(papers)), key=lambda row: papers[row].id)))

    @cached_property
    def row(self) -> dict[str, int]:
        """Where the paper with an id stands."""
        return {paper.id: row for row, paper in enumerate(self.papers)}

    @cached_property
    def texts(self) -> Texts:
        """Titles and abstracts in turn, ready to be searched for phrases."""
        return Texts(self.words, self.vocabulary)

    @cached_property
    def counts(self) -> sparse.csr_array:
        """How often each paper holds each term, its title counted ``TITLE`` times."""
        return (TITLE * self.in_title + self.in_abstract).tocsr()

    @cached_property
    def papers_with(self) -> Ints:
        """In how many papers each term is."""
        return np.bincount(self.counts.indices, minlength=len(self.terms)).astype(np.int64)


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


def over(terms: Ints, its_terms: Ints, matrix: sparse.csr_array) -> sparse.csr_array:
    """A matrix of weights by term, its columns moved to a wider list of terms."""
    columns = np.searchsorted(terms, its_terms)[matrix.indices]
    shape = (matrix.shape[0], len(terms))
    return sparse.csr_array((matrix.data, columns, matrix.indptr), shape=shape)
