"""Phrase interests as vectors: their words, other names, topics and latent points."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]  # it ships no types

from digest.ranking.background import Background, Name
from digest.ranking.collection import Forms, lengths, over, product, scaled
from digest.ranking.lsa import on_grid
from digest.ranking.meaning import directions, vectors
from digest.ranking.topics import Topics, phrase_vectors
from digest.ranking.vocabulary import PAIR, Floats, Ints, Vocabulary

NEAR = 0.1  # nearness in the latent space learned from the archive
TOPIC = 1.15  # what the words of an interest's topics count beside its own, where those are rare
MEANING = 0.2  # likeness of meaning, in the same way
_UNUSED = 1e-9  # the use of a spelling that no paper has, where it is the only one
_POINT_BITS = 28  # products of these points with those of papers stay below 1/4; see `on_grid`
OTHER_NAMES = 0.5  # how much of an interest's words are those of its acronym or long form as well

Cells = tuple[Ints, Floats]  # terms and their weights


@dataclass(frozen=True, eq=False)
class Query:
    """One phrase interest."""

    names: tuple[Name, ...]
    own: Cells  # weights of its words
    stems: Cells  # the share of each of its stems in the idf of all; they sum to 1
    related: Cells  # weights of the words of its topics
    point: Floats  # its point in the latent space, as long as nearness counts
    meaning: Floats  # its direction among the vectors of words, as long as likeness counts


@dataclass(frozen=True, eq=False)
class Queries:
    """Phrase interests, one row each, ready to be compared with papers."""

    names: tuple[tuple[Name, ...], ...]
    terms: Ints  # columns of `own`, `stems` and `related`
    own: sparse.csr_array
    stems: sparse.csr_array
    topics: sparse.csr_array  # what each topic of the table counts for each interest
    related: sparse.csr_array
    points: Floats
    meanings: Floats

    def query(self, row: int) -> Query:
        """One of them, free of the others' memory."""
        tables = [cells(table, row) for table in (self.own, self.stems, self.related)]
        own, stems, related = ((self.terms[columns], its.copy()) for columns, its in tables)
        points = self.points[row].copy(), self.meanings[row].copy()
        return Query(self.names[row], own, stems, related, *points)


def cells(table: sparse.csr_array, row: int) -> Cells:
    """Columns and values of a row."""
    held = slice(table.indptr[row], table.indptr[row + 1])
    return table.indices[held], table.data[held]


def queries(
    phrases: Sequence[Forms], background: Background, topics: Topics, vocabulary: Vocabulary
) -> Queries:
    """What to look for in papers, for each phrase. It depends on the letters of the phrase and on
    the background alone; ``vocabulary`` numbers the words that the background does not know as the
    papers have them."""
    phrases = _as_papers_write(phrases, background)
    all_names = tuple(names(forms, background) for forms in phrases)
    own_terms, own, use = _own(all_names, background, vocabulary)
    chosen = enumerate(topics.weigh(phrases))
    weighed = [(row, *each) for row, found in chosen for each in found.items()]
    counted = _gather(weighed, (len(phrases), topics.vectors.shape[0]))
    related = product(counted, topics.vectors)
    size = lengths(related)
    counted, related = scaled(counted, size), scaled(related, size)
    terms = np.union1d(own_terms, topics.terms)
    own, related = over(terms, own_terms, own), over(terms, topics.terms, related)
    points = on_grid(background.trust * NEAR * background.space.place(own, terms), _POINT_BITS)
    rarity = background.rarity(use)
    meanings = rarity[:, None] * MEANING * _meanings(own, terms, all_names, vocabulary)
    rare = sparse.diags_array(rarity * TOPIC)
    counted, related = (rare @ counted).tocsr(), (rare @ related).tocsr()
    return Queries(
        all_names,
        terms,
        own,
        _stems(own, terms),
        counted,
        related,
        points,
        on_grid(meanings, _POINT_BITS),
    )


