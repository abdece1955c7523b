"""Which terms belong to a topic of research: the table in ``related.txt``."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from itertools import chain
from math import fsum

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]  # it ships no types

from digest.ranking.background import Background
from digest.ranking.collection import Forms, lengths, product, scaled, table
from digest.ranking.vocabulary import Floats, Ints, counted
from digest.text import terms
from digest.text.stems import stem


@lru_cache(maxsize=1)
def topics() -> Sequence[tuple[Sequence[Forms], Sequence[Forms]]]:
    """The table that ships with the program: each topic's names and its terms."""
    text = files("digest.ranking").joinpath("related.txt").read_text("utf-8")
    lines = [line.split(":") for line in text.splitlines() if line and not line.startswith("#")]
    parts = [[list(map(terms.forms, part.split(","))) for part in line] for line in lines]
    return [(names, members) for names, members in parts]


@lru_cache(maxsize=1)
def _by_words() -> tuple[Mapping[str, list[tuple[frozenset[str], int]]], Mapping[str, list[int]]]:
    """The numbers of topics by a stem of each name, with all its stems, and by the letters of each
    of their terms."""
    by_name, by_member = defaultdict(list), defaultdict(list)
    for number, (names, members) in enumerate(topics()):
        for stems in filter(None, map(_stems, names)):
            by_name[min(stems)].append((stems, number))
        for member in members:
            by_member["".join(member)].append(number)
    return by_name, by_member


def _stems(forms: Forms) -> frozenset[str]:
    return frozenset(filter(None, map(stem, forms)))


class Topics:
    """The table of topics as vectors over the terms of a background."""

    def __init__(self, background: Background) -> None:
        self._background = background
        number = background.vocabulary.learn_stem
        every = [[*names, *members] for names, members in topics()]
        stems = [[number(form) for form in phrase] for phrases in every for phrase in phrases]
        topic_of = np.repeat(np.arange(len(every)), [len(phrases) for phrases in every])
        self.terms, vectors, _ = phrase_vectors(stems, background)
        member = dict.fromkeys(zip(topic_of.tolist(), range(len(stems)), strict=True), 1.0)
        self.vectors = product(table(member, (len(every), len(stems))), vectors)
        held = iter(np.split(self.terms[vectors.indices], vectors.indptr[1:-1]))
        self.phrases = [[next(held).tolist() for _ in phrases] for phrases in every]

    def weigh(self, phrases: Sequence[Sequence[Forms]]) -> sparse.csr_array:
        """The topics (columns) of each phrase (row), given by the ways to spell it: 1 for one of
        which it is a name or a term, less where the phrase says more than a name."""
        number = self._background.vocabulary.stem_number
        numbers = {stem(form): number(form) for ways in phrases for way in ways for form in way}
        idf = self._background.idf(np.array(list(numbers.values()), dtype=np.int64))
        tells = dict(zip(numbers, idf.tolist(), strict=True))
        cells: dict[tuple[int, int], float] = {}
        for row, ways in enumerate(phrases):
            for topic, share in chain.from_iterable(_named(way, tells) for way in ways):
                cells[row, topic] = max(share, cells.get((row, topic), 0.0))
        return table(cells, (len(phrases), self.vectors.shape[0]))


def _named(phrase: Forms, tells: Mapping[str, float]) -> Iterator[tuple[int, float]]:
    """The topics that a phrase names."""
    wanted = _stems(phrase)
    all_of_it = fsum(tells[s] for s in wanted)  # sets have no order
    by_name, by_member = _by_words()
    yield from ((number, 1.0) for number in by_member.get("".join(phrase), ()))
    for one in wanted:
        for stems, number in by_name.get(one, ()):
            if stems <= wanted:
                yield number, (fsum(tells[s] for s in stems) / all_of_it) ** 2


def phrase_vectors(
    phrases: Sequence[Sequence[int]], background: Background
) -> tuple[Ints, sparse.csr_array, Floats]:
    """Unit tf-idf vectors of phrases, given by the numbers of their stems. Returns the terms
    (columns), the vectors (rows), and the idf of each phrase's rarest term."""
    flat = np.array([each for stems in phrases for each in (*stems, -1)], dtype=np.int64)
    row_of = np.repeat(np.arange(len(phrases)), [len(stems) + 1 for stems in phrases])
    terms, vectors = counted(flat, row_of, len(phrases))
    idf = background.idf(terms)
    vectors.data = idf[vectors.indices]
    rarest = vectors.max(axis=1).toarray().ravel() if len(terms) else np.zeros(len(phrases))
    return terms, scaled(vectors, lengths(vectors)), rarest
