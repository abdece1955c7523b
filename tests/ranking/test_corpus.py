"""One corpus for all: what somebody gets does not depend on who and what else is ranked."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from digest.model import Interest, Paper, Profile, Reason
from digest.ranking import Corpus, Ranking
from digest.ranking.lsa import on_grid
from tests.ranking.samples import paper
from tests.ranking.test_feedback import SUBJECTS

CHANCE = random.Random(5)  # noqa: S311 — test data, not secrets
RARE = [f"{start}{end}" for start in ("quex", "zor", "vel", "myn") for end in ("ar", "il", "op")]


def some(number: int) -> Paper:
    """A paper on one subject, with words of another and a few that hardly any paper has."""
    words = CHANCE.choice(SUBJECTS).split() * 2 + CHANCE.choice(SUBJECTS).split()
    text = [" ".join(CHANCE.sample([*words, CHANCE.choice(RARE)], k)) for k in (4, 12, 9)]
    return paper(number, f"{text[0]} (LLM)", f"{text[1]}. {text[2]}.", ["A. Example"])


ARCHIVE = [some(number) for number in range(1, 401)]
OLDER = [some(number) for number in range(1001, 1041)]
"""Papers beside the archive."""
WEEK = [*ARCHIVE[300:], *OLDER[:6]]
CORPUS = Corpus.learn(ARCHIVE)


def reader() -> Profile:
    def phrase() -> str:
        return " ".join(CHANCE.sample([*CHANCE.choice(SUBJECTS).split(), *RARE, "unheard-of"], 2))

    judged = [each.id for each in CHANCE.sample([*ARCHIVE, *OLDER], 9)]
    return Profile(
        tuple({Interest(phrase(), weight=CHANCE.choice([0.3, 1.0, 2.7])) for _ in range(5)}),
        (Interest(CHANCE.choice(RARE)), Interest("b[aeo]", "pattern", "title")),
        liked=tuple(judged[:6]),
        disliked=tuple(judged[6:]),
        freshness=0.1,
    )


READERS = [reader() for _ in range(500)]
THIRTY = READERS[:30]
Told = list[tuple[float, str, tuple[Reason, ...]]]


def told(ranking: Ranking, profiles: Sequence[Profile], papers: Sequence[Paper]) -> list[Told]:
    """Scores, exclusions and reasons of some papers for each profile."""
    indices = [ranking.papers.index(each) for each in papers]
    found: list[Told] = []
    for block in ranking.blocks(profiles):
        rows = range(len(block.profiles))
        reasons = iter(ranking.explain(block, [(row, i) for row in rows for i in indices]))
        found += [
            [
                (float(block.scores[r, i]), block.excluded[r].get(i, ""), next(reasons))
                for i in indices
            ]
            for r in rows
        ]
    return found


@pytest.fixture(scope="module")
def usual() -> list[Told]:
    """What thirty readers are told of the week's papers."""
    return told(Ranking(CORPUS, WEEK, judged_by(*THIRTY)), THIRTY, WEEK)


def judged_by(*profiles: Profile) -> list[Paper]:
    ids = {each for profile in profiles for each in (*profile.liked, *profile.disliked)}
    return [each for each in (*ARCHIVE, *OLDER) if each.id in ids]


def test_a_reader_alone_and_among_500_others_with_verdicts() -> None:
    some_papers = WEEK[-20:]
    everybody = told(Ranking(CORPUS, WEEK, judged_by(*READERS)), READERS, some_papers)
    for number in (0, 17, 499):
        alone = Ranking(CORPUS, WEEK, judged_by(READERS[number]))
        scored = alone.rank(READERS[number])
        assert [
            (float(scored.scores[i]), scored.excluded.get(i, ""), alone.reasons(READERS[number], i))
            for i in map(alone.papers.index, some_papers)
        ] == everybody[number]
    assert len({score for score, *_ in everybody[0]}) > len(some_papers) / 2
    assert any(r.via == "liked" for person in everybody for *_, why in person for r in why)


def test_the_other_papers_that_are_ranked_do_not_matter() -> None:
    few, many = WEEK[-12:], [*ARCHIVE[::-1], *OLDER]
    readers = READERS[:40]
    judged = judged_by(*readers)
    assert told(Ranking(CORPUS, few, judged), readers, few) == told(
        Ranking(CORPUS, many, judged), readers, few
    )


