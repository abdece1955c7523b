"""Gains in score that come from more than a paper's text: comments, upvotes and freshness."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from digest.model import Paper, Profile
from digest.ranking.calibration import STEPS
from digest.ranking.vocabulary import Floats

HALF_COMMENTS = 10  # so many comments bring half of what many would
HALF_UPVOTES = 20  # the same for upvotes: on the pages of papers, half of them have about as many
HALF_LIFE = 14  # days after which a paper is half as fresh


@dataclass(frozen=True)
class Boost:
    """A property of papers that profiles let count."""

    name: Literal["comments", "upvotes", "freshness"]
    papers: Sequence[Paper]
    strength: Callable[[Paper], float]  # how much a paper has of it, 0..1
    wording: Callable[[Paper], str]  # how a reason words it

    def gain(self, profile: Profile) -> float:
        """The most that it adds to a score."""
        gain: float = getattr(profile, self.name)
        return gain

    def steps(self, profile: Profile) -> Floats:
        """What it adds to the score of each paper, in steps."""
        return np.rint(self.gain(profile) * STEPS * self._strengths)

    @cached_property
    def _strengths(self) -> Floats:
        return np.array([self.strength(paper) for paper in self.papers], dtype=np.float64)


def boosts(papers: Sequence[Paper]) -> tuple[Boost, ...]:
    """All of them."""
    return (
        Boost("comments", papers, _discussed, _comments),
        Boost("upvotes", papers, _upvoted, _upvotes),
        Boost("freshness", papers, _fresh, _age),
    )


def _discussed(paper: Paper) -> float:
    return (paper.comments or 0) / ((paper.comments or 0) + HALF_COMMENTS)


def _comments(paper: Paper) -> str:
    return f"{paper.comments or 0} comment{'' if paper.comments == 1 else 's'}"


def _upvoted(paper: Paper) -> float:
    return (paper.upvotes or 0) / ((paper.upvotes or 0) + HALF_UPVOTES)


def _upvotes(paper: Paper) -> str:
    return f"{paper.upvotes or 0:,} upvote{'' if paper.upvotes == 1 else 's'}"


def _fresh(paper: Paper) -> float:
    """Freshness on the day of arrival, so that a score never changes; 0 where no date is known."""
    return 0.0 if paper.published is None else 0.5 ** (_days(paper) / HALF_LIFE)


def _age(paper: Paper) -> str:
    days = _days(paper)
    return "published the day it came" if not days else f"published {days} days before it came"


def _days(paper: Paper) -> int:
    return max(0, (paper.arrived.date() - paper.published).days) if paper.published else 0
