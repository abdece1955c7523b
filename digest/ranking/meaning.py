"""What words mean, by a table of static vectors of word pieces that ships with the program: a word
is the mean of the longest pieces it is made of. The vectors are those of WordLlama (Miller, 2024,
https://github.com/dleemiller/WordLlama, MIT licence, see ``pieces.LICENSE``), cut to 64 dimensions;
``benchmarks/make_pieces.py`` makes the table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]  # it ships no types

from digest.ranking.vocabulary import PAIR, Floats, Ints

START = "_"  # what a piece begins with that begins a word


class _Table(NamedTuple):
    number: Mapping[str, int]
    vectors: NDArray[np.int8]
    middle: NDArray[np.float32]


@lru_cache(maxsize=1)
def _table() -> _Table:
    with files("digest.ranking").joinpath("pieces.npz").open("rb") as file, np.load(file) as kept:
        pieces = kept["pieces"].tobytes().decode("ascii").split("\n")
        return _Table(
            {piece: at for at, piece in enumerate(pieces)}, kept["vectors"], kept["middle"]
        )


def pieces_of(word: str, number: Mapping[str, int]) -> tuple[int, ...]:
    """The numbers of the longest pieces that make up a word, from its start; letters that no piece
    has are left out."""
    text, found, at = START + word, [], 0
    while at < len(text):
        end = next((end for end in range(len(text), at, -1) if text[at:end] in number), at)
        if end > at:
            found.append(number[text[at:end]])
        at = max(end, at + 1)
    return tuple(found)


@lru_cache(maxsize=100_000)
def _vector(stem: str) -> Floats:
    table = _table()
    found = list(pieces_of(stem, table.number)) if stem else []
    vector: Floats = table.vectors[found].sum(axis=0, dtype=np.float64) / max(1, len(found))
    return vector


def vectors(stems: Iterable[str]) -> Floats:
    """A vector for each stem; 0 where no piece of it is known."""
    return np.array([_vector(""), *map(_vector, stems)])[1:]


def directions(
    weights: sparse.csr_array, terms: Ints, letters: Mapping[int, str] | Sequence[str]
) -> Floats:
    """The directions of texts, as rows of weights by term; 0 where nothing of a text is known.
    ``letters`` has those of each stem."""
    single = np.flatnonzero(terms >> PAIR == 0)
    return unit(weights[:, single] @ vectors(letters[stem] for stem in terms[single].tolist()))


def centred(papers: Floats) -> Floats:
    """Directions of papers without what all texts of the field have in common."""
    return unit(papers - _table().middle * papers.any(axis=1, keepdims=True))


def unit(rows: Floats) -> Floats:
    """Rows of length 1; a row of zeros stays."""
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    found: Floats = rows / np.where(length == 0, 1.0, length)
    return found
