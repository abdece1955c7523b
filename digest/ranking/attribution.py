"""Attributes an interest's evidence to the terms of the paper that produced it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]  # it ships no types

from digest.model import Interest, Via
from digest.ranking.background import Name
from digest.ranking.collection import TITLE, columns_of, product
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
from digest.ranking.vocabulary import BREAK, PAIR, Floats, Ints, remembered
from digest.text import terms

TELLS = 0.1  # a word that a larger share of papers hold is not named as related by itself
SHOWS = 0.45  # the least cosine with an interest of a word that is named as like it in meaning
_HYPHENS = frozenset("-‐‑")
_RELATED_TERMS = 3  # at most so many related terms are named; they stand for all of them
_RELATED_STEMS = 6  # at most so many stems make them up; more would run into half a sentence
_LAST = (1 << PAIR) - 1  # the bits of a term that number its last stem

Values = dict[int, float]  # values by the number of a term, of a stem, of a text, or of a paper


@dataclass(frozen=True, eq=False)
class _Place:
    """A title or an abstract as words."""

    text: str
    words: terms.Tokens
    at: Mapping[int, Sequence[int]]  # the positions of each stem among the words


@dataclass(frozen=True, eq=False)
class _Analysis:
    """A paper."""

    terms: Values  # their weights
    telling: Sequence[int]  # single stems that can be named as related
    meanings: Floats  # the directions of these
    places: tuple[_Place, _Place]

    def by_stem(self, weights: Iterable[tuple[int, float]]) -> Values:
        """What each stem brings, given the weights of terms; a pair is half of either stem."""
        found: Values = {}
        for term, weight in weights:
            if value := weight * self.terms.get(term, 0.0):
                for stem in (term >> PAIR or term, term & _LAST):
                    found[stem] = found.get(stem, 0.0) + value / 2
        return found

    def in_places(self, stems: Values) -> tuple[Values, Values]:
        """What each stem brings in the title, and in the abstract."""
        in_title: Values = {}
        in_abstract: Values = {}
        title, abstract = (place.at for place in self.places)
        for stem, value in stems.items():
            titled, others = TITLE * len(title.get(stem, ())), len(abstract.get(stem, ()))
            if titled:
                in_title[stem] = value * titled / (titled + others)
            if others:
                in_abstract[stem] = value * others / (titled + others)
        return in_title, in_abstract


@dataclass(frozen=True, eq=False)
class _Wanted:
    """A phrase interest, ready to be compared with papers one by one."""

    names: Sequence[Name]
    mentions: Values  # how strongly texts name it
    keywords: Values  # how strongly the keywords of papers do
    own: Values  # weights of its terms
    stems: Values  # the share of each stem
    related: Values  # weights of the terms of its topics
    phrases: Sequence[Sequence[int]]  # the terms of each phrase of its topics
    point: Floats
    meaning: Floats
    alike: float  # the likeness of meaning that tells nothing


class Attribution:
    """Finds the parts of evidence."""

    def __init__(self, matching: Matching) -> None:
        self._matching = matching
        # Reasons are asked for pick by pick, and many picks share a paper.
        self._analysis = remembered(self._analyse, 1_000)
        self._wanted = remembered(self._want, 2_000)

    def parts(self, interest: Interest, paper: int, evidence: Evidence) -> list[Part]:
        """The parts of an interest's evidence in a paper."""
        matching = self._matching
        if evidence.phrases:
            wanted = self._wanted(evidence.phrases, evidence.row)
            return self._phrase_parts(interest, paper, wanted)
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
        numbers = np.array(list(read.terms), dtype=np.int64)
        hits, at = columns_of(numbers, taste.terms)
        words = zip(numbers[hits].tolist(), taste.weights[at].tolist(), strict=True)
        return _related(read, read.by_stem(words), taste.via) or [
            Part("", "abstract", taste.via, 1.0)
        ]

    def _want(self, phrases: Phrases, row: int) -> _Wanted:
        found, topics = phrases.wanted, self._matching.corpus.topics
        related = product(found.topics[[row]], topics.vectors)
        return _Wanted(
            found.names[row],
            _values(phrases.mentions, row),
            _values(phrases.keywords, row),
            _values(found.own, row, found.terms),
            _values(found.stems, row, found.terms),
            _values(related, 0, topics.terms),
            [each for topic in cells(found.topics, row)[0] for each in topics.phrases[topic]],
            found.points[row],
            found.meanings[row],
            float(found.alike[row]),
        )

    def _phrase_parts(self, interest: Interest, paper: int, wanted: _Wanted) -> list[Part]:
        read = self._analysis(paper)
        said = [wanted.mentions.get(2 * paper + n, 0.0) for n in range(len(PLACES))]
        held = sum([share for stem, share in wanted.stems.items() if stem in read.terms])
        covered = max(held, *said)
        own = read.by_stem([(term, weight * covered) for term, weight in wanted.own.items()])
        related, rest = ({}, 0.0) if interest.place else self._rest(read, paper, wanted)
        # What is related by a word of the interest itself is credited to this word.
        own = {stem: value + related.pop(stem, 0.0) for stem, value in own.items()}
        mention = MENTION * max(said)
        found: list[Part] = []
        for index, here in enumerate(read.in_places(own)):
            place = PLACES[index]
            if interest.place not in (None, place):
                continue
            name = _said(wanted.names, read.places[index].text) if said[index] else None
            if name:
                found.append(Part(name[0], place, name[1], mention + sum(here.values())))
                mention = 0.0
            else:
                stretches = _stretches(read.places[index], here, here)
                found += [Part(term, place, "term", value) for term, value in stretches]
        if not interest.place:
            found += _related(read, related, "related")
        if strength := wanted.keywords.get(paper):
            found.append(self._keyword(wanted.names, paper, KEYWORD * strength))
        # What no word shows is told apart only where it outweighs what words show.
        if rest > sum([part.evidence for part in found]):
            found.append(Part("", "abstract", "related", rest))
        return found

    def _rest(self, read: _Analysis, paper: int, wanted: _Wanted) -> tuple[Values, float]:
        """What stems bring by topics and likeness of meaning; and what no word shows."""
        held = read.terms.keys()
        said = {term for phrase in wanted.phrases if held >= set(phrase) for term in phrase}
        brought = {term: weight for term, weight in wanted.related.items() if term in held}
        found = read.by_stem([(term, brought[term]) for term in sorted(said)])
        rest = sum([brought[term] * read.terms[term] for term in brought if term not in said])
        placed = self._matching.placed
        rest += max(0.0, float(wanted.point @ placed.points[paper]))
        like = max(0.0, float(wanted.meaning @ placed.meanings[paper]) - wanted.alike)
        if not like:
            return found, rest
        cosines = np.maximum(read.meanings @ unit(wanted.meaning[None])[0], 0.0)
        every = read.by_stem(zip(read.telling, cosines.tolist(), strict=True))
        whole = sum(every.values())
        for stem in np.array(read.telling)[cosines >= SHOWS].tolist():
            found[stem] = found.get(stem, 0.0) + every[stem] * like / whole
            rest -= every[stem] * like / whole
        return found, rest + like

    def _analyse(self, paper: int) -> _Analysis:
        matching = self._matching
        columns, weights = cells(matching.placed.weights, paper)
        held = matching.collection.terms[columns]
        tells = (held >> PAIR == 0) & (matching.placed.idf[columns] >= -np.log(TELLS))
        telling = held[tells].tolist()
        letters, titled = matching.collection.letters, matching.papers[paper]
        return _Analysis(
            dict(zip(held.tolist(), weights.tolist(), strict=True)),
            telling,
            unit(vectors(letters[stem] for stem in telling)),
            (self._words(titled.title), self._words(titled.abstract)),
        )

    def _words(self, text: str) -> _Place:
        known = self._matching.collection.vocabulary
        words = terms.tokens(text)
        at: dict[int, list[int]] = {}
        for position, form in enumerate(words.forms):
            at.setdefault(known.stem_of[known.forms.get(form, BREAK)], []).append(position)
        return _Place(text, words, at)


