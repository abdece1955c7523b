"""Scores of papers for profiles, and the reasons that add up to them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]  # it ships no types

from digest.model import Interest, Paper, Place, Profile, Reason
from digest.ranking.background import Background
from digest.ranking.interests import Query, query
from digest.ranking.names import same_person
from digest.ranking.reasons import Part, Share, explain, stretches
from digest.ranking.scale import STEPS, Floats, score_steps
from digest.ranking.words import Ints, Texts
from digest.text import terms

PLACES: tuple[Place, ...] = ("title", "abstract")
MENTION = np.array([0.36, 0.23])
"""Evidence of one mention of a rare phrase, in the title and in the abstract."""
REPEATED = 0.3
"""Each doubling of the mentions adds this much of the first."""
PARTIAL = np.array([0.15, 0.5])
"""Evidence of the interest's single words, times the cosine with the title or abstract."""
AUTHOR = 0.5


@dataclass(frozen=True)
class Scored:
    """Scores of all papers for one profile."""

    scores: Floats
    """0..1 by paper index, in steps of 0.0001; for papers that are ruled out too."""
    excluded: Mapping[int, str]
    """Index of each paper that is ruled out → the exclusion as written, and where it stands."""


class Ranking:
    """Papers made ready to be scored for any number of profiles.

    A score depends on the paper, the profile and the background; not on the order of anything,
    and on the other papers only through the background, which they extend.
    """

    def __init__(self, papers: Sequence[Paper], background: Background) -> None:
        self.papers = tuple(papers)
        self.background = background.extended(papers)
        self._words = self.background.words.copy()
        self._texts = Texts(
            (text for p in self.papers for text in (p.title, p.abstract)),
            self._words,
        )
        self._vectors = self._weigh()
        self._explained = [
            {
                "".join(terms.forms(a.short)): "".join(terms.forms(a.long))
                for a in terms.acronyms(f"{p.title}\n{p.abstract}")
            }
            for p in self.papers
        ]
        self._evidence: dict[Interest, tuple[Ints, Ints]] = {}

    # --- papers as vectors ---------------------------------------------------------------

    def _weigh(self) -> sparse.csr_array:
        """Sublinear tf-idf of each title and abstract, each of length 1: texts × terms."""
        rows, keys = self._texts.features()
        self._keys, columns = np.unique(keys, return_inverse=True)
        counts = sparse.coo_array(
            (np.ones(len(rows)), (rows, columns)), shape=(self._texts.count, len(self._keys))
        ).tocsr()
        counts.data = (1 + np.log(counts.data)) * self.background.idf(self._keys)[counts.indices]
        norms = np.sqrt(counts.multiply(counts).sum(axis=1))
        return sparse.diags_array(1 / np.where(norms == 0, 1.0, norms)) @ counts

    def _columns(self, wanted: Query) -> tuple[Ints, Floats]:
        """Columns of the query's terms that some paper has, and their weights."""
        at = np.searchsorted(self._keys, wanted.keys)
        at[at == len(self._keys)] = 0
        hit = self._keys[at] == wanted.keys if len(self._keys) else np.zeros(0, dtype=bool)
        return at[hit], wanted.weights[hit]

    # --- evidence of interests -----------------------------------------------------------

    def _gather(self, interests: Iterable[Interest]) -> None:
        """Evidence of each interest for all papers, in whole steps, weight included."""
        for interest in interests:
            if interest in self._evidence:
                continue
            by_text = interest.weight * self._by_text(interest)
            steps = np.rint(by_text * STEPS)
            papers = np.flatnonzero(steps)
            self._evidence[interest] = (papers, steps[papers].astype(np.int64))

    def _by_text(self, interest: Interest) -> Floats:
        match interest.kind:
            case "author":
                return AUTHOR * np.array([bool(a) for a in self._authors(interest)], dtype=float)
            case "pattern":
                mentions, partial, strength = self._matches(interest), np.zeros(2), 1.0
            case "phrase":
                wanted = query(interest, self.background)
                mentions, strength = self._mentions(wanted), wanted.specificity
                columns, weights = self._columns(wanted)
                cosine: Floats = self._vectors[:, columns] @ weights
                partial = cosine.reshape(-1, 2) * PARTIAL
        evidence: Floats = _saturate(mentions).reshape(-1, 2) * MENTION * strength + partial
        places = [PLACES.index(interest.place)] if interest.place else [0, 1]
        total: Floats = evidence[:, places].sum(axis=1)
        return total

    def _mentions(self, wanted: Query) -> Floats:
        """How often each text holds the interest's phrases; an acronym may count in part."""
        total = np.zeros(self._texts.count)
        for phrase in wanted.phrases:
            rows = self._texts.row[self._texts.find(phrase.forms)]
            if phrase.via == "acronym" and len(phrase.forms) < len(wanted.phrases[0].forms):
                rows = rows[[self._means(r // 2, phrase.forms, wanted) for r in rows]]
            total += phrase.strength * np.bincount(rows, minlength=self._texts.count)
        return total

    def _means(self, paper: int, short: tuple[str, ...], wanted: Query) -> bool:
        """Whether a paper does not explain the acronym as something else."""
        meant = self._explained[paper].get("".join(short))
        return meant is None or meant == "".join(wanted.phrases[0].forms)

    def _matches(self, interest: Interest) -> Floats:
        pattern = re.compile(interest.text, re.IGNORECASE)
        return np.array(
            [
                sum(1 for m in pattern.finditer(text) if m[0])
                for p in self.papers
                for text in (p.title, p.abstract)
            ],
            dtype=float,
        )

    def _authors(self, interest: Interest) -> list[str]:
        return [
            next((a for a in p.authors if same_person(interest.text, a)), "") for p in self.papers
        ]

    # --- scores --------------------------------------------------------------------------

    def rank(self, profile: Profile) -> Scored:
        """Scores for one profile."""
        return next(self.rank_many([profile]))

    def rank_many(self, profiles: Sequence[Profile]) -> Iterator[Scored]:
        """Scores for each profile, in order."""
        for profile in profiles:
            self._gather(profile.interests)
            total = np.zeros(len(self.papers))
            for interest in profile.interests:
                papers, steps = self._evidence[interest]
                total[papers] += steps
            yield Scored(score_steps(total) / STEPS, self._excluded(profile))

    def _excluded(self, profile: Profile) -> dict[int, str]:
        found: dict[int, str] = {}
        for exclusion in sorted(profile.exclude, key=lambda e: (e.text, e.kind, e.place or "")):
            match exclusion.kind:
                case "author":
                    for i, author in enumerate(self._authors(exclusion)):
                        if author:
                            found.setdefault(i, f"{exclusion} among the authors")
                    continue
                case "pattern":
                    mentions = self._matches(exclusion)
                case "phrase":
                    mentions = self._mentions(query(exclusion, self.background))
            for row in np.flatnonzero(mentions).tolist():
                place = PLACES[row % 2]
                if exclusion.place in (None, place):
                    found.setdefault(row // 2, f"{exclusion} in the {place}")
        return found

    # --- reasons -------------------------------------------------------------------------

    def reasons(self, profile: Profile, index: int) -> tuple[Reason, ...]:
        """Why paper ``index`` has its score, strongest first; contributions sum to the score."""
        self._gather(profile.interests)
        shares = []
        for interest in profile.interests:
            papers, steps = self._evidence[interest]
            at = int(np.searchsorted(papers, index))
            if at < len(papers) and papers[at] == index:
                shares.append(Share(interest, int(steps[at]), self._parts(interest, index)))
        return explain(shares)

    def _parts(self, interest: Interest, index: int) -> list[Part]:
        """What in the paper speaks for an interest, with the evidence of each."""
        paper = self.papers[index]
        if interest.kind == "author":
            return [Part(self._authors(interest)[index], "authors", "author", AUTHOR)]
        return [
            part
            for place, text in zip(PLACES, (paper.title, paper.abstract), strict=True)
            if interest.place in (None, place)
            for part in self._parts_in(interest, text, index, place)
        ]

    def _parts_in(self, interest: Interest, text: str, index: int, place: Place) -> list[Part]:
        row = 2 * index + PLACES.index(place)
        strength = MENTION[row % 2]
        if interest.kind == "pattern":
            matches = [m[0] for m in re.finditer(interest.text, text, re.IGNORECASE) if m[0]]
            mentioned = float(_saturate(np.array([float(len(matches))]))[0] * strength)
            return [Part(matches[0], place, "pattern", mentioned)] if matches else []
        wanted = query(interest, self.background)
        partial = self._partial(wanted, row)
        said = [
            (phrase, text[where[0][0] : where[0][1]], phrase.strength * len(where))
            for phrase in wanted.phrases
            if (where := terms.spans(" ".join(phrase.forms), text))
        ]
        if not said:
            found = stretches(text, self._stem_number, partial)
            return [Part(term, place, "term", value) for term, value in found.items()]
        count = sum(mentions for _, _, mentions in said)
        evidence = float(_saturate(np.array([count]))[0]) * strength * wanted.specificity
        evidence += sum(partial.values())
        return [
            Part(term, place, phrase.via, evidence * mentions / count)
            for phrase, term, mentions in said
        ]

    def _stem_number(self, form: str) -> int:
        return self._words.stem_of[self._words.add(form)]

    def _partial(self, wanted: Query, row: int) -> dict[int, float]:
        """What each stem of the query brings in one text; a pair is halved between its two."""
        columns, weights = self._columns(wanted)
        brought: dict[int, float] = {}
        values = self._vectors[[row], :][:, columns].toarray()[0] * weights * PARTIAL[row % 2]
        for key, value in zip(self._keys[columns].tolist(), values.tolist(), strict=True):
            stems = [key] if key < 1 << 32 else [key >> 32, key & 0xFFFFFFFF]
            for stem in stems if value else ():
                brought[stem] = brought.get(stem, 0.0) + value / len(stems)
        return brought


def _saturate(mentions: Floats) -> Floats:
    """1 for one mention, and a little more for each doubling; less for an acronym's part."""
    return np.minimum(mentions, 1.0) * (1 + REPEATED * np.log2(np.maximum(mentions, 1.0)))
