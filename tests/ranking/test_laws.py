"""What holds of scores and reasons whatever the papers and profiles are."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache

import pytest

from digest.model import Interest, PaperId, Profile, Reason
from digest.ranking import Ranking
from digest.ranking.matching import Evidence, Matching
from tests.ranking.samples import paper, profile, ranking_of

WORDS = [
    "low",
    "rank",
    "adaptation",
    "LoRA",
    "survey",
    "gulls",
    "pre",
    "training",
    "model",
    "tides",
]
PLACES = (None, None, "title", "abstract")
PAPERS, CASES = 20, 50


@cache
def some_case(seed: int) -> tuple[Ranking, Profile]:
    """Papers of a few words, and a profile with all that a profile can have."""
    rng = random.Random(seed)  # noqa: S311 — test data, not secrets

    def some(most: int) -> str:
        return " ".join(rng.choices(WORDS, k=rng.randint(1, most)))

    def interest() -> Interest:
        weight, place = rng.choice([0.5, 1.0, 2.37]), rng.choice(PLACES)
        return Interest(some(3), rng.choice(("phrase",) * 4 + ("pattern",)), place, weight)  # type: ignore[arg-type]  # both are literals

    week = [
        replace(paper(i, some(6), f"{some(30)}. {some(20)}"), comments=rng.choice([None, 9]))
        for i in range(1, PAPERS + 1)
    ]
    named = {str(each): each for each in (interest() for _ in range(rng.randint(1, 6)))}
    every, cut = list(named.values()), rng.randint(1, 4)
    judged = [PaperId(f"title:{number:016x}") for number in rng.sample(range(1, PAPERS + 1), 4)]
    wishes = Profile(
        tuple(every[:cut]),
        tuple(replace(each, weight=1.0) for each in every[cut:]),
        tuple(judged[: rng.choice([0, 2])]),
        tuple(judged[rng.choice([4, 2]) :]),
        comments=rng.choice([0.0, 0.2]),
    )
    return ranking_of(week, week[:4]), wishes


def without_one(wishes: Profile) -> Iterator[tuple[str, Profile]]:
    """The profile without each of its interests and exclusions, by name."""
    for left_out in wishes.interests:
        rest = tuple(each for each in wishes.interests if each != left_out)
        yield str(left_out), replace(wishes, interests=rest)
    for left_out in wishes.exclude:
        rest = tuple(each for each in wishes.exclude if each != left_out)
        yield str(left_out), replace(wishes, exclude=rest)


def all_reasons(ranking: Ranking, wishes: Profile) -> list[tuple[Reason, ...]]:
    return [ranking.reasons(wishes, index) for index in range(len(ranking.papers))]


@pytest.mark.parametrize("seed", range(CASES))
def test_reasons_sum_to_the_score(seed: int) -> None:
    ranking, wishes = some_case(seed)
    scores = ranking.rank(wishes).scores.tolist()
    for score, reasons in zip(scores, all_reasons(ranking, wishes), strict=True):
        assert sum(reason.contribution for reason in reasons) == pytest.approx(score, abs=1e-9)
        assert all(round(r.contribution * 10_000) / 10_000 == r.contribution for r in reasons)


@pytest.mark.parametrize("seed", range(CASES))
def test_removing_an_interest_or_exclusion_changes_a_score_by_what_its_reasons_say(
    seed: int,
) -> None:
    ranking, wishes = some_case(seed)
    whole = ranking.rank(wishes).scores.tolist()
    told = all_reasons(ranking, wishes)
    for name, rest in without_one(wishes):
        for index, without in enumerate(ranking.rank(rest).scores.tolist()):
            said = sum(r.contribution for r in told[index] if r.interest == name)
            assert whole[index] - without == pytest.approx(said, abs=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_order_of_papers_interests_and_profiles_changes_nothing(seed: int) -> None:
    ranking, wishes = some_case(seed)
    week = ranking.papers
    backwards = ranking_of(week[::-1], week[3::-1])
    other = profile("gulls")
    turned = replace(wishes, interests=wishes.interests[::-1], exclude=wishes.exclude[::-1])
    first, _ = ranking.rank_many([wishes, other])
    _, second = backwards.rank_many([other, turned])
    assert first.scores.tolist() == second.scores[::-1].tolist()
    assert all_reasons(ranking, wishes) == all_reasons(backwards, turned)[::-1]


@pytest.mark.parametrize("seed", range(4))
def test_what_an_interest_reaches_alone_is_what_a_profile_with_it_alone_does(seed: int) -> None:
    ranking, wishes = some_case(seed)
    for interest in wishes.interests:
        alone = ranking.rank(Profile((interest,))).scores.tolist()
        for threshold in (0.0, 0.2, *alone[:3]):
            good = {index for index, score in enumerate(alone) if score >= threshold}
            assert ranking.reached(interest, threshold) == good


# --- many profiles -------------------------------------------------------------------------

MANY = [profile(f"{word} {other}", word) for word in WORDS for other in WORDS]


def scores_of(ranking: Ranking, profiles: Sequence[Profile]) -> list[list[float]]:
    return [each.scores.tolist() for each in ranking.rank_many(profiles)]


def test_what_is_ranked_for_one_is_the_same_as_for_many() -> None:
    week = some_case(0)[0].papers
    one_by_one = [scores_of(ranking_of(week), [each])[0] for each in MANY]
    assert scores_of(ranking_of(week), MANY) == one_by_one


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[Interest]:
    """The interests of which evidence has been computed."""
    found: list[Interest] = []
    evidence = Matching.evidence

    def recorded(
        matching: Matching, interests: Sequence[Interest]
    ) -> Iterator[tuple[Interest, Evidence]]:
        found.extend(interests)
        return evidence(matching, interests)

    monkeypatch.setattr(Matching, "evidence", recorded)
    return found


def test_each_interest_is_computed_once_for_all_profiles_and_questions(
    computed: list[Interest],
) -> None:
    ranking = ranking_of(some_case(0)[0].papers)
    heavy = Profile(tuple(Interest(word, weight=2.0, must_see=True) for word in WORDS))
    against = profile("ferry", exclude=WORDS)
    for each in (*MANY, heavy, against):
        ranking.rank(each)
        ranking.reasons(each, 0)
    for interest in heavy.interests:
        ranking.reached(interest, 0.2)
        ranking.holding(interest)
    assert len(computed) == len(set(computed)) == len(WORDS) + len(WORDS) ** 2 + 1


def test_interests_that_do_not_fit_into_memory_are_forgotten_and_found_again(
    monkeypatch: pytest.MonkeyPatch, computed: list[Interest]
) -> None:
    week = some_case(0)[0].papers
    whole = scores_of(ranking_of(week), MANY)
    once = len(computed)
    monkeypatch.setattr("digest.ranking.scoring._INTERESTS", 30)
    monkeypatch.setattr("digest.ranking.scoring._PROFILES", 5)
    ranking = ranking_of(week)
    assert scores_of(ranking, MANY) == whole
    assert len(computed) > 2 * once
    told = ranking.reasons(MANY[0], 0)
    assert sum(reason.contribution for reason in told) == pytest.approx(whole[0][0], abs=1e-9)


def test_looking_for_others_meanwhile_takes_nothing_from_those_in_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    week = some_case(0)[0].papers
    monkeypatch.setattr("digest.ranking.scoring._INTERESTS", 4)
    ranking = ranking_of(week)
    for reader, found in zip(MANY, ranking.rank_many(MANY), strict=True):
        for other in WORDS:
            ranking.rank(profile(f"{other} soup"))
        assert found.scores.tolist() == ranking.rank(reader).scores.tolist()


def test_a_profile_without_interests_finds_nothing() -> None:
    assert not some_case(0)[0].rank(profile()).scores.any()
