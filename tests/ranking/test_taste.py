"""What liked and disliked papers do to scores, and how they are named among the reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from digest.model import Paper, PaperId, Profile
from digest.ranking import Ranking
from tests.ranking.samples import paper, profile

TIDES = "The tide tables of {0} predict neap tides, spring tides and currents at the quay of {0}."
SOUPS = "The soup recipes of {0} call for onions, carrots, barley and a ladle from {0}."
PLACES = [f"Port {name}" for name in ("Ash", "Birch", "Cedar", "Elm", "Fir", "Hazel", "Larch")]


def archive() -> list[Paper]:
    """Two kinds of papers, 210 of each, that share no word but their towns."""
    towns = [f"{place} {number}" for place in PLACES for number in range(30)]
    return [
        paper(1000 * kind + number, f"Of {town}", text.format(town))
        for kind, text in enumerate((TIDES, SOUPS), 1)
        for number, town in enumerate(towns)
    ]


WEEK = [
    paper(1, "Neap tides tonight", "Currents at a quay follow the tide tables."),
    paper(2, "Barley tonight", "A ladle of onions and carrots makes the soup."),
]
RANKING = Ranking(WEEK, archive())
WISHES = profile("quay", "ladle")


def liking(papers: Sequence[int], *, but_not: Sequence[int] = ()) -> Profile:
    liked, disliked = (
        tuple(PaperId(f"title:{number:016x}") for number in numbers)
        for numbers in (papers, but_not)
    )
    return replace(WISHES, liked=liked, disliked=disliked)


def scores(wishes: Profile) -> list[float]:
    return [float(score) for score in RANKING.rank(wishes).scores]


def test_liked_papers_lift_their_like_the_more_they_are() -> None:
    plain, one, five, twenty = (scores(liking(range(1000, 1000 + n))) for n in (0, 1, 5, 20))
    assert plain[0] < one[0] < five[0] < twenty[0]
    assert plain[1] == one[1] == five[1] == twenty[1]


def test_disliked_papers_weigh_down_their_like() -> None:
    plain, soured = scores(WISHES), scores(liking((), but_not=range(2000, 2010)))
    assert soured[1] < plain[1]
    assert soured[0] == plain[0]


def test_a_paper_is_not_held_against_itself() -> None:
    assert scores(liking([1]))[0] == scores(WISHES)[0]


def test_a_verdict_on_a_paper_that_is_gone_counts_for_nothing() -> None:
    assert scores(liking([77])) == scores(WISHES)


def test_the_reasons_say_what_verdicts_added_and_took_in_words_of_the_paper() -> None:
    wishes = liking(range(1000, 1020), but_not=range(2000, 2020))
    plain = scores(WISHES)
    for index, (via, name) in enumerate(
        [("liked", "papers you liked"), ("disliked", "papers you disliked")]
    ):
        reasons = RANKING.reasons(wishes, index)
        score = scores(wishes)[index]
        assert sum(reason.contribution for reason in reasons) == pytest.approx(score, abs=1e-9)
        taught = [reason for reason in reasons if reason.via == via]
        assert {reason.interest for reason in taught} == {name}
        added = sum(reason.contribution for reason in taught)
        assert added == pytest.approx(score - plain[index], abs=1e-9)
        text = f"{WEEK[index].title}\n{WEEK[index].abstract}"
        assert all(reason.term in text for reason in taught)


def test_verdicts_on_a_handful_of_papers_count_next_to_nothing() -> None:
    few = archive()[:4]
    ranking = Ranking(WEEK, few)
    wishes = replace(WISHES, liked=tuple(each.id for each in few))
    before, after = (ranking.rank(each).scores for each in (WISHES, wishes))
    assert abs(after - before).max() < 0.01
