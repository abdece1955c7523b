"""Attributes an interest's evidence to the terms of the paper that produced it."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from digest.model import Interest, Via
from digest.ranking.background import Name
from digest.ranking.collection import TITLE, columns_of
from digest.ranking.keywords import KEYWORD
from digest.ranking.matching import (
    ALL_PLACES,
    MENTION,
    PLACES,
    Evidence,
    Matching,
    pattern_evidence,
)
from digest.ranking.meaning import vectors
from digest.ranking.metadata import FOUND, LABEL
from digest.ranking.queries import Cells, Query, cells, names
from digest.ranking.reasons import Part
from digest.ranking.vocabulary import BREAK, PAIR, Floats, Ints
from digest.text import terms

_HYPHENS = frozenset("-‐‑")
_RELATED_TERMS = 3  # at most so many related terms are named; they stand for all of them
_RELATED_STEMS = 6  # at most so many stems make them up; more would run into half a sentence


@dataclass(frozen=True)
class _Place:
    """A title or an abstract as words."""

    text: str
    words: terms.Tokens
    at: Mapping[int, Sequence[int]]  # the positions of each stem among the words


@dataclass(frozen=True)
class _Analysis:
    """The terms of a paper. Its stems are numbered from 0."""

    terms: Ints
    at: Mapping[int, tuple[int, float]]  # the number of each of its terms, and its weight
    weights: Floats  # the weight of each term
    first: Ints  # the first stem of each term
    second: Ints  # the second stem of each term; of a single stem, the same again
    stems: int  # how many stems there are
    pairs: Sequence[tuple[int, int]]  # first and second stem, term by term
    share: Sequence[Sequence[float]]  # places × stems: what each place has of a stem's evidence
    known: Ints  # which of its terms have a vector in the latent space
    vectors: Ints  # the rows of these vectors
    single: Ints  # which of its terms are single stems
    meanings: Floats  # the vectors of these
    places: Sequence[_Place]


class Attribution:
    """Finds the parts of evidence."""

    def __init__(self, matching: Matching) -> None:
        self._matching = matching
        # Reasons are asked for pick by pick, and many picks share a paper.
        self._analysis = lru_cache(maxsize=1_000)(self._analyse)

    def parts(self, interest: Interest, paper: int, evidence: Evidence) -> list[Part]:
        """The parts of an interest's evidence in a paper."""
        if evidence.query:
            found = self._phrase_parts(interest, paper, evidence.query, evidence.mentions)
            named = dict(zip(*(each.tolist() for each in evidence.keywords), strict=True))
            if strength := named.get(paper):
                found.append(self._keyword(evidence.query.names, paper, KEYWORD * strength))
            return found
        matching = self._matching
        if interest.kind in FOUND:
            value, where, via = FOUND[interest.kind]
            return [Part(matching.metadata.held(interest)[paper], where, via, value)]
        if interest.kind == "phrase":
            its_names = names(terms.forms(interest.text), matching.background)
            return [self._keyword(its_names, paper, LABEL)]
        found = []
        for place in ALL_PLACES:
            matches = matching.matched(interest, paper, place)
            if matches and interest.place in (None, place):
                often = np.array([float(len(matches))])
                value = pattern_evidence(interest, place, often)[0]
                found.append(Part(matches[0], place, "pattern", value))
        return found

    def _keyword(self, its_names: Sequence[Name], paper: int, value: float) -> Part:
        """The part of an interest that a paper's keywords name."""
        keywords = self._matching.papers[paper].keywords
        for name in its_names:
            for keyword in keywords:
                for start, end in terms.spans(" ".join(name.forms), keyword)[:1]:
                    via: Via = "term" if name is its_names[0] else "acronym"
                    return Part(keyword[start:end], "keywords", via, value)
        return Part(keywords[0], "keywords", "term", value)

    def towards(self, direction: Floats, paper: int, via: Via) -> list[Part]:
        """The terms by which a paper lies in a direction of the latent space."""
        read = self._analysis(paper)
        return _related(read, _by_stem(read, self._near(read, direction)), via)

    def _phrase_parts(
        self, interest: Interest, paper: int, query: Query, mentions: Cells
    ) -> list[Part]:
        read = self._analysis(paper)
        said = _said_in(mentions, paper)
        stems = zip(*(each.tolist() for each in query.stems), strict=True)
        covered = max(sum(share for stem, share in stems if stem in read.at), *said)
        brought: dict[int, float] = {}
        for term, value in zip(*(each.tolist() for each in query.own), strict=True):
            if in_paper := read.at.get(term):
                at, weight = in_paper
                for stem in read.pairs[at]:
                    brought[stem] = brought.get(stem, 0.0) + value * weight * covered / 2
        related_stems = _by_stem(read, self._related_terms(read, paper, query))
        # Evidence of related terms that stems from a word of the interest itself is this word's.
        for stem, value in brought.items():
            if value > 0:
                brought[stem] += float(related_stems[stem])
                related_stems[stem] = 0.0
        found: list[Part] = []
        for index, place in enumerate(PLACES):
            if interest.place not in (None, place):
                continue
            share = read.share[index]
            here = {stem: value * share[stem] for stem, value in brought.items()}
            mention = _said(query.names, read.places[index]) if said[index] else None
            if mention:
                first = index == 0 or not said[0] or interest.place
                evidence = MENTION * said[index] * bool(first) + sum(here.values())
                found.append(Part(mention[0], place, mention[1], evidence))
            else:
                own = _stretches(read.places[index], here)
                found += [Part(term, place, "term", value) for term, value in own]
        return found if interest.place else [*found, *_related(read, related_stems, "related")]

    def _related_terms(self, read: _Analysis, paper: int, query: Query) -> Floats:
        """What each term of a paper brings by topics, nearness and likeness of meaning."""
        related = np.zeros(len(read.terms))
        hits, held = columns_of(query.related[0], read.terms)
        related[held] = query.related[1][hits] * read.weights[held]
        placed = self._matching.placed
        for direction, points, near in (
            (query.point, placed.points, self._near),
            (query.meaning, placed.meanings, self._like),
        ):
            nearness = float(direction @ points[paper])
            if nearness > 0:
                by_term = near(read, direction)
                related += by_term * (nearness / (by_term.sum() or 1.0))
        return related

    def _near(self, read: _Analysis, direction: Floats) -> Floats:
        """What each term of a paper adds to its nearness to a direction; never below 0."""
        vectors = self._matching.background.space.vectors[read.vectors]
        near = np.zeros(len(read.terms))
        near[read.known] = np.maximum(vectors @ direction, 0.0) * read.weights[read.known]
        return near

    def _like(self, read: _Analysis, direction: Floats) -> Floats:
        """The same for likeness of meaning."""
        like = np.zeros(len(read.terms))
        like[read.single] = np.maximum(read.meanings @ direction, 0.0) * read.weights[read.single]
        return like

    def _analyse(self, paper: int) -> _Analysis:
        matching = self._matching
        columns, weights = cells(matching.placed.weights, paper)
        held = matching.collection.terms[columns]
        pairs = held >> PAIR > 0
        last = held & ((1 << PAIR) - 1)
        both = np.concatenate([np.where(pairs, held >> PAIR, last), last])
        stems, numbers = np.unique(both, return_inverse=True)
        first, second = numbers[: len(held)], numbers[len(held) :]
        of_stem = {stem: number for number, stem in enumerate(stems.tolist())}
        titled = matching.papers[paper]
        places = [self._words(text, of_stem) for text in (titled.title, titled.abstract)]
        every = range(len(stems))
        counts = np.array(
            [[float(len(place.at.get(stem, ()))) for stem in every] for place in places]
        )
        counts[0] *= TITLE
        share = (counts / np.maximum(counts.sum(axis=0), 1.0)).tolist()
        near = columns_of(held, matching.background.space.terms)
        at = dict(zip(held.tolist(), enumerate(weights.tolist()), strict=True))
        numbered = list(zip(first.tolist(), second.tolist(), strict=True))
        single = np.flatnonzero(~pairs)
        meanings = vectors(matching.collection.vocabulary.stems_of(held[single]))
        return _Analysis(
            held,
            at,
            weights,
            first,
            second,
            len(stems),
            numbered,
            share,
            *near,
            single,
            meanings,
            places,
        )

    def _words(self, text: str, of_stem: dict[int, int]) -> _Place:
        known = self._matching.collection.vocabulary
        words = terms.tokens(text)
        at: dict[int, list[int]] = {}
        for position, form in enumerate(words.forms):
            stem = of_stem.get(known.stem_of[known.forms.get(form, BREAK)])
            if stem is not None:
                at.setdefault(stem, []).append(position)
        return _Place(text, words, at)


