"""What a paper gains by being discussed and by being new, where a profile asks for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from digest.render import telling
from tests.ranking.samples import paper, profile, ranking_of

PLAIN = paper(1, "Ferries")
TALKED_OF = replace(paper(2, "Ferries"), comments=10)
NEW = replace(paper(3, "Ferries"), published=date(2025, 1, 6))
OLD = replace(paper(4, "Ferries"), published=date(2024, 12, 23))
RANKING = ranking_of([PLAIN, TALKED_OF, NEW, OLD])
WISHES = profile("ferry")


def test_without_signals_papers_that_say_the_same_score_the_same() -> None:
    assert len(set(RANKING.rank(WISHES).scores.tolist())) == 1


def test_signals_add_what_they_say() -> None:
    base = float(RANKING.rank(profile("walrus")).scores[0])
    wishes = replace(profile("walrus"), comments=0.2, freshness=0.1)
    scores = RANKING.rank(wishes).scores.tolist()
    assert scores == pytest.approx([base, base + 0.1, base + 0.1, base + 0.05])


def test_signals_are_among_the_reasons_and_in_the_sentence() -> None:
    wishes = replace(WISHES, comments=0.3, freshness=0.3)
    said = []
    for index in range(4):
        reasons = RANKING.reasons(wishes, index)
        score = float(RANKING.rank(wishes).scores[index])
        assert sum(reason.contribution for reason in reasons) == pytest.approx(score, abs=1e-9)
        said.append(telling.why(reasons))
    assert said == [
        "“Ferries” in the title and abstract",
        "“Ferries” in the title and abstract; 10 comments",
        "“Ferries” in the title and abstract; published the day it came",
        "“Ferries” in the title and abstract; published 14 days before it came",
    ]
