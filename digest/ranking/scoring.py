"""Scores of papers for profiles, and the reasons that add up to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from digest.model import Interest, Paper, Profile, Reason
from digest.ranking.background import Background
from digest.ranking.corpus import Corpus
from digest.ranking.matching import PLACES, Matching
from digest.ranking.reasons import Share, explain
from digest.ranking.scale import SCALE, STEPS, score_steps
from digest.ranking.words import Floats, Ints
from digest.text import terms

AGAINST = -2.5
"""Weight of an exclusion for papers that only come near it."""
_PROFILES = 512
"""Profiles ranked at a time."""


@dataclass(frozen=True)
class Scored:
    """Scores of all papers for one profile."""

    scores: Floats
    """0..1 by paper index, in steps of 0.0001; for papers that are ruled out too."""
    excluded: Mapping[int, str]
    """Index of each paper that is ruled out → the exclusion as written, and where it stands."""


class Ranking:
    """Papers made ready to be scored for any number of profiles.

    A score depends on the paper, the profile and the background: not on the order of anything,
    and on other papers only as far as the background learns how common their words are.
    """

    def __init__(self, papers: Sequence[Paper], background: Background) -> None:
        self.papers = tuple(papers)
        order = sorted(range(len(self.papers)), key=lambda i: (self.papers[i].id, i))
        corpus = Corpus([self.papers[i] for i in order], background.words.copy())
        self._sorted = np.argsort(np.array(order, dtype=np.int64))
        self._matching = Matching(corpus, background.including(corpus))
        self._steps: dict[Interest, tuple[Ints, Ints]] = {}
        self._excluded: dict[Interest, dict[int, str]] = {}

    def rank(self, profile: Profile) -> Scored:
        """Scores for one profile."""
        return next(self.rank_many([profile]))

    def rank_many(self, profiles: Sequence[Profile]) -> Iterator[Scored]:
        """Scores for each profile, in order."""
        for start in range(0, len(profiles), _PROFILES):
            some = profiles[start : start + _PROFILES]
            self._weigh(interest for profile in some for interest in _asked(profile))
            for profile in some:
                total = np.zeros(len(self.papers), dtype=np.int64)
                for interest in _asked(profile):
                    papers, steps = self._steps[interest]
                    total[papers] += steps
                yield Scored(score_steps(total)[self._sorted] / STEPS, self._ruled_out(profile))

    def reasons(self, profile: Profile, index: int) -> tuple[Reason, ...]:
        """Why paper ``index`` has its score, strongest first; contributions sum to the score."""
        self._weigh(_asked(profile))
        paper = int(self._sorted[index])
        shares = []
        for interest in _asked(profile):
            papers, steps = self._steps[interest]
            at = int(np.searchsorted(papers, paper))
            if at < len(papers) and papers[at] == paper:
                parts = self._matching.parts(replace(interest, weight=1.0), paper)
                shares.append(Share(interest, int(steps[at]), parts))
        return explain(shares)

    def _weigh(self, interests: Iterable[Interest]) -> None:
        """Evidence of interests for all papers, in whole steps of the score, weight included."""
        new = {i: None for i in interests if i not in self._steps}
        plain = list(dict.fromkeys(replace(i, weight=1.0) for i in new))
        found = {i: (papers, values) for i, papers, values in self._matching.evidence(plain)}
        for interest in new:
            papers, values = found[replace(interest, weight=1.0)]
            steps = np.rint(values * (interest.weight * SCALE * STEPS)).astype(np.int64)
            self._steps[interest] = (papers[steps != 0], steps[steps != 0])

    # --- exclusions ----------------------------------------------------------------------

    def _ruled_out(self, profile: Profile) -> dict[int, str]:
        found: dict[int, str] = {}
        for exclusion in sorted(profile.exclude, key=lambda e: (e.text, e.kind, e.place or "")):
            if exclusion not in self._excluded:
                self._excluded[exclusion] = dict(self._rules_out(exclusion))
            for paper, why in self._excluded[exclusion].items():
                found.setdefault(paper, why)
        return {
            index: found[paper]
            for index, paper in enumerate(self._sorted.tolist() if found else ())
            if paper in found
        }

    def _rules_out(self, exclusion: Interest) -> Iterator[tuple[int, str]]:
        """Papers (as the corpus numbers them) and the words that say why."""
        matching = self._matching
        if exclusion.kind == "author":
            for paper, name in enumerate(matching.authors(exclusion)):
                if name:
                    yield paper, f"{exclusion} among the authors"
            return
        for place in reversed(PLACES):  # the title comes last, and so is the one that is told
            if exclusion.place not in (None, place):
                continue
            if exclusion.kind == "pattern":
                held = np.flatnonzero(matching.matches(exclusion, place))
            else:
                texts = matching.mentioning(terms.forms(exclusion.text))
                held = texts[texts % 2 == PLACES.index(place)] // 2
            for paper in held.tolist():
                yield paper, f"{exclusion} in the {place}"


def _asked(profile: Profile) -> list[Interest]:
    """What counts for a paper, and with a negative weight what counts against it."""
    against = [
        replace(exclusion, weight=AGAINST)
        for exclusion in profile.exclude
        if exclusion.kind == "phrase" and exclusion.place is None
    ]
    return [*profile.interests, *against]
