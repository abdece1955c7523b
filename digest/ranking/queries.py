"""Phrase interests as vectors: their words, other names, topics and latent points."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]  # it ships no types

from digest.ranking.background import Background, Name
from digest.ranking.collection import Forms, lengths, product, scaled, table
from digest.ranking.lsa import on_grid
from digest.ranking.meaning import directions
from digest.ranking.topics import Topics, phrase_vectors
from digest.ranking.vocabulary import PAIR, Floats, Ints, Vocabulary
from digest.text.stems import stem

NEAR = 0.15  # nearness in the latent space learned from the archive
TOPIC = 1.6  # what the words of an interest's topics count beside its own, where those are rare
MEANING = 0.49  # likeness of meaning, in the same way
ALIKE = 0.18  # the cosine of meanings that tells nothing; less of it takes evidence away
OTHER_NAMES = 0.4  # what the words of an acronym, or of its long form, count beside the given ones
_POINT_BITS = 28  # products of these points with those of papers stay below 1/4; see `on_grid`

Cells = tuple[Ints, Floats]  # columns and their values


@dataclass(frozen=True, eq=False)
class Queries:
    """Phrase interests, one row each, ready to be compared with papers."""

    names: Sequence[Sequence[Name]]
    terms: Ints  # the columns of `own` and `stems`
    own: sparse.csr_array  # weights of the interests' words
    stems: sparse.csr_array  # the share of each stem in the squares of all; they sum to 1
    topics: sparse.csr_array  # what each topic of the table counts for each interest
    points: Floats  # in the latent space, as long as nearness counts
    meanings: Floats  # directions among the vectors of words, as long as likeness counts
    alike: Floats  # what is taken from the likeness of each


def cells(found: sparse.csr_array, row: int) -> Cells:
    """Columns and values of a row."""
    held = slice(found.indptr[row], found.indptr[row + 1])
    return found.indices[held], found.data[held]


def names(forms: Forms, background: Background) -> tuple[Name, ...]:
    """Ways to say a phrase, its own words first."""
    others = background.senses.get("".join(forms), ())
    return (Name(forms, 1.0), *(other for other in others if other.forms != forms))


def queries(
    phrases: Sequence[Forms], background: Background, topics: Topics, vocabulary: Vocabulary
) -> Queries:
    """What to look for in papers, for each phrase. It depends on the letters of the phrase and on
    the background alone; ``vocabulary`` numbers the words that the background does not know as the
    papers have them."""
    all_names = [names(forms, background) for forms in phrases]
    ways = [[_ways(name.forms, background) for name in its] for its in all_names]
    terms, own, use = _own(all_names, ways, background, vocabulary)
    on_topics = topics.weigh([its[0] for its in ways])
    on_topics = scaled(on_topics, lengths(product(on_topics, topics.vectors)))
    rarity = background.rarity(use)
    stems = own.copy()
    stems.data = np.where(terms[own.indices] >> PAIR > 0, 0.0, own.data**2)
    forms = {form for its in ways for name in its for way in name for form in way}
    letters = {vocabulary.stem_number(form): stem(form) for form in forms}
    points = background.trust * NEAR * background.space.place(own, terms)
    likeness = rarity * MEANING
    meanings = likeness[:, None] * directions(own, terms, letters)
    return Queries(
        all_names,
        terms,
        own,
        scaled(stems, np.asarray(stems.sum(axis=1)).ravel()),
        (sparse.diags_array(rarity * TOPIC) @ on_topics).tocsr(),
        on_grid(points, _POINT_BITS),
        on_grid(meanings, _POINT_BITS),
        ALIKE * likeness,
    )


def _ways(name: Forms, background: Background) -> Sequence[Forms]:
    """How papers spell a name, without those ways that make a word of it one that says nothing, as
    ``on line`` does to ``online``; the given way if there is none."""
    silent = [stem(form) for form in name].count("")
    spelled = background.vocabulary.spelled(name)
    return [way for way in spelled if [stem(form) for form in way].count("") <= silent] or [name]


def _own(
    wanted: Sequence[Sequence[Name]],
    ways: Sequence[Sequence[Sequence[Forms]]],
    background: Background,
    vocabulary: Vocabulary,
) -> tuple[Ints, sparse.csr_array, Floats]:
    """Terms and weights of the interests' words, and the share of papers that hold each interest. A
    name counts in all the ways that papers spell it, each as much as they use it."""
    every = [(row, n) for row, its in enumerate(ways) for n in range(len(its))]
    spellings = [ways[row][n] for row, n in every]
    name_of = np.repeat(np.arange(len(every)), [len(its) for its in spellings])
    number = vocabulary.stem_number
    stems = [[number(form) for form in way] for its in spellings for way in its]
    terms, vectors, rarest = phrase_vectors(stems, background)
    use = np.where(rarest < background.unseen, np.exp(-rarest), 0.0)
    used: Floats = np.bincount(name_of, use, len(every)).astype(np.float64)
    # The given spelling of a name stands for it if no paper has any of its spellings.
    given = np.diff(name_of, prepend=-1) > 0
    share = np.where(used[name_of] > 0, use / np.maximum(used[name_of], 1e-12), given)
    count = np.array([OTHER_NAMES * wanted[row][n].strength if n else 1.0 for row, n in every])
    of_row = np.array([row for row, _ in every], dtype=np.int64)
    at = zip(of_row[name_of].tolist(), range(len(stems)), strict=True)
    counted = table(
        dict(zip(at, (count[name_of] * share).tolist(), strict=True)), (len(wanted), len(stems))
    )
    own = product(counted, vectors)
    first = np.flatnonzero(np.diff(of_row, prepend=-1) > 0)
    return terms, scaled(own, lengths(own)), used[first]
