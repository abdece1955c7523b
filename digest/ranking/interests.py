"""What an interest asks of a paper: phrases to find, and terms that count in part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from digest.model import Interest
from digest.ranking.background import Background
from digest.ranking.scale import Floats
from digest.ranking.words import Ints, features
from digest.text import terms


@dataclass(frozen=True)
class Phrase:
    """One way to say an interest; ``strength`` 1 for its own words, less for an acronym."""

    forms: tuple[str, ...]
    strength: float
    via: Literal["term", "acronym"]


@dataclass(frozen=True)
class Query:
    """A phrase interest, ready to be compared with papers."""

    phrases: tuple[Phrase, ...]
    keys: Ints
    """Its stems and pairs of stems."""
    weights: Floats
    """Of ``keys``; their squares sum to 1."""
    specificity: float
    """1 for a phrase that few papers hold, down to 0.3 for one that all hold."""


def query(interest: Interest, background: Background) -> Query:
    """The query of a phrase interest; it depends on the letters of the phrase alone."""
    forms = terms.forms(interest.text)
    others = [s for s in background.senses.get("".join(forms), ()) if s.forms != forms]
    phrases = [Phrase(forms, 1.0, "term")]
    phrases += [Phrase(sense.forms, sense.share, "acronym") for sense in others]
    found: dict[int, float] = {}
    for phrase in phrases:
        for key, weight in _terms(phrase.forms, background).items():
            found[key] = found.get(key, 0.0) + phrase.strength * weight
    keys = np.array(sorted(found), dtype=np.int64)
    own = background.idf(np.array(list(_terms(forms, background)), dtype=np.int64))
    return Query(
        tuple(phrases),
        keys,
        _unit(np.array([found[key] for key in keys.tolist()])),
        float(min(1.0, 0.3 + 0.7 * own.max() / 3.5)) if len(own) else 0.3,
    )


def _terms(forms: tuple[str, ...], background: Background) -> dict[int, float]:
    """The terms of a phrase in all its spellings, each spelling as much as it is used."""
    words = background.words
    found: dict[int, float] = {}
    for spelling in words.spellings(forms):
        stems = [words.stem_of[number] for number in spelling]
        keys = np.unique(features(np.array([-1, *stems, -1], dtype=np.int64))[1])
        if len(keys):
            idf = background.idf(keys)
            use = float(np.exp(-idf.max()))
            for key, weight in zip(keys.tolist(), _unit(idf).tolist(), strict=True):
                found[key] = found.get(key, 0.0) + use * weight
    values = _unit(np.array(list(found.values())))
    return dict(zip(found, values.tolist(), strict=True))


def _unit(values: Floats) -> Floats:
    length = float(np.linalg.norm(values))
    return values / length if length else values
