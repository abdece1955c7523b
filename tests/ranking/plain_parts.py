"""The plain way to attribute the evidence of one interest in one paper to the paper's words, in
Python numbers. The program does the same for many pairs at once; both must agree to the last digit.
What is found beside the words of papers, as authors or patterns, is the program's own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digest.model import Interest, Via
from digest.ranking.attribution import Attribution
from digest.ranking.collection import TITLE
from digest.ranking.labels import Part
from digest.ranking.matching import MENTION, PLACES, Evidence, Matching
from digest.ranking.meaning import unit, vectors
from digest.ranking.metadata import KEYWORD
from digest.ranking.queries import cells
from digest.ranking.verdicts import Taste
from digest.ranking.vocabulary import PAIR
from digest.ranking.words import SHOWS, TELLS
from digest.text import terms

Values = dict[int, float]  # by the number of a term, or of a stem
Weights = list[tuple[int, float]]


class Stretch(NamedTuple):
    """Words of a text that follow each other."""

    first: int
    last: int


class Text:
    """A title or an abstract."""

    def __init__(self, text: str, matching: Matching) -> None:
        vocabulary = matching.collection.vocabulary
        self.text, self.words = text, terms.tokens(text)
        self.stems = [vocabulary.stem_of[vocabulary.forms[form]] for form in self.words.forms]

    def stretches(self, values: Values, telling: Iterable[int]) -> list[tuple[str, float]]:
        """The longest stretches of stems with evidence, and the evidence of each."""
        at = [n for n, stem in enumerate(self.stems) if stem in values]
        runs: list[Stretch] = []
        for n in at:
            if runs and runs[-1].last == n - 1 and terms.linked(self.text, self.words, n):
                runs[-1] = Stretch(runs[-1].first, n)
            else:
                runs.append(Stretch(n, n))
        runs = [run for run in runs if run.last > run.first]
        runs.sort(key=lambda run: -len(set(self.stems[run.first : run.last + 1])))
        firsts = {stem: self.stems.index(stem) for stem in values}
        runs += [Stretch(firsts[stem], firsts[stem]) for stem in values]
        found: dict[str, float] = {}
        told: set[int] = set()
        for run in runs:
            its = set(self.stems[run.first : run.last + 1])
            if (new := sorted(its - told)) and not its.isdisjoint(telling):
                told.update(new)
                term = self.whole(run)
                found[term] = found.get(term, 0.0) + sum(values[stem] for stem in new)
        return list(found.items())

    def whole(self, run: Stretch) -> str:
        """The text of a stretch, with what hyphens join to it."""
        first, last = run
        gaps = [*zip(self.words.ends, self.words.starts[1:], strict=False)]
        while first > 0 and self.text[slice(*gaps[first - 1])] in "-‐‑":
            first -= 1
        while last < len(gaps) and self.text[slice(*gaps[last])] in "-‐‑":
            last += 1
        return self.text[self.words.starts[first] : self.words.ends[last]]


class PlainParts:
    """Finds parts the plain way."""

    def __init__(self, matching: Matching) -> None:
        self._matching = matching
        self._attribution = Attribution(matching)
        columns = matching.collection.terms.tolist()
        idf = matching.placed.idf.tolist()
        singles = [stem for stem in columns if stem >> PAIR == 0]
        self._telling = [s for s, its in zip(singles, idf, strict=False) if its >= -np.log(TELLS)]
        letters = matching.collection.letters
        self._directions = unit(vectors(letters[stem] for stem in self._telling))

    def of(self, interest: Interest, evidence: Evidence, paper: int) -> Sequence[Part]:
        """The parts of the evidence of an interest."""
        if evidence.phrases is None:
            return self._attribution.others(interest, paper)
        return self._of_phrase(interest, evidence, paper)

    def _of_phrase(self, interest: Interest, evidence: Evidence, paper: int) -> list[Part]:
        assert evidence.phrases is not None
        phrases, row, held = evidence.phrases, evidence.row, self._held(paper)
        wanted = phrases.wanted
        mentions = dict(zip(*_cells(phrases.mentions, row), strict=True))
        said = [mentions.get(2 * paper + n, 0.0) for n in range(2)]
        own_terms = [wanted.terms[n].item() for n in _cells(wanted.own, row)[0]]
        shares = zip(own_terms, _cells(wanted.stems, row)[1], strict=True)
        covered = max(sum(share for stem, share in shares if stem in held), *said)
        weights = zip(own_terms, _cells(wanted.own, row)[1], strict=True)
        own = _by_stem([(term, weight * covered) for term, weight in weights], held)
        related, rest = self._rest(interest, evidence, paper)
        own = {stem: value + related.pop(stem, 0.0) for stem, value in own.items()}
        mention, found = MENTION * max(said), []
        texts = self._texts(paper)
        for place, text, here, strength in zip(
            PLACES, texts, _in_places(own, texts), said, strict=True
        ):
            if interest.place not in (None, place):
                continue
            names = wanted.names[row] if strength else ()
            spans = [terms.first_span(name.forms, text.text, text.words) for name in names]
            if any(spans):
                at = next(n for n, span in enumerate(spans) if span)
                via: Via = "acronym" if at else "term"
                term = text.text[slice(*(spans[at] or ()))]
                found.append(Part(term, place, via, mention + sum(here.values())))
                mention = 0.0
            else:
                words = text.stretches(here, here)
                found += [Part(term, place, "term", value) for term, value in words]
        found += self._related(related, texts, "related")
        keywords = dict(zip(*_cells(phrases.keywords, row), strict=True))
        if paper in keywords:
            strength = KEYWORD * keywords[paper]
            found.append(self._attribution.keyword(wanted.names[row], paper, strength))
        if rest > sum(part.evidence for part in found):
            found.append(Part("", "abstract", "related", rest))
        return found

    def of_taste(self, taste: Taste, paper: int) -> list[Part]:
        """The terms by which a paper is like those that were judged."""
        words = list(zip(taste.terms.tolist(), taste.weights.tolist(), strict=True))
        found = self._related(_by_stem(words, self._held(paper)), self._texts(paper), taste.via)
        return found or [Part("", "abstract", taste.via, 1.0)]

    def _rest(self, interest: Interest, evidence: Evidence, paper: int) -> tuple[Values, float]:
        """What stems bring by topics and likeness of meaning; and what no word shows."""
        assert evidence.phrases is not None
        if interest.place:
            return {}, 0.0
        phrases, row, held = evidence.phrases, evidence.row, self._held(paper)
        wanted, topics, placed = phrases.wanted, self._matching.corpus.topics, self._matching.placed
        columns, values = _cells(phrases.related, row)
        brought = dict(zip(topics.terms[columns].tolist(), values, strict=True))
        asked = [each for topic in _cells(wanted.topics, row)[0] for each in topics.phrases[topic]]
        said = {term for each in asked if set(each) <= held.keys() for term in each}
        found = _by_stem([(term, brought[term]) for term in sorted(said)], held)
        rest = sum(its * held[t] for t, its in brought.items() if t in held and t not in said)
        rest += max(0.0, (wanted.points[row] @ placed.points[paper]).item())
        like = (wanted.meanings[row] @ placed.meanings[paper] - wanted.alike[row]).item()
        for stem, value in self._likest(phrases.directions[row], max(0.0, like), paper):
            found[stem] = found.get(stem, 0.0) + value
            rest -= value
        return found, rest + max(0.0, like)

    def _likest(self, direction: NDArray[np.float64], like: float, paper: int) -> Weights:
        """The stems of a paper that are like an interest, each with its share of the likeness."""
        held = self._held(paper)
        at = [n for n, stem in enumerate(self._telling) if stem in held]
        cosines = (self._directions[at] @ direction).tolist()
        stems = [self._telling[n] for n in at]
        every = [max(c, 0.0) * held[stem] for stem, c in zip(stems, cosines, strict=True)]
        found = zip(stems, every, cosines, strict=True)
        return [(s, its * like / sum(every)) for s, its, c in found if c >= SHOWS and like]

    def _related(self, stems: Values, texts: Sequence[Text], via: Via) -> list[Part]:
        """The strongest related terms, which stand for all of them."""
        best = dict(sorted(stems.items(), key=lambda each: -each[1])[:6])
        every = [
            (-value, term, place)
            for place, text, here in zip(PLACES, texts, _in_places(best, texts), strict=True)
            for term, value in text.stretches(here, set(self._telling))
        ]
        named = sorted(every, key=lambda each: each[:2])[:3]
        whole = sum(stems.values())
        shown = sum(-value for value, _, _ in named)
        return [Part(term, place, via, -value * whole / shown) for value, term, place in named]

    def _held(self, paper: int) -> Values:
        placed = self._matching.placed
        columns, weights = cells(placed.weights, paper)
        terms_ = placed.collection.terms[columns].tolist()
        return dict(zip(terms_, weights.tolist(), strict=True))

    def _texts(self, paper: int) -> list[Text]:
        read = self._matching.papers[paper]
        return [Text(text, self._matching) for text in (read.title, read.abstract)]


def _cells(matrix: object, row: int) -> tuple[list[int], list[float]]:
    columns, values = cells(matrix, row)
    return columns.tolist(), values.tolist()


def _by_stem(weights: Weights, held: Values) -> Values:
    """What each stem brings, given the weights of terms; a pair is half of either stem."""
    found: Values = {}
    for term, weight in weights:
        if value := weight * held.get(term, 0.0):
            for stem in (term >> PAIR or term, term & ((1 << PAIR) - 1)):
                found[stem] = found.get(stem, 0.0) + value / 2
    return found


def _in_places(stems: Values, texts: Sequence[Text]) -> tuple[Values, Values]:
    """What each stem brings in the title, and in the abstract."""
    found: tuple[Values, Values] = {}, {}
    for stem, value in stems.items():
        counts = [TITLE * texts[0].stems.count(stem), texts[1].stems.count(stem)]
        for here, count in zip(found, counts, strict=True):
            if count:
                here[stem] = value * count / sum(counts)
    return found
