"""Scores of papers for profiles, and the reasons that add up to them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from digest.model import Interest, Paper, PaperId, Profile, Reason
from digest.ranking.attribution import Tracing
from digest.ranking.boosts import signals
from digest.ranking.calibration import SCALE, STEPS, score_steps
from digest.ranking.corpus import Corpus
from digest.ranking.matching import PLACES, Evidence, Matching
from digest.ranking.reasons import Part, Share, Via, explain
from digest.ranking.vocabulary import Floats, Ints
from digest.text import terms

AGAINST = -6.5
"""Weight of an exclusion for papers that only come near it."""
TASTE = 1.0
"""What likeness to liked papers brings, once there are many of them;"""
HALF_TASTE = 10
"""half of it with so many."""
UNLIKE = 0.1
"""Likeness up to this is no likeness."""
_TASTES: Mapping[str, str] = {"liked": "papers you liked", "disliked": "papers you disliked"}
_CELLS = 4_000_000
"""Interests × papers kept at a time; bounds memory."""


_AT_A_TIME = 200_000
"""Readers × papers scored at once."""
_NOTHING, _NO_PAPERS = np.empty(0), np.empty(0, dtype=np.int64)
_Weighted = tuple[Interest, float]
"""What is looked for, and how much it counts."""


@dataclass(frozen=True)
class Scored:
    """Scores of all papers for one profile."""

    scores: Floats
    """0..1 by paper index, in steps of 0.0001; for papers that are ruled out too."""
    excluded: Mapping[int, str]
    """Index of each paper that is ruled out → the exclusion as written, and where it stands."""


@dataclass(frozen=True)
class _Taste:
    """What the papers that a subscriber liked, or disliked, add to all others."""

    via: Via
    direction: Floats
    """Where they lie in the learned space, seen from the middle of the archive."""
    steps: Ints


class Ranking:
    """Papers made ready to be scored for any number of profiles.

    A score depends on the paper, the profile and what the archive (with the papers themselves)
    teaches: not on the order of anything.
    """

    def __init__(self, papers: Sequence[Paper], archive: Iterable[Paper] = ()) -> None:
        self.papers = tuple(papers)
        corpus = self._corpus = Corpus([*archive, *self.papers])
        rows = np.array([corpus.row[paper.id] for paper in self.papers], dtype=np.int64)
        own_rows, self._number = np.unique(rows, return_inverse=True)
        self._indices: list[list[int]] = [[] for _ in own_rows]
        for index, number in enumerate(self._number.tolist()):
            self._indices[number].append(index)
        self._matching = Matching(corpus, own_rows)
        self._row = {paper.id: number for number, paper in enumerate(self._matching.papers)}
        self._tracing = Tracing(self._matching)
        # Reasons are asked for pick by pick, all of one profile before those of the next.
        self._parts = lru_cache(maxsize=20_000)(self._tracing.parts)
        self._evidence = lru_cache(maxsize=100)(self._evidence_of)
        self._found: dict[Interest, Evidence] = {}
        self._excluded: dict[Interest, dict[int, str]] = {}

    def rank(self, profile: Profile) -> Scored:
        """Scores for one profile."""
        return next(self.rank_many([profile]))

    def rank_many(self, profiles: Iterable[Profile]) -> Iterator[Scored]:
        """Scores for each profile, in order."""
        for some in self._in_parts(profiles):
            found = self._look_for(interest for _, asked in some for interest, _ in asked)
            self._rule_out(exclusion for profile, _ in some for exclusion in profile.exclude)
            size = max(1, _AT_A_TIME // max(1, len(self.papers)))
            for start in range(0, len(some), size):
                yield from self._scored(some[start : start + size], found)

    def _scored(
        self,
        some: Sequence[tuple[Profile, Sequence[_Weighted]]],
        found: Mapping[Interest, Evidence],
    ) -> Iterator[Scored]:
        totals = self._totals([asked for _, asked in some], found)
        for row, (profile, _) in enumerate(some):
            for taste in self._tastes(profile):
                totals[row] += taste.steps
            for signal in signals(profile):
                totals[row] += signal.steps(self._matching.papers)
        scores = score_steps(totals)[:, self._number] / STEPS
        for row, (profile, _) in zip(scores, some, strict=True):
            yield Scored(row, self._ruled_out(profile))

    def _totals(
        self, readers: Sequence[Sequence[_Weighted]], found: Mapping[Interest, Evidence]
    ) -> Floats:
        """Readers × papers: what their interests bring, in steps."""
        papers = len(self._matching.papers)
        parts = [
            (row * papers, found[interest], weight)
            for row, asked in enumerate(readers)
            for interest, weight in asked
        ]
        sizes = np.array([len(each.papers) for _, each, _ in parts], dtype=np.int64)
        cells = np.concatenate([_NO_PAPERS, *(each.papers for _, each, _ in parts)])
        cells += np.repeat(np.array([start for start, _, _ in parts], dtype=np.int64), sizes)
        values = np.concatenate([_NOTHING, *(each.values for _, each, _ in parts)])
        values *= np.repeat([weight for _, _, weight in parts], sizes)
        steps = np.bincount(cells, _steps(values), len(readers) * papers)
        return steps.astype(np.float64).reshape(len(readers), papers)

    def reasons(self, profile: Profile, index: int) -> tuple[Reason, ...]:
        """Why paper ``index`` has its score, strongest first; contributions sum to the score."""
        paper = int(self._number[index])
        shares = []
        for interest, weight, found in self._evidence(profile):
            at = bisect_left(found.papers, paper)  # for one number, NumPy's own takes longer
            if at < len(found.papers) and found.papers[at] == paper:
                steps = int(_steps(found.values[at] * weight))
                parts = self._parts(interest, paper, found.asked)
                shares.append(Share(str(interest), weight, steps, parts))
        for taste in self._tastes(profile):
            if taste.steps[paper]:
                parts = self._tracing.towards(taste.direction, paper, taste.via)
                shares.append(Share(_TASTES[taste.via], 1.0, int(taste.steps[paper]), parts))
        for signal in signals(profile):
            steps = int(signal.steps(self._matching.papers[paper : paper + 1])[0])
            said = Part(signal.said(self._matching.papers[paper]), "page", "signal", 1.0)
            shares.append(Share(signal.name, signal.gain, steps, [said]))
        return explain(shares)

    def _evidence_of(self, profile: Profile) -> list[tuple[Interest, float, Evidence]]:
        """What a profile looks for, how much it counts and what it finds."""
        asked = _weighted(profile)
        evidence = self._look_for(interest for interest, _ in asked)
        return [(interest, weight, evidence[interest]) for interest, weight in asked]

    def _in_parts(
        self, profiles: Iterable[Profile]
    ) -> Iterator[list[tuple[Profile, Sequence[_Weighted]]]]:
        """Profiles with no more interests than can be kept at a time."""
        some: list[tuple[Profile, Sequence[_Weighted]]] = []
        interests: set[Interest] = set()
        for profile in profiles:
            asked = _weighted(profile)
            some.append((profile, asked))
            interests.update(interest for interest, _ in asked)
            if len(interests) * len(self.papers) >= _CELLS:
                yield some
                some, interests = [], set()
        yield some

    def _look_for(self, interests: Iterable[Interest]) -> Mapping[Interest, Evidence]:
        """What is known of all of them, also after others have been looked for."""
        wanted = dict.fromkeys(interests)
        new = [interest for interest in wanted if interest not in self._found]
        if (len(self._found) + len(new)) * len(self.papers) > 2 * _CELLS:
            self._found = {i: found for i, found in self._found.items() if i in wanted}
        self._found.update(self._matching.evidence(new))
        return self._found

    def _tastes(self, profile: Profile) -> Iterator[_Taste]:
        """What verdicts add to all papers. A paper is not held against itself."""
        matching = self._matching
        verdicts: tuple[tuple[Via, tuple[PaperId, ...], float], ...] = (
            ("liked", profile.liked, TASTE),
            ("disliked", profile.disliked, -TASTE),
        )
        for via, ids, most in verdicts:
            known = [self._corpus.row[each] for each in ids if each in self._corpus.row]
            if known:
                direction = matching.towards(known)
                strength = most * matching.background.trust * len(known) / (len(known) + HALF_TASTE)
                alike = np.maximum(matching.points @ direction - UNLIKE, 0.0)
                alike[[self._row[each] for each in ids if each in self._row]] = 0.0
                yield _Taste(via, direction, _steps(alike * strength))

    # --- exclusions ----------------------------------------------------------------------

    def _ruled_out(self, profile: Profile) -> dict[int, str]:
        found: dict[int, str] = {}
        for exclusion in sorted(profile.exclude, key=lambda e: (e.text, e.kind, e.place or "")):
            for paper, why in self._excluded[exclusion].items():
                found.setdefault(paper, why)
        return {index: found[paper] for paper in sorted(found) for index in self._indices[paper]}

    def _rule_out(self, exclusions: Iterable[Interest]) -> None:
        new = [each for each in dict.fromkeys(exclusions) if each not in self._excluded]
        if not new:
            return
        phrases = [each for each in new if each.kind == "phrase"]
        held = self._matching.mentioning([terms.forms(each.text) for each in phrases])
        texts = dict(zip(phrases, held, strict=True))
        self._excluded.update((each, dict(self._rules_out(each, texts.get(each)))) for each in new)

    def _rules_out(self, exclusion: Interest, texts: Ints | None) -> Iterator[tuple[int, str]]:
        """Papers (as matching numbers them) and the words that say why. ``texts`` hold a phrase."""
        matching = self._matching
        if exclusion.kind == "author":
            for paper, name in enumerate(matching.authors(exclusion)):
                if name:
                    yield paper, f"{exclusion} among the authors"
            return
        for place in reversed(PLACES):  # the title comes last, and so is the one that is told
            if exclusion.place not in (None, place):
                continue
            if texts is None:
                held = np.flatnonzero(matching.matches(exclusion, place))
            else:
                held = texts[texts % 2 == PLACES.index(place)] // 2
            for paper in held.tolist():
                yield paper, f"{exclusion} in the {place}"


def _steps(evidence: Floats) -> Ints:
    return np.rint(evidence * (SCALE * STEPS)).astype(np.int64)


@lru_cache(maxsize=100_000)
def _plain(interest: Interest) -> Interest:
    """What is looked for, however much it counts."""
    return replace(interest, weight=1.0 if interest.weight > 0 else -1.0, must_see=False)


def _weighted(profile: Profile) -> Sequence[_Weighted]:
    """What counts for a paper, and with a negative weight what counts against it."""
    return [
        *((_plain(interest), interest.weight) for interest in profile.interests),
        *(
            (replace(exclusion, weight=-1.0), AGAINST)
            for exclusion in profile.exclude
            if exclusion.kind == "phrase" and exclusion.place is None
        ),
    ]
