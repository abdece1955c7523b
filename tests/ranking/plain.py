"""The plain way to score and to explain: one profile and one paper after the other, in Python
numbers. The program does the same in blocks; both must agree to the last digit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from math import floor
from typing import NamedTuple

from digest.model import Interest, Paper, Profile, Reason
from digest.ranking import Corpus
from digest.ranking.boosts import boosts
from digest.ranking.calibration import KNEE, STEPS
from digest.ranking.exclusions import AGAINST, MOST, leans, ruled_out
from digest.ranking.labels import Part
from digest.ranking.matching import Evidence, Matching
from digest.ranking.reasons import LEAST
from digest.ranking.verdicts import Verdicts
from tests.ranking.plain_parts import PlainParts

NAMELESS = Part("", "abstract", "related", 1.0)
BEYOND = (1 - KNEE) * STEPS


class Share(NamedTuple):
    """What one interest brings to the score of one paper, and what it is made of."""

    name: str
    weight: float
    steps: float
    parts: Sequence[Part]
    kind: str = "interest"


def score_of(shares: Sequence[Share]) -> int:
    """The score, in steps."""
    total = {"interest": 0.0, "exclusion": 0.0, "other": 0.0}
    for share in shares:
        total[share.kind] += share.steps
    taken = min(total["exclusion"], MOST * total["interest"])
    evidence = total["interest"] - taken + total["other"]
    if evidence <= KNEE * STEPS:
        return max(round(evidence), 0)
    return round(STEPS - BEYOND * BEYOND / (evidence - KNEE * STEPS + BEYOND))


def explained(shares: Sequence[Share]) -> tuple[Reason, ...]:
    """The reasons for the score."""
    score = score_of(shares)
    losses = [
        score - score_of([*shares[:n], shares[n]._replace(steps=0.0), *shares[n + 1 :]])
        for n in range(len(shares))
    ]
    reasons = []
    for share, loss in zip(shares, losses, strict=True):
        parts = [part for part in share.parts if part.evidence > 0] or [NAMELESS]
        for part, steps in _telling(parts, loss, LEAST * sum(losses)):
            given = share.name, part.term, part.place, share.weight, steps / STEPS, part.via
            reasons.append(Reason(*given))
    reasons.sort(key=lambda r: (-abs(r.contribution), r.interest, r.place, r.term))
    if score != sum(losses):
        names = " + ".join(sorted({share.name for share in shares}))
        rest = (score - sum(losses)) / STEPS
        reasons.append(Reason(names, "", "title", 1.0, rest, "several"))
    return tuple(reasons)


def _telling(parts: Sequence[Part], loss: int, least: float) -> Iterator[tuple[Part, int]]:
    """The parts of a share that count; the strongest one also stands for the rest."""
    if not loss:
        return
    steps = apportion(loss, [part.evidence for part in parts])
    strongest = max(range(len(parts)), key=lambda n: abs(steps[n]))
    kept = [n for n, its in enumerate(steps) if n == strongest or abs(its) >= max(least, 1)]
    rest = sum(steps) - sum(steps[n] for n in kept)
    for n in kept:
        yield parts[n], steps[n] + (rest if n == strongest else 0)


def apportion(steps: int, parts: Sequence[float]) -> list[int]:
    """Whole steps for each part that sum to ``steps``, by largest remainder; ties: the first."""
    exact = [steps * part / sum(parts) for part in parts]
    whole = [floor(x) for x in exact]
    for i in sorted(range(len(parts)), key=lambda i: whole[i] - exact[i])[: steps - sum(whole)]:
        whole[i] += 1
    return whole


class Plain:
    """Papers that are ranked the plain way."""

    def __init__(self, corpus: Corpus, papers: Sequence[Paper], judged: Sequence[Paper]) -> None:
        placed = corpus.place(papers)
        self._matching = Matching(corpus, placed)
        self._parts = PlainParts(self._matching)
        self._verdicts = Verdicts(corpus, placed)
        self._verdicts.place(judged)
        self._row = placed.collection.row

    def score(self, profile: Profile, paper: Paper) -> float:
        """The score of one paper for one profile."""
        return score_of(list(self._shares(profile, self._row[paper.id]))) / STEPS

    def reasons(self, profile: Profile, paper: Paper) -> tuple[Reason, ...]:
        """The reasons for it."""
        return explained(list(self._shares(profile, self._row[paper.id])))

    def excluded(self, profile: Profile, paper: Paper) -> str | None:
        """The exclusion that rules the paper out, and where it stands."""
        for each in sorted(profile.exclude, key=lambda e: (e.text, e.kind, e.place or "")):
            held = dict(ruled_out(self._matching, each, self._evidence(each)))
            if self._row[paper.id] in held:
                return held[self._row[paper.id]]
        return None

    @cache  # noqa: B019 — a test's object
    def _evidence(self, interest: Interest) -> Evidence:
        ((_, found),) = self._matching.evidence([interest])
        return found

    def _shares(self, profile: Profile, row: int) -> Iterator[Share]:
        for each in profile.interests:
            weight = round(each.weight * 4096) / 4096
            yield from self._share(each, row, each.weight, weight, "interest")
        for each in filter(leans, profile.exclude):
            yield from self._share(each, row, -AGAINST, AGAINST, "exclusion")
        for taste in self._verdicts.tastes(profile):
            if steps := taste.steps.item(row):
                parts = self._parts.of_taste(taste, row)
                yield Share(f"papers you {taste.via}", 1.0, steps, parts, "other")
        for boost in boosts(self._matching.papers):
            if gain := boost.gain(profile):
                worded = Part(boost.wording(boost.papers[row]), "page", "signal", 1.0)
                yield Share(boost.name, gain, boost.steps(profile).item(row), [worded], "other")

    def _share(
        self, interest: Interest, row: int, shown: float, weight: float, kind: str
    ) -> Iterator[Share]:
        evidence = self._evidence(interest)
        steps = dict(zip(evidence.papers.tolist(), evidence.steps.tolist(), strict=True))
        if row in steps:
            parts = self._parts.of(interest, evidence, row)
            yield Share(str(interest), shown, steps[row] * weight, parts, kind)
