"""What words mean, by a table of static vectors of word pieces that ships with the program: a word
is the mean of the longest pieces it is made of. The vectors are those of WordLlama (Miller, 2024,
https://github.com/dleemiller/WordLlama, MIT licence, see ``pieces.LICENSE``), cut to 64 dimensions;
``benchmarks/make_pieces.py`` makes the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]  # it ships no types

from digest.ranking.vocabulary import Floats

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
def _vector(word: str) -> NDArray[np.float32]:
    table = _table()
    found = table.vectors[list(pieces_of(word, table.number))]
    mean = found.mean(axis=0, dtype=np.float32) if word and len(found) else np.zeros(found.shape[1])
    return mean.astype(np.float32)


def vectors(stems: Sequence[str]) -> Floats:
    """A vector for each stem; 0 where no piece of it is known."""
    width = _table().vectors.shape[1]
    return np.array([_vector(stem) for stem in stems], dtype=np.float64).reshape(-1, width)


def directions(weights: sparse.csr_array, of_terms: Floats, *, of_papers: bool) -> Floats:
    """The directions of texts, as rows of weights by term; 0 where nothing of a text is known. From
    those of papers, what all texts of the field have in common is taken away."""
    found = _unit(weights @ of_terms)
    return (
        _unit(found - _table().middle * (np.linalg.norm(found, axis=1) > 0)[:, None])
        if of_papers
        else found
    )


def _unit(rows: Floats) -> Floats:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Floats = rows / np.where(length == 0, 1.0, length)
    return unit
