"""What liked and disliked papers do to scores, and how they are named among the reasons."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from digest.model import Paper, PaperId, Profile
from tests.ranking.samples import paper, profile, ranking_of

SUBJECTS = (
    "tide quay current moon harbour pilot chart depth buoy channel",
    "soup onion ladle barley carrot broth kettle pepper spoon cook",
    "violin bow string sonata tuning bridge luthier varnish concert orchestra",
    "glacier moraine ice crevasse valley snow melt altitude rock drift",
    "loom weaver wool thread dye pattern shuttle cloth spindle carpet",
    "beehive queen honey swarm nectar pollen wax frame keeper meadow",
)
TIDE, SOUP = 0, 1


def about(subject: int, number: int) -> Paper:
    """A paper that says some of a subject's words."""
    words = random.Random(f"{subject} {number}").sample(SUBJECTS[subject].split(), 7)  # noqa: S311 — test data
    return paper(1000 * subject + number, " ".join(words[:2]), " ".join(words))


def archive() -> list[Paper]:
    return [about(subject, number) for subject in range(6) for number in range(100, 160)]


WEEK = [
    paper(1, "Pilot and buoy", "The current at a quay, by its depth and the moon."),
    paper(2, "Barley tonight", "A ladle of onion and carrot makes the broth."),
]
RANKING = ranking_of(WEEK, archive())
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
    plain, three, five, twenty = (scores(liking(range(100, 100 + n))) for n in (0, 3, 5, 20))
    assert plain[0] < three[0] < five[0] < twenty[0]
    assert plain[1] == three[1] == five[1] == twenty[1]


def test_disliked_papers_weigh_down_their_like() -> None:
    plain, soured = scores(WISHES), scores(liking((), but_not=range(1100, 1110)))
    assert soured[1] < plain[1]
    assert soured[0] == plain[0]


def test_a_paper_is_not_held_against_itself() -> None:
    assert scores(liking([1]))[0] == scores(WISHES)[0]


def test_a_verdict_on_a_paper_that_is_gone_counts_for_nothing() -> None:
    assert scores(liking([77])) == scores(WISHES)


def test_the_reasons_say_what_verdicts_added_and_took_in_words_of_the_paper() -> None:
    wishes = liking(range(100, 120), but_not=range(1100, 1120))
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


def test_verdicts_on_a_handful_of_papers_count_by_their_words_alone() -> None:
    few = archive()[:4]
    ranking = ranking_of(WEEK, few)
    wishes = replace(WISHES, liked=tuple(each.id for each in few))
    before, after = (ranking.rank(each).scores for each in (WISHES, wishes))
    assert 0 < (after - before)[TIDE] < 0.1
    assert after[SOUP] == before[SOUP]
