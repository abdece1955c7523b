"""Rank a folder of papers and profiles with the program's own ranking, and say how long it took.

usage: python -m benchmarks.ranking DIR --out RUN.tsv [--likes liked5|liked20]
       python -m benchmarks.ranking DIR --ablate

DIR holds papers.jsonl.gz (id, set, role ``pool`` or ``history``, title, abstract) and
profiles.jsonl.gz (id, pool, keywords, negatives, liked5, liked20). Each set is one archive (its
``history``) and one week (its ``pool``). The run is ``profile<TAB>paper<TAB>score``.

With ``--ablate`` every part of the ranking is left out in turn, and qrels.tsv is read as well. What
is printed: the change of nDCG@10 over all readers and in each pool, with its paired 95 % interval;
the change among papers that hold none of a reader's phrases; and the share of the best ten that an
exclusion rules out. A change below 0 is what the part is worth.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.judged import (
    Constants,
    Figures,
    Floats,
    Pool,
    figures,
    interval,
    pools,
    profile,
    set_constants,
)
from digest.ranking import (
    Corpus,
    Ranking,
    background,
    collection,
    corpus,
    matching,
    queries,
    scoring,
)

PARTS: Mapping[str, Constants] = {
    "mentions": [(matching, "MENTION", 0.0)],
    "nearness": [(queries, "NEAR", 0.0)],
    "topics": [(queries, "TOPIC", 0.0)],
    "meaning": [(queries, "MEANING", 0.0)],
    "topics and meaning": [(queries, "TOPIC", 0.0), (queries, "MEANING", 0.0)],
    "rarity": [(background, "RARE", 1e6)],
    "other names": [(background, "_senses", lambda _: {})],
    "weight of titles": [(collection, "TITLE", 1), (matching, "TITLE", 1)],
    "length": [(corpus, "SLOPE", 0.0)],
    "floor": [(matching, "FLOOR", 0.0)],
    "leaning of exclusions": [(scoring, "AGAINST", 0.0)],
}


def main() -> None:
    """Rank every set of the folder and write the run, or leave out part by part."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--out", type=Path, help="where the run is written")
    what.add_argument("--ablate", action="store_true", help="leave out part by part")
    parser.add_argument("--likes", choices=["liked5", "liked20"], help="verdicts to learn from")
    arguments = parser.parse_args()
    held = pools(arguments.folder)
    if arguments.ablate:
        _ablate(held)
        return
    with arguments.out.open("w", encoding="utf-8") as out:
        for pool in held:
            for reader, scores in zip(pool.readers, _scores(pool, arguments.likes), strict=True):
                for paper, score in zip(pool.week, scores.tolist(), strict=True):
                    if score >= 0:
                        out.write(f"{reader['id']}\t{paper.id}\t{score:.4f}\n")


def _scores(pool: Pool, likes: str | None = None, *, quiet: bool = False) -> Floats:
    """Readers × papers: the scores; minus infinity for a paper that is ruled out."""
    started = time.perf_counter()
    ranking = Ranking(Corpus.learn([*pool.archive, *pool.week]), pool.week)
    learned = time.perf_counter()
    every = list(ranking.rank_many([profile(reader, likes) for reader in pool.readers]))
    if not quiet:
        print(
            f"{pool.name}: learned {len(pool.archive) + len(pool.week)} papers in "
            f"{learned - started:.2f} s; ranked {len(pool.week)} of them for "
            f"{len(pool.readers)} profiles in {time.perf_counter() - learned:.2f} s"
        )
    scores = np.array([scored.scores for scored in every])
    for row, scored in zip(scores, every, strict=True):
        row[list(scored.excluded)] = -np.inf
    return scores


def _ablate(held: Sequence[Pool]) -> None:
    full = [figures(pool, _scores(pool, quiet=True)) for pool in held]
    print(f"{'left out':22s} {'all':24s}" + "".join(f"{pool.name:24s}" for pool in held), end="")
    print(f"{'without the phrases':24s}ruled out")
    _print("nothing", [_measure(full, 0), *(each.ndcg for each in full), _measure(full, 1)], full)
    for name, constants in PARTS.items():
        with set_constants(constants):
            without = [figures(pool, _scores(pool, quiet=True)) for pool in held]
        changes = [new.ndcg - old.ndcg for new, old in zip(without, full, strict=True)]
        nonliteral = _measure(without, 1) - _measure(full, 1)
        _print(name, [np.concatenate(changes), *changes, nonliteral], without)


def _measure(found: Sequence[Figures], which: int) -> Floats:
    return np.concatenate([each[which] for each in found])


def _print(name: str, columns: Sequence[Floats], found: Sequence[Figures]) -> None:
    cells = []
    for values in columns:
        low, high = interval(values)
        sign = "" if name == "nothing" else "+"
        cells.append(f"{np.nanmean(values):{sign}.4f} [{low:{sign}.4f}, {high:{sign}.4f}]")
    print(f"{name:22s} " + "".join(f"{cell:24s}" for cell in cells), end="")
    print(f"{np.nanmean(_measure(found, 2)):.4f}", flush=True)


if __name__ == "__main__":
    main()
