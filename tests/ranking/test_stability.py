"""One more paper, on something else, hardly moves the scores of the others."""

from __future__ import annotations

import random

import numpy as np
import pytest

from digest.model import Profile
from digest.ranking import Corpus, Ranking
from tests.ranking.samples import paper, profile
from tests.ranking.test_feedback import SUBJECTS

CHANCE = random.Random(11)  # noqa: S311 — test data, not secrets
COMMON = "study method result large small new data model report measure".split()  # noqa: SIM905


def made_up(number: int) -> tuple[str, str]:
    subject = CHANCE.choice(SUBJECTS).split()
    words = [*subject * 3, *COMMON]
    return f"{subject[0]} {CHANCE.choice(words)} {number}", " ".join(CHANCE.choices(words, k=60))


PAPERS = [paper(number, *made_up(number)) for number in range(1, 501)]
READERS: list[Profile] = [
    profile(*(" ".join(CHANCE.sample(CHANCE.choice(SUBJECTS).split(), 2)) for _ in range(4)))
    for _ in range(40)
]
UNRELATED = (
    ("Bronze age burial mounds", "Iron swords lay beside the pollen of lime trees in the soil."),
    ("Prices of cod liver oil", "A model of herring, storms and wages in ports, and new data."),
    ("Reed warblers cross the desert", f"Ringing shows {SUBJECTS[0]} and a large {SUBJECTS[1]}."),
)


@pytest.mark.parametrize(("papers", "most"), [(500, 0.02), (80, 0.05)])
@pytest.mark.parametrize("unrelated", UNRELATED)
def test_an_unrelated_paper_hardly_moves_a_score(
    papers: int, most: float, unrelated: tuple[str, str]
) -> None:
    week = PAPERS[:papers]
    other = paper(9_999, *unrelated)
    before, after = (
        np.array([each.scores for each in Ranking(Corpus.learn(archive), week).rank_many(READERS)])
        for archive in (week, [*week, other])
    )
    assert before.max() > 0.5
    assert np.abs(after - before).max() <= most
