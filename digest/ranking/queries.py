"""What phrase interests ask of papers: their words, other names, topics and company."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]  # it ships no types

from digest.ranking.background import Background
from digest.ranking.corpus import Forms, lengths, over, scaled
from digest.ranking.topics import Topics, phrase_vectors
from digest.ranking.vocabulary import PAIR, Floats, Ints

TOPIC, TOPIC_USE = 1.15, 0.02
SPACE, SPACE_USE = 0.2, 0.1
"""What the words of an interest's topics, and nearness in the space learned from the archive,
count beside its own words. It halves for a phrase that the share ``…_USE`` of all papers hold:
papers on a thing that has a common name mostly say that name."""
_UNUSED = 1e-9
OTHER_NAMES = 0.5
"""How much of an interest's words are those of its acronym or long form as well."""


@dataclass(frozen=True)
class Name:
    """One way to say an interest; ``strength`` 1 for its own words, less for another name."""

    forms: Forms
    strength: float


@dataclass(frozen=True)
class Queries:
    """Phrase interests, one row each, ready to be compared with papers."""

    names: tuple[tuple[Name, ...], ...]
    terms: Ints
    """Columns of ``own`` and ``related``."""
    own: sparse.csr_array
    """Weights of the words of each interest."""
    stems: sparse.csr_array
    """The part of what its words tell that each of its stems tells; rows sum to 1."""
    topics: sparse.csr_array
    """What each topic of the table counts for it;"""
    related: sparse.csr_array
    """the weights of their words."""
    points: Floats
    """Its place in the learned space, as long as nearness counts."""


def queries(phrases: Sequence[Forms], background: Background, topics: Topics) -> Queries:
    """What each phrase asks for; it depends on the phrase's letters and the background alone."""
    phrases = _as_papers_write(phrases, background)
    all_names = tuple(names(forms, background) for forms in phrases)
    own_terms, own, use = _own(all_names, background)
    chosen = topics.weigh(phrases)
    counted = _gather(
        [
            (row, topic, weight)
            for row, found in enumerate(chosen)
            for topic, weight in found.items()
        ],
        (len(phrases), topics.vectors.shape[0]),
    )
    related = counted @ topics.vectors
    size = lengths(related)
    counted, related = scaled(counted, size), scaled(related, size)
    terms = np.union1d(own_terms, topics.terms)
    own, related = over(terms, own_terms, own), over(terms, topics.terms, related)
    points = background.space.place(scaled(own, lengths(own)) + related, terms)
    topical = sparse.diags_array(TOPIC * TOPIC_USE / (TOPIC_USE + use))
    return Queries(
        all_names,
        terms,
        own,
        _stems(own, terms),
        sparse.csr_array(topical @ counted),
        sparse.csr_array(topical @ related),
        points * (background.trust * SPACE * SPACE_USE / (SPACE_USE + use))[:, None],
    )


def _as_papers_write(phrases: Sequence[Forms], background: Background) -> list[Forms]:
    """The phrases with their words joined and split as most papers have them."""
    words = background.words
    spelled = [words.spelled(forms) for forms in phrases]
    doubtful = [n for n, ways in enumerate(spelled) if ways and ways != [phrases[n]]]
    stems = [[words.stem_number(form) for form in way] for n in doubtful for way in spelled[n]]
    rarest = iter(phrase_vectors(stems, background)[2].tolist())
    found = list(phrases)
    for n in doubtful:
        used = [(next(rarest), way) for way in spelled[n]]
        found[n] = min((u for u in used if u[0] < background.unseen), default=(0.0, phrases[n]))[1]
    return found


def names(forms: Forms, background: Background) -> tuple[Name, ...]:
    """Ways to say a phrase, its own words first."""
    others = background.senses.get("".join(forms), ())
    return (
        Name(forms, 1.0),
        *(Name(sense.forms, sense.share) for sense in others if sense.forms != forms),
    )


def _own(
    wanted: Sequence[Sequence[Name]], background: Background
) -> tuple[Ints, sparse.csr_array, Floats]:
    """Terms and weights of the interests' words, and the share of papers that hold each interest.

    A name counts in all spellings that papers use, each as much as they use it.
    """
    words = background.words
    spellings: list[list[int]] = []
    spelling_of: list[int] = []
    given: list[bool] = []
    own: list[tuple[int, int, float]] = []
    every: list[tuple[int, int, float]] = []
    for row, all_names in enumerate(wanted):
        own.append((row, len(every), 1.0))
        for name in all_names:
            found = [[words.stem_of[n] for n in s] for s in words.spellings(name.forms)]
            as_given = [words.stem_number(form) for form in name.forms]
            if as_given in found:
                found.remove(as_given)
            spellings += [as_given, *found]
            spelling_of += [len(every)] * (1 + len(found))
            given += [True] + [False] * len(found)
            every.append((row, len(every), name.strength))
    terms, vectors, rarest = phrase_vectors(spellings, background)
    # A spelling that no paper uses counts only if it is the given one, and there is no other.
    use = np.where(rarest < background.unseen, np.exp(-rarest), np.where(given, _UNUSED, 0.0))
    by_name = _gather(
        zip(spelling_of, range(len(spellings)), use.tolist(), strict=True),
        (len(every), len(spellings)),
    )
    name_vectors = by_name @ vectors
    name_vectors = scaled(name_vectors, lengths(name_vectors))
    shape = (len(wanted), len(every))
    all_names_together = _gather(every, shape) @ name_vectors
    its_own = _gather(own, shape)
    vectors = (1 - OTHER_NAMES) * (its_own @ name_vectors) + OTHER_NAMES * scaled(
        all_names_together, lengths(all_names_together)
    )
    used: Floats = its_own @ by_name.sum(axis=1)
    return terms, vectors.tocsr(), used


def _stems(own: sparse.csr_array, terms: Ints) -> sparse.csr_array:
    stems = own.copy()
    stems.data = np.where(terms[own.indices] >> PAIR > 0, 0.0, own.data**2)
    return scaled(stems, np.asarray(stems.sum(axis=1)).ravel())


def _gather(cells: Iterable[tuple[int, int, float]], shape: tuple[int, int]) -> sparse.csr_array:
    """A matrix of (row, column, value) cells."""
    found = list(cells)
    return sparse.coo_array(
        (
            np.array([value for _, _, value in found], dtype=np.float64),
            (
                np.array([row for row, _, _ in found], dtype=np.int64),
                np.array([column for _, column, _ in found], dtype=np.int64),
            ),
        ),
        shape=shape,
    ).tocsr()
