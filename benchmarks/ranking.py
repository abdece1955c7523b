"""Rank a folder of papers and profiles with the program's own ranking, and say how long it took.

usage: python benchmarks/ranking.py DIR --out RUN.tsv [--likes liked5|liked20]

DIR holds papers.jsonl.gz (id, set, role ``pool`` or ``history``, title, abstract) and
profiles.jsonl.gz (id, pool, keywords, negatives, liked5, liked20). Each set is one archive (its
``history``) and
one week (its ``pool``). The run is ``profile<TAB>paper<TAB>score``; judgements are not read.
"""

from __future__ import annotations

import argparse
import gzip
import json
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from digest.model import Interest, Paper, PaperId, PaperKey, Profile
from digest.ranking import Corpus, Ranking

ARRIVED = datetime(2025, 1, 6, tzinfo=UTC)


def main() -> None:
    """Rank every set of the folder and write the run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--likes", choices=["liked5", "liked20"], help="verdicts to learn from")
    arguments = parser.parse_args()
    papers = list(lines(arguments.folder / "papers.jsonl.gz"))
    profiles = list(lines(arguments.folder / "profiles.jsonl.gz"))
    with arguments.out.open("w", encoding="utf-8") as out:
        for name in dict.fromkeys(p["set"] for p in papers):
            archive = [paper(p) for p in papers if p["set"] == name and p["role"] == "history"]
            week = [paper(p) for p in papers if p["set"] == name and p["role"] == "pool"]
            readers = [p for p in profiles if p["pool"] == name]
            for line in _rank(name, archive, week, readers, arguments.likes):
                out.write(line)


def _rank(
    name: str,
    archive: list[Paper],
    week: list[Paper],
    readers: list[Mapping[str, Any]],
    likes: str | None,
) -> Iterator[str]:
    started = time.perf_counter()
    ranking = Ranking(Corpus.learn([*archive, *week]), week)
    learned = time.perf_counter()
    all_scored = list(ranking.rank_many(profile(reader, likes) for reader in readers))
    ranked = time.perf_counter()
    print(
        f"{name}: learned {len(archive) + len(week)} papers in {learned - started:.2f} s; "
        f"ranked {len(week)} of them for {len(readers)} profiles in {ranked - learned:.2f} s"
    )
    for reader, scored in zip(readers, all_scored, strict=True):
        for i, score in enumerate(scored.scores.tolist()):
            if i not in scored.excluded:
                yield f"{reader['id']}\t{week[i].id}\t{score:.4f}\n"


def lines(path: Path) -> Iterator[Mapping[str, Any]]:
    """The objects of a file of JSON lines, gzipped."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def paper(raw: Mapping[str, Any]) -> Paper:
    return Paper(PaperKey(0), PaperId(raw["id"]), raw["title"], raw["abstract"], ARRIVED)


def profile(raw: Mapping[str, Any], likes: str | None) -> Profile:
    return Profile(
        tuple(Interest(k["phrase"], weight=k["weight"]) for k in raw["keywords"]),
        tuple(Interest(phrase) for phrase in raw["negatives"]),
        liked=tuple(map(PaperId, raw[likes] or ())) if likes else (),
    )


if __name__ == "__main__":
    main()
