"""The known papers, and which of them hold an interest in its own words."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from itertools import chain
from typing import Self

import numpy as np

from digest.model import Interest, Paper, Place, Profile
from digest.pipeline.planning import ARCHIVE
from digest.pipeline.protocols import PlanningLedger
from digest.ranking import Corpus, Ranking
from digest.text import terms

_NEAREST = 15  # in the reasons of so many papers, phrases that come near an interest are looked for
_MANY = 0.1  # a phrase that a larger share of all papers hold is passed over


class Archive:
    """Papers made ready to be asked about any number of interests."""

    def __init__(self, papers: Sequence[Paper]) -> None:
        self.papers = tuple(papers)
        self._ranking = Ranking(Corpus.learn(self.papers), self.papers)
        self._held: dict[Interest, frozenset[int]] = {}

    @classmethod
    def of(cls, ledger: PlanningLedger) -> Self:
        """The newest papers of a ledger: those that the ranking learns from."""
        return cls(ledger.papers(limit=ARCHIVE))

    def holding(self, interest: Interest) -> frozenset[int]:
        """Indices of the papers that say the interest, or its acronym; not of related ones."""
        asked = replace(interest, weight=1.0)
        if asked not in self._held:
            self._held[asked] = frozenset(self._ranking.holding(asked))
        return self._held[asked]

    def near(self, phrase: str) -> list[str]:
        """Phrases of the papers that come nearest to a phrase, strongest first."""
        profile = Profile((Interest(phrase),))
        block = next(self._ranking.blocks([profile]))
        scores = block.scores[0]
        best = np.argsort(-scores, kind="stable")[:_NEAREST]
        strengths: Counter[str] = Counter()
        picks = [(0, index) for index in best[scores[best] > 0].tolist()]
        for reason in chain.from_iterable(self._ranking.explain(block, picks)):
            if reason.term:
                strengths[reason.term.casefold()] += round(reason.contribution * 10_000)
        told: dict[tuple[str, ...], str] = {}
        for term, _ in strengths.most_common():
            told.setdefault(terms.forms(term), term)
        most = _MANY * len(self.papers)
        return [term for term in told.values() if 2 <= len(self.holding(Interest(term))) <= most]

    @cached_property
    def words(self) -> Counter[str]:
        """The forms of all words, with the number of papers that have them."""
        counts: Counter[str] = Counter()
        for paper in self.papers:
            counts.update(set(terms.forms(f"{paper.title}\n\n{paper.abstract}")))
        return counts

    def labels(self, place: Place) -> Counter[str]:
        """What papers state as their authors, categories, venue or keywords, with the number of
        papers that do."""
        stated = (getattr(paper, place) for paper in self.papers)
        return Counter(
            label
            for each in stated
            for label in dict.fromkeys([each] if isinstance(each, str) else each or ())
        )
