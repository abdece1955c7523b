"""What a paper gains by more than its text: by being discussed, and by being new."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from digest.model import Paper, Profile
from digest.ranking.calibration import STEPS
from digest.ranking.vocabulary import Ints

HALF_COMMENTS = 10
"""So many comments bring half of what many would."""
HALF_LIFE = 14
"""Days after which a paper is half as fresh."""


@dataclass(frozen=True)
class Signal:
    """Something of a paper that a profile lets count."""

    name: str
    gain: float
    """Most that it adds to a score."""
    strength: Callable[[Paper], float]
    """0..1."""
    said: Callable[[Paper], str]
    """In words."""

    def steps(self, papers: Sequence[Paper]) -> Ints:
        """What it adds to papers, in steps of the score."""
        gains = [self.gain * STEPS * self.strength(paper) for paper in papers]
        return np.rint(gains).astype(np.int64)


def signals(profile: Profile) -> list[Signal]:
    """Those that count for a profile."""
    found = (
        Signal("comments", profile.comments, _discussed, _comments),
        Signal("freshness", profile.freshness, _fresh, _age),
    )
    return [signal for signal in found if signal.gain]


def _discussed(paper: Paper) -> float:
    comments = paper.comments or 0
    return comments / (comments + HALF_COMMENTS)


def _comments(paper: Paper) -> str:
    return f"{paper.comments or 0} comment{'' if paper.comments == 1 else 's'}"


def _fresh(paper: Paper) -> float:
    """As of its arrival, so that a score stays what it was. 0 where the date is not known."""
    return 0.0 if paper.published is None else 0.5 ** (_days(paper) / HALF_LIFE)


def _age(paper: Paper) -> str:
    days = _days(paper)
    return "published the day it came" if not days else f"published {days} days before it came"


def _days(paper: Paper) -> int:
    if paper.published is None:
        return 0
    return max(0, (paper.arrived.date() - paper.published).days)
