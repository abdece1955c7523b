"""Which terms belong to a topic of research: the table in ``related.txt``."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from math import fsum

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]  # it ships no types

from digest.ranking.background import Background
from digest.ranking.collection import Forms, lengths, product, scaled
from digest.ranking.vocabulary import Floats, Ints, stem, stem_terms
from digest.text import terms

AS_MEMBER = 0.4  # what a topic's terms count for an interest that is itself one of them


@lru_cache(maxsize=1)
def topics() -> Sequence[tuple[Sequence[Forms], Sequence[Forms]]]:
    """The table that ships with the program: each topic's names and its terms."""
    table = files("digest.ranking").joinpath("related.txt").read_text("utf-8")
    lines = [line.split(":") for line in table.splitlines() if line and not line.startswith("#")]
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
        cells = np.ones(len(stems)), (topic_of, np.arange(len(stems)))
        gather = sparse.csr_array(cells, shape=(len(every), len(stems)))
        self.vectors = product(gather, vectors)

    def weigh(self, phrases: Sequence[Forms]) -> list[dict[int, float]]:
        """The topics of each interest: 1 for one by that name, less where it says more."""
        number = self._background.vocabulary.stem_number
        numbers = {stem(form): number(form) for forms in phrases for form in forms}
        idf = self._background.idf(np.array(list(numbers.values()), dtype=np.int64))
        tells = dict(zip(numbers, idf.tolist(), strict=True))
        return [self._weigh(forms, tells) for forms in phrases]

    @staticmethod
    def _weigh(forms: Forms, tells: Mapping[str, float]) -> dict[int, float]:
        wanted = _stems(forms)
        all_of_it = fsum(tells[s] for s in wanted)  # sets have no order
        by_name, by_member = _by_words()
        found = dict.fromkeys(by_member.get("".join(forms), ()), AS_MEMBER)
        for one in wanted:
            for stems, number in by_name.get(one, ()):
                if stems <= wanted:
                    share = fsum(tells[s] for s in stems) / all_of_it
                    found[number] = max(found.get(number, 0.0), share**2)
        return found


def phrase_vectors(
    phrases: Sequence[Sequence[int]], background: Background
) -> tuple[Ints, sparse.csr_array, Floats]:
    """Unit tf-idf vectors of phrases, given by the numbers of their stems. Returns the terms
    (columns), the vectors (rows), and the idf of each phrase's rarest term."""
    flat: list[int] = []
    row_of: list[int] = []
    for row, stems in enumerate(phrases):
        flat.extend([-1, *stems])
        row_of.extend([row] * (len(stems) + 1))
    positions, found = stem_terms(np.array(flat, dtype=np.int64))
    terms, columns = np.unique(found, return_inverse=True)
    rows = np.array(row_of, dtype=np.int64)[positions]
    idf = background.idf(terms)
    vectors = sparse.coo_array(
        (np.ones(len(rows)), (rows, columns)), shape=(len(phrases), len(terms))
    ).tocsr()
    vectors.data = idf[vectors.indices]
    rarest = np.zeros(len(phrases))
    np.maximum.at(rarest, rows, idf[columns])
    return terms, scaled(vectors, lengths(vectors)), rarest
