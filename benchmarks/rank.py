"""Deciding everybody's digest: scores, what was sent before, the best papers, and their reasons.

On our side it is the whole stage of a pass: profiles are read from the ledger, and decisions are
recorded in it. The baseline has everything in memory and records nothing: scikit-learn's TF-IDF and
cosine in blocks, what was sent set to nothing, ``argpartition`` for the best ten, and for each the
interest that is nearest to the paper. Where sparse_dot_topn is installed, its product with the best
ten stands beside it, without what was sent and without reasons.
"""

from __future__ import annotations

import importlib.util
import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import homes
from benchmarks.measuring import Cost, Figure, Options, Scale, alternate, cost_figures, in_child

TOP = 10
BLOCK = 2_000  # readers at a time in the baseline
PLAIN, TOPN = "scikit-learn, argpartition", "sparse_dot_topn"


@dataclass(frozen=True)
class Size:
    """How many of each."""

    readers: int
    papers: int
    interests: int
    sent: int  # past papers of each reader


SIZES = {
    Scale.FULL: Size(100_000, 2_000, 20_000, 100),
    Scale.QUICK: Size(2_000, 500, 2_000, 100),
    Scale.TINY: Size(5, 40, 15, 3),
}


def measure(options: Options) -> Iterator[Figure]:
    """All ways in turn, each in a process of its own."""
    size = SIZES[options.scale]
    plan = homes.Plan(size.readers, size.interests, size.papers, limit=TOP, given=options.papers)
    home = homes.with_readers(options.folder / "home", plan)
    homes.run(home, now=homes.BEFORE)  # the papers are read
    add_history(home, size)
    numbers = count()

    def ours() -> Cost:
        folder = homes.copy(home, options.folder / f"round-{next(numbers)}")
        return in_child("benchmarks.rank:decided", str(folder), size.readers).cost

    names = {PLAIN: "plainly"}
    if importlib.util.find_spec("sparse_dot_topn"):
        names[TOPN] = "with_topn"
    ways: dict[str, Callable[[], Cost]] = {"digest": ours}
    for name, work in names.items():
        ways[name] = partial(_child, work, home)
    case = (
        f"{size.readers:,} readers × {size.papers:,} papers × {size.interests:,} interests, "
        f"{size.readers * size.sent:,} sent pairs"
    )
    for name, spent in alternate(ways, options.alternations()).items():
        full = options.scale is Scale.FULL and name == "digest"
        yield from cost_figures(case, name, spent, goal="under 30 s, 1,000 MB" if full else "")


def _child(work: str, home: Path) -> Cost:
    return in_child(f"benchmarks.rank:{work}", str(home)).cost


def add_history(home: Path, size: Size) -> None:
    """Record that every reader has had some of the papers, which are still to be chosen from."""
    with closing(sqlite3.connect(home / "state" / "digest.db")) as ledger, ledger:
        keys = [key for (key,) in ledger.execute("SELECT key FROM paper ORDER BY key")]
        pairs = (
            (reader, keys[(reader * 37 + at * 17) % len(keys)])
            for reader in range(1, size.readers + 1)
            for at in range(size.sent)
        )
        ledger.executemany("INSERT OR IGNORE INTO sent VALUES (?, ?)", pairs)


# --- the ways, each in a process of its own ----------------------------------------------


def decided(home: str, readers: int) -> Callable[[], int]:
    """The stage of a pass."""
    from digest.cli import app  # noqa: PLC0415  only this child needs it
    from digest.pipeline.decide import decide  # noqa: PLC0415

    def work() -> int:
        with app.open_context(app.open_home(Path(home)), now=homes.MONDAY) as context:
            until = context.ledger.newest_key()
            report = decide(context, until=until, papers_came=True, now=homes.MONDAY)
            assert report.skipped == 0, report.skipped
            waiting = context.ledger.waiting("email", now=homes.MONDAY)
        assert waiting == readers, (waiting, readers)
        return waiting

    return work


Asked = tuple[Any, Any, NDArray[np.intp], list[str]]


def _vectors(home: str) -> Asked:
    """Readers and papers as TF-IDF vectors, each reader's interests, and the interests."""
    from sklearn.feature_extraction.text import (  # type: ignore[import-untyped]  # noqa: PLC0415
        TfidfVectorizer,
    )

    papers = [json.loads(line) for line in _lines(home, "inbox")]
    readers = [json.loads(line)["interests"] for line in _lines(home, "people.jsonl")]
    interests = sorted({text for reader in readers for text in reader})
    row = {text: number for number, text in enumerate(interests)}
    tfidf = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, stop_words="english")
    known = tfidf.fit_transform([f"{one['title']} {one['abstract']}" for one in papers])
    asked = tfidf.transform([" . ".join(reader) for reader in readers])
    each = np.array([[row[text] for text in reader] for reader in readers])
    return asked, (known, tfidf), each, interests


def _lines(home: str, name: str) -> Iterator[str]:
    path = Path(home) / name
    for file in sorted(path.iterdir()) if path.is_dir() else [path]:
        yield from file.open(encoding="utf-8")


def _sent(home: str) -> Sequence[tuple[int, int]]:
    with closing(sqlite3.connect(Path(home) / "state" / "digest.db")) as ledger:
        return ledger.execute("SELECT subscriber, paper FROM sent ORDER BY subscriber").fetchall()


def plainly(home: str) -> Callable[[], int]:
    """With scikit-learn."""
    from sklearn.metrics.pairwise import (  # type: ignore[import-untyped]  # noqa: PLC0415
        cosine_similarity,
    )

    def work() -> int:
        asked, (known, tfidf), each, interests = _vectors(home)
        near = cosine_similarity(tfidf.transform(interests), known).astype(np.float32)
        pairs = np.array(_sent(home)) - 1
        ends = np.searchsorted(pairs[:, 0], np.arange(asked.shape[0] + 1))
        picked = 0
        for first in range(0, asked.shape[0], BLOCK):
            scores = cosine_similarity(asked[first : first + BLOCK], known)
            last = first + len(scores)
            sent = pairs[ends[first] : ends[last]]
            scores[sent[:, 0] - first, sent[:, 1]] = 0
            best = np.argpartition(-scores, TOP, axis=1)[:, :TOP]
            order = np.argsort(-np.take_along_axis(scores, best, 1), axis=1)
            best = np.take_along_axis(best, order, 1)
            reasons = near[each[first:last, :, None], best[:, None, :]].argmax(axis=1)
            picked += reasons.size
        return picked

    return work


def with_topn(home: str) -> Callable[[], int]:
    """With sparse_dot_topn."""
    topn = importlib.import_module("sparse_dot_topn").sp_matmul_topn

    def work() -> int:
        asked, (known, _), _, _ = _vectors(home)
        return int(topn(asked, known.T.tocsr(), top_n=TOP, n_threads=1).nnz)

    return work
