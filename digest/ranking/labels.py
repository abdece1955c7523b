"""The labels of parts of evidence, by number."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from digest.model import Place, Via
from digest.ranking.flat import Values

VIAS: tuple[Via, ...] = ("term", "related", "liked", "disliked")
"""How stretches of a paper's words are found."""
TERM, RELATED = range(2)


class Part(NamedTuple):
    """A term of a paper with its evidence for an interest."""

    term: str  # as it stands in the paper
    place: Place
    via: Via
    evidence: float


Label = tuple[str, Place, Via]  # a part without its evidence


class Labels:
    """Labels, each of which has one number."""

    def __init__(self) -> None:
        self.every: list[Label] = []
        self.of_stretches: dict[int, int] = {}  # as `Analysis` numbers these
        self._number: dict[Label, int] = {}

    def number(self, label: Label) -> int:
        """The number of a label."""
        number = self._number.setdefault(label, len(self.every))
        if number == len(self.every):
            self.every.append(label)
        return number

    def values(self, parts: Iterable[tuple[int, Part]]) -> Values:
        """Parts of pairs, which are in order, by the numbers of labels."""
        every = [(pair, self.number(part[:3]), part.evidence) for pair, part in parts]
        pair, label, evidence = zip(*every, strict=True) if every else ((), (), ())
        return Values(
            np.array(pair, dtype=np.int64),
            np.array(label, dtype=np.int64),
            np.array(evidence, dtype=np.float64),
        )

    def terms(self, numbers: Sequence[int]) -> list[str]:
        """The terms of labels."""
        return [self.every[number][0] for number in numbers]
