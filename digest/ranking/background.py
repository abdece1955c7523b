"""What the archive teaches: how common terms are, what acronyms stand for, what goes together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from digest.ranking.corpus import Corpus, Forms, columns_of, lengths
from digest.ranking.lsa import Space
from digest.ranking.vocabulary import Floats, Ints, Words

PRIOR_PAPERS = 50
"""An imagined archive of this size backs the real one, so that an empty one works."""
PRIOR_SHARE = 0.004
"""The share of the imagined papers that hold any given term."""
SMALL = 900
"""What goes together is trusted half in an archive of so many papers, and fully in the end."""
_RARE_SENSE = 0.25
"""An acronym is taken to mean what at least this share of the papers that explain it say."""


@dataclass(frozen=True)
class Sense:
    """What an acronym stands for, or the other way round."""

    forms: Forms
    share: float
    """Of the papers that explain the acronym, those that explain it so."""


@dataclass(frozen=True)
class Background:
    """Statistics of the papers of a corpus."""

    papers: int
    words: Words
    terms: Ints
    """Every term seen, in order, and in how many papers:"""
    papers_with: Ints
    senses: Mapping[str, tuple[Sense, ...]]
    """Other ways to say a phrase, by its letters."""
    space: Space
    length: float
    """Mean length of a paper's vector of weights."""

    @classmethod
    def learn(cls, corpus: Corpus) -> Background:
        """Learn from all papers of a corpus; there may be none."""
        papers = len(corpus.papers)
        idf = _idf(corpus.papers_with, papers)
        weights = corpus.weights(corpus.counts, idf)
        return cls(
            papers,
            corpus.words,
            corpus.terms,
            corpus.papers_with,
            _senses(Counter(acronym for each in corpus.acronyms for acronym in each)),
            Space.learn(corpus, idf),
            float(lengths(weights).mean()) if papers else 1.0,
        )

    def idf(self, terms: Ints) -> Floats:
        """How much each term tells: -ln of the share of papers that hold it."""
        papers_with = np.zeros(len(terms), dtype=np.int64)
        hits, at = columns_of(terms, self.terms)
        papers_with[hits] = self.papers_with[at]
        return _idf(papers_with, self.papers)

    @property
    def trust(self) -> float:
        """0..1, how far to trust the space: what few papers have in common is chance."""
        return self.papers**2 / (self.papers**2 + SMALL**2)

    @property
    def unseen(self) -> float:
        """The idf of a term that no paper holds."""
        return float(_idf(np.zeros(1, dtype=np.int64), self.papers)[0])


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