def _said_in(mentions: Cells, paper: int) -> tuple[float, float]:
    """How strongly a paper's title and its abstract name an interest; 0 where they do not."""
    texts, strengths = mentions
    first = bisect_left(texts, 2 * paper)
    held = dict(zip(texts[first : first + 2].tolist(), strengths[first : first + 2], strict=True))
    return float(held.get(2 * paper, 0.0)), float(held.get(2 * paper + 1, 0.0))


def _said(names: Sequence[Name], place: _Place) -> tuple[str, Via] | None:
    """The first name of an interest that stands in a place, as it does."""
    for name in names:
        for start, end in terms.spans(" ".join(name.forms), place.text)[:1]:
            return place.text[start:end], "term" if name is names[0] else "acronym"
    return None


def _by_stem(read: _Analysis, brought: Floats) -> Floats:
    found: Floats = np.zeros(read.stems)
    for stems in (read.first, read.second):
        found += np.bincount(stems, brought / 2, read.stems)
    return found


def _related(read: _Analysis, stems: Floats, via: Via) -> list[Part]:
    """The strongest related terms, which stand for all of them."""
    all_of_it = float(stems.sum())
    best = np.argsort(-stems, kind="stable")[:_RELATED_STEMS]
    strongest = list(zip(best.tolist(), stems[best].tolist(), strict=True))
    found: list[Part] = []
    for index, place in enumerate(PLACES):
        here = {stem: value * read.share[index][stem] for stem, value in strongest}
        found += [Part(term, place, via, its) for term, its in _stretches(read.places[index], here)]
    found = sorted(found, key=lambda part: (-part.evidence, part.term))[:_RELATED_TERMS]
    named = sum(part.evidence for part in found)
    return [part._replace(evidence=part.evidence * all_of_it / named) for part in found]


