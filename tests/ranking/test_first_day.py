"""The first day: no archive but one page of papers; docs/ranking.md shows more of it."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest import dedup, sources
from digest.model import DumpHash, Interest, Paper, Profile, Reason
from digest.ranking import Corpus, Ranking
from tests.ranking.samples import papers, profile, ranking_of

EXAMPLES = Path(__file__).parents[2] / "examples" / "dumps"
REAL = os.environ.get("REAL_DUMPS", "")
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)

ROBOTS = Profile(
    (
        Interest("robot learning"),
        Interest("robotics"),
        Interest("reinforcement learning", weight=0.7),
        Interest("sample efficiency"),
    ),
    (Interest("human feedback"), Interest("preference optimization")),
)
READERS = {
    "a method": (
        profile("low-rank adaptation", "quantization"),
        {"QLoRA", "LoRA", "DoRA", "AdaLoRA"},
    ),
    "an application": (
        profile("medical imaging", "radiology"),
        {"Segment Anything in Medical Images", "MedGemma", "Contrastive Learning of Medical"},
    ),
    "a broad field": (profile("reinforcement learning"), {"Soft Actor-Critic", "Conservative Q-"}),
    "two fields": (
        profile("speech recognition", "diffusion models"),
        {"Robust Speech Recognition", "Denoising Diffusion", "High-Resolution Image Synthesis"},
    ),
    "one thing and not another": (
        profile("reinforcement learning", exclude=["large language models", "robots", "LLM"]),
        {"Soft Actor-Critic", "Conservative Q-", "Proximal Policy"},
    ),
    "robots": (ROBOTS, {"Learning to Walk in Minutes", "RT-2", "GR00T N1"}),
    "words that no paper has": (
        profile("locomotion", "image generation"),
        {"Learning to Walk", "High-Resolution Image Synthesis"},
    ),
}
"""Readers of different kinds, and how the titles begin that must be among their five best."""


def read(folder: Path) -> list[Paper]:
    paths = sorted(path for path in folder.iterdir() if path.suffix == ".txt")
    dumps = [
        sources.read(path.name, path.read_bytes(), hash=DumpHash(path.name), arrived=NOW)
        for path in paths
    ]
    records = [record for dump in dumps for record in dump.records]
    return [match.paper for match in dedup.match(records, (), listed=None, arrived=NOW)]


def best(found: Ranking, wishes: Profile, count: int) -> list[str]:
    ranked = found.rank(wishes)
    order = sorted(range(len(found.papers)), key=lambda index: -ranked.scores[index])
    return [found.papers[index].title for index in order if index not in ranked.excluded][:count]


@pytest.fixture(scope="module")
def page() -> Ranking:
    found = read(EXAMPLES)
    return Ranking(Corpus.learn(found), found)


@pytest.mark.parametrize("reader", list(READERS))
def test_the_five_best_are_those_that_who_knows_the_field_would_choose(
    reader: str, page: Ranking
) -> None:
    wishes, wanted = READERS[reader]
    first = best(page, wishes, 5)
    assert {start for start in wanted if not any(t.startswith(start) for t in first)} == set()


@pytest.mark.skipif(not REAL, reason="REAL_DUMPS does not name the folder of real dumps")
def test_an_exclusion_that_comes_near_does_not_turn_the_order_around() -> None:
    found = read(Path(REAL))
    titles = best(Ranking(Corpus.learn(found), found), ROBOTS, len(found))
    fine_tuning, review = (
        next(n for n, title in enumerate(titles) if title.startswith(start))
        for start in ("Robot Fine-Tuning Made Easy", "A Critical Review of Recurrent")
    )
    assert fine_tuning < review


def related(reasons: tuple[Reason, ...]) -> list[str]:
    return [reason.term for reason in reasons if reason.via == "related"]


def test_words_that_are_surely_alike_or_of_the_topic_are_named_as_related() -> None:
    week = papers(
        ("Replaying what was learned before", "A network keeps old tasks by replay."),
        ("Ward notes of a hospital", "Patients are described in clinical notes."),
        ("Financial reports", "Firms state what they owe, in financial terms."),
    )
    ranking = ranking_of(week)
    assert "Replaying" in related(ranking.reasons(profile("catastrophic forgetting"), 0))
    assert "hospital" in related(ranking.reasons(profile("electronic health records"), 1))
    assert "Financial" in related(ranking.reasons(profile("finance"), 2))


def test_half_a_phrase_of_a_topic_is_not_named_as_related() -> None:
    week = papers("A critical review of sequences", "Actor-critic methods", "Soup")
    ranking = ranking_of(week)
    wishes = profile("reinforcement learning")
    assert "critical" not in related(ranking.reasons(wishes, 0))
    assert "Actor-critic" in related(ranking.reasons(wishes, 1))
