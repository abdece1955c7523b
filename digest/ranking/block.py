"""Several profiles that are ranked together, as arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from digest.model import Profile
from digest.ranking.parts import Parts
from digest.ranking.postings import Postings
from digest.ranking.reasons import Name
from digest.ranking.vocabulary import Floats, Ints


class Wish(NamedTuple):
    """An interest or an exclusion of a profile."""

    number: int  # among the postings
    weight: float
    kind: int
    name: Name


@dataclass(frozen=True, eq=False, slots=True)
class Wishes:
    """The wishes of several profiles, one profile behind the other."""

    numbers: Ints
    weights: Floats
    kinds: Ints
    names: Sequence[Name]
    ends: Ints  # where each profile begins, and where the last one ends

    @classmethod
    def of(cls, profiles: Sequence[Sequence[Wish]]) -> "Wishes":
        """The wishes of each profile as arrays."""
        every = [each for its in profiles for each in its]
        return cls(
            np.array([each[0] for each in every], dtype=np.int64),
            np.array([each[1] for each in every], dtype=np.float64),
            np.array([each[2] for each in every], dtype=np.int64),
            [each[3] for each in every],
            np.cumsum([0, *map(len, profiles)]),
        )

    def summed(self, postings: Postings, kind: int) -> Floats:
        """Profiles × papers: the evidence of the wishes of a kind, in steps."""
        weights = np.where(self.kinds == kind, self.weights, 0.0)
        return postings.summed(self.numbers, weights, self.ends)

    def entries(self, postings: Postings, profiles: Ints, papers: Ints) -> tuple[Ints, Ints, Ints]:
        """The entries of several picks, each of a profile and a paper: the pick of each entry, the
        wish, and the entry."""
        counts = np.diff(self.ends)[profiles]
        pick = np.repeat(np.arange(len(profiles)), counts)
        first = self.ends[profiles] - (np.cumsum(counts) - counts)
        wish = np.arange(len(pick)) + first[pick]
        hits, entries = postings.find(self.numbers[wish], papers[pick])
        return pick[hits], wish[hits], entries


@dataclass(frozen=True, eq=False, slots=True)
class Block:
    """Scores of all papers for several profiles."""

    profiles: Sequence[Profile]
    scores: Floats
    """Profiles × papers: 0..1 in steps of 0.0001; for papers that are ruled out too."""
    excluded: Sequence[Mapping[int, str]]
    """Each profile's papers that are ruled out → the exclusion, and where it stands."""
    wishes: Wishes
    parts: Parts
