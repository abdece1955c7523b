"""How much a paper speaks for an interest.

For a phrase, weight aside, evidence is

    the product of the interest's words with the paper's (stems and pairs of stems, tf-idf),
      less where the paper has only some of them
  + MENTION for each place where the whole phrase stands
  + the product for the words of its topics, twice that for an exclusion
  + nearness in the space learned from the archive
  - FLOOR, which keeps noise out; never below 0.

See docs/ranking.md for an example that is worked out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]  # it ships no types

from digest.model import Interest, Place
from digest.ranking.author_names import same_person
from digest.ranking.background import Background
from digest.ranking.corpus import TITLE, Corpus, Forms, columns_of, lengths, scaled
from digest.ranking.queries import Name, Queries, names, queries
from digest.ranking.topics import Topics
from digest.ranking.vocabulary import Floats, Ints
from digest.text import terms

PLACES: tuple[Place, Place] = ("title", "abstract")
MENTION = np.array([0.037, 0.027])
FLOOR = 0.01
SLOPE = 0.25
"""How much a paper's length counts; with 1 all papers would be as long (Singhal, SIGIR 1996)."""
PATTERN = np.array([0.2, 0.12])
"""Evidence of a pattern's first match in the title and in the abstract;"""
REPEATED = 0.3
"""each doubling of the matches adds this share."""
AUTHOR = 0.28
AGAINST_TOPICS = 2.0
"""What an exclusion's topics count, against what an interest's do."""
_CELLS = 2_000_000
"""Interests × papers compared at a time; bounds memory."""


@dataclass(frozen=True, eq=False)
class Asked:
    """Phrase interests as they were compared with papers; the n-th is row n of both."""

    queries: Queries
    mentions: sparse.csr_array
    """Interests × texts: 1 where the phrase stands, less where only another name of it does."""


@dataclass(frozen=True)
class Evidence:
    """What one interest finds."""

    papers: Ints
    """In order."""
    values: Floats
    asked: tuple[Asked, int] | None
    """Of a phrase: where its query is."""


