"""What a subscriber gets for an interest, and the reasons given for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import Interest, Reason
from tests.ranking.samples import FILLER, paper, papers, profile, ranking_of, scored

THRESHOLD = 0.2
WEEK = papers(
    ("Low-Rank Adaptation (LoRA) of Large Models", FILLER),
    ("Tuning with LoRA", FILLER),
    ("A survey of gulls", f"{FILLER} It mentions low-rank adaptation once."),
    ("Low tides", f"{FILLER} Adaptation to low water."),
    ("Pretraining at scale", f"{FILLER} We pre-train and adapt."),
    ("Ferries", FILLER),
)


def score(interest: str | Interest, index: int) -> float:
    return float(scored(WEEK, profile(interest)).scores[index])


def test_a_phrase_matches_as_a_phrase_and_its_words_count_little() -> None:
    scores = scored(WEEK, profile("low-rank adaptation")).scores
    assert scores[2] >= THRESHOLD
    assert scores[2] > 1.5 * scores[3] > scores[5] == 0


def test_the_title_counts_more_than_the_abstract() -> None:
    assert score("low-rank adaptation", 0) > score("low-rank adaptation", 2)


@pytest.mark.parametrize("interest", ["pre-training", "pretraining", "Pre Training"])
def test_spelling_of_the_interest_does_not_matter(interest: str) -> None:
    assert score(interest, 4) == score("pretraining", 4) >= THRESHOLD


@pytest.mark.parametrize(("interest", "index"), [("low-rank adaptation", 1), ("LoRA", 2)])
def test_acronyms_match_either_way(interest: str, index: int) -> None:
    assert score(interest, index) >= THRESHOLD
    ranking = ranking_of(WEEK)
    assert ranking.reasons(profile(interest), index)[0].via == "acronym"


def test_an_acronym_that_the_paper_explains_otherwise_does_not_count() -> None:
    week = papers(
        ("Self-supervised learning (SSL) for ships", FILLER),
        ("SSL at sea", FILLER),
        ("Solid state lighting (SSL) for harbours", FILLER),
    )
    scores = scored(week, profile("self-supervised learning")).scores
    assert scores[0] >= THRESHOLD
    assert THRESHOLD > scores[1] > scores[2]


def test_nearness_learned_from_a_handful_of_papers_counts_next_to_nothing() -> None:
    assert score("low-rank adaptation", 5) < 0.01


def test_weights_scale_what_an_interest_brings() -> None:
    quarter = score(Interest("low-rank adaptation", weight=0.25), 2)
    half = score(Interest("low-rank adaptation", weight=0.5), 2)
    assert half == pytest.approx(2 * quarter, abs=2e-4)


def test_an_incidental_common_word_stays_below_the_threshold() -> None:
    week = [paper(i, f"Harbour report {i}", f"{FILLER} Our model is slow.") for i in range(1, 41)]
    assert scored(week, profile("model")).scores.max() < THRESHOLD


def test_an_interest_can_be_held_to_a_place() -> None:
    assert score(Interest("low-rank adaptation", place="title"), 2) < 0.05
    assert score(Interest("low-rank adaptation", place="abstract"), 2) >= THRESHOLD


def test_patterns_ignore_case() -> None:
    pattern = Interest(r"low.rank\s+adapt\w+", kind="pattern")
    ranking = ranking_of(WEEK)
    (reason,) = ranking.reasons(profile(pattern), 0)
    assert (reason.term, reason.place, reason.via) == ("Low-Rank Adaptation", "title", "pattern")
    assert ranking.rank(profile(Interest("x*", kind="pattern"))).scores.max() == 0


def test_authors_count_only_where_the_paper_names_them() -> None:
    week = [paper(1, "Ships", authors=["Ada Example", "Y. LeCun"]), paper(2, "Yann LeCun's ships")]
    wishes = profile(Interest("Yann LeCun", kind="author"))
    ranking = ranking_of(week)
    scores = ranking.rank(wishes).scores
    assert scores[0] >= THRESHOLD
    assert scores[1] == 0
    assert ranking.reasons(wishes, 0) == (
        Reason("Yann LeCun", "Y. LeCun", "authors", 1.0, float(scores[0]), "author"),
    )


def test_exclusions_name_the_term_and_its_place() -> None:
    week = [*WEEK, paper(9, "Surveys", authors=["A. Example"])]
    wishes = profile(
        "ferry",
        exclude=["surveys", Interest("tides?", "pattern"), Interest("Ada Example", "author")],
    )
    assert scored(week, wishes).excluded == {
        2: "surveys in the title",
        3: "/tides?/ in the title",
        6: "Ada Example among the authors",
    }


def test_an_exclusion_can_be_held_to_a_place() -> None:
    wishes = profile("ferry", exclude=[Interest("low-rank adaptation", place="title")])
    assert set(scored(WEEK, wishes).excluded) == {0, 1}


def test_an_unrelated_paper_hardly_moves_a_score() -> None:
    week = [paper(i, f"Harbour {i}", f"{FILLER} Tide {i} of low rank.") for i in range(1, 501)]
    wishes = profile("low rank", "tide", "harbour")
    before = scored(week, wishes).scores
    after = scored([*week, paper(999, "Volcano", "Lava flows downhill.")], wishes).scores
    assert abs(after[:-1] - before).max() <= 0.02


@pytest.mark.parametrize("week", [[], papers("", ("", ""), "—")])
def test_nothing_to_rank(week: list) -> None:  # type: ignore[type-arg]  # empty or papers
    wishes = profile("jurisprudence", "", "--", exclude=["soup"])
    assert (scored(week, wishes).scores < 0.01).all()


# --- related terms -------------------------------------------------------------------------


def test_related_terms_are_short_and_stand_in_the_paper() -> None:
    abstract = (
        "We train a policy by reinforcement learning with temporal difference updates, an actor "
        "critic and a replay buffer in a Markov decision process with sparse rewards and agents."
    )
    week = papers(("Sailing by reward", abstract))
    reasons = ranking_of(week).reasons(profile("deep reinforcement learning"), 0)
    related = [reason.term for reason in reasons if reason.via == "related"]
    assert related
    assert all(term in abstract or term in week[0].title for term in related)
    assert max(len(term.split()) for term in related) <= 4


def test_no_word_is_cut_at_its_hyphen() -> None:
    ranking = ranking_of(papers("Non-instructional fine-tuning of pianos", "Soup"))
    reasons = ranking.reasons(profile("instructional pianists"), 0)
    assert [reason.term for reason in reasons] == ["Non-instructional", "pianos"]


@given(st.text("aé日ー・゛ß²_+#-'. \n\u0301\u200d", max_size=40))
def test_reasons_can_be_told_of_any_text(text: str) -> None:
    week = [*WEEK, paper(9, f"Ferries {text}", f"{text} {FILLER} {text}")]
    wishes = profile("ferries")
    ranking = ranking_of(week)
    told = sum(reason.contribution for reason in ranking.reasons(wishes, len(WEEK)))
    assert told == pytest.approx(float(ranking.rank(wishes).scores[len(WEEK)]), abs=1e-9)


# --- patterns ------------------------------------------------------------------------------


def test_a_pattern_that_cannot_be_matched_switches_off_only_itself() -> None:
    off = [Interest("low-rank(?! tides)", "pattern"), Interest("gulls++", "pattern", "title")]
    ranking = ranking_of(WEEK)
    with_it, without = (
        ranking.rank(profile("pretraining", *extra, exclude=["ferry", *extra]))
        for extra in (off, [])
    )
    assert with_it.scores.tolist() == without.scores.tolist()
    assert with_it.excluded == without.excluded
    assert set(ranking.faults) == {each.text for each in off}
    assert all(error.remedy for error in ranking.faults.values())


def test_a_hostile_pattern_is_matched_in_a_hostile_text() -> None:
    week = papers(("Low tides", "a" * 3_000), ("High tides", "a" * 3_000 + "7"))
    wishes = profile(Interest(r".*[a-z]+\d", "pattern"), Interest(r"(a+)+x", "pattern"))
    assert [score > 0.2 for score in scored(week, wishes).scores] == [False, True]
