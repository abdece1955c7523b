"""Scores of papers for profiles, and the reasons that add up to them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]  # it ships no types

from digest.model import Interest, Paper, Profile, Reason
from digest.ranking.attribution import Attribution
from digest.ranking.boosts import boosts
from digest.ranking.calibration import STEPS, score_steps
from digest.ranking.corpus import Corpus
from digest.ranking.exclusions import AGAINST, leans, ruled_out, taken
from digest.ranking.matching import Evidence, Matching
from digest.ranking.reasons import Part, Share, explain
from digest.ranking.verdicts import Verdicts
from digest.ranking.vocabulary import Floats, remembered
from digest.text.patterns import PatternError

_NAMES = {"liked": "papers you liked", "disliked": "papers you disliked"}
_CELLS = 48_000_000  # interests × papers kept at a time; bounds memory
_INTERESTS = 24_000  # interests kept at a time, however few the papers are
_AT_A_TIME = 200_000  # profiles × papers scored at once
_PROFILES = 1_000  # profiles scored at once, however few the papers are
_WEIGHT_STEPS = 4_096  # steps in an interest's weight of 1


@dataclass(frozen=True)
class Scored:
    """Scores of all papers for one profile."""

    scores: Floats  # 0..1 by paper index, in steps of 0.0001; for papers that are ruled out too.
    excluded: Mapping[int, str]  # paper that is ruled out → the exclusion, and where it stands


class Ranking:
    """Papers made ready to be scored for any number of profiles, in bounded memory. A score depends
    on the paper, the profile and the corpus alone: not on others, nor on the order of anything."""

    def __init__(
        self, corpus: Corpus, papers: Iterable[Paper], judged: Iterable[Paper] = ()
    ) -> None:
        self.papers = tuple(papers)
        placed = corpus.place(self.papers)
        self._matching = Matching(corpus, placed)
        row = placed.collection.row
        self._rows = np.array([row[paper.id] for paper in self.papers], dtype=np.int64)
        self._indices: list[list[int]] = [[] for _ in row]
        for index, at in enumerate(self._rows.tolist()):
            self._indices[at].append(index)
        self._attribution = Attribution(self._matching)
        # Reasons are asked for pick by pick, all of one profile before those of the next.
        self._parts = remembered(self._parts_of, 20_000)
        self._boosts = boosts(self._matching.papers)
        self._found: dict[Interest, Evidence] = {}  # by what is looked for, however much it counts
        self._asked: dict[Interest, Evidence] = {}  # the same, by interests as profiles have them
        self._ruled_out: dict[Interest, Mapping[int, str]] = {}
        self._most = max(1, min(_INTERESTS, _CELLS // max(1, len(self.papers))))
        self._verdicts = Verdicts(corpus, placed)
        self.place_judged(judged)

    def place_judged(self, papers: Iterable[Paper]) -> None:
        """Place the papers that verdicts of the next profiles name. They take the place of those
        given before, so that memory stays bounded over many batches."""
        self._verdicts.place(papers)

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
        size = max(1, min(_PROFILES, _AT_A_TIME // max(1, len(self.papers))))
        rest = iter(profiles)
        while some := list(islice(rest, size)):
            yield from self._scored(some)

    def _scored(self, profiles: Sequence[Profile]) -> list[Scored]:
        self._find(each for its in profiles for each in (*its.interests, *its.exclude))
        interests = self._summed([_wanted(profile) for profile in profiles])
        totals = interests - taken(interests, self._summed([_unwanted(each) for each in profiles]))
        for total, profile in zip(totals, profiles, strict=True):
            for taste in self._verdicts.tastes(profile):
                total += taste.steps  # noqa: PLW2901 — a view of the row, which is to change
            for boost in self._boosts:
                if boost.gain(profile):
                    total += boost.steps(profile)  # noqa: PLW2901 — the same
        scores = score_steps(totals)[:, self._rows] / STEPS
        excluded = map(self._excluded, profiles)
        return [Scored(*each) for each in zip(scores, excluded, strict=True)]

    def _summed(self, asked: Sequence[Sequence[tuple[Interest, float]]]) -> Floats:
        """Profiles × papers: the evidence of what each profile asks for, in steps."""
        each = [(self._asked[interest], weight) for its in asked for interest, weight in its]
        used = {id(evidence): evidence for evidence, _ in each}
        column = dict(zip(used, range(len(used)), strict=True))
        columns = [column[id(evidence)] for evidence, _ in each]
        steps = np.array([evidence.steps for evidence in used.values()], dtype=np.float64)
        steps = steps.reshape(len(used), len(self._matching.papers))
        ends = np.cumsum([0, *map(len, asked)])
        cells = np.array([weight for _, weight in each]), columns, ends
        found: Floats = sparse.csr_array(cells, shape=(len(asked), len(used))) @ steps
        return found

    def _excluded(self, profile: Profile) -> dict[int, str]:
        """Each paper that is ruled out, with the reason that comes first by spelling."""
        found: dict[int, str] = {}
        for exclusion in sorted(profile.exclude, key=lambda e: (e.text, e.kind, e.place or "")):
            for paper, why in self._held(exclusion).items():
                for index in self._indices[paper]:
                    found.setdefault(index, why)
        return dict(sorted(found.items()))

    def _find(self, interests: Iterable[Interest]) -> None:
        """Have the evidence of all of these at hand. Each is computed once, as long as all that is
        asked for fits into memory."""
        wanted = list(interests)
        if new := {each: _plain(each) for each in wanted if each not in self._asked}:
            missing = [each for each in dict.fromkeys(new.values()) if each not in self._found]
            if len(self._found) + len(missing) > self._most:
                self._found, self._asked, self._ruled_out = {}, {}, {}
                new = {each: _plain(each) for each in wanted}
                missing = list(dict.fromkeys(new.values()))
            self._found.update(self._matching.evidence(missing))
            self._asked.update((each, self._found[its]) for each, its in new.items())

    def _held(self, interest: Interest) -> Mapping[int, str]:
        """The rows of the papers that hold an interest, which is at hand."""
        if interest not in self._ruled_out:
            found = ruled_out(self._matching, interest, self._asked[interest])
            self._ruled_out[interest] = dict(found)
        return self._ruled_out[interest]

    def alone(self, interest: Interest) -> Floats:
        """The scores that the papers would have if this were the only interest."""
        self._find([interest])
        steps = self._asked[interest].steps.astype(np.float64) * _weight(interest)
        alone: Floats = score_steps(steps)[self._rows] / STEPS
        return alone

    def holding(self, interest: Interest) -> list[int]:
        """The papers that hold an interest in its own words: those that it would rule out."""
        self._find([interest])
        return sorted(index for paper in self._held(interest) for index in self._indices[paper])

    def reasons(self, profile: Profile, index: int) -> tuple[Reason, ...]:
        """Why paper ``index`` has its score, strongest first; contributions sum to the score."""
        paper = int(self._rows[index])
        self._find((*profile.interests, *profile.exclude))
        return explain([*self._shares_of_interests(profile, paper), *self._others(profile, paper)])

    def _shares_of_interests(self, profile: Profile, paper: int) -> Iterator[Share]:
        for interest, weight in _wanted(profile):
            if steps := self._asked[interest].steps.item(paper):
                parts = self._parts(interest, paper)
                yield Share(str(interest), interest.weight, steps * weight, parts)
        for exclusion, weight in _unwanted(profile):
            if steps := self._asked[exclusion].steps.item(paper):
                parts = self._parts(exclusion, paper)
                yield Share(str(exclusion), -weight, steps * weight, parts, "exclusion")

    def _others(self, profile: Profile, paper: int) -> Iterator[Share]:
        """What verdicts add or take, and what the paper is beside its text."""
        for taste in self._verdicts.tastes(profile):
            if steps := taste.steps.item(paper):
                parts = self._attribution.of_taste(taste, paper)
                yield Share(_NAMES[taste.via], 1.0, steps, parts, "other")
        for boost in self._boosts:
            if gain := boost.gain(profile):
                worded = Part(boost.wording(boost.papers[paper]), "page", "signal", 1.0)
                yield Share(boost.name, gain, boost.steps(profile).item(paper), [worded], "other")

    def _parts_of(self, interest: Interest, paper: int) -> Sequence[Part]:
        return self._attribution.parts(interest, paper, self._asked[interest])


def _plain(interest: Interest) -> Interest:
    """What is looked for, however much it counts."""
    is_plain = interest.weight == 1.0 and not interest.must_see
    return interest if is_plain else replace(interest, weight=1.0, must_see=False)


def _weight(interest: Interest) -> float:
    """How much it counts, rounded so that sums are exact in any order."""
    return round(interest.weight * _WEIGHT_STEPS) / _WEIGHT_STEPS


def _wanted(profile: Profile) -> list[tuple[Interest, float]]:
    """What counts for a paper, and how much."""
    return [(interest, _weight(interest)) for interest in profile.interests]


def _unwanted(profile: Profile) -> list[tuple[Interest, float]]:
    """What counts against a paper, and how much."""
    return [(exclusion, AGAINST) for exclusion in profile.exclude if leans(exclusion)]
