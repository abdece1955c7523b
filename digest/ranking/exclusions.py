"""Which papers an exclusion rules out, and the words that say why."""

from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np

from digest.model import Interest, Place
from digest.ranking.matching import ALL_PLACES, Matching
from digest.ranking.metadata import FOUND
from digest.ranking.vocabulary import Ints
from digest.text import terms

Excluded = Mapping[int, str]  # row of a paper in its collection → why it is ruled out


def exclude(
    matching: Matching, exclusions: Sequence[Interest]
) -> Iterator[tuple[Interest, Excluded]]:
    """The papers that each exclusion rules out."""
    phrases = [each for each in exclusions if each.kind == "phrase"]
    held = matching.mentioning([terms.forms(each.text) for each in phrases])
    places = dict(zip(phrases, held, strict=True))
    for each in exclusions:
        yield each, dict(_rules_out(matching, each, places.get(each)))


def first_reasons(
    exclusions: Collection[Interest], excluded: Mapping[Interest, Excluded]
) -> dict[int, str]:
    """Each paper that one of these rules out, with the reason that comes first by spelling."""
    found: dict[int, str] = {}
    for exclusion in sorted(exclusions, key=lambda e: (e.text, e.kind, e.place or "")):
        for paper, why in excluded[exclusion].items():
            found.setdefault(paper, why)
    return found


def _rules_out(
    matching: Matching, exclusion: Interest, places: Mapping[Place, Ints] | None
) -> Iterator[tuple[int, str]]:
    """Papers and the words that say why; ``places``: which papers hold a phrase there."""
    if exclusion.kind in FOUND:
        for paper, found in matching.metadata.held(exclusion).items():
            yield paper, _said(exclusion, found)
        return
    for place in reversed(ALL_PLACES):  # the title comes last, and so is the one that is told
        if exclusion.place not in (None, place):
            continue
        if places is None:
            held = np.flatnonzero(matching.matches(exclusion, place))
        else:
            held = places[place]
        where = "its keywords" if place == "keywords" else f"the {place}"
        for paper in held.tolist():
            yield paper, f"{exclusion} in {where}"


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
