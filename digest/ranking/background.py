"""What the archive teaches: how common terms are, and what acronyms stand for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digest.model import Paper, PaperId
from digest.ranking.words import Ints, Texts, Words
from digest.text import terms

PRIOR_PAPERS = 50
"""An imagined archive of this size backs the real one, so that an empty one works."""
PRIOR_SHARE = 0.004
"""The share of the imagined papers that hold any given term."""
_RARE_SENSE = 0.25
"""An acronym is taken to mean what at least this share of the papers that explain it say."""


@dataclass(frozen=True)
class Sense:
    """What an acronym stands for, or the other way round, in forms of words."""

    forms: tuple[str, ...]
    share: float
    """Of the papers that explain the acronym, those that explain it so."""


class Background:
    """Statistics of the papers seen so far. It does not change; ``extended`` gives a new one."""

    def __init__(
        self,
        known: frozenset[PaperId],
        words: Words,
        counts: tuple[Ints, Ints],
        acronyms: Mapping[tuple[tuple[str, ...], tuple[str, ...]], int],
    ) -> None:
        self.known = known
        self.words = words
        self._keys, self._papers = counts
        self._acronyms = Counter(acronyms)
        self.senses = _senses(self._acronyms)

    @classmethod
    def learn(cls, papers: Iterable[Paper]) -> Background:
        """Learn from an archive, in whatever order it comes; it may be empty."""
        nothing = np.empty(0, dtype=np.int64)
        return cls(frozenset(), Words(), (nothing, nothing), {}).extended(papers)

    def extended(self, papers: Iterable[Paper]) -> Background:
        """This background with those of the papers that it does not know yet."""
        new = sorted(
            {p.id: p for p in papers if p.id not in self.known}.values(), key=lambda p: p.id
        )
        if not new:
            return self
        words = self.words.copy()
        texts = Texts((p.title + "\n\n" + p.abstract for p in new), words)
        rows, keys = texts.features()
        seen = np.unique(np.stack([keys, rows]), axis=1)[0] if len(keys) else keys
        all_keys, inverse = np.unique(np.concatenate([self._keys, seen]), return_inverse=True)
        papers_with = np.bincount(
            inverse, np.concatenate([self._papers, np.ones(len(seen), dtype=np.int64)])
        ).astype(np.int64)
        acronyms = Counter(self._acronyms)
        for paper in new:
            acronyms.update(
                {
                    (terms.forms(a.short), terms.forms(a.long))
                    for a in terms.acronyms(f"{paper.title}\n{paper.abstract}")
                }
            )
        known = self.known | {p.id for p in new}
        return Background(known, words, (all_keys, papers_with), acronyms)

    def idf(self, keys: Ints) -> NDArray[np.float64]:
        """How much each term tells, as -ln of the share of papers that hold it."""
        at = np.searchsorted(self._keys, keys)
        at[at == len(self._keys)] = 0
        hit = self._keys[at] == keys if len(self._keys) else np.zeros(len(keys), dtype=bool)
        papers = np.where(hit, self._papers[at] if len(self._keys) else 0, 0)
        share = (papers + PRIOR_PAPERS * PRIOR_SHARE) / (len(self.known) + PRIOR_PAPERS)
        return -np.log(np.minimum(share, 1.0))


def _senses(
    acronyms: Mapping[tuple[tuple[str, ...], tuple[str, ...]], int],
) -> dict[str, tuple[Sense, ...]]:
    """Other ways to say an acronym or what it stands for, by the letters of its forms."""
    explained: Counter[str] = Counter()
    for (short, _), papers in acronyms.items():
        explained["".join(short)] += papers
    senses: dict[str, dict[tuple[str, ...], float]] = {}
    for (short, long), papers in sorted(acronyms.items()):
        share = papers / explained["".join(short)]
        if share >= _RARE_SENSE:
            senses.setdefault("".join(short), {})[long] = share
            senses.setdefault("".join(long), {})[short] = share
    return {
        said: tuple(Sense(forms, share) for forms, share in others.items())
        for said, others in senses.items()
    }
