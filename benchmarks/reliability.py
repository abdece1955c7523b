"""How much a score means: precision by score, and whether a threshold keeps it from pool to pool.

usage: python -m benchmarks.reliability DIR RUN.tsv [--out PLOT.svg]

DIR is a folder as ``benchmarks/ranking.py`` reads it, with qrels.tsv; RUN is what that script
wrote. A pair is relevant if its grade is above 0. For each pool, the threshold above which half
of the pairs are relevant is applied to every other pool.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.judged import lines

PRECISION = 0.5
BINS = np.arange(0.0, 1.0001, 0.1)
COLOURS = ("#1b6ca8", "#c8553d", "#2f855a", "#7c4d9f")
LEFT, TOP, WIDTH, HEIGHT = 52, 18, 480, 300

Pairs = tuple[NDArray[np.float64], NDArray[np.bool_]]


def main() -> None:
    """Print both tables; draw the plot where one is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    pools = _pairs(arguments.folder, arguments.run)
    reliability = {name: _by_score(pairs) for name, pairs in pools.items()}
    print("precision by score   " + " ".join(f"{low:5.1f}+" for low in BINS[:-1]))
    for name, shares in reliability.items():
        print(f"{name:20s} " + " ".join(f"{share:6.3f}" for share in shares))
    print(f"\nprecision at the threshold that gives {PRECISION} on the pool of the row")
    for name, pairs in pools.items():
        threshold = _threshold(pairs)
        found = " ".join(
            f"{other} {(relevant[scores >= threshold]).mean():.3f}"
            for other, (scores, relevant) in pools.items()
        )
        print(f"{name:20s} {threshold:.3f}: {found}")
    if arguments.out:
        arguments.out.write_text(_plot(reliability), encoding="utf-8")


def _pairs(folder: Path, run: Path) -> dict[str, Pairs]:
    """Scores and relevance of every ranked pair, by pool."""
    pool_of = {raw["id"]: raw["pool"] for raw in lines(folder / "profiles.jsonl.gz")}
    relevant = set()
    for line in (folder / "qrels.tsv").read_text("utf-8").splitlines()[1:]:
        profile, paper, grade, *_ = line.split("\t")
        if int(grade) > 0:
            relevant.add((profile, paper))
    found: dict[str, list[tuple[float, bool]]] = {}
    for line in run.read_text("utf-8").splitlines():
        profile, paper, score = line.split("\t")
        pair = (float(score), (profile, paper) in relevant)
        found.setdefault(pool_of[profile], []).append(pair)
    return {
        name: (np.array([score for score, _ in pairs]), np.array([hit for _, hit in pairs]))
        for name, pairs in found.items()
    }


def _by_score(pairs: Pairs) -> NDArray[np.float64]:
    scores, relevant = pairs
    bins = np.clip(np.digitize(scores, BINS) - 1, 0, len(BINS) - 2)
    size = np.bincount(bins, minlength=len(BINS) - 1)
    hits = np.bincount(bins, relevant, minlength=len(BINS) - 1)
    shares: NDArray[np.float64] = hits / np.maximum(size, 1)
    return shares


def _threshold(pairs: Pairs) -> float:
    """The lowest score down to which at least ``PRECISION`` of the pairs are relevant."""
    scores, relevant = pairs
    order = np.argsort(-scores, kind="stable")
    precision = np.cumsum(relevant[order]) / np.arange(1, len(order) + 1)
    return float(scores[order][np.flatnonzero(precision >= PRECISION)[-1]])


def _plot(reliability: Mapping[str, NDArray[np.float64]]) -> str:
    def x(score: float) -> float:
        return LEFT + WIDTH * score

    def y(share: float) -> float:
        return TOP + HEIGHT * (1 - share)

    middles = (BINS[:-1] + BINS[1:]) / 2
    size = f"0 0 {LEFT + WIDTH + 18} {TOP + HEIGHT + 46}"
    style = 'font-family="sans-serif" font-size="12"'
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{size}" {style} role="img">',
        "<title>Share of relevant papers by score, one line a pool</title>",
        '<rect width="100%" height="100%" fill="#fff"/>',
    ]
    for tick in np.arange(0.0, 1.01, 0.2):
        across, up, below = f"{x(tick):.0f}", f"{y(tick):.0f}", TOP + HEIGHT + 18
        drawn += [
            f'<path d="M{x(0):.0f} {up}H{x(1):.0f}" stroke="#ddd"/>',
            f'<text x="{LEFT - 8}" y="{up}" dy="4" text-anchor="end">{tick:.1f}</text>',
            f'<text x="{across}" y="{below}" text-anchor="middle">{tick:.1f}</text>',
        ]
    half, turned = f"{x(0.5):.0f}", f"translate(14 {y(0.5):.0f}) rotate(-90)"
    drawn += [
        f'<text x="{half}" y="{TOP + HEIGHT + 38}" text-anchor="middle">score</text>',
        f'<text transform="{turned}" text-anchor="middle">share of relevant papers</text>',
    ]
    for number, (name, shares) in enumerate(reliability.items()):
        colour = COLOURS[number % len(COLOURS)]
        points = " ".join(
            f"{x(a):.0f},{y(b):.0f}" for a, b in zip(middles.tolist(), shares.tolist(), strict=True)
        )
        drawn += [
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>',
            f'<text x="{x(0.04):.0f}" y="{TOP + 16 + 18 * number}" fill="{colour}">{name}</text>',
        ]
    return "\n".join([*drawn, "</svg>", ""])


if __name__ == "__main__":
    main()
