"""Attributes an interest's evidence to the terms of the paper that produced it."""

from collections.abc import Iterator, Sequence

import numpy as np

from digest.model import Interest, Via
from digest.ranking.analysis import Analysis
from digest.ranking.background import Name
from digest.ranking.calibration import sums
from digest.ranking.collection import TITLE
from digest.ranking.flat import Values, by_pair
from digest.ranking.labels import RELATED, TERM, VIAS, Label, Labels, Part
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
from digest.ranking.verdicts import Taste
from digest.ranking.vocabulary import Floats, Ints
from digest.ranking.wants import Wants
from digest.ranking.words import Brought, Words
from digest.text import terms

_RELATED_TERMS = 3  # at most so many related terms are named; they stand for all of them
_UNTOLD: Label = ("", "abstract", "related")  # what no word shows


class Attribution:
    """Finds the parts of evidence."""

    def __init__(self, matching: Matching) -> None:
        self._matching = matching
        self._words = Words(matching)
        vocabulary = matching.collection.vocabulary
        self._analysis = Analysis(matching.papers, vocabulary, self._words.telling)

    def wants(self) -> Wants:
        """Room for phrase interests that are asked for."""
        return Wants(self._matching)

    def parts(
        self,
        wants: Wants,
        labels: Labels,
        papers: Ints,
        asked: Sequence[tuple[Interest, Evidence]],
    ) -> Values:
        """The parts of the evidence of interests, each in a paper; those of one paper together."""
        rows = np.array([wants.number(evidence) for _, evidence in asked], dtype=np.int64)
        phrases, others = np.flatnonzero(rows >= 0), np.flatnonzero(rows < 0).tolist()
        found = self._of_phrases(
            wants, labels, rows[phrases], papers[phrases], [asked[n] for n in phrases.tolist()]
        )
        found = found._replace(pair=phrases[found.pair])
        if not others:
            return found
        told = ((n, each) for n in others for each in self.others(asked[n][0], papers.item(n)))
        return by_pair(found, labels.values(told))

    def others(self, interest: Interest, paper: int) -> list[Part]:
        """The parts of an interest that is no phrase, or looked for in keywords alone."""
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

    def beside_interests(
        self, labels: Labels, told: Sequence[Taste | Part], papers: Ints
    ) -> Values:
        """The parts of what verdicts add to each of several papers or take: the terms by which it
        is like those that were judged. Other parts are given as they are."""
        tastes = {n: each for n, each in enumerate(told) if isinstance(each, Taste)}
        which = np.array([*tastes], dtype=np.int64)
        vias = np.array([VIAS.index(taste.via) for taste in tastes.values()], dtype=np.int64)
        best, whole = self._words.in_common([*tastes.values()], papers[which])
        found = self._related(labels, best, whole, papers[which], vias)
        found = found._replace(pair=which[found.pair])
        unlike = tastes.keys() - set(found.pair.tolist())
        others = {n: each for n, each in enumerate(told) if isinstance(each, Part)}
        others |= {n: Part("", "abstract", tastes[n].via, 1.0) for n in unlike}
        return by_pair(found, labels.values(others.items()))

    def _of_phrases(
        self,
        wants: Wants,
        labels: Labels,
        rows: Ints,
        papers: Ints,
        asked: Sequence[tuple[Interest, Evidence]],
    ) -> Values:
        everywhere = np.array([not interest.place for interest, _ in asked], dtype=np.float64)
        brought = self._words.brought(wants, rows, papers, everywhere)
        found = by_pair(
            self._own(labels, brought, papers, asked),
            self._related(labels, brought.related, brought.all_related, papers, None),
            labels.values(self._keywords(brought, papers, asked)),
        )
        # What no word shows is told apart only where it outweighs what words show.
        rest = brought.rest
        more = np.flatnonzero(rest > sums(found.pair, found.value, len(rows)))
        if not len(more):
            return found
        untold = np.full_like(more, labels.number(_UNTOLD))
        return by_pair(found, Values(more, untold, rest[more]))

    def _own(
        self,
        labels: Labels,
        brought: Brought,
        papers: Ints,
        asked: Sequence[tuple[Interest, Evidence]],
    ) -> Values:
        """What the words of interests bring, and whole phrases."""
        looked_in = [interest.place in (None, place) for interest, _ in asked for place in PLACES]
        allowed = np.array(looked_in, dtype=bool)
        mention = MENTION * brought.said.max(axis=1, initial=0.0)
        asks = np.flatnonzero(brought.said.ravel() * allowed).tolist()
        found = labels.values(self._named(papers, asked, asks))
        here = self._analysis.standing(brought.own, papers, TITLE)
        whole = sums(here.group, here.value, len(allowed))[found.pair]
        # Of title and abstract, the first one that names the phrase is credited with it.
        repeated = (found.pair % 2 == 1) & (np.diff(found.pair, prepend=-2) == 1)
        value = np.where(repeated, 0.0, mention[found.pair // 2]) + whole
        allowed[found.pair] = False
        here = here.take(np.flatnonzero(allowed[here.group]))
        spell = self._analysis.labelled(labels, papers, np.full_like(papers, TERM))
        stretches = self._analysis.stretches(here, spell, telling=False)
        every = by_pair(found._replace(value=value), stretches)
        return every._replace(pair=every.pair // len(PLACES))

    def _named(
        self, papers: Ints, asked: Sequence[tuple[Interest, Evidence]], groups: Sequence[int]
    ) -> Iterator[tuple[int, Part]]:
        """The names of interests that stand in titles and abstracts, which are given as groups."""
        for group in groups:
            pair, place = divmod(group, len(PLACES))
            evidence = asked[pair][1]
            assert evidence.phrases is not None, "only phrases are said"  # noqa: S101
            its_names = evidence.phrases.wanted.names[evidence.row]
            words = self._analysis.words(len(PLACES) * papers.item(pair) + place)
            if name := _said(its_names, *words):
                yield group, Part(name[0], PLACES[place], name[1], 0.0)

    def _keywords(
        self, brought: Brought, papers: Ints, asked: Sequence[tuple[Interest, Evidence]]
    ) -> Iterator[tuple[int, Part]]:
        for pair in np.flatnonzero(brought.keywords).tolist():
            evidence = asked[pair][1]
            assert evidence.phrases is not None, "only phrases bring this"  # noqa: S101
            its_names = evidence.phrases.wanted.names[evidence.row]
            value = KEYWORD * brought.keywords.item(pair)
            yield pair, self.keyword(its_names, papers.item(pair), value)

    def _related(
        self, labels: Labels, best: Values, whole: Floats, papers: Ints, vias: Ints | None
    ) -> Values:
        """The strongest related terms of pairs, given their strongest stems; they stand for all of
        them, which bring ``whole``."""
        vias = np.full_like(papers, RELATED) if vias is None else vias
        spell = self._analysis.labelled(labels, papers, vias)
        here = self._analysis.standing(best, papers, TITLE)
        found = self._analysis.stretches(here, spell, telling=True)
        found = found._replace(pair=found.pair // len(PLACES))
        found = found.take(np.lexsort((-found.value, found.pair)))
        found = found.take(_spelled(labels, found))
        place = np.arange(len(found.pair)) - np.searchsorted(found.pair, found.pair)
        found = found.take(np.flatnonzero(place < _RELATED_TERMS))
        named = sums(found.pair, found.value, len(whole))
        return found._replace(value=found.value * whole[found.pair] / named[found.pair])


def _spelled(labels: Labels, found: Values) -> Ints:
    """The order of values that come by size, in which equal ones come by their terms."""
    equal = (np.diff(found.pair) == 0) & (np.diff(found.value) == 0)
    tied = np.flatnonzero(np.append(equal, False) | np.append(False, equal))
    terms_ = labels.terms(found.term[tied].tolist())
    place = {term: n for n, term in enumerate(sorted(set(terms_)))}
    spelling = np.zeros(len(found.pair), dtype=np.int64)
    spelling[tied] = [place[term] for term in terms_]
    return np.lexsort((spelling, -found.value, found.pair))


def _said(its_names: Sequence[Name], text: str, words: terms.Tokens) -> tuple[str, Via] | None:
    """The first name of an interest that stands in a text, as it does."""
    for name in its_names:
        if span := terms.first_span(name.forms, text, words):
            return text[slice(*span)], "term" if name is its_names[0] else "acronym"
    return None
