"""How time and memory of the ranking grow with papers and interests.

usage: python benchmarks/scaling.py DIR [PAPERS READERS INTERESTS]... [--rounds N]

DIR is a folder as ``benchmarks/ranking.py`` reads it. Each triple of numbers is a case: that many
papers (those of the folder, again under other ids where it has too few), that many readers, and
that many different interests, made of two words of its readers' keywords, six to a reader. Without
cases: 1000 papers and 1000 readers with the keywords and exclusions of the folder's own. Learning
from the papers is part of the time; nothing is kept from round to round.
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

from judged import lines, paper, profile

from digest.model import Interest, Paper, PaperId, Profile
from digest.ranking import Corpus, Ranking

EACH = 6
"""Interests of a made-up reader."""


def main() -> None:
    """Time each case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("cases", type=int, nargs="*", metavar="PAPERS READERS INTERESTS")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    papers = [paper(raw) for raw in lines(arguments.folder / "papers.jsonl.gz")]
    readers = [profile(raw, None) for raw in lines(arguments.folder / "profiles.jsonl.gz")]
    random.Random(1).shuffle(papers)
    numbers = iter(arguments.cases)
    cases = list(zip(numbers, numbers, numbers, strict=True))
    if not cases:
        _time(papers[:1000], list(islice(cycle(_mixed(readers)), 1000)), arguments.rounds)
    for count, people, interests in cases:
        many = [
            replace(each, id=PaperId(f"{number:07}"))
            for number, each in enumerate(islice(cycle(papers), count))
        ]
        _time(many, _made_up(readers, people, interests), arguments.rounds)


def _mixed(readers: Sequence[Profile]) -> list[Profile]:
    """The readers, and as many who have their interests in other combinations."""
    chance = random.Random(2)
    interests = [interest for reader in readers for interest in reader.interests]
    others = [
        Profile(tuple({each.text: each for each in chance.sample(interests, EACH)}.values()))
        for _ in readers
    ]
    return [*readers, *others]


def _made_up(readers: Sequence[Profile], people: int, count: int) -> list[Profile]:
    chance = random.Random(3)
    words = sorted({word for r in readers for each in r.interests for word in each.text.split()})
    texts: set[str] = set()
    while len(texts) < count:
        texts.add(" ".join(chance.sample(words, 2)))
    interests = [Interest(text) for text in sorted(texts)]
    rest = iter(interests)
    first = [Profile(tuple(islice(rest, EACH))) for _ in range(min(people, -(-count // EACH)))]
    return first + [
        Profile(tuple(chance.sample(interests, EACH))) for _ in range(people - len(first))
    ]


def _time(papers: Sequence[Paper], readers: Sequence[Profile], rounds: int) -> None:
    interests = {interest for reader in readers for interest in reader.interests}
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        for _scored in Ranking(Corpus.learn(papers), papers).rank_many(readers):
            pass
        times.append(time.perf_counter() - started)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{len(papers):,} papers, {len(readers):,} readers, {len(interests):,} interests: "
        f"median {statistics.median(times):.2f} s, best {min(times):.2f} s; "
        f"at most {memory:.0f} MB so far",
        flush=True,
    )


if __name__ == "__main__":
    main()
