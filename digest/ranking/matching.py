"""How much a paper speaks for an interest, and through what.

For a phrase, weight aside, evidence is

    the product of the interest's words with the paper's (stems and pairs of stems, tf-idf)
  + MENTION for each place where the whole phrase stands
  + the same product for the words of its topics
  + nearness in the space learned from the archive
  - FLOOR, which keeps noise out; never below 0.

See docs/ranking.md for an example that is worked out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]  # it ships no types

from digest.model import Interest, Place
from digest.ranking.background import Background
from digest.ranking.corpus import TITLE, Corpus, Forms, columns_of, lengths, scaled
from digest.ranking.names import same_person
from digest.ranking.phrases import Name, Queries, names, queries
from digest.ranking.reasons import Part, stretches
from digest.ranking.topics import Topics
from digest.ranking.words import Floats, Ints, stems_in
from digest.text import terms

PLACES: tuple[Place, Place] = ("title", "abstract")
MENTION = np.array([0.04, 0.03])
FLOOR = 0.01
SLOPE = 0.25
"""How much a paper's length counts; with 1 all papers would be as long (Singhal, SIGIR 1996)."""
PATTERN = np.array([0.2, 0.12])
"""Evidence of a pattern's first match in the title and in the abstract;"""
REPEATED = 0.3
"""each doubling of the matches adds this share."""
AUTHOR = 0.28
_RELATED_TERMS = 3
"""Related terms that are named as reasons."""
_ROWS = 1024
"""Interests compared at a time; bounds memory."""