@pytest.mark.parametrize(
    "sizes",
    [
        {"scoring._ENTRIES": 900, "matching._CELLS": 106},
        {"scoring._AT_A_TIME": 107, "matching._CELLS": 700},
        {"scoring._INTERESTS": 6},
        {"parts._PARTS": 5},
    ],
)
def test_the_size_of_blocks_does_not_matter(
    sizes: dict[str, int], usual: list[Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, size in sizes.items():
        monkeypatch.setattr(f"digest.ranking.{name}", size)
    assert told(Ranking(CORPUS, WEEK, judged_by(*THIRTY)), THIRTY, WEEK) == usual


def test_the_order_of_archive_papers_and_profiles_does_not_matter(usual: list[Told]) -> None:
    corpus = Corpus.learn(CHANCE.sample(ARCHIVE, 400))
    shuffled = Ranking(corpus, WEEK[::-1], judged_by(*THIRTY)[::-1])
    assert told(shuffled, THIRTY[::-1], WEEK)[::-1] == usual


def test_a_ranking_goes_from_batch_to_batch_and_leaves_the_corpus_as_it_was() -> None:
    ranking = Ranking(CORPUS, WEEK)
    batches = [READERS[start : start + 20] for start in range(0, 100, 20)]
    for batch in [*batches, batches[0]]:
        ranking.place_judged(judged_by(*batch))
        fresh = Ranking(Corpus.learn(ARCHIVE), WEEK, judged_by(*batch))
        assert told(ranking, batch, WEEK[-9:]) == told(fresh, batch, WEEK[-9:])


def test_a_paper_beside_the_corpus_is_judged_by_what_the_corpus_knows() -> None:
    own = replace(OLDER[0], title="A vademecum for pilots", abstract="Read our vademecum of tides.")
    wishes = Profile((Interest("vademecum"), Interest("pilot tide")))
    beside = told(Ranking(CORPUS, [own]), [wishes], [own])
    inside = told(Ranking(Corpus.learn([*ARCHIVE, own]), [own]), [wishes], [own])
    ((score, _, reasons),), ((within, _, _),) = beside[0], inside[0]
    assert score == pytest.approx(within, abs=0.05)
    assert {("vademecum", "title", "term"), ("pilots", "title", "term")} <= {
        (reason.term, reason.place, reason.via) for reason in reasons
    }


def test_a_paper_whose_text_has_changed_is_read_anew() -> None:
    changed = replace(ARCHIVE[0], abstract="A vademecum.")
    wishes = Profile((Interest("vademecum"),))
    before, after = (Ranking(CORPUS, [each]).rank(wishes) for each in (ARCHIVE[0], changed))
    assert before.scores[0] < 0.1 < after.scores[0]


def test_an_archive_without_papers_ranks_all_the_same() -> None:
    ranking = Ranking(Corpus.learn([]), WEEK, judged_by(READERS[0]))
    assert ranking.rank(Profile((Interest("quay current"),))).scores.max() > 0.2


def test_products_of_points_on_the_grid_are_exact_in_any_order() -> None:
    chance = np.random.default_rng(1)
    one, other = (chance.normal(size=(101, 100)) for _ in range(2))
    one, other = (each / np.linalg.norm(each, axis=1, keepdims=True) for each in (one, other))
    one, other = on_grid(one * 0.2, 28), on_grid(other * 0.98, 26)
    whole = one @ other.T
    assert whole[:7].tolist() == [[sum((a * b).tolist()) for b in other] for a in one[:7]]
    assert (whole[:, ::-1] == one[:, ::-1] @ other[::-1, ::-1].T).all()
    assert (whole[3] == other @ one[3]).all()


@pytest.mark.parametrize(("groups", "papers"), [(12, 28), (18, 46), (1, 8), (11, 31)])
def test_an_archive_of_groups_without_a_common_word_is_learned(groups: int, papers: int) -> None:
    """The iterations of ARPACK cannot go on where their start is a sum of few singular vectors."""
    words = [
        [f"{letter}{end}" for end in ("ar", "il", "op", "un")[: 3 + n % 2]]
        for n, letter in enumerate("bcdfghjklmnpqrstvw"[:groups])
    ]
    said = [" ".join(words[n % groups]) for n in range(papers)]
    archive = [paper(n, text, text) for n, text in enumerate(said, 1)]
    space = Corpus.learn(archive).background.space
    lengths = np.linalg.norm(space.vectors, axis=0)
    assert space.vectors.shape == (len(space.terms), min(papers // 4, len(space.terms) - 1))
    assert np.all((abs(lengths - 1) < 1e-3) | (lengths < 1e-3))
