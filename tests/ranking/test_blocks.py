"""What is scored and explained in blocks is what is scored and explained one by one."""

from __future__ import annotations

import pickle
import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from digest.model import Interest, Paper, Profile, Reason
from digest.ranking import Block, Corpus, Ranking
from tests.ranking.plain import Plain
from tests.ranking.samples import paper
from tests.ranking.test_feedback import SUBJECTS

CHANCE = random.Random(7)  # noqa: S311 — test data, not secrets
WORDS = [word for subject in SUBJECTS for word in subject.split()[:5]]


def some_paper(number: int) -> Paper:
    """A paper of a few words, with all that a source can state."""
    title, first, rest = (" ".join(CHANCE.choices(WORDS, k=k)) for k in (4, 14, 9))
    return replace(
        paper(number, f"{title} (LLM)", f"{first}-{rest}. {title}."),
        authors=tuple(CHANCE.choices(["Ada Example", "B. Other"], k=CHANCE.randint(0, 2))),
        categories=CHANCE.choice([(), ("cs.LG",)]),
        keywords=CHANCE.choice([(), (" ".join(CHANCE.sample(WORDS, 2)),)]),
        comments=CHANCE.choice([None, 9]),
        upvotes=CHANCE.choice([None, 30]),
    )


ARCHIVE = [some_paper(number) for number in range(1, 121)]
CORPUS = Corpus.learn(ARCHIVE)
WEEK = ARCHIVE[90:]
OTHERS = (
    Interest("Ada Example", "author"),
    Interest("cs.LG", "category", weight=0.5),
    Interest("b[aeo]", "pattern"),
    Interest("quay", place="title", must_see=True),
    Interest("quay", place="keywords"),
)


def some_reader() -> Profile:
    def phrase() -> Interest:
        words = " ".join(CHANCE.sample([*WORDS, "unheard-of", "LLM"], CHANCE.randint(1, 3)))
        return Interest(words, weight=CHANCE.choice([0.3, 1.0, 2.7]))

    interests = {phrase() for _ in range(CHANCE.randint(0, 5))}
    interests |= {*CHANCE.sample(OTHERS, CHANCE.randint(0, 2))}
    exclude = [replace(phrase(), weight=1.0) for _ in range(CHANCE.choice([0, 0, 1, 2]))]
    judged = [each.id for each in CHANCE.sample(ARCHIVE, 6)]
    return Profile(
        tuple(interests),
        (*exclude, *CHANCE.sample(OTHERS, CHANCE.choice([0, 0, 0, 1]))),
        liked=tuple(judged[: CHANCE.choice([0, 0, 4])]),
        disliked=tuple(judged[4 : CHANCE.choice([4, 4, 6])]),
        comments=CHANCE.choice([0.0, 0.2]),
        freshness=CHANCE.choice([0.0, 0.1]),
    )


READERS = [some_reader() for _ in range(60)]
PLAIN = Plain(CORPUS, WEEK, ARCHIVE)


@pytest.fixture(params=[60, 7], ids=["in one block", "in blocks of 7"])
def ranking(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Ranking:
    monkeypatch.setattr("digest.ranking.scoring._PROFILES", request.param)
    return Ranking(CORPUS, WEEK, ARCHIVE)


def test_scores_exclusions_and_reasons_are_those_of_the_plain_way(ranking: Ranking) -> None:
    readers = iter(READERS)
    for block in ranking.blocks(READERS):
        found = _explained(ranking, block)
        for row, reader in enumerate(block.profiles):
            assert reader == next(readers)
            for index, each in enumerate(WEEK):
                assert block.scores[row, index] == PLAIN.score(reader, each)
                assert block.excluded[row].get(index) == PLAIN.excluded(reader, each)
                assert next(found) == PLAIN.reasons(reader, each)


def _explained(ranking: Ranking, block: Block) -> Iterator[tuple[Reason, ...]]:
    pairs = [(row, index) for row in range(len(block.profiles)) for index in range(len(WEEK))]
    return iter(ranking.explain(block, pairs))


def test_a_corpus_that_was_sent_to_another_process_ranks_the_same(ranking: Ranking) -> None:
    sent: Corpus = pickle.loads(pickle.dumps(CORPUS))  # noqa: S301 — of this test's own making
    there = Ranking(sent, WEEK, ARCHIVE)
    for reader in READERS[:10]:
        assert there.rank(reader).scores.tolist() == ranking.rank(reader).scores.tolist()
        assert there.reasons(reader, 3) == ranking.reasons(reader, 3)
