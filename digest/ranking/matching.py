"""The evidence of interests in papers; docs/ranking.md works out an example. That of a phrase is

  the product of the interest's words with the paper's (stems and pairs of stems, tf-idf),
    less where the paper has only some of them
+ MENTION where the whole phrase stands in the title or the abstract
+ the product for the words of its topics, where the phrase is rare
+ likeness of meaning, by vectors of words, where the phrase is rare
+ nearness in the latent space learned from the archive
- FLOOR, which keeps noise out; never below 0
+ KEYWORD where the whole phrase stands in one of the keywords that sources state.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]  # it ships no types

from digest.model import Interest, Place
from digest.ranking.background import Name
from digest.ranking.calibration import Singles, in_steps
from digest.ranking.collection import TITLE, columns_of, product, scaled, tf_idf
from digest.ranking.corpus import Corpus, Placed
from digest.ranking.meaning import unit
from digest.ranking.metadata import FOUND, KEYWORD, LABEL, Metadata
from digest.ranking.queries import Queries, names, queries
from digest.ranking.vocabulary import Floats, Ints, Texts, Vocabulary, remembered
from digest.text import patterns, terms

PLACES: tuple[Place, Place] = ("title", "abstract")
ALL_PLACES: tuple[Place, ...] = (*PLACES, "keywords")
MENTION = 0.042  # where the whole phrase stands in the title or the abstract
FLOOR = 0.018
PATTERN = np.array([0.2, 0.12])  # of a pattern's first match in the title and in the abstract
REPEATED = 0.3  # each doubling of the matches adds this share
_CELLS = 500_000  # interests × papers compared at a time; bounds memory


@dataclass(frozen=True, eq=False)
class Phrases:
    """Phrase interests, one row each, and where papers name them: 1 by the own words of a phrase,
    less by another name."""

    wanted: Queries
    mentions: sparse.csr_array  # in texts
    keywords: sparse.csr_array  # in the keywords of papers
    related: sparse.csr_array  # weights of the terms of their topics
    directions: Floats  # of their meanings


@dataclass(frozen=True, eq=False)
class Evidence:
    """The evidence of one interest."""

    papers: Ints  # the rows of those in which there is some
    steps: Singles  # how much, in steps of the score
    phrases: Phrases | None = None  # what was looked for, if it is a phrase
    row: int = 0  # which of them it is


class Matching:
    """Papers, ready to be compared with any number of interests. Paper n has the texts 2n, its
    title, and 2n + 1, its abstract."""

    def __init__(self, corpus: Corpus, placed: Placed) -> None:
        self.corpus, self.placed = corpus, placed
        self.background = corpus.background
        self.collection = collection = placed.collection
        self.papers = collection.papers
        self.metadata = Metadata(self.papers)
        self.matches = remembered(self._matches, 100)
        self.faults: dict[str, patterns.PatternError] = {}  # see `Ranking.faults`
        self._explained: dict[str, list[tuple[int, str]]] = {}
        for paper, acronyms in enumerate(collection.acronyms):
            for short, long in sorted(acronyms):
                self._explained.setdefault("".join(short), []).append((paper, "".join(long)))

    def evidence(self, interests: Sequence[Interest]) -> Iterator[tuple[Interest, Evidence]]:
        """The evidence of each of some interests."""
        size = max(1, _CELLS // max(1, len(self.papers)))
        phrases = [each for each in interests if each.kind == "phrase" and each.place != "keywords"]
        for start in range(0, len(phrases), size):
            yield from self._of_phrases(phrases[start : start + size])
        for interest in interests:
            if interest.kind != "phrase" or interest.place == "keywords":
                yield interest, self._of_other(interest)

    def _of_other(self, interest: Interest) -> Evidence:
        values = np.zeros(len(self.papers))
        if interest.kind in FOUND:
            values[list(self.metadata.held(interest))] = FOUND[interest.kind][0]
        elif interest.kind == "phrase":
            wanted = names(terms.forms(interest.text), self.background)
            values += LABEL * self._mentions([wanted], self._keywords).toarray()[0]
        else:
            for place in ALL_PLACES:
                if interest.place in (None, place):
                    values += pattern_evidence(interest, place, self.matches(interest, place))
        steps = in_steps(values)
        papers = np.flatnonzero(steps)
        return Evidence(papers, steps[papers])

    def _of_phrases(self, interests: Sequence[Interest]) -> Iterator[tuple[Interest, Evidence]]:
        forms = [terms.forms(interest.text) for interest in interests]
        wanted = queries(forms, self.background, self.corpus.topics, self.collection.vocabulary)
        mentions = self._mentions(wanted.names, self.collection.texts)
        names_of = [() if each.place else wanted.names[row] for row, each in enumerate(interests)]
        keywords = self._mentions(names_of, self._keywords)
        evidence = self._compared(interests, wanted, mentions)
        evidence[keywords.nonzero()] += KEYWORD * keywords.data
        steps = in_steps(evidence)
        rows, papers = np.nonzero(steps)
        found = steps[rows, papers]
        related = product(wanted.topics, self.corpus.topics.vectors)
        phrases = Phrases(wanted, mentions, keywords, related, unit(wanted.meanings))
        bounds = np.searchsorted(rows, np.arange(len(interests) + 1)).tolist()
        for row, (interest, its) in enumerate(zip(interests, pairwise(bounds), strict=True)):
            yield interest, Evidence(papers[slice(*its)], found[slice(*its)], phrases, row)

    def _compared(
        self, interests: Sequence[Interest], wanted: Queries, mentions: sparse.csr_array
    ) -> Floats:
        """Interests × papers: the evidence."""
        hits, at = columns_of(wanted.terms, self.collection.terms)
        weights = self._by_term[at]
        held = weights.copy()
        held.data = np.ones_like(held.data)
        said = [mentions[:, place::2].toarray() for place in range(len(PLACES))]
        mention = np.maximum(*said)
        table: Floats = np.maximum((wanted.stems[:, hits] @ held).toarray(), mention)
        table *= (wanted.own[:, hits] @ weights).toarray()
        table += MENTION * mention
        table += wanted.topics @ self._on_topics
        table += wanted.points @ self.placed.points.T
        table += wanted.meanings @ self.placed.meanings.T
        table -= wanted.alike[:, None]
        for row, interest in enumerate(interests):
            if interest.place:
                index = PLACES.index(interest.place)
                own = wanted.own[[row]][:, hits] @ self._in_places[index][:, at].T
                table[row] = own.toarray()[0] + said[index][row] * MENTION
        return np.maximum(table - FLOOR, 0.0)

    @cached_property
    def _by_term(self) -> sparse.csr_array:
        """The weights of papers, a row for each term."""
        return self.placed.weights.T.tocsr()

    @cached_property
    def _on_topics(self) -> Floats:
        """Topics × papers: the weight of a topic's words in a paper."""
        topics = self.corpus.topics
        hits, at = columns_of(topics.terms, self.collection.terms)
        weights = self._by_term[at]
        found: Floats = (topics.vectors[:, hits] @ weights).toarray()
        return found

    @cached_property
    def _in_places(self) -> tuple[sparse.csr_array, sparse.csr_array]:
        """Weights as if a paper were its title, or its abstract, alone."""
        collection, placed = self.collection, self.placed
        title, abstract = collection.in_places
        title = scaled(tf_idf(TITLE * title, placed.idf), placed.length)
        return title, scaled(tf_idf(abstract, placed.idf), placed.length)

    @cached_property
    def _keywords(self) -> Texts:
        """The keywords that sources state, one text a paper. Their vocabulary is their own, so that
        a paper without keywords has the same score, whatever others state."""
        return Texts.read(["\n\n".join(paper.keywords) for paper in self.papers], Vocabulary())

    def _mentions(self, wanted: Sequence[Sequence[Name]], texts: Texts) -> sparse.csr_array:
        """Interests × texts: the strength of the strongest name that is held there."""
        every = [(row, name) for row, its in enumerate(wanted) for name in its]
        which, held = texts.holding([name.forms for _, name in every])
        strength = np.array([name.strength for _, name in every])[which]
        papers = held * len(self.papers) // max(1, texts.count)
        bounds = np.searchsorted(which, np.arange(len(every) + 1)).tolist()
        for (row, name), (start, end) in zip(every, pairwise(bounds), strict=True):
            if others := self._meaning_otherwise(name, wanted[row][0]):
                strength[start:end][np.isin(papers[start:end], others)] = 0.0
        rows = np.array([row for row, _ in every], dtype=np.int64)[which]
        order = np.lexsort((strength, held, rows))
        rows, held, strength = rows[order], held[order], strength[order]
        strongest = (np.diff(rows * texts.count + held, append=-1) != 0) & (strength > 0)
        found = strength[strongest], (rows[strongest], held[strongest])
        return sparse.csr_array(found, shape=(len(wanted), texts.count))

    def _meaning_otherwise(self, name: Name, own: Name) -> list[int]:
        """The papers in which a name is the acronym of something else."""
        own_letters = "".join(own.forms)
        explained = () if name is own else self._explained.get("".join(name.forms), ())
        return [paper for paper, long in explained if long != own_letters]

    def _matches(self, interest: Interest, place: Place) -> Floats:
        """How often a pattern matches in a place of each paper."""
        found = [len(self.matched(interest, paper, place)) for paper in range(len(self.papers))]
        return np.array(found, dtype=np.float64)

    def matched(self, interest: Interest, paper: int, place: Place) -> list[str]:
        """What a pattern matches; nothing if it cannot be matched, which is kept in ``faults``."""
        stated = getattr(self.papers[paper], place)
        if interest.text in self.faults:
            return []
        try:
            pattern = patterns.compile_pattern(interest.text)
            texts = [stated] if isinstance(stated, str) else stated
            return [text[start:end] for text in texts for start, end in pattern.spans(text)]
        except patterns.PatternError as error:
            self.faults[interest.text] = error
            return []


def pattern_evidence(interest: Interest, place: Place, matches: Floats) -> Floats:
    """The evidence of a pattern that matches so often in a place of papers."""
    if place == "keywords":
        return np.minimum(matches, 1.0) * (LABEL if interest.place else KEYWORD)
    evidence: Floats = PATTERN[PLACES.index(place)] * saturated(matches)
    return evidence


def saturated(matches: Floats) -> Floats:
    """1 for one match, and a little more for each doubling."""
    return np.minimum(matches, 1.0) * (1 + REPEATED * np.log2(np.maximum(matches, 1.0)))
