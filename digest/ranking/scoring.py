"""Scores of papers for profiles, and the reasons that add up to them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Generic, TypeVar

import numpy as np

from digest.model import Interest, Paper, PaperId, Profile, Reason, Via
from digest.ranking.attribution import Attribution
from digest.ranking.boosts import boosts
from digest.ranking.calibration import SCALE, STEPS, score_steps
from digest.ranking.corpus import Corpus
from digest.ranking.exclusions import Excluded, exclude, first_reasons
from digest.ranking.matching import Evidence, Matching
from digest.ranking.reasons import Part, Share, explain
from digest.ranking.vocabulary import Floats, Ints
from digest.text.patterns import PatternError

AGAINST = -3.0  # weight of an exclusion for papers that only come near it
PREFERENCE = 1.0  # evidence of full similarity to liked papers, once there are many of them
HALF_PREFERENCE = 10  # with so many liked papers it is half of that
UNLIKE = 0.1  # cosine similarity up to this counts as 0
_PREFERENCES: Mapping[str, str] = {"liked": "papers you liked", "disliked": "papers you disliked"}
_CELLS = 4_000_000  # interests × papers kept at a time; bounds memory
_INTERESTS = 20_000  # interests kept at a time, however few the papers are
_AT_A_TIME = 200_000  # profiles × papers scored at once
_NOTHING, _NO_PAPERS = np.empty(0), np.empty(0, dtype=np.int64)
_Weighted = tuple[Interest, float]  # what is looked for, and how much it counts
_Asked = tuple[Profile, Sequence[_Weighted]]
_Verdicts = tuple[Via, tuple[PaperId, ...], float]
_T = TypeVar("_T")


@dataclass(frozen=True)
class Scored:
    """Scores of all papers for one profile."""

    scores: Floats  # 0..1 by paper index, in steps of 0.0001; for papers that are ruled out too.
    excluded: Mapping[int, str]  # paper that is ruled out → the exclusion, and where it stands


class _Kept(Generic[_T]):
    """What has been found for interests; at most so many of them are kept."""

    def __init__(
        self, find: Callable[[Sequence[Interest]], Iterable[tuple[Interest, _T]]], most: int
    ) -> None:
        self._find, self._most = find, most
        self._found: dict[Interest, _T] = {}

    def of(self, interests: Iterable[Interest]) -> Mapping[Interest, _T]:
        """What is found for all of them; it stays, also when others are asked for later."""
        wanted = dict.fromkeys(interests)
        new = [interest for interest in wanted if interest not in self._found]
        if len(self._found) + len(new) > self._most:
            self._found = {i: found for i, found in self._found.items() if i in wanted}
        if new:
            self._found.update(self._find(new))
        return self._found


class Ranking:
    """Papers made ready to be scored for any number of profiles, in bounded memory. A score depends
    on the paper, the profile and the corpus alone: not on others, nor on the order of anything."""

    def __init__(
        self, corpus: Corpus, papers: Iterable[Paper], judged: Iterable[Paper] = ()
    ) -> None:
        self.papers = tuple(papers)
        self._corpus = corpus
        self._matching = Matching(corpus, corpus.place(self.papers))
        self._row = self._matching.collection.row
        self._rows = np.array([self._row[paper.id] for paper in self.papers], dtype=np.int64)
        self._indices: list[list[int]] = [[] for _ in self._row]
        for index, row in enumerate(self._rows.tolist()):
            self._indices[row].append(index)
        self._attribution = Attribution(self._matching)
        # Reasons are asked for pick by pick, all of one profile before those of the next.
        self._parts = lru_cache(maxsize=20_000)(self._attribution.parts)
        self._evidence = lru_cache(maxsize=100)(self._evidence_of)
        self._most = max(1, min(_INTERESTS, _CELLS // max(1, len(self.papers))))
        self._found = _Kept(self._matching.evidence, 2 * self._most)
        self._excluded = _Kept(partial(exclude, self._matching), 2 * self._most)
        self._judged: Mapping[PaperId, Floats] = {}
        self.place_judged(judged)

    def place_judged(self, papers: Iterable[Paper]) -> None:
        """Place the papers that verdicts of the next profiles name. They take the place of those
        given before, so that memory stays bounded over many batches."""
        beside = [p for p in papers if p.id not in self._row and self._corpus.point(p.id) is None]
        placed = self._corpus.place(beside)
        ids = [paper.id for paper in placed.collection.papers]
        self._judged = dict(zip(ids, placed.points, strict=True))

    @property
    def faults(self) -> Mapping[str, PatternError]:
        """Patterns that could not be matched so far, without slashes, and why. They find nothing;
        all else is ranked as if they were not there."""
        return self._matching.faults

    def rank(self, profile: Profile) -> Scored:
        """Scores for one profile."""
        return next(self.rank_many([profile]))

    def rank_many(self, profiles: Iterable[Profile]) -> Iterator[Scored]:
        """Scores for each profile, in order."""
        for some in self._in_parts(profiles):
            found = self._found.of(interest for _, asked in some for interest, _ in asked)
            excluded = self._excluded.of(each for profile, _ in some for each in _held(profile))
            size = max(1, _AT_A_TIME // max(1, len(self.papers)))
            for start in range(0, len(some), size):
                yield from self._scored(some[start : start + size], found, excluded)

    def _scored(
        self,
        some: Sequence[_Asked],
        found: Mapping[Interest, Evidence],
        excluded: Mapping[Interest, Excluded],
    ) -> Iterator[Scored]:
        totals = self._totals([asked for _, asked in some], found)
        for row, (profile, _) in enumerate(some):
            for _, _, steps in self._preferences(profile):
                totals[row] += steps
            for boost in boosts(profile):
                totals[row] += boost.steps(self._matching.papers)
        scores = score_steps(totals)[:, self._rows] / STEPS
        for row, (profile, _) in zip(scores, some, strict=True):
            out = first_reasons(profile.exclude, excluded)
            yield Scored(
                row, {at: out[paper] for paper in sorted(out) for at in self._indices[paper]}
            )

    def _totals(
        self, profiles: Sequence[Sequence[_Weighted]], found: Mapping[Interest, Evidence]
    ) -> Floats:
        """Profiles × papers: the evidence of all interests, in steps."""
        papers = len(self._matching.papers)
        asked = [(row, *each) for row, wanted in enumerate(profiles) for each in wanted]
        parts = [(row * papers, found[interest], weight) for row, interest, weight in asked]
        sizes = np.array([len(each.papers) for _, each, _ in parts], dtype=np.int64)
        cells = np.concatenate([_NO_PAPERS, *(each.papers for _, each, _ in parts)])
        cells += np.repeat(np.array([start for start, _, _ in parts], dtype=np.int64), sizes)
        values = np.concatenate([_NOTHING, *(each.values for _, each, _ in parts)])
        values *= np.repeat([weight for _, _, weight in parts], sizes)
        steps = np.bincount(cells, _steps(values), len(profiles) * papers)
        return steps.astype(np.float64).reshape(len(profiles), papers)

    def alone(self, interest: Interest) -> Floats:
        """The scores that the papers would have if this were the only interest."""
        plain = _plain(interest)
        found = self._found.of([plain])[plain]
        steps = np.zeros(len(self._matching.papers))
        steps[found.papers] = _steps(found.values * interest.weight)
        alone: Floats = score_steps(steps)[self._rows] / STEPS
        return alone

    def holding(self, interest: Interest) -> list[int]:
        """The papers that hold an interest in its own words: those that it would rule out."""
        held = self._excluded.of([interest])[interest]
        return sorted(index for paper in held for index in self._indices[paper])

    def reasons(self, profile: Profile, index: int) -> tuple[Reason, ...]:
        """Why paper ``index`` has its score, strongest first; contributions sum to the score."""
        paper = int(self._rows[index])
        shares = []
        for interest, weight, found, by_paper in self._evidence(profile):
            if paper in by_paper:
                parts = self._parts(interest, paper, found)
                shares.append(Share(str(interest), weight, by_paper[paper], parts))
        for via, direction, steps in self._preferences(profile):
            if steps[paper]:
                parts = self._attribution.towards(direction, paper, via)
                shares.append(Share(_PREFERENCES[via], 1.0, int(steps[paper]), parts))
        seen = self._matching.papers[paper]
        for boost in boosts(profile):
            worded = Part(boost.wording(seen), "page", "signal", 1.0)
            shares.append(Share(boost.name, boost.gain, int(boost.steps([seen])[0]), [worded]))
        return explain(shares)

    def _evidence_of(
        self, profile: Profile
    ) -> list[tuple[Interest, float, Evidence, dict[int, int]]]:
        """What is looked for, how much it counts, its evidence, and the steps that each paper
        gets by it."""
        asked = _weighted(profile)
        evidence = self._found.of(interest for interest, _ in asked)
        found = []
        for interest, weight in asked:
            its = evidence[interest]
            steps = _steps(its.values * weight).tolist()
            by_paper = dict(zip(its.papers.tolist(), steps, strict=True))
            found.append((interest, weight, its, by_paper))
        return found

    def _in_parts(self, profiles: Iterable[Profile]) -> Iterator[list[_Asked]]:
        """Profiles with no more interests and exclusions than can be kept at a time."""
        some: list[_Asked] = []
        interests: set[Interest] = set()
        for profile in profiles:
            asked = _weighted(profile)
            some.append((profile, asked))
            interests.update(_held(profile), (interest for interest, _ in asked))
            if len(interests) >= self._most:
                yield some
                some, interests = [], set()
        yield some

    def _preferences(self, profile: Profile) -> Iterator[tuple[Via, Floats, Ints]]:
        """What verdicts add to the scores of papers, in steps; nothing to those of the judged ones.
        Before it the direction in which these lie, from the middle of the archive."""
        matching = self._matching
        liked: _Verdicts = ("liked", profile.liked, PREFERENCE)
        disliked: _Verdicts = ("disliked", profile.disliked, -PREFERENCE)
        for via, ids, most in (liked, disliked):
            known = [point for each in ids if (point := self._point(each)) is not None]
            if known:
                direction = matching.direction(known)
                trust = matching.background.trust * len(known) / (len(known) + HALF_PREFERENCE)
                similar = np.maximum(matching.placed.points @ direction - UNLIKE, 0.0)
                similar[[self._row[each] for each in ids if each in self._row]] = 0.0
                yield via, direction, _steps(similar * (most * trust))

    def _point(self, paper: PaperId) -> Floats | None:
        """Where a judged paper lies in the latent space; None for one that is not known."""
        row = self._row.get(paper)
        point = self._corpus.point(paper) if row is None else self._matching.placed.points[row]
        return self._judged.get(paper) if point is None else point


def _steps(evidence: Floats) -> Ints:
    return np.rint(evidence * (SCALE * STEPS)).astype(np.int64)


@lru_cache(maxsize=100_000)
def _plain(interest: Interest) -> Interest:
    """What is looked for, however much it counts."""
    return replace(interest, weight=1.0 if interest.weight > 0 else -1.0, must_see=False)


def _held(profile: Profile) -> Iterator[Interest]:
    """What is looked for in its own words."""
    yield from profile.exclude
    yield from (interest for interest in profile.interests if interest.must_see)


def _weighted(profile: Profile) -> Sequence[_Weighted]:
    """What counts for a paper, and with a negative weight what counts against it."""
    against = [one for one in profile.exclude if one.kind == "phrase" and one.place is None]
    return [
        *((_plain(interest), interest.weight) for interest in profile.interests),
        *((replace(exclusion, weight=-1.0), AGAINST) for exclusion in against),
    ]