def _meanings(
    own: sparse.csr_array, terms: Ints, wanted: Sequence[Sequence[Name]], vocabulary: Vocabulary
) -> Floats:
    """The directions of interests among the vectors of words; also of words that no paper has."""
    held = np.unique(own.indices)
    single = held[terms[held] >> PAIR == 0]
    forms = {form for its in wanted for name in its for form in name.forms}
    stems = vocabulary.stems_of(terms[single], beside=forms)
    return directions(own[:, single], vectors(stems), of_papers=False)


def _as_papers_write(phrases: Sequence[Forms], background: Background) -> list[Forms]:
    """The phrases with their words joined and split as most papers have them."""
    vocabulary = background.vocabulary
    spelled = [vocabulary.spelled(forms) for forms in phrases]
    doubtful = [n for n, ways in enumerate(spelled) if ways and ways != [phrases[n]]]
    number = vocabulary.stem_number
    stems = [[number(form) for form in way] for n in doubtful for way in spelled[n]]
    rarest = iter(phrase_vectors(stems, background)[2].tolist())
    found = list(phrases)
    for n in doubtful:
        used = [(next(rarest), way) for way in spelled[n]]
        found[n] = min((u for u in used if u[0] < background.unseen), default=(0.0, phrases[n]))[1]
    return found


def names(forms: Forms, background: Background) -> tuple[Name, ...]:
    """Ways to say a phrase, its own words first."""
    others = background.senses.get("".join(forms), ())
    return (Name(forms, 1.0), *(other for other in others if other.forms != forms))


def _own(
    wanted: Sequence[Sequence[Name]], background: Background, vocabulary: Vocabulary
) -> tuple[Ints, sparse.csr_array, Floats]:
    """Terms and weights of the interests' words, and the share of papers that hold each interest. A
    name counts in all spellings that papers use, each as much as they use it."""
    known = background.vocabulary
    spellings: list[list[int]] = []
    spelling_of: list[int] = []
    own: list[tuple[int, int, float]] = []
    every: list[tuple[int, int, float]] = []
    for row, all_names in enumerate(wanted):
        own.append((row, len(every), 1.0))
        for name in all_names:
            found = [[known.stem_of[n] for n in s] for s in known.spellings(name.forms)]
            as_given = [vocabulary.stem_number(form) for form in name.forms]
            if as_given in found:
                found.remove(as_given)
            spellings += [as_given, *found]
            spelling_of += [len(every)] * (1 + len(found))
            every.append((row, len(every), name.strength))
    given = np.diff(spelling_of, prepend=-1) > 0
    terms, vectors, rarest = phrase_vectors(spellings, background)
    # A spelling that no paper uses counts only if it is the given one, and there is no other.
    use = np.where(rarest < background.unseen, np.exp(-rarest), np.where(given, _UNUSED, 0.0))
    uses = zip(spelling_of, range(len(spellings)), use.tolist(), strict=True)
    by_name = _gather(uses, (len(every), len(spellings)))
    name_vectors = product(by_name, vectors)
    name_vectors = scaled(name_vectors, lengths(name_vectors))
    shape = (len(wanted), len(every))
    together = product(_gather(every, shape), name_vectors)
    together = scaled(together, lengths(together))
    its_own = _gather(own, shape)
    vectors = (1 - OTHER_NAMES) * product(its_own, name_vectors) + OTHER_NAMES * together
    used: Floats = its_own @ by_name.sum(axis=1)
    return terms, vectors.tocsr(), used


def _stems(own: sparse.csr_array, terms: Ints) -> sparse.csr_array:
    stems = own.copy()
    stems.data = np.where(terms[own.indices] >> PAIR > 0, 0.0, own.data**2)
    return scaled(stems, np.asarray(stems.sum(axis=1)).ravel())


def _gather(cells: Iterable[tuple[int, int, float]], shape: tuple[int, int]) -> sparse.csr_array:
    found = list(cells)
    values = np.array([value for _, _, value in found], dtype=np.float64)
    at = np.array([(row, column) for row, column, _ in found], dtype=np.int64).reshape(-1, 2).T
    return sparse.coo_array((values, (at[0], at[1])), shape=shape).tocsr()
