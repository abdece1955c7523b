"""The judged pools of a folder, and how well scores put the relevant papers first.

The folder holds what ``benchmarks/ranking.py`` reads, and qrels.tsv: profile, paper, grade, whether
the text holds one of the profile's phrases, whether one of its exclusions rules the paper out.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from digest.model import Interest, Paper, PaperId, PaperKey, Profile

ARRIVED = datetime(2025, 1, 6, tzinfo=UTC)
TOP = 10
DISCOUNT = 1 / np.log2(np.arange(2, TOP + 2))
RESAMPLES = 2_000

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Constants = Sequence[tuple[ModuleType, str, Any]]


@dataclass(frozen=True, eq=False)
class Pool:
    """One week of papers with its archive and its readers. The judgements are readers × papers."""

    name: str
    archive: Sequence[Paper]
    week: Sequence[Paper]  # in the order of their ids, which decides between equal scores
    readers: Sequence[Mapping[str, Any]]
    gains: Floats
    literal: Flags  # relevant papers that hold one of the reader's phrases
    negative: Flags

    @property
    def family(self) -> str:
        """The name without the year: pools of one venue share papers and labels."""
        return re.sub(r"\d+$", "", self.name)


class Figures(NamedTuple):
    """Measures of each reader; not a number where a reader has nothing to be measured by."""

    ndcg: Floats
    nonliteral: Floats  # the same after removal of the relevant papers that hold a phrase
    negative: Floats  # the share of the best ten that an exclusion rules out


def pools(folder: Path) -> list[Pool]:
    """The pools of a folder, in the order of the file."""
    raw = list(lines(folder / "papers.jsonl.gz"))
    profiles = list(lines(folder / "profiles.jsonl.gz"))
    judged: dict[str, list[tuple[str, int, bool, bool]]] = defaultdict(list)
    for line in (folder / "qrels.tsv").read_text("utf-8").splitlines()[1:]:
        reader, of_paper, grade, literal, negative = line.split("\t")
        judged[reader].append((of_paper, int(grade), literal == "1", negative == "1"))
    found = []
    for name in dict.fromkeys(each["set"] for each in raw):
        held = [each for each in raw if each["set"] == name]
        archive = [paper(each) for each in held if each["role"] == "history"]
        week = [paper(each) for each in held if each["role"] == "pool"]
        week.sort(key=lambda each: each.id)
        readers = [each for each in profiles if each["pool"] == name]
        at = {each.id: number for number, each in enumerate(week)}
        gains = np.zeros((len(readers), len(week)))
        literal_, negative_ = np.zeros((2, *gains.shape), dtype=bool)
        for row, reader_ in enumerate(readers):
            for of, grade_, holds, out in judged[reader_["id"]]:
                if (column := at.get(PaperId(of))) is not None:
                    gains[row, column] = 2.0**grade_ - 1
                    literal_[row, column] = holds and grade_ > 0
                    negative_[row, column] = out
        found.append(Pool(name, archive, week, readers, gains, literal_, negative_))
    return found


def figures(pool: Pool, scores: Floats) -> Figures:
    """How good an order is; papers that are ruled out have a score of minus infinity."""
    order = _best(scores)
    shown = np.take_along_axis(pool.negative, order, axis=1).mean(axis=1)
    asked = np.array([bool(reader["negatives"]) for reader in pool.readers])
    kept = np.where(pool.literal, 0.0, pool.gains)
    return Figures(
        _ndcg(pool.gains, order),
        _ndcg(kept, _best(np.where(pool.literal, -np.inf, scores))),
        np.where(asked, shown, np.nan),
    )


def _best(scores: Floats) -> NDArray[np.int64]:
    """The best papers of each reader, in order; of equal scores the first by id comes first."""
    unequal = scores - 1e-12 * np.arange(scores.shape[1])
    best = np.argpartition(-unequal, TOP, axis=1)[:, :TOP]
    order = np.argsort(-np.take_along_axis(unequal, best, axis=1), axis=1)
    return np.take_along_axis(best, order, axis=1)


def _ndcg(gains: Floats, order: NDArray[np.int64]) -> Floats:
    found = np.take_along_axis(gains, order, axis=1) @ DISCOUNT
    best: Floats = -np.sort(np.partition(-gains, TOP, axis=1)[:, :TOP], axis=1) @ DISCOUNT
    return np.where(best > 0, found / np.where(best > 0, best, 1.0), np.nan)


def interval(differences: Floats) -> tuple[float, float]:
    """The 95 % interval of a mean, by bootstrap over readers."""
    known = differences[~np.isnan(differences)]
    drawn = np.random.default_rng(0).integers(0, len(known), (RESAMPLES, len(known)))
    low, high = np.percentile(known[drawn].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)


@contextmanager
def set_constants(constants: Constants) -> Iterator[None]:
    """Constants of the program, changed for a while."""
    before = [(module, name, getattr(module, name)) for module, name, _ in constants]
    try:
        for module, name, value in constants:
            setattr(module, name, value)
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)


def lines(path: Path) -> Iterator[Mapping[str, Any]]:
    """The objects of a file of JSON lines, gzipped."""
    with gzip.open(path, "rt", encoding="utf-8") as held:
        yield from map(json.loads, held)


def paper(raw: Mapping[str, Any]) -> Paper:
    return Paper(PaperKey(0), PaperId(raw["id"]), raw["title"], raw["abstract"], ARRIVED)


def profile(raw: Mapping[str, Any], likes: str | None = None) -> Profile:
    return Profile(
        tuple(Interest(k["phrase"], weight=k["weight"]) for k in raw["keywords"]),
        tuple(Interest(phrase) for phrase in raw["negatives"]),
        liked=tuple(map(PaperId, raw[likes] or ())) if likes else (),
    )
