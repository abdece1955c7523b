"""Attributes an interest's evidence to the terms of the paper that produced it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]  # it ships no types

from digest.model import Interest, Via
from digest.ranking.background import Name
from digest.ranking.collection import TITLE, columns_of
from digest.ranking.matching import (
    ALL_PLACES,
    MENTION,
    PLACES,
    Evidence,
    Matching,
    Phrases,
    pattern_evidence,
)
from digest.ranking.meaning import unit, vectors
from digest.ranking.metadata import FOUND, KEYWORD, LABEL
from digest.ranking.queries import cells, names
from digest.ranking.reasons import Part
from digest.ranking.verdicts import Taste
from digest.ranking.vocabulary import BREAK, PAIR, Floats, Ints
from digest.text import terms

TELLS = 0.05  # a word that a larger share of papers hold does not show nearness or likeness
ALIKE = 0.3  # nor does one whose vector has a smaller cosine with that of the interest
_HYPHENS = frozenset("-‐‑")
_RELATED_TERMS = 3  # at most so many related terms are named; they stand for all of them
_RELATED_STEMS = 6  # at most so many stems make them up; more would run into half a sentence


@dataclass(frozen=True)
class _Place:
    """A title or an abstract as words."""

    text: str
    words: terms.Tokens
    at: Mapping[int, Sequence[int]]  # the positions of each stem among the words


@dataclass(frozen=True, eq=False)
class _Analysis:
    """The terms of a paper. Its stems are numbered from 0."""

    terms: Ints
    weights: Floats  # of the terms
    stems: Ints  # the first and the second stem of each term; of a single stem, twice that
    share: Floats  # places × stems: what each place has of a stem's evidence
    telling: Ints  # the terms that can show nearness or likeness
    near: Floats  # their directions in the latent space
    like: Floats  # their directions among the vectors of words
    places: Sequence[_Place]

    def by_stem(self, terms: Floats) -> Floats:
        """What terms bring, by stem."""
        size = self.share.shape[1]
        first, second = (np.bincount(stems, terms / 2, size) for stems in self.stems)
        return np.asarray(first + second, dtype=np.float64)

    def towards(self, direction: Floats, of_words: Floats) -> Floats:
        """What each stem adds to nearness to a direction."""
        length = float(np.linalg.norm(direction))
        cosine = of_words @ direction / (length or 1.0)
        terms = np.zeros(len(self.terms))
        terms[self.telling] = np.where(cosine < ALIKE, 0.0, cosine) * self.weights[self.telling]
        return self.by_stem(terms)


class Attribution:
    """Finds the parts of evidence."""

    def __init__(self, matching: Matching) -> None:
        self._matching = matching
        # Reasons are asked for pick by pick, and many picks share a paper.
        self._analysis = lru_cache(maxsize=1_000)(self._analyse)

    def parts(self, interest: Interest, paper: int, evidence: Evidence) -> list[Part]:
        """The parts of an interest's evidence in a paper."""
        matching = self._matching
        if evidence.phrases:
            return self._phrase_parts(interest, paper, evidence.phrases, evidence.row)
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
        for keyword in keywords:
            if found := _said(its_names, keyword):
                return Part(found[0], "keywords", found[1], value)
        return Part(keywords[0], "keywords", "term", value)

    def of_taste(self, taste: Taste, paper: int) -> list[Part]:
        """The terms by which a paper is like those that were judged."""
        read = self._analysis(paper)
        near = read.towards(taste.direction, read.near)
        near *= taste.near[paper] / (near.sum() or 1.0)
        words = np.zeros(len(read.terms))
        hits, held = columns_of(taste.terms, read.terms)
        words[held] = taste.weights[hits] * read.weights[held]
        return _related(read, read.by_stem(words) + near, taste.via, 1.0)

    def _phrase_parts(
        self, interest: Interest, paper: int, phrases: Phrases, row: int
    ) -> list[Part]:
        read, wanted = self._analysis(paper), phrases.wanted
        said = [_value(phrases.mentions, row, 2 * paper + n) for n in range(len(PLACES))]
        columns, weights = cells(wanted.own, row)
        hits, held = columns_of(wanted.terms[columns], read.terms)
        covered = max(cells(wanted.stems, row)[1][hits].sum(), *said)
        own = np.zeros(len(read.terms))
        own[held] = weights[hits] * read.weights[held] * covered
        own = read.by_stem(own)
        related, unnamed = (
            (own * 0, 0.0) if interest.place else self._rest(read, paper, phrases, row)
        )
        # What is related by a word of the interest itself is credited to this word.
        own, related = own + related * (own > 0), related * (own == 0)
        mention = MENTION * max(said)
        found: list[Part] = []
        for index, place in enumerate(PLACES):
            if interest.place not in (None, place):
                continue
            here = own * read.share[index]
            name = _said(wanted.names[row], read.places[index].text) if said[index] else None
            if name:
                found.append(Part(name[0], place, name[1], mention + float(here.sum())))
                mention = 0.0
            else:
                stretches = _stretches(read.places[index], here)
                found += [Part(term, place, "term", value) for term, value in stretches]
        found += _related(read, related, "related", float(related.sum()) + unnamed)
        if strength := _value(phrases.keywords, row, paper):
            found.append(self._keyword(wanted.names[row], paper, KEYWORD * strength))
        return found

    def _rest(
        self, read: _Analysis, paper: int, phrases: Phrases, row: int
    ) -> tuple[Floats, float]:
        """What stems bring by topics, nearness and likeness of meaning, and what no stem shows."""
        wanted, topics = phrases.wanted, self._matching.corpus.topics
        by_term, unnamed = np.zeros(len(read.terms)), 0.0
        for topic, count in zip(*cells(wanted.topics, row), strict=True):
            columns, weights = cells(topics.vectors, topic)
            hits, held = columns_of(topics.terms[columns], read.terms)
            by_term[held] += count * weights[hits] * read.weights[held]
        found = read.by_stem(by_term)
        placed = self._matching.placed
        for direction, point, of_words in (
            (wanted.points[row], placed.points[paper], read.near),
            (wanted.meanings[row], placed.meanings[paper], read.like),
        ):
            if (value := float(direction @ point)) > 0:
                stems = read.towards(direction, of_words)
                whole = float(stems.sum())
                found += stems * (value / (whole or 1.0))
                unnamed += 0.0 if whole else value
        return found, unnamed

    def _analyse(self, paper: int) -> _Analysis:
        matching = self._matching
        columns, weights = cells(matching.placed.weights, paper)
        held = matching.collection.terms[columns]
        last = held & ((1 << PAIR) - 1)
        first = np.where(held >> PAIR > 0, held >> PAIR, last)
        stems, numbers = np.unique([first, last], return_inverse=True)
        of_stem = {stem: number for number, stem in enumerate(stems.tolist())}
        titled = matching.papers[paper]
        places = [self._words(text, of_stem) for text in (titled.title, titled.abstract)]
        every = range(len(stems))
        counts = np.array([[len(place.at.get(stem, ())) for stem in every] for place in places])
        counts = counts * np.array([[TITLE], [1]])
        least = -np.log(TELLS)
        telling = np.flatnonzero((held >> PAIR == 0) & (matching.placed.idf[columns] >= least))
        near = np.zeros((len(telling), matching.placed.points.shape[1]))
        hits, at = columns_of(held[telling], matching.background.space.terms)
        near[hits] = matching.background.space.vectors[at]
        letters = matching.collection.letters
        like = vectors(letters[stem] for stem in held[telling].tolist())
        return _Analysis(
            held,
            weights,
            numbers.reshape(2, -1),
            counts / np.maximum(counts.sum(axis=0), 1),
            telling,
            unit(near),
            unit(like),
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


def _value(found: sparse.csr_array, row: int, column: int) -> float:
    columns, values = cells(found, row)
    at = int(np.searchsorted(columns, column))
    return float(values[at]) if at < len(columns) and columns[at] == column else 0.0


def _said(its_names: Sequence[Name], text: str) -> tuple[str, Via] | None:
    """The first name of an interest that stands in a text, as it does."""
    for name in its_names:
        for start, end in terms.spans(" ".join(name.forms), text)[:1]:
            return text[start:end], "term" if name is its_names[0] else "acronym"
    return None


def _related(read: _Analysis, stems: Floats, via: Via, all_of_it: float) -> list[Part]:
    """The strongest related terms, which stand for all of them."""
    weakest = np.sort(stems)[-_RELATED_STEMS:].min(initial=np.inf)
    strongest = np.where(stems < weakest, 0.0, stems)
    found: list[Part] = []
    for index, place in enumerate(PLACES):
        stretches = _stretches(read.places[index], strongest * read.share[index])
        found += [Part(term, place, via, its) for term, its in stretches]
    found = sorted(found, key=lambda part: (-part.evidence, part.term))[:_RELATED_TERMS]
    named = sum(part.evidence for part in found)
    if not named:
        return [Part("", "abstract", via, all_of_it)]
    return [part._replace(evidence=part.evidence * all_of_it / named) for part in found]


def _stretches(place: _Place, values: Floats) -> list[tuple[str, float]]:
    """The longest stretches of a text made of stems with evidence, and the evidence of each. Each
    stem is counted once, in the longest stretch that holds it."""
    stem_at = {at: s for s in np.flatnonzero(values).tolist() for at in place.at.get(s, ())}
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
            found[term] = found.get(term, 0.0) + float(values[new].sum())
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