class Matching:
    """The papers of a corpus, ready to be compared with any number of interests."""

    def __init__(self, corpus: Corpus, background: Background) -> None:
        self.corpus, self.background = corpus, background
        self._topics = Topics(background)
        self._idf = background.idf(corpus.terms)
        weights = corpus.weights(corpus.counts, self._idf)
        self._length = (1 - SLOPE) * background.length + SLOPE * lengths(weights)
        self._weights = scaled(weights, self._length)
        self._points = background.space.place(self._weights, corpus.terms)
        # Reasons come pick by pick, and many picks share a paper or an interest.
        self._stems = lru_cache(maxsize=10_000)(self._count_stems)
        self.parts = lru_cache(maxsize=20_000)(self._find_parts)
        self._query = lru_cache(maxsize=1_000)(
            lambda phrase: queries([phrase], background, self._topics)
        )
        self._explained: dict[str, list[tuple[int, str]]] = {}
        for paper, acronyms in enumerate(corpus.acronyms):
            for short, long in sorted(acronyms):
                self._explained.setdefault("".join(short), []).append((paper, "".join(long)))

    # --- evidence ------------------------------------------------------------------------

    def evidence(self, interests: Sequence[Interest]) -> Iterator[tuple[Interest, Ints, Floats]]:
        """For each interest: papers that speak for it, in order, and the evidence of each."""
        for kind in ("phrase", "pattern", "author"):
            chosen = [interest for interest in interests if interest.kind == kind]
            for start in range(0, len(chosen), _ROWS):
                some = chosen[start : start + _ROWS]
                table = self._phrases(some) if kind == "phrase" else self._plainly(some)
                for interest, row in zip(some, table, strict=True):
                    papers = np.flatnonzero(row)
                    yield interest, papers, row[papers]

    def _plainly(self, interests: Sequence[Interest]) -> Floats:
        table = np.zeros((len(interests), len(self.corpus.papers)))
        for row, interest in enumerate(interests):
            if interest.kind == "author":
                table[row] = [AUTHOR * bool(name) for name in self.authors(interest)]
            else:
                for index, place in enumerate(PLACES):
                    if interest.place in (None, place):
                        table[row] += PATTERN[index] * _saturated(self.matches(interest, place))
        return table

    def _phrases(self, interests: Sequence[Interest]) -> Floats:
        phrases = [terms.forms(interest.text) for interest in interests]
        wanted = queries(phrases, self.background, self._topics)
        mentions = self._mentions(wanted.names)
        hits, at = columns_of(wanted.terms, self.corpus.terms)
        asked = sparse.csr_array(wanted.own + wanted.related)[:, hits]
        table: Floats = (asked @ self._weights[:, at].T).toarray()
        table += np.maximum(wanted.points @ self._points.T, 0.0)
        table += (mentions @ _both_places(len(self.corpus.papers))).toarray()
        for row, interest in enumerate(interests):
            if interest.place:
                index = PLACES.index(interest.place)
                own = wanted.own[[row]][:, hits] @ self._in_places[index][:, at].T
                table[row] = (
                    own.toarray()[0] + mentions[[row]].toarray()[0, index::2] * MENTION[index]
                )
        return np.maximum(table - FLOOR, 0.0)

    @cached_property
    def _in_places(self) -> tuple[sparse.csr_array, sparse.csr_array]:
        """Weights as if a paper were its title, or its abstract, alone."""
        return (
            scaled(self.corpus.weights(TITLE * self.corpus.in_title, self._idf), self._length),
            scaled(self.corpus.weights(self.corpus.in_abstract, self._idf), self._length),
        )

    def _mentions(self, wanted: Sequence[Sequence[Name]]) -> sparse.csr_array:
        """Interests × texts: 1 where the phrase stands, less where only another name does."""
        rows: list[Ints] = []
        texts: list[Ints] = []
        strengths: list[Floats] = []
        for row, all_names in enumerate(wanted):
            held = np.zeros(0, dtype=np.int64)
            for name in all_names:
                new = np.setdiff1d(self.holding(name, all_names[0]), held)
                rows.append(np.full(len(new), row))
                texts.append(new)
                strengths.append(np.full(len(new), name.strength))
                held = np.union1d(held, new)
        shape = (len(wanted), self.corpus.texts.count)
        if not rows:
            return sparse.csr_array(shape)
        cells = (np.concatenate(strengths), (np.concatenate(rows), np.concatenate(texts)))
        return sparse.coo_array(cells, shape=shape).tocsr()

    def mentioning(self, phrase: Forms) -> Ints:
        """The texts that hold a phrase by any of its names: 2 × paper, + 1 for its abstract."""
        wanted = names(phrase, self.background)
        return np.unique(np.concatenate([self.holding(name, wanted[0]) for name in wanted]))

    def holding(self, name: Name, own: Name) -> Ints:
        """The texts that hold a name, but not as an acronym of something else."""
        found = np.unique(self.corpus.texts.holding(name.forms))
        meant = "".join(own.forms)
        others = [
            paper
            for paper, long in self._explained.get("".join(name.forms), ())
            if name is not own and long != meant
        ]
        return found[~np.isin(found // 2, others)] if others else found

    def matches(self, interest: Interest, place: Place) -> Floats:
        """How often a pattern matches in each paper's title or abstract."""
        pattern = re.compile(interest.text, re.IGNORECASE)
        found = [
            sum(1 for match in pattern.finditer(getattr(paper, place)) if match[0])
            for paper in self.corpus.papers
        ]
        return np.array(found, dtype=np.float64)

    def authors(self, interest: Interest) -> list[str]:
        """The name in each paper that is the author's; "" where there is none."""
        return [
            next((name for name in paper.authors if same_person(interest.text, name)), "")
            for paper in self.corpus.papers
        ]

    # --- through what --------------------------------------------------------------------

    def _find_parts(self, interest: Interest, paper: int) -> list[Part]:
        """What in a paper speaks for an interest."""
        if interest.kind == "author":
            return [Part(self.authors(interest)[paper], "authors", "author", AUTHOR)]
        places = [place for place in PLACES if interest.place in (None, place)]
        if interest.kind == "pattern":
            return [
                part for place in places for part in self._pattern_parts(interest, paper, place)
            ]
        wanted = self._query(terms.forms(interest.text))
        own, related = self._brought(wanted, paper)
        parts = [
            part for place in places for part in self._own_parts(wanted.names[0], paper, place, own)
        ]
        if not interest.place:
            parts += self._related_parts(paper, related)
        return parts

    def _pattern_parts(self, interest: Interest, paper: int, place: Place) -> list[Part]:
        text = getattr(self.corpus.papers[paper], place)
        found = [m[0] for m in re.finditer(interest.text, text, re.IGNORECASE) if m[0]]
        evidence = PATTERN[PLACES.index(place)] * _saturated(np.array([float(len(found))]))[0]
        return [Part(found[0], place, "pattern", evidence)] if found else []

    def _brought(self, wanted: Queries, paper: int) -> tuple[dict[int, float], dict[int, float]]:
        """What each stem of a paper brings: the interest's own, and related ones."""
        columns = self.corpus.counts[[paper]].indices
        weights = self._weights[[paper]].toarray()[0][columns]
        held = self.corpus.terms[columns]
        space = self.background.space
        near = np.zeros(len(held))
        hits, at = columns_of(held, space.terms)
        direction = space.vectors[at] @ wanted.points[0]
        near[hits] = np.maximum(direction * weights[hits], 0.0)
        nearness = max(float(wanted.points[0] @ self._points[paper]), 0.0)
        near *= nearness / (near.sum() or 1.0)
        asked, at = columns_of(held, wanted.terms)
        own, related = np.zeros(len(held)), near
        own[asked] = wanted.own.toarray()[0][at] * weights[asked]
        related[asked] += wanted.related.toarray()[0][at] * weights[asked]
        brought: tuple[dict[int, float], dict[int, float]] = ({}, {})
        own_stems = {s for t in held[own > 0].tolist() for s in stems_in(t)}
        for term, mine, its in zip(held.tolist(), own.tolist(), related.tolist(), strict=True):
            stems = stems_in(term)
            for stem in stems:
                for kind, value in ((0, mine), (0 if stem in own_stems else 1, its)):
                    if value:
                        brought[kind][stem] = brought[kind].get(stem, 0.0) + value / len(stems)
        return brought

    def _own_parts(
        self, all_names: Sequence[Name], paper: int, place: Place, own: dict[int, float]
    ) -> list[Part]:
        """The interest's phrase, or else words of it, in one place."""
        text = getattr(self.corpus.papers[paper], place)
        index = PLACES.index(place)
        number = self.background.words.stem_number
        here = self._of_place(index, paper, own)
        for name in all_names:
            where = terms.spans(" ".join(name.forms), text)
            if where and 2 * paper + index in self.holding(name, all_names[0]):
                evidence = MENTION[index] * name.strength + sum(here.values())
                own_words = name is all_names[0]
                found = text[where[0][0] : where[0][1]]
                return [Part(found, place, "term" if own_words else "acronym", evidence)]
        alone = stretches(text, number, here)
        return [Part(term, place, "term", value) for term, value in alone.items()]

    def _of_place(self, index: int, paper: int, stems: dict[int, float]) -> dict[int, float]:
        """The part of what stems bring that is due to one place."""
        counts = self._stems(paper)
        return {
            stem: value * counts[index][stem] / (counts[0].get(stem, 0) + counts[1].get(stem, 0))
            for stem, value in stems.items()
            if stem in counts[index]
        }

    def _count_stems(self, paper: int) -> tuple[Counter[int], Counter[int]]:
        """How often each stem stands in the title, as it counts there, and in the abstract."""
        number = self.background.words.stem_number
        title, abstract = (
            Counter(
                number(token.form)
                for token in terms.tokens(getattr(self.corpus.papers[paper], place))
            )
            for place in PLACES
        )
        return Counter({stem: TITLE * count for stem, count in title.items()}), abstract

    def _related_parts(self, paper: int, related: dict[int, float]) -> list[Part]:
        """The strongest related terms, which stand for all of them."""
        found = [
            Part(term, place, "related", value)
            for index, place in enumerate(PLACES)
            for text in [getattr(self.corpus.papers[paper], place)]
            for term, value in stretches(
                text,
                self.background.words.stem_number,
                self._of_place(index, paper, related),
            ).items()
        ]
        found.sort(key=lambda part: (-part.evidence, part.term))
        best = found[:_RELATED_TERMS]
        all_of_it, named = sum(related.values()), sum(part.evidence for part in best)
        return [
            Part(part.term, part.place, part.via, part.evidence * all_of_it / named)
            for part in best
        ]


def _both_places(papers: int) -> sparse.csr_array:
    """Texts × papers, with what a mention in each text counts for its paper."""
    texts = np.arange(2 * papers)
    return sparse.csr_array((MENTION[texts % 2], (texts, texts // 2)), shape=(2 * papers, papers))


def _saturated(matches: Floats) -> Floats:
    """1 for one match, and a little more for each doubling."""
    return np.minimum(matches, 1.0) * (1 + REPEATED * np.log2(np.maximum(matches, 1.0)))
