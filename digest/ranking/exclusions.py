"""Which papers an exclusion rules out, and why; what it takes from the score of others."""

from collections.abc import Iterator
from typing import TypeVar

import numpy as np

from digest.model import Interest, Place
from digest.ranking.matching import ALL_PLACES, PLACES, Evidence, Matching
from digest.ranking.metadata import FOUND
from digest.ranking.queries import cells
from digest.ranking.vocabulary import Floats

AGAINST = 3.0  # weight of an exclusion for papers that only come near it
MOST = 0.5  # of the evidence of a profile's interests: what its exclusions take at most
_Amount = TypeVar("_Amount", Floats, float)


def taken(interests: _Amount, exclusions: _Amount) -> _Amount:
    """What exclusions take from the evidence of the interests."""
    least: _Amount = np.minimum(exclusions, MOST * interests)
    return least


def leans(exclusion: Interest) -> bool:
    """Whether an exclusion counts against papers that only come near it."""
    return exclusion.kind == "phrase" and exclusion.place is None


def ruled_out(
    matching: Matching, exclusion: Interest, evidence: Evidence
) -> Iterator[tuple[int, str]]:
    """The rows of the papers that an exclusion rules out, and why. The last word on one counts."""
    if exclusion.kind in FOUND:
        for paper, found in matching.metadata.held(exclusion).items():
            yield paper, _said(exclusion, found)
        return
    for place in reversed(ALL_PLACES):  # the title comes last, and so is the one that is told
        if exclusion.place in (None, place):
            where = "its keywords" if place == "keywords" else f"the {place}"
            for paper in _holding(matching, exclusion, evidence, place):
                yield paper, f"{exclusion} in {where}"


def _holding(
    matching: Matching, exclusion: Interest, evidence: Evidence, place: Place
) -> Iterator[int]:
    """The papers that hold a phrase or pattern in a place."""
    if exclusion.kind == "pattern":
        yield from np.flatnonzero(matching.matches(exclusion, place)).tolist()
    elif not evidence.phrases:  # a phrase that is looked for in keywords alone
        yield from evidence.papers.tolist()
    elif place == "keywords":
        yield from cells(evidence.phrases.keywords, evidence.row)[0].tolist()
    else:
        texts = cells(evidence.phrases.mentions, evidence.row)[0]
        yield from (texts[texts % 2 == PLACES.index(place)] // 2).tolist()


def _said(exclusion: Interest, found: str) -> str:
    match exclusion.kind:
        case "author":
            return f"{exclusion} among the authors"
        case "category":
            return f"{found} among its categories"
        case "venue":
            return f"published in {found}"
        case _:
            return found