def _values(found: sparse.csr_array, row: int, numbers: Ints | None = None) -> Values:
    columns, values = cells(found, row)
    columns = columns if numbers is None else numbers[columns]
    return dict(zip(columns.tolist(), values.tolist(), strict=True))


def _said(its_names: Sequence[Name], text: str) -> tuple[str, Via] | None:
    """The first name of an interest that stands in a text, as it does."""
    for name in its_names:
        for start, end in terms.spans(" ".join(name.forms), text)[:1]:
            return text[start:end], "term" if name is its_names[0] else "acronym"
    return None


def _related(read: _Analysis, stems: Values, via: Via) -> list[Part]:
    """The strongest related terms, which stand for all of them."""
    best = dict(sorted(stems.items(), key=lambda each: -each[1])[:_RELATED_STEMS])
    found: list[Part] = []
    for index, here in enumerate(read.in_places(best)):
        stretches = _stretches(read.places[index], here, read.telling)
        found += [Part(term, PLACES[index], via, its) for term, its in stretches]
    found = sorted(found, key=lambda part: (-part.evidence, part.term))[:_RELATED_TERMS]
    named, all_of_it = sum(part.evidence for part in found), sum(stems.values())
    return [part._replace(evidence=part.evidence * all_of_it / named) for part in found]


def _stretches(place: _Place, values: Values, telling: Collection[int]) -> list[tuple[str, float]]:
    """The longest stretches of a text that are made of stems with evidence and hold a telling one,
    and the evidence of each. A stem is counted once, in the longest stretch that holds it."""
    stem_at = {at: s for s in values for at in place.at.get(s, ())}
    runs: list[list[int]] = []
    for at in sorted([at for at in stem_at if at + 1 in stem_at]):
        if terms.linked(place.text, place.words, at + 1):
            if runs and runs[-1][-1] == at:
                runs[-1].append(at + 1)
            else:
                runs.append([at, at + 1])
    runs.sort(key=lambda run: -len({stem_at[at] for at in run}))
    runs += [[place.at[stem][0]] for stem in values]
    found: dict[str, float] = {}
    told: set[int] = set()
    for run in runs:
        new = sorted({stem_at[at] for at in run if stem_at[at] not in told})
        if new and any(stem_at[at] in telling for at in run):
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
