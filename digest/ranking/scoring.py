"""Scores of papers for profiles, and the reasons that add up to them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from digest.model import Interest, Paper, Profile, Reason
from digest.ranking.attribution import Attribution
from digest.ranking.block import Block, Wish, Wishes
from digest.ranking.boosts import boosts
from digest.ranking.calibration import STEPS, score_steps
from digest.ranking.corpus import Corpus
from digest.ranking.exclusions import AGAINST, leans, ruled_out, taken
from digest.ranking.labels import Part
from digest.ranking.matching import Matching
from digest.ranking.parts import Parts
from digest.ranking.postings import Postings
from digest.ranking.reasons import OTHER, UNWANTED, WANTED, Name, Shares, explain
from digest.ranking.verdicts import Taste, Verdicts
from digest.ranking.vocabulary import BREAK, Floats, Ints, remembered
from digest.text.patterns import PatternError

_NAMES = {"liked": "papers you liked", "disliked": "papers you disliked"}
_ENTRIES = 12_000_000  # entries of the postings kept at a time; bounds memory
_INTERESTS = 24_000  # interests kept at a time, however few their entries are
_AT_A_TIME = 1_000_000  # profiles × papers scored at once
_PROFILES = 2_000  # profiles scored at once, however few the papers are
_REACHED = 50_000  # pairs of interest and threshold whose papers are kept
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
        self._boosts = boosts(self._matching.papers)
        self.reached = remembered(self._reach, _REACHED)
        self._forget()
        self._verdicts = Verdicts(corpus, placed)
        self.place_judged(judged)

    def _forget(self) -> None:
        self._postings = Postings(len(self._matching.papers))
        self._parts = Parts(self._attribution, self._postings)
        self._asked: dict[Interest, Wish] = {}  # by interests as profiles have them
        self._ruled_out: dict[Interest, Mapping[int, str]] = {}

    def place_judged(self, papers: Iterable[Paper]) -> None:
        """Place the papers that verdicts of the next profiles name. They take the place of those
        given before, so that memory stays bounded over many batches."""
        self._verdicts.place(papers)

    @property
    def abstracts(self) -> Sequence[Ints]:
        """The abstracts of the papers as numbers of words, without the marks between them."""
        texts = self._matching.collection.texts.each
        abstracts = (texts[2 * row + 1] for row in self._rows.tolist())
        return [words[words != BREAK] for words in abstracts]

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
        for block in self.blocks(profiles):
            yield from map(Scored, block.scores, block.excluded)

    def blocks(self, profiles: Iterable[Profile]) -> Iterator[Block]:
        """Rank profiles, as many at once as memory allows."""
        size = max(1, min(_PROFILES, _AT_A_TIME // max(1, len(self.papers))))
        rest = iter(profiles)
        while some := list(islice(rest, size)):
            yield self._block(some)

    def _block(self, profiles: Sequence[Profile]) -> Block:
        self._find(each for its in profiles for each in (*its.interests, *its.exclude))
        wishes = Wishes.of([list(self._wishes(profile)) for profile in profiles])
        totals = wishes.summed(self._postings, WANTED)
        if (wishes.kinds == UNWANTED).any():
            totals -= taken(totals, wishes.summed(self._postings, UNWANTED))
        for total, profile in zip(totals, profiles, strict=True):
            if not _has_others(profile):
                continue
            for taste in self._verdicts.tastes(profile):
                total += taste.steps  # noqa: PLW2901 — a view of the row, which is to change
            for boost in self._boosts:
                if boost.gain(profile):
                    total += boost.steps(profile)  # noqa: PLW2901 — the same
        # Not by an index, which would leave the scores of a profile scattered in memory.
        scores = score_steps(totals.take(self._rows, axis=1)) / STEPS
        excluded = [self._excluded(profile) for profile in profiles]
        return Block(profiles, scores, excluded, wishes, self._parts)

    def _wishes(self, profile: Profile) -> Iterator[Wish]:
        """What counts for a paper and against it, which is at hand."""
        for interest in profile.interests:
            yield self._asked[interest]
        for exclusion in filter(leans, profile.exclude):
            name = str(exclusion), -AGAINST
            yield Wish(self._asked[exclusion].number, AGAINST, UNWANTED, name)

    def _excluded(self, profile: Profile) -> Mapping[int, str]:
        """Each paper that is ruled out, with the reason that comes first by spelling."""
        if not profile.exclude:
            return {}
        found: dict[int, str] = {}
        for exclusion in sorted(profile.exclude, key=lambda e: (e.text, e.kind, e.place or "")):
            for paper, why in self._held(exclusion).items():
                for index in self._indices[paper]:
                    found.setdefault(index, why)
        return dict(sorted(found.items()))

    def _find(self, interests: Iterable[Interest]) -> None:
        """Have the evidence of all of these at hand. Each is computed once, as long as all that is
        asked for fits into memory."""
        wanted = dict.fromkeys(interests)
        if all(map(self._asked.__contains__, wanted)):
            return
        known = self._postings.number
        plain = {each: _plain(each) for each in wanted}
        missing = [each for each in dict.fromkeys(plain.values()) if each not in known]
        if len(known) + len(missing) > _INTERESTS or self._postings.entries > _ENTRIES:
            self._forget()
            known, missing = self._postings.number, list(dict.fromkeys(plain.values()))
        self._postings.add(self._matching.evidence(missing))
        for each, its in plain.items():
            self._asked[each] = Wish(known[its], _weight(each), WANTED, (str(each), each.weight))

    def _held(self, interest: Interest) -> Mapping[int, str]:
        """The rows of the papers that hold an interest, which is at hand."""
        if interest not in self._ruled_out:
            evidence = self._postings.evidence[self._asked[interest].number]
            self._ruled_out[interest] = dict(ruled_out(self._matching, interest, evidence))
        return self._ruled_out[interest]

    def _reach(self, interest: Interest, threshold: float) -> frozenset[int]:
        """The papers that would reach a threshold if this were the only interest."""
        if threshold <= 0:
            return frozenset(range(len(self.papers)))
        self._find([interest])
        wish = self._asked[interest]
        evidence = self._postings.evidence[wish.number]
        scores = score_steps(evidence.steps.astype(np.float64) * wish.weight) / STEPS
        rows = evidence.papers[scores >= threshold].tolist()
        return frozenset([index for row in rows for index in self._indices[row]])

    def holding(self, interest: Interest) -> list[int]:
        """The papers that hold an interest in its own words: those that it would rule out."""
        self._find([interest])
        return sorted(index for paper in self._held(interest) for index in self._indices[paper])

    def reasons(self, profile: Profile, index: int) -> tuple[Reason, ...]:
        """Why paper ``index`` has its score, strongest first; contributions sum to the score."""
        return self.explain(next(self.blocks([profile])), [(0, index)])[0]

    def explain(self, block: Block, picks: Sequence[tuple[int, int]]) -> list[tuple[Reason, ...]]:
        """The same for several picks, each a profile of the block and the index of a paper."""
        profiles = np.array([profile for profile, _ in picks], dtype=np.int64)
        papers = self._rows[np.array([index for _, index in picks], dtype=np.int64)]
        wishes, parts = block.wishes, block.parts
        pick, wish, entries = wishes.entries(parts.postings, profiles, papers)
        first, count = parts.of_entries(entries)
        steps = parts.postings.steps(entries) * wishes.weights[wish]
        names = [wishes.names[n] for n in wish.tolist()]
        shares = Shares(pick, wishes.kinds[wish], steps, names, first, count)
        if others := list(self._others(block, profiles.tolist(), papers.tolist())):
            picks_, steps_, names_, told = zip(*others, strict=True)
            its_papers = papers[np.array(picks_)]
            found = self._attribution.beside_interests(parts.labels, told, its_papers)
            kinds, first_count = np.full(len(others), OTHER), parts.add(found, len(others))
            more = Shares(np.array(picks_), kinds, np.array(steps_), names_, *first_count)
            shares = shares.merged(more)
        return explain(len(picks), shares, parts.evidence, parts.label, parts.labels.every)

    def _others(
        self, block: Block, profiles: Sequence[int], papers: Sequence[int]
    ) -> Iterator[tuple[int, float, Name, Taste | Part]]:
        """What verdicts add to picks or take, and what papers are beside their text."""
        others = {row for row, profile in enumerate(block.profiles) if _has_others(profile)}
        picks = [pick for pick, row in enumerate(profiles) if row in others]
        for pick in picks:
            profile, paper = block.profiles[profiles[pick]], papers[pick]
            for taste in self._verdicts.tastes(profile):
                if steps := taste.steps.item(paper):
                    name = _NAMES[taste.via], 1.0
                    yield pick, steps, name, taste
            for boost in self._boosts:
                if gain := boost.gain(profile):
                    worded = Part(boost.wording(boost.papers[paper]), "page", "signal", 1.0)
                    steps = boost.steps(profile).item(paper)
                    yield pick, steps, (boost.name, gain), worded


def _has_others(profile: Profile) -> bool:
    """Whether more than interests and exclusions counts."""
    judged = profile.liked or profile.disliked
    return bool(judged or profile.comments or profile.upvotes or profile.freshness)


def _plain(interest: Interest) -> Interest:
    """What is looked for, however much it counts."""
    is_plain = interest.weight == 1.0 and not interest.must_see
    return interest if is_plain else replace(interest, weight=1.0, must_see=False)


def _weight(interest: Interest) -> float:
    """How much it counts, rounded so that sums are exact in any order."""
    return round(interest.weight * _WEIGHT_STEPS) / _WEIGHT_STEPS
