"""Choose the five weights of evidence, honestly: by all families of pools but one, judged on it.

usage: python -m benchmarks.tune_ranking DIR

DIR is a folder as ``benchmarks/judged.py`` reads it. Pools of one venue form a family, because
they share papers. Every setting of the grid is judged by the mean of nDCG@10 over readers, plus a
quarter of that among papers that hold none of the phrases. What is printed: the best setting of all
families but one, with its figures on the family that was left out; the mean of these; the best
setting of all families; and the one that is taken: the nearest to the middle of the grid of those
that are less than 0.003 worse than the best, since four pools do not tell such settings apart.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks.judged import Figures, Floats, Pool, figures, pools, profile, set_constants
from digest.model import Interest
from digest.ranking import Corpus, background, calibration, exclusions, matching, queries, scoring

GRID: Mapping[str, Sequence[float]] = {
    "MENTION": (0.03, 0.042, 0.06),
    "NEAR": (0.1, 0.15, 0.2),
    "TOPIC": (1.2, 1.6, 2.1),
    "MEANING": (0.35, 0.49, 0.7),
    "RARE": (0.0003, 0.0007, 0.0017),
}
MODULES = {
    "MENTION": matching,
    "FLOOR": matching,
    "NEAR": queries,
    "TOPIC": queries,
    "MEANING": queries,
    "RARE": background,
}
NONLITERAL = 0.25  # what papers that hold none of the phrases count in the choice
TOLERANCE = 0.003
ADDENDS = ("MENTION", "NEAR", "TOPIC", "MEANING")  # evidence grows with these in proportion

Setting = tuple[float, ...]


def main() -> None:
    """Judge every setting on every pool, then choose."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    found: dict[Setting, dict[str, list[Figures]]] = {}
    for pool in pools(arguments.folder):
        for setting, measured in _judged(pool):
            found.setdefault(setting, {}).setdefault(pool.family, []).append(measured)
    families = list(next(iter(found.values())))
    left_out: list[Figures] = []
    for family in families:
        others = [each for each in families if each != family]
        chosen = _best(found, others)
        left_out += found[chosen][family]
        print(f"without {family:14s} {_named(chosen)}: there {_said(found[chosen][family])}")
    print(f"left out, all readers: {_said(left_out)}")
    for label, tolerance in (("best", 0.0), ("taken", TOLERANCE)):
        chosen = _best(found, families, tolerance)
        all_of_it = [each for family in families for each in found[chosen][family]]
        print(f"{label} on all: {_named(chosen)}: {_said(all_of_it)}")


def _judged(pool: Pool) -> Iterator[tuple[Setting, Figures]]:
    """The figures of every setting of the grid."""
    profiles = [profile(reader) for reader in pool.readers]
    wanted = dict.fromkeys(i for p in profiles for i in (*map(_plain, p.interests), *p.exclude))
    row = {interest: number for number, interest in enumerate(wanted)}
    weights, against = np.zeros((2, len(profiles), len(row)))
    for number, each in enumerate(profiles):
        for interest in each.interests:
            weights[number, row[_plain(interest)]] += interest.weight
        for exclusion in each.exclude:
            against[number, row[exclusion]] = exclusions.AGAINST
    ruled_out = np.zeros((len(profiles), len(pool.week)), dtype=bool)
    corpus = Corpus.learn([*pool.archive, *pool.week])
    found = matching.Matching(corpus, corpus.place(pool.week))
    for number, scored in enumerate(scoring.Ranking(corpus, pool.week).rank_many(profiles)):
        ruled_out[number, list(scored.excluded)] = True
    floor = matching.FLOOR
    for rare in GRID["RARE"]:
        words, parts = _parts(found, list(wanted), rare)
        for setting in product(*(GRID[name] for name in ADDENDS)):
            whole = words + sum(value * part for value, part in zip(setting, parts, strict=True))
            evidence = np.maximum(whole - floor, 0.0)
            brought = weights @ evidence
            scores = brought - exclusions.taken(brought, against @ evidence)
            scores[ruled_out] = -np.inf
            yield (*setting, rare), figures(pool, scores)


def _parts(
    papers: matching.Matching, wanted: Sequence[Interest], rare: float
) -> tuple[Floats, list[Floats]]:
    """Interests × papers: the evidence of the words alone, and of each addend with weight 1."""

    def evidence(weights: dict[str, float]) -> Floats:
        # With a floor of -1 no evidence is cut off at 0.
        these = dict.fromkeys(ADDENDS, 0.0) | {"FLOOR": -1.0, "RARE": rare} | weights
        with set_constants([(MODULES[name], name, value) for name, value in these.items()]):
            found = dict(papers.evidence(wanted))
        table = np.zeros((len(wanted), len(papers.papers)))
        for row, interest in enumerate(wanted):
            table[row] = found[interest].steps
        return table / (calibration.SCALE * calibration.STEPS)

    words = evidence({})
    return words - 1.0, [evidence({name: 1.0}) - words for name in ADDENDS]


def _plain(interest: Interest) -> Interest:
    return Interest(interest.text)


def _best(
    found: Mapping[Setting, Mapping[str, list[Figures]]],
    families: Sequence[str],
    tolerance: float = 0.0,
) -> Setting:
    """The best setting, or of those that are nearly as good the nearest to the grid's middle."""
    worth = {}
    for setting, by_family in found.items():
        ndcg, nonliteral, _ = _means([each for family in families for each in by_family[family]])
        worth[setting] = ndcg + NONLITERAL * nonliteral
    least = max(worth.values()) - tolerance
    good = [setting for setting, its in worth.items() if its >= least]
    return min(good, key=lambda setting: (_from_middle(setting), -worth[setting]))


def _from_middle(setting: Setting) -> int:
    grid = [list(values) for values in GRID.values()]
    return sum(abs(all_.index(it) - len(all_) // 2) for all_, it in zip(grid, setting, strict=True))


def _means(measured: Sequence[Figures]) -> list[float]:
    return [float(np.nanmean(np.concatenate(each))) for each in zip(*measured, strict=True)]


def _named(setting: Setting) -> str:
    return " ".join(f"{name} {value:g}" for name, value in zip(GRID, setting, strict=True))


def _said(measured: Sequence[Figures]) -> str:
    ndcg, nonliteral, negative = _means(measured)
    return f"nDCG@10 {ndcg:.4f}, without the phrases {nonliteral:.4f}, ruled out {negative:.4f}"


if __name__ == "__main__":
    main()
