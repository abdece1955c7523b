"""A paper as attribution reads it: where its stems stand."""

from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from digest.model import Place, Via
from digest.ranking.matching import PLACES
from digest.ranking.reasons import Part, part
from digest.ranking.vocabulary import BREAK, Vocabulary
from digest.ranking.words import Stems
from digest.text import terms

_HYPHENS = frozenset("-‐‑")
_RELATED_TERMS = 3  # at most so many related terms are named; they stand for all of them

Values = dict[int, float]  # by the number of a stem


@dataclass(frozen=True, eq=False, slots=True)
class PlaceWords:
    """A title or an abstract as words."""

    text: str
    words: terms.Tokens
    at: Mapping[int, Sequence[int]]  # the positions of each stem among the words
    _stretches: dict[tuple[int, int], str] = field(default_factory=dict)  # those named before
    _alone: dict[int, str] = field(default_factory=dict)  # the stretches of single stems

    @classmethod
    def read(cls, text: str, vocabulary: Vocabulary) -> "PlaceWords":
        """A text as words, of which the vocabulary knows the stems."""
        forms, starts, ends = terms.tokens(text)
        number, stem_of = vocabulary.forms, vocabulary.stem_of
        at: dict[int, list[int]] = {}
        for position, form in enumerate(forms):
            if stem := stem_of[number.get(form, BREAK)]:
                at.setdefault(stem, []).append(position)
        compact = {stem: tuple(positions) for stem, positions in at.items()}
        return cls(text, terms.Tokens(forms, array("i", starts), array("i", ends)), compact)

    def stretches(
        self, values: Values, telling: Collection[int] | None = None
    ) -> list[tuple[str, float]]:
        """The longest stretches that are made of stems with evidence and hold one of ``telling``
        (None: any), and the evidence of each. A stem is counted once, in the longest stretch that
        holds it."""
        if len(values) > 1:
            return list(self._several(values, telling).items())
        found = []
        for stem, value in values.items():
            if telling is None or stem in telling:
                if stem not in self._alone:
                    (self._alone[stem],) = self._several(values, None)
                found.append((self._alone[stem], value))
        return found

    def _several(self, values: Values, telling: Collection[int] | None) -> dict[str, float]:
        found: dict[str, float] = {}
        told: set[int] = set()
        stem_at = {at: stem for stem in values for at in self.at[stem]}
        neighbours = [at for at in stem_at if at + 1 in stem_at]
        for first, last in self._runs(stem_at, neighbours) if neighbours else ():
            new = sorted({stem_at[at] for at in range(first, last + 1)} - told)
            its = map(stem_at.__getitem__, range(first, last + 1))
            if new and (telling is None or any(stem in telling for stem in its)):
                told.update(new)
                term = self.whole(first, last)
                found[term] = found.get(term, 0.0) + sum([values[stem] for stem in new])
        for stem, value in values.items():
            if stem not in told and (telling is None or stem in telling):
                first = self.at[stem][0]
                term = self.whole(first, first)
                found[term] = found.get(term, 0.0) + value
        return found

    def _runs(self, stem_at: Mapping[int, int], neighbours: Iterable[int]) -> list[tuple[int, int]]:
        """Runs of words with evidence, as first and last position, given those words that one with
        evidence follows: the run with the most different stems first."""
        runs: list[tuple[int, int]] = []
        for at in sorted(neighbours):
            if terms.linked(self.text, self.words, at + 1):
                if runs and runs[-1][1] == at:
                    runs[-1] = runs[-1][0], at + 1
                else:
                    runs.append((at, at + 1))
        runs.sort(key=lambda run: -len({stem_at[at] for at in range(run[0], run[1] + 1)}))
        return runs

    def whole(self, first: int, last: int) -> str:
        """The text of a stretch, with what hyphens join to it: no ``fine`` of ``fine-tuning``."""
        if (first, last) not in self._stretches:
            self._stretches[first, last] = self._whole(first, last)
        return self._stretches[first, last]

    def _whole(self, first: int, last: int) -> str:
        words, text = self.words, self.text
        while first > 0 and text[words.ends[first - 1] : words.starts[first]] in _HYPHENS:
            first -= 1
        end = len(words.forms) - 1
        while last < end and text[words.ends[last] : words.starts[last + 1]] in _HYPHENS:
            last += 1
        return text[words.starts[first] : words.ends[last]]


@dataclass(frozen=True, eq=False, slots=True)
class Analysis:
    """A paper."""

    places: tuple[PlaceWords, PlaceWords]

    def related(
        self, best: Sequence[Stems], pair: int, whole: float, telling: Collection[int], via: Via
    ) -> list[Part]:
        """The strongest related terms, given the strongest stems; they stand for all of them, which
        bring ``whole``."""
        found: list[tuple[float, str, Place]] = []
        for index, stems in enumerate(best):
            if here := stems.of(pair):
                place = PLACES[index]
                stretches = self.places[index].stretches(here, telling)
                found += [(-value, term, place) for term, value in stretches]
        found.sort(key=lambda each: each[:2])
        del found[_RELATED_TERMS:]
        named = sum([-value for value, _, _ in found])
        return [part((term, at, via, -value * whole / named)) for value, term, at in found]
