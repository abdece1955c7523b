"""Which papers an exclusion rules out, and the words that say why."""

from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np

from digest.model import Interest
from digest.ranking.matching import PLACES, Matching
from digest.ranking.vocabulary import Ints
from digest.text import terms

Excluded = Mapping[int, str]  # row of a paper in its collection → why it is ruled out


def exclude(
    matching: Matching, exclusions: Sequence[Interest]
) -> Iterator[tuple[Interest, Excluded]]:
    """The papers that each exclusion rules out."""
    phrases = [each for each in exclusions if each.kind == "phrase"]
    held = matching.mentioning([terms.forms(each.text) for each in phrases])
    texts = dict(zip(phrases, held, strict=True))
    for each in exclusions:
        yield each, dict(_rules_out(matching, each, texts.get(each)))


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
    matching: Matching, exclusion: Interest, texts: Ints | None
) -> Iterator[tuple[int, str]]:
    """Papers and the words that say why; ``texts`` are those that hold a phrase."""
    if exclusion.kind == "author":
        for paper, name in enumerate(matching.authors(exclusion)):
            if name:
                yield paper, f"{exclusion} among the authors"
        return
    for place in reversed(PLACES):  # the title comes last, and so is the one that is told
        if exclusion.place not in (None, place):
            continue
        if texts is None:
            held = np.flatnonzero(matching.matches(exclusion, place))
        else:
            held = texts[texts % 2 == PLACES.index(place)] // 2
        for paper in held.tolist():
            yield paper, f"{exclusion} in the {place}"
