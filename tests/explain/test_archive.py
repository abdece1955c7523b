"""Which papers of the archive hold an interest, in the words of which the archive knows."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from digest.explain.archive import Archive
from digest.model import Interest, Paper, PaperId, PaperKey

TITLES = (
    "Low-Rank Adaptation (LoRA) of large models",
    "LoRA again",
    "Adaptation of low rank",
    "Long-Range radio (LoRA) at sea",
)
ARRIVED = datetime(2026, 11, 16, tzinfo=UTC)
ARCHIVE = Archive(
    [
        Paper(PaperKey(n), PaperId(f"p{n}"), title, "We read.", ARRIVED, authors=("Grace Hopper",))
        for n, title in enumerate(TITLES)
    ]
)


@pytest.mark.parametrize(
    ("interest", "papers"),
    [
        (Interest("low rank adaptations"), {0, 1}),
        (Interest("again"), {1}),
        (Interest("we read", place="title"), set()),
        (Interest("again|radio", "pattern"), {1, 3}),
        (Interest("G. Hopper", "author"), {0, 1, 2, 3}),
        (Interest("again", weight=7), {1}),
    ],
)
def test_papers_that_hold_an_interest(interest: Interest, papers: set[int]) -> None:
    assert ARCHIVE.holding(interest) == papers


def test_words_count_once_a_paper() -> None:
    assert ARCHIVE.words["lora"] == 3
    assert ARCHIVE.words["we"] == 4