def _stretches(place: _Place, values: Mapping[int, float]) -> list[tuple[str, float]]:
    """The longest stretches of a text made of stems with evidence, and the evidence of each. Each
    stem is counted once, in the longest stretch that holds it."""
    told_by = [stem for stem, value in values.items() if value > 0]
    stem_at = {at: stem for stem in told_by for at in place.at.get(stem, ())}
    runs: list[list[int]] = []
    last = -2
    for at in sorted(stem_at):
        if at == last + 1 and terms.linked(place.text, place.words, at):
            runs[-1].append(at)
        else:
            runs.append([at])
        last = at
    if len(runs) < len(stem_at):
        runs.sort(key=lambda run: -len({stem_at[at] for at in run}))
    found: dict[str, float] = {}
    told: set[int] = set()
    for run in runs:
        new = sorted({stem_at[at] for at in run if stem_at[at] not in told})
        if new:
            told.update(new)
            term = _whole(place, run[0], run[-1])
            found[term] = found.get(term, 0.0) + sum([values[stem] for stem in new])
    return list(found.items())


def _whole(place: _Place, first: int, last: int) -> str:
    """The text of a stretch, with what hyphens join to it: no ``fine`` out of ``fine-tuning``."""
    words, text = place.words, place.text
    while first > 0 and text[words.ends[first - 1] : words.starts[first]] in _HYPHENS:
        first -= 1
    end = len(words.forms) - 1
    while last < end and text[words.ends[last] : words.starts[last + 1]] in _HYPHENS:
        last += 1
    return text[words.starts[first] : words.ends[last]]
