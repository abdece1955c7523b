"""What an archive teaches: how common terms are, which acronyms and terms go together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from digest.ranking.collection import Collection, Forms, columns_of, lengths, tf_idf
from digest.ranking.lsa import LatentSpace
from digest.ranking.vocabulary import Floats, Ints, Vocabulary

PRIOR_PAPERS = 100  # an imagined archive of this size backs the real one, which may be empty
PRIOR_SHARE = 0.015  # the share of the imagined papers that hold any given term
RARE = 0.0007  # the share of papers at which a phrase counts as half rare
SMALL = 900  # with so many papers the latent space is trusted half, with many more fully
_RARE_SENSE = 0.25  # a meaning of an acronym that a smaller share of its papers give is left out


@dataclass(frozen=True)
class Name:
    """One way to say an interest."""

    forms: Forms
    strength: float
    """1 for its own words; of an acronym, or what it stands for, the share of the papers that
    explain the acronym which explain it so."""


@dataclass(frozen=True)
class Background:
    """Statistics of an archive."""

    papers: int
    vocabulary: Vocabulary
    terms: Ints  # every term of the archive, in order
    papers_with: Ints  # in how many papers each of them is
    senses: Mapping[str, tuple[Name, ...]]  # other ways to say a phrase, by its letters
    space: LatentSpace
    length: float  # mean length of a paper's vector of weights

    @classmethod
    def learn(cls, archive: Collection) -> Background:
        """Learn from the papers of an archive; there may be none."""
        papers = len(archive.papers)
        idf = _idf(archive.papers_with, papers)
        senses = _senses(Counter(acronym for each in archive.acronyms for acronym in each))
        space = LatentSpace.learn(archive, idf)
        length = float(lengths(tf_idf(archive.counts, idf)).mean()) if papers else 1.0
        known = archive.terms, archive.papers_with
        return cls(papers, archive.vocabulary, *known, senses, space, length)

    def idf(self, terms: Ints) -> Floats:
        """The inverse document frequency: -ln of the share of papers that hold each term."""
        papers_with = np.zeros(len(terms), dtype=np.int64)
        hits, at = columns_of(terms, self.terms)
        papers_with[hits] = self.papers_with[at]
        return _idf(papers_with, self.papers)

    @property
    def trust(self) -> float:
        """0..1, how far to trust the latent space: what few papers have in common is chance."""
        return self.papers**2 / (self.papers**2 + SMALL**2)

    def rarity(self, use: Floats) -> Floats:
        """0..1, how rare phrases are, by the share of papers that hold each. What is related to a
        phrase tells more than its own words only where few papers have those."""
        unseen = np.exp(-self.unseen)
        found: Floats = (RARE + unseen) / (RARE + unseen + np.maximum(use, unseen))
        return found

    @property
    def unseen(self) -> float:
        """The idf of a term that no paper holds."""
        return float(_idf(np.zeros(1, dtype=np.int64), self.papers)[0])


def _idf(papers_with: Ints, papers: int) -> Floats:
    share = (papers_with + PRIOR_PAPERS * PRIOR_SHARE) / (papers + PRIOR_PAPERS)
    found: Floats = -np.log(share)
    return found


def _senses(acronyms: Mapping[tuple[Forms, Forms], int]) -> dict[str, tuple[Name, ...]]:
    """Other ways to say an acronym or what it stands for, by the letters of its forms."""
    explained: Counter[str] = Counter()
    for (short, _), papers in acronyms.items():
        explained["".join(short)] += papers
    senses: dict[str, dict[Forms, Name]] = {}
    for (short, long), papers in sorted(acronyms.items()):
        share = papers / explained["".join(short)]
        if share >= _RARE_SENSE:
            senses.setdefault("".join(short), {})[long] = Name(long, share)
            senses.setdefault("".join(long), {})[short] = Name(short, share)
    return {said: tuple(others.values()) for said, others in senses.items()}