class Matching:
    """Some papers of a corpus, ready to be compared with any number of interests.

    They are numbered in the order of their ids; paper n has the texts 2n, its title, and 2n + 1.
    """

    def __init__(self, corpus: Corpus, rows: Ints) -> None:
        self.corpus, self.rows = corpus, rows
        self.papers = tuple(corpus.papers[row] for row in rows.tolist())
        self.background = background = Background.learn(corpus)
        self._topics = Topics(background)
        self._idf = background.idf(corpus.terms)
        weights = corpus.weights(corpus.counts, self._idf)
        self._length = (1 - SLOPE) * background.length + SLOPE * lengths(weights)
        weights = scaled(weights, self._length)
        self.weights = weights[rows]
        """Papers × terms of the corpus."""
        self._everywhere = background.space.place(weights, corpus.terms)
        self._middle = self._everywhere.sum(axis=0) / max(1, len(corpus.papers))
        self.points = self._everywhere[rows]
        """Where the papers lie in the space learned from the archive."""
        self._number = np.full(len(corpus.papers), -1)
        self._number[rows] = np.arange(len(rows))
        self._explained: dict[str, list[tuple[int, str]]] = {}
        for paper, row in enumerate(rows.tolist()):
            for short, long in sorted(corpus.acronyms[row]):
                self._explained.setdefault("".join(short), []).append((paper, "".join(long)))

    def evidence(self, interests: Sequence[Interest]) -> Iterator[tuple[Interest, Evidence]]:
        """What speaks for each of some interests."""
        size = max(1, _CELLS // max(1, len(self.papers)))
        for kind in ("phrase", "pattern", "author"):
            chosen = [interest for interest in interests if interest.kind == kind]
            for start in range(0, len(chosen), size):
                some = chosen[start : start + size]
                asked = self._ask(some) if kind == "phrase" else None
                table = self._phrases(some, asked) if asked else self._plainly(some)
                for row, interest in enumerate(some):
                    papers = np.flatnonzero(table[row])
                    at = (asked, row) if asked else None
                    yield interest, Evidence(papers, table[row, papers], at)

    def _plainly(self, interests: Sequence[Interest]) -> Floats:
        table = np.zeros((len(interests), len(self.papers)))
        for row, interest in enumerate(interests):
            if interest.kind == "author":
                table[row] = [AUTHOR * bool(name) for name in self.authors(interest)]
            else:
                for index, place in enumerate(PLACES):
                    if interest.place in (None, place):
                        table[row] += PATTERN[index] * saturated(self.matches(interest, place))
        return table

    def _ask(self, interests: Sequence[Interest]) -> Asked:
        phrases = [terms.forms(interest.text) for interest in interests]
        wanted = queries(phrases, self.background, self._topics)
        return Asked(wanted, self._mentions(wanted.names))

    def _phrases(self, interests: Sequence[Interest], asked: Asked) -> Floats:
        wanted, mentions = asked.queries, asked.mentions
        hits, at = columns_of(wanted.terms, self.corpus.terms)
        weights = self.weights[:, at].T.tocsr()
        held = weights.copy()
        held.data = np.ones_like(held.data)
        said = [mentions[:, place::2].toarray() for place in range(len(PLACES))]
        covered = (wanted.stems[:, hits] @ held).toarray() ** 2
        table: Floats = np.maximum(covered, np.maximum(*said))
        table *= (wanted.own[:, hits] @ weights).toarray()
        factors = np.array([meant(interest) for interest in interests])
        table += sparse.diags_array(factors) @ wanted.topics @ self._on_topics
        table += np.maximum(wanted.points @ self.points.T, 0.0)
        table += MENTION[0] * said[0] + MENTION[1] * said[1]
        for row, interest in enumerate(interests):
            if interest.place:
                index = PLACES.index(interest.place)
                own = wanted.own[[row]][:, hits] @ self._in_places[index][:, at].T
                table[row] = own.toarray()[0] + said[index][row] * MENTION[index]
        return np.maximum(table - FLOOR, 0.0)

    @cached_property
    def _on_topics(self) -> Floats:
        """Topics × papers: how much a paper has of a topic's words."""
        hits, at = columns_of(self._topics.terms, self.corpus.terms)
        found: Floats = (self._topics.vectors[:, hits] @ self.weights[:, at].T.tocsr()).toarray()
        return found

    @cached_property
    def _in_places(self) -> tuple[sparse.csr_array, sparse.csr_array]:
        """Weights as if a paper were its title, or its abstract, alone."""
        corpus = self.corpus
        title = scaled(corpus.weights(TITLE * corpus.in_title, self._idf), self._length)
        abstract = scaled(corpus.weights(corpus.in_abstract, self._idf), self._length)
        return title[self.rows], abstract[self.rows]

    def mentioning(self, phrases: Sequence[Forms]) -> list[Ints]:
        """The texts that hold each phrase by any of its names, in order."""
        found = self._mentions([names(phrase, self.background) for phrase in phrases])
        return [found.indices[start:end] for start, end in pairwise(found.indptr.tolist())]

    def _mentions(self, wanted: Sequence[Sequence[Name]]) -> sparse.csr_array:
        """Interests × texts: the strength of the strongest name that a text holds."""
        every = [(row, name) for row, its in enumerate(wanted) for name in its]
        which, held = self.corpus.texts.holding([name.forms for _, name in every])
        paper = self._number[held // 2]
        strength = np.array([name.strength for _, name in every])[which]
        strength[paper < 0] = 0.0
        bounds = np.searchsorted(which, np.arange(len(every) + 1)).tolist()
        for (row, name), (start, end) in zip(every, pairwise(bounds), strict=True):
            if others := self._meaning_otherwise(name, wanted[row][0]):
                strength[start:end][np.isin(paper[start:end], others)] = 0.0
        size = 2 * len(self.papers)
        at = np.array([row for row, _ in every], dtype=np.int64)[which] * size
        cells = (at + 2 * paper + held % 2)[strength > 0]
        found, cell_of = np.unique(cells, return_inverse=True)
        strongest = np.zeros(len(found))
        np.maximum.at(strongest, cell_of, strength[strength > 0])
        return sparse.csr_array(
            (strongest, (found // size, found % size)), shape=(len(wanted), size)
        )

    def _meaning_otherwise(self, name: Name, own: Name) -> list[int]:
        """The papers in which a name is the acronym of something else."""
        meant = "".join(own.forms)
        return [
            paper
            for paper, long in self._explained.get("".join(name.forms), ())
            if name is not own and long != meant
        ]

    def matches(self, interest: Interest, place: Place) -> Floats:
        """How often a pattern matches in each paper's title or abstract."""
        pattern = re.compile(interest.text, re.IGNORECASE)
        found = [
            sum(1 for match in pattern.finditer(getattr(paper, place)) if match[0])
            for paper in self.papers
        ]
        return np.array(found, dtype=np.float64)

    def authors(self, interest: Interest) -> list[str]:
        """The name in each paper that is the author's; "" where there is none."""
        return [
            next((name for name in paper.authors if same_person(interest.text, name)), "")
            for paper in self.papers
        ]

    def towards(self, rows: Sequence[int]) -> Floats:
        """The direction from the middle of the archive to some papers of the corpus."""
        away: Floats = self._everywhere[rows].mean(axis=0) - self._middle
        length = float(np.linalg.norm(away))
        return away / length if length else away


def meant(interest: Interest) -> float:
    """What the topics of an interest count. An exclusion that a paper does not say can only be
    known by them, for if it said it, it would be ruled out."""
    return 1.0 if interest.weight > 0 else AGAINST_TOPICS


def saturated(matches: Floats) -> Floats:
    """1 for one match, and a little more for each doubling."""
    return np.minimum(matches, 1.0) * (1 + REPEATED * np.log2(np.maximum(matches, 1.0)))
