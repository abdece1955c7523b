"""Attributes an interest's evidence to the terms of the paper that produced it."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]  # it ships no types

from digest.model import Interest, Via
from digest.ranking.analysis import Analysis, PlaceWords, Values
from digest.ranking.background import Name
from digest.ranking.collection import columns_of
from digest.ranking.matching import (
    ALL_PLACES,
    MENTION,
    PLACES,
    Matching,
    Phrases,
    pattern_evidence,
)
from digest.ranking.meaning import unit, vectors
from digest.ranking.metadata import FOUND, KEYWORD, LABEL
from digest.ranking.queries import cells, names
from digest.ranking.reasons import Part
from digest.ranking.verdicts import Taste
from digest.ranking.vocabulary import PAIR, Floats, Ints, remembered
from digest.text import terms

TELLS = 0.1  # a word that a larger share of papers hold is not named as related by itself
SHOWS = 0.45  # the least cosine with an interest of a word that is named as like it in meaning
_PAPERS = 5_000  # papers kept analysed; each takes about 50 KB

Weights = Sequence[tuple[int, float]]  # weights of terms, or of stems


@dataclass(frozen=True, eq=False, slots=True)
class Wanted:
    """A phrase interest, ready to be compared with papers one by one."""

    names: Sequence[Name]
    mentions: Values  # how strongly texts name it
    keywords: Values  # how strongly the keywords of papers do
    own: Weights  # its terms
    stems: Weights  # the share of each stem
    topics: Sequence[int]
    related: tuple[Ints, Floats]  # the terms of its topics and their weights
    point: Floats
    meaning: Floats
    direction: Floats  # of its meaning
    alike: float  # the likeness of meaning that tells nothing

    @classmethod
    def of(cls, phrases: Phrases, row: int) -> "Wanted":
        """One of the phrases that were looked for together."""
        found = phrases.wanted
        return cls(
            found.names[row],
            dict(_weights(phrases.mentions, row)),
            dict(_weights(phrases.keywords, row)),
            _weights(found.own, row, found.terms),
            [each for each in _weights(found.stems, row, found.terms) if each[1]],
            cells(found.topics, row)[0].tolist(),
            cells(phrases.related, row),
            found.points[row],
            found.meanings[row],
            phrases.directions[row],
            float(found.alike[row]),
        )


@dataclass(frozen=True, eq=False, slots=True)
class _Beside:
    """What brings an interest evidence in a paper beside terms."""

    nearness: float  # in the latent space
    likeness: float  # of meaning
    words: Weights  # stems that show it, each with its share of the likeness


class Attribution:
    """Finds the parts of evidence."""

    def __init__(self, matching: Matching) -> None:
        self._matching = matching
        # Reasons are asked for by blocks of readers, and most blocks share papers.
        self._analysis = remembered(self._analyse, _PAPERS)
        collection, topics = matching.collection, matching.corpus.topics
        tells = (collection.terms >> PAIR == 0) & (matching.placed.idf >= -np.log(TELLS))
        self._stems = collection.terms[tells]
        self._telling = frozenset(self._stems.tolist())
        self._number = np.where(tells, np.cumsum(tells) - 1, -1)  # of columns among ``_stems``
        letters = collection.letters
        self._directions = unit(vectors(letters[stem] for stem in self._stems.tolist()))
        self._topic_terms = topics.terms
        self._phrases = [[frozenset(each) for each in phrases] for phrases in topics.phrases]

    def parts(
        self, papers: Sequence[int], asked: Sequence[tuple[Interest, Wanted | None]]
    ) -> Iterator[Sequence[Part]]:
        """The parts of the evidence of interests, each in a paper; those of one paper together."""
        phrases = [
            (paper, wanted) for paper, (_, wanted) in zip(papers, asked, strict=True) if wanted
        ]
        beside = self._beside([paper for paper, _ in phrases], [wanted for _, wanted in phrases])
        for paper, (interest, wanted) in zip(papers, asked, strict=True):
            if wanted:
                yield self._phrase_parts(interest, paper, wanted, next(beside))
            else:
                yield self._other_parts(interest, paper)

    def _other_parts(self, interest: Interest, paper: int) -> list[Part]:
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
        for keyword in keywords:
            if found := _said(its_names, keyword, terms.tokens(keyword)):
                return Part(found[0], "keywords", found[1], value)
        return Part(keywords[0], "keywords", "term", value)

    def of_taste(self, taste: Taste, paper: int) -> list[Part]:
        """The terms by which a paper is like those that were judged."""
        read = self._analysis(paper)
        numbers = np.array(list(read.terms), dtype=np.int64)
        hits, at = columns_of(numbers, taste.terms)
        words = zip(numbers[hits].tolist(), taste.weights[at].tolist(), strict=True)
        return read.related(read.by_stem(words), self._telling, taste.via) or [
            Part("", "abstract", taste.via, 1.0)
        ]

    def _phrase_parts(
        self, interest: Interest, paper: int, wanted: Wanted, beside: _Beside
    ) -> list[Part]:
        read = self._analysis(paper)
        said = [wanted.mentions.get(2 * paper + n, 0.0) for n in range(len(PLACES))]
        held = sum([share for stem, share in wanted.stems if stem in read.terms])
        covered = max(held, *said)
        own = read.by_stem([(term, weight * covered) for term, weight in wanted.own])
        related, rest = ({}, 0.0) if interest.place else self._rest(read, wanted, beside)
        # What is related by a word of the interest itself is credited to this word.
        own = {stem: value + related.pop(stem, 0.0) for stem, value in own.items()}
        mention = MENTION * max(said)
        found: list[Part] = []
        for index, here in enumerate(read.in_places(own)):
            place, words = PLACES[index], read.places[index]
            if interest.place not in (None, place):
                continue
            name = _said(wanted.names, words.text, words.words) if said[index] else None
            if name:
                found.append(Part(name[0], place, name[1], mention + sum(here.values())))
                mention = 0.0
            elif here:
                found += [Part(term, place, "term", its) for term, its in words.stretches(here)]
        found += read.related(related, self._telling, "related")
        if strength := wanted.keywords.get(paper):
            found.append(self._keyword(wanted.names, paper, KEYWORD * strength))
        # What no word shows is told apart only where it outweighs what words show.
        if rest > sum([part.evidence for part in found]):
            found.append(Part("", "abstract", "related", rest))
        return found

    def _rest(self, read: Analysis, wanted: Wanted, beside: _Beside) -> tuple[Values, float]:
        """What stems bring by topics and likeness of meaning; and what no word shows."""
        found: Values = {}
        rest = 0.0
        if wanted.topics:
            columns, weights = wanted.related
            every = zip(self._topic_terms[columns].tolist(), weights.tolist(), strict=True)
            brought = {term: weight for term, weight in every if term in read.terms}
            said = {term for topic in wanted.topics for term in self._said_of(topic, read)}
            found = read.by_stem([(term, brought[term]) for term in sorted(said)])
            unsaid = [term for term in brought if term not in said]
            rest = sum([brought[term] * read.terms[term] for term in unsaid])
        rest += beside.nearness
        for stem, value in beside.words:
            found[stem] = found.get(stem, 0.0) + value
            rest -= value
        return found, rest + beside.likeness

    def _said_of(self, topic: int, read: Analysis) -> Collection[int]:
        """The terms of those phrases of a topic that a paper holds whole."""
        if topic not in read.said:
            phrases, held = self._phrases[topic], read.terms.keys()
            read.said[topic] = tuple({term for each in phrases if each <= held for term in each})
        return read.said[topic]

    def _beside(self, papers: Sequence[int], wanted: Sequence[Wanted]) -> Iterator[_Beside]:
        """What brings interests evidence beside terms, each in a paper."""
        if not wanted:
            return
        placed = self._matching.placed
        near = _products([each.point for each in wanted], placed.points[papers])
        like = _products([each.meaning for each in wanted], placed.meanings[papers])
        like = np.maximum(like - [each.alike for each in wanted], 0.0)
        first = 0
        for paper, its in groupby(papers):
            last = first + sum(1 for _ in its)
            words = self._likest(paper, wanted[first:last], like[first:last])
            nearness = np.maximum(near[first:last], 0.0).tolist()
            yield from map(_Beside, nearness, like[first:last].tolist(), words)
            first = last

    def _likest(
        self, paper: int, wanted: Sequence[Wanted], like: Floats
    ) -> Sequence[Sequence[tuple[int, float]]]:
        """The stems of a paper that are like each of some interests, each with its share of the
        likeness."""
        words: list[list[tuple[int, float]]] = [[] for _ in wanted]
        asked = np.flatnonzero(like)
        if not len(asked):
            return words
        read = self._analysis(paper)
        # One by one, so that no digit depends on which other interests are asked for.
        meanings = self._directions[read.telling]
        cosines = np.array([meanings @ wanted[each].direction for each in asked.tolist()])
        which, at = np.nonzero(cosines >= SHOWS)
        if len(which):
            every = np.maximum(cosines, 0.0) * read.weights
            whole = np.add.accumulate(every, axis=1)[:, -1]
            shares = (every[which, at] * like[asked[which]] / whole[which]).tolist()
            stems = self._stems[read.telling[at]].tolist()
            for one, stem, share in zip(asked[which].tolist(), stems, shares, strict=True):
                words[one].append((stem, share))
        return words

    def _analyse(self, paper: int) -> Analysis:
        matching = self._matching
        columns, weights = cells(matching.placed.weights, paper)
        held = matching.collection.terms[columns].tolist()
        numbers = self._number[columns]
        tells = numbers >= 0
        known, read = matching.collection.vocabulary, matching.papers[paper]
        return Analysis(
            dict(zip(held, weights.tolist(), strict=True)),
            numbers[tells],
            weights[tells],
            (PlaceWords.read(read.title, known), PlaceWords.read(read.abstract, known)),
        )


def _products(ones: Sequence[Floats], others: Floats) -> Floats:
    """The product of each pair of points on grids, which is the same in whatever order."""
    found: Floats = np.einsum("ij,ij->i", np.array(ones), others)
    return found


def _weights(found: sparse.csr_array, row: int, numbers: Ints | None = None) -> Weights:
    columns, values = cells(found, row)
    columns = columns if numbers is None else numbers[columns]
    return list(zip(columns.tolist(), values.tolist(), strict=True))


def _said(its_names: Sequence[Name], text: str, words: terms.Tokens) -> tuple[str, Via] | None:
    """The first name of an interest that stands in a text, as it does."""
    for name in its_names:
        if span := terms.first_span(name.forms, text, words):
            return text[slice(*span)], "term" if name is its_names[0] else "acronym"
    return None
