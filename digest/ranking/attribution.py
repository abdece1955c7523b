"""Attributes an interest's evidence to the terms of the paper that produced it."""

from collections.abc import Iterator, Sequence

import numpy as np

from digest.model import Interest, Via
from digest.ranking.analysis import Analysis, PlaceWords
from digest.ranking.background import Name
from digest.ranking.matching import (
    ALL_PLACES,
    MENTION,
    PLACES,
    Evidence,
    Matching,
    pattern_evidence,
)
from digest.ranking.metadata import FOUND, KEYWORD, LABEL
from digest.ranking.queries import names
from digest.ranking.reasons import Part, part
from digest.ranking.verdicts import Taste
from digest.ranking.vocabulary import Ints, remembered
from digest.ranking.wants import Wants
from digest.ranking.words import Brought, Words
from digest.text import terms

_PAPERS = 5_000  # papers kept analysed; each takes about 20 KB


class Attribution:
    """Finds the parts of evidence."""

    def __init__(self, matching: Matching) -> None:
        self._matching = matching
        self._words = Words(matching)
        # Reasons are asked for by blocks of readers, and most blocks share papers.
        self._analysis = remembered(self._analyse, _PAPERS)

    def wants(self) -> Wants:
        """Room for phrase interests that are asked for."""
        return Wants(self._matching)

    def parts(
        self, wants: Wants, papers: Ints, asked: Sequence[tuple[Interest, Evidence]]
    ) -> Iterator[Sequence[Part]]:
        """The parts of the evidence of interests, each in a paper; those of one paper together."""
        rows = np.array([wants.number(evidence) for _, evidence in asked], dtype=np.int64)
        phrases = np.flatnonzero(rows >= 0)
        everywhere = np.array([not interest.place for interest, _ in asked], dtype=np.float64)
        brought = self._words.brought(wants, rows[phrases], papers[phrases], everywhere[phrases])
        pairs = iter(range(len(phrases)))
        for paper, (interest, evidence) in zip(papers.tolist(), asked, strict=True):
            if evidence.phrases is None:
                yield self._other_parts(interest, paper)
            else:
                its_names = evidence.phrases.wanted.names[evidence.row]
                yield self._phrase_parts(interest, paper, its_names, brought, next(pairs))

    def _other_parts(self, interest: Interest, paper: int) -> list[Part]:
        matching = self._matching
        if interest.kind in FOUND:
            value, where, via = FOUND[interest.kind]
            return [Part(matching.metadata.held(interest)[paper], where, via, value)]
        if interest.kind == "phrase":
            its_names = names(terms.forms(interest.text), matching.background)
            return [self.keyword(its_names, paper, LABEL)]
        found = []
        for place in ALL_PLACES:
            matches = matching.matched(interest, paper, place)
            if matches and interest.place in (None, place):
                often = np.array([float(len(matches))])
                value = pattern_evidence(interest, place, often)[0]
                found.append(Part(matches[0], place, "pattern", value))
        return found

    def keyword(self, its_names: Sequence[Name], paper: int, value: float) -> Part:
        """The part of an interest that a paper's keywords name."""
        keywords = self._matching.papers[paper].keywords
        for keyword in keywords:
            if found := _said(its_names, keyword, terms.tokens(keyword)):
                return Part(found[0], "keywords", found[1], value)
        return Part(keywords[0], "keywords", "term", value)

    def of_taste(self, taste: Taste, paper: int) -> list[Part]:
        """The terms by which a paper is like those that were judged."""
        best, whole = self._words.in_common(taste.terms, taste.weights, paper)
        return self._analysis(paper).related(best, 0, whole, self._words.telling, taste.via) or [
            Part("", "abstract", taste.via, 1.0)
        ]

    def _phrase_parts(
        self, interest: Interest, paper: int, its_names: Sequence[Name], brought: Brought, pair: int
    ) -> list[Part]:
        read = self._analysis(paper)
        said = brought.title[pair], brought.abstract[pair]
        mention = MENTION * max(said)
        found: list[Part] = []
        for index, stems in enumerate(brought.own):
            place, words, here = PLACES[index], read.places[index], stems.of(pair)
            if interest.place not in (None, place):
                continue
            name = _said(its_names, words.text, words.words) if said[index] else None
            if name:
                found.append(part((name[0], place, name[1], mention + sum(here.values()))))
                mention = 0.0
            elif here:
                found += [part((term, place, "term", its)) for term, its in words.stretches(here)]
        if whole := brought.all_related[pair]:
            found += read.related(brought.related, pair, whole, self._words.telling, "related")
        if strength := brought.keywords[pair]:
            found.append(self.keyword(its_names, paper, KEYWORD * strength))
        # What no word shows is told apart only where it outweighs what words show.
        if brought.rest[pair] > sum([each[3] for each in found]):
            found.append(part(("", "abstract", "related", brought.rest[pair])))
        return found

    def _analyse(self, paper: int) -> Analysis:
        known, read = self._matching.collection.vocabulary, self._matching.papers[paper]
        return Analysis((PlaceWords.read(read.title, known), PlaceWords.read(read.abstract, known)))


def _said(its_names: Sequence[Name], text: str, words: terms.Tokens) -> tuple[str, Via] | None:
    """The first name of an interest that stands in a text, as it does."""
    for name in its_names:
        if span := terms.first_span(name.forms, text, words):
            return text[slice(*span)], "term" if name is its_names[0] else "acronym"
    return None
