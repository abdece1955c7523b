"""Papers as the ranking reads them: titles and abstracts in numbers, and their acronyms."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]  # it ships no types

from digest.model import Paper
from digest.ranking.vocabulary import Floats, Ints, Texts
from digest.text import terms

TITLE = 3
"""A word in the title counts as so many in the abstract."""

Forms = tuple[str, ...]


class Corpus:
    """Papers in the order of their ids, their words, and the terms (stems and pairs of stems) in
    each of them."""

    def __init__(self, papers: Iterable[Paper]) -> None:
        self.papers = tuple(sorted({p.id: p for p in papers}.values(), key=lambda p: p.id))
        self.row = {paper.id: row for row, paper in enumerate(self.papers)}
        self.texts = Texts(text for p in self.papers for text in (p.title, p.abstract))
        self.words = self.texts.vocabulary
        rows, found = self.texts.terms()
        self.terms, columns = np.unique(found, return_inverse=True)
        counts = sparse.coo_array(
            (np.ones(len(rows)), (rows, columns)), shape=(2 * len(self.papers), len(self.terms))
        ).tocsr()
        self.in_title = counts[0::2]
        self.in_abstract = counts[1::2]
        self.counts = (TITLE * self.in_title + self.in_abstract).tocsr()
        """How often each paper (row) holds each term, its title counted ``TITLE`` times."""

    @cached_property
    def acronyms(self) -> list[frozenset[tuple[Forms, Forms]]]:
        """The acronyms that each paper explains: their forms and those of what they stand for."""
        return [
            frozenset(
                (terms.forms(a.short), terms.forms(a.long))
                for a in terms.acronyms(f"{p.title}\n{p.abstract}")
            )
            for p in self.papers
        ]

    @cached_property
    def papers_with(self) -> Ints:
        """In how many papers each term is."""
        return np.bincount(self.counts.indices, minlength=len(self.terms)).astype(np.int64)

    def weights(self, counts: sparse.csr_array, idf: Floats) -> sparse.csr_array:
        """Sublinear tf-idf: (1 + ln count) · idf."""
        weights = counts.copy()
        weights.data = (1 + np.log(weights.data)) * idf[weights.indices]
        return weights


def lengths(weights: sparse.csr_array) -> Floats:
    """The length of each row."""
    found: Floats = np.sqrt(weights.multiply(weights).sum(axis=1))
    return found


def scaled(weights: sparse.csr_array, by: Floats) -> sparse.csr_array:
    """Each row divided by its number, or left alone where that is 0."""
    return sparse.csr_array(sparse.diags_array(1 / np.where(by == 0, 1.0, by)) @ weights)


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
    columns = np.searchsorted(terms, its_terms)
    return sparse.csr_array(
        (matrix.data, columns[matrix.indices], matrix.indptr), shape=(matrix.shape[0], len(terms))
    )
