"""Which terms belong to a topic of research: the table in ``related.txt``."""

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
def _by_name() -> dict[str, list[tuple[frozenset[str], int]]]:
    found: dict[str, list[tuple[frozenset[str], int]]] = {}
    for number, (names, _) in enumerate(topics()):
        for name in names:
            if stems := _stems(name):
                found.setdefault(min(stems), []).append((stems, number))
    return found


@lru_cache(maxsize=1)
def _by_member() -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for number, (_, members) in enumerate(topics()):
        for member in members:
            found.setdefault("".join(member), []).append(number)
    return found


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
        found = dict.fromkeys(_by_member().get("".join(forms), ()), AS_MEMBER)
        for one in wanted:
            for stems, number in _by_name().get(one, ()):
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
