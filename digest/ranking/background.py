"""What the archive teaches: how common terms are, what acronyms stand for, what goes together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from digest.model import Paper, PaperId
from digest.ranking.corpus import Corpus, Forms, columns_of, lengths
from digest.ranking.space import NOWHERE, Space
from digest.ranking.words import Floats, Ints, Words

PRIOR_PAPERS = 50
"""An imagined archive of this size backs the real one, so that an empty one works."""
PRIOR_SHARE = 0.004
"""The share of the imagined papers that hold any given term."""
ENOUGH = 300
"""Papers from which the company of terms can be learned well."""
_RARE_SENSE = 0.25
"""An acronym is taken to mean what at least this share of the papers that explain it say."""
_LENGTH = 50.0
"""Mean length of a paper's weights where there is no archive."""


@dataclass(frozen=True)
class Sense:
    """What an acronym stands for, or the other way round."""

    forms: Forms
    share: float
    """Of the papers that explain the acronym, those that explain it so."""


@dataclass(frozen=True)
class Background:
    """Statistics of the papers seen so far."""

    known: frozenset[PaperId]
    words: Words
    terms: Ints
    """Every term seen, in order, and in how many papers:"""
    papers_with: Ints
    acronyms: Mapping[tuple[Forms, Forms], int]
    """(short, long) and how many papers explain it so."""
    senses: Mapping[str, tuple[Sense, ...]]
    """Other ways to say a phrase, by its letters."""
    space: Space
    length: float
    """Mean length of a paper's vector of weights."""

    @classmethod
    def learn(cls, papers: Iterable[Paper]) -> Background:
        """Learn from an archive, in whatever order it comes; it may be empty."""
        nothing = np.empty(0, dtype=np.int64)
        empty = cls(frozenset(), Words(), nothing, nothing, {}, {}, NOWHERE, _LENGTH)
        new = sorted({p.id: p for p in papers}.values(), key=lambda p: p.id)
        return empty.including(Corpus(new, empty.words.copy()))

    def including(self, corpus: Corpus) -> Background:
        """This background with those papers of a corpus that it does not know yet.

        The corpus's words must be a copy of this background's; its papers in order of their ids.
        The company of terms is learned anew only where this background has little of its own.
        """
        new = np.array(
            [i for i, p in enumerate(corpus.papers) if p.id not in self.known], dtype=np.int64
        )
        if not len(new):
            return self
        terms, at = np.unique(np.concatenate([self.terms, corpus.terms]), return_inverse=True)
        papers_with = np.bincount(
            at, np.concatenate([self.papers_with, corpus.papers_with(new)])
        ).astype(np.int64)
        acronyms = Counter(self.acronyms)
        for i in new.tolist():
            acronyms.update(corpus.acronyms[i])
        known = self.known | {p.id for p in corpus.papers}
        space, length = self.space, self.length
        if space.papers < min(ENOUGH, len(corpus.papers)):
            idf = _idf(papers_with, len(known))[np.searchsorted(terms, corpus.terms)]
            space = Space.learn(corpus, idf)
            length = float(lengths(corpus.weights(corpus.counts, idf)).mean())
        return Background(
            known,
            corpus.texts.vocabulary,
            terms,
            papers_with,
            acronyms,
            _senses(acronyms),
            space,
            length,
        )

    def idf(self, terms: Ints) -> Floats:
        """How much each term tells: -ln of the share of papers that hold it."""
        papers_with = np.zeros(len(terms), dtype=np.int64)
        hits, at = columns_of(terms, self.terms)
        papers_with[hits] = self.papers_with[at]
        return _idf(papers_with, len(self.known))

    @property
    def unseen(self) -> float:
        """The idf of a term that no paper holds."""
        return float(_idf(np.zeros(1, dtype=np.int64), len(self.known))[0])


def _idf(papers_with: Ints, papers: int) -> Floats:
    share = (papers_with + PRIOR_PAPERS * PRIOR_SHARE) / (papers + PRIOR_PAPERS)
    found: Floats = -np.log(share)
    return found


def _senses(acronyms: Mapping[tuple[Forms, Forms], int]) -> dict[str, tuple[Sense, ...]]:
    """Other ways to say an acronym or what it stands for, by the letters of its forms."""
    explained: Counter[str] = Counter()
    for (short, _), papers in acronyms.items():
        explained["".join(short)] += papers
    senses: dict[str, dict[Forms, float]] = {}
    for (short, long), papers in sorted(acronyms.items()):
        share = papers / explained["".join(short)]
        if share >= _RARE_SENSE:
            senses.setdefault("".join(short), {})[long] = share
            senses.setdefault("".join(long), {})[short] = share
    return {
        said: tuple(Sense(forms, share) for forms, share in others.items())
        for said, others in senses.items()
    }
