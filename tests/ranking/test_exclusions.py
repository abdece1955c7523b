"""What exclusions do to the papers that they do not rule out."""

from __future__ import annotations

import pytest

from digest.model import Interest
from tests.ranking.samples import FILLER, papers, profile, ranking_of

WEEK = papers(
    ("Ferries", f"{FILLER} They feed on fish."),
    ("Fishing ports", f"{FILLER} Nets, cod and a fishing port."),
    ("Glaciers", "Ice flows from the mountains to the sea."),
)
RANKING = ranking_of(WEEK)


def scores(*exclusions: str | Interest) -> list[float]:
    wishes = profile("harbour", Interest("lighthouse", weight=0.8), exclude=exclusions)
    scored = RANKING.rank(wishes)
    assert not scored.excluded
    return [float(score) for score in scored.scores]


def test_an_exclusion_takes_three_times_the_evidence_that_a_paper_has_of_it() -> None:
    plain, less = scores(), scores("fish shop windows")
    its_own = float(RANKING.rank(profile("fish shop windows")).scores[0])
    assert plain[0] - less[0] == pytest.approx(3 * its_own, abs=2e-4)


@pytest.mark.parametrize(
    "near", [("soup ladle", "pier lamps"), ("soup ladle", "pier lamps", "ferry decks")]
)
def test_exclusions_take_half_of_a_score_at_most(near: tuple[str, ...]) -> None:
    plain, less = scores(), scores(*near)
    assert plain[0] < 0.75  # up to there a score is its evidence
    assert less[0] == pytest.approx(plain[0] / 2, abs=2e-4)


def test_what_an_exclusion_took_is_said_in_its_own_name() -> None:
    wishes = profile("harbour", Interest("lighthouse", weight=0.8), exclude=["fish shops"])
    taken = [each for each in RANKING.reasons(wishes, 0) if each.interest == "fish shops"]
    lost = scores()[0] - scores("fish shops")[0]
    assert sum(each.contribution for each in taken) == pytest.approx(-lost, abs=1e-9)
    assert taken[0].term == "fish"


def test_a_paper_without_evidence_loses_nothing() -> None:
    assert scores("soup ladle")[2] == scores()[2]


@pytest.mark.parametrize(
    "exclusion",
    [
        Interest("soup ladle", place="title"),
        Interest("soup ladle", place="keywords"),
        Interest("soup ladles?", kind="pattern"),
        Interest("Ada Example", kind="author"),
        Interest("code", kind="code"),
    ],
    ids=str,
)
def test_only_a_phrase_that_may_stand_anywhere_counts_against_what_comes_near(
    exclusion: Interest,
) -> None:
    assert scores(exclusion) == scores()
