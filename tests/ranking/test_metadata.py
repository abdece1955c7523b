"""What a subscriber gets for authors, categories, venues, keywords and code, and why."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from digest.model import Interest, Paper, Profile
from digest.render import telling
from digest.text.subjects import at_venue, in_category
from tests.ranking.samples import FILLER, paper, profile, ranking_of, scored

THRESHOLD = 0.2
PLAIN = paper(1, "Ferries")
LABELLED = replace(
    paper(2, "Ferries", authors=["Laurens van der Maaten", "A. Example"]),
    categories=("cs.LG", "Neuroscience"),
    venue="Advances in NeurIPS 2026",
    keywords=("Denoising diffusion", "robot learning"),
    code="https://example.org/code",
    upvotes=48,
)
WEEK = [PLAIN, LABELLED]


def score(interest: Interest | str, week: list[Paper] = WEEK) -> float:
    return float(scored(week, profile(interest)).scores[1])


@pytest.mark.parametrize(
    ("wanted", "category"),
    [
        ("cs.LG", "cs.LG"),
        ("cs.lg", "cs.LG"),
        ("cs", "cs.LG"),
        ("cs.*", "cs.LG"),
        ("CS", "cs.LG"),
        ("astro-ph", "astro-ph.CO"),
        ("q-bio.NC", "q-bio.NC"),
        ("hep-th", "hep-th"),
        ("physics", "Physics"),
        ("neuroscience", "Neuroscience"),
        ("Genetics and Genomics", "genetics & genomics"),
        ("Écologie", "ecologie"),
    ],
)
def test_a_paper_of_the_category(wanted: str, category: str) -> None:
    assert in_category(wanted, category)


@pytest.mark.parametrize(
    ("wanted", "category"),
    [
        ("cs.LG", "cs.L"),
        ("cs.L", "cs.LG"),
        ("cs.LG", "cs"),
        ("c", "cs.LG"),
        ("math", "math-ph"),
        ("astro", "astro-ph.CO"),
        ("science", "Neuroscience"),
        ("Neuroscience", "Computational Neuroscience"),
    ],
)
def test_a_paper_of_another_category(wanted: str, category: str) -> None:
    assert not in_category(wanted, category)


@pytest.mark.parametrize(
    ("wanted", "venue"),
    [
        ("NeurIPS", "NeurIPS"),
        ("neurips", "NeurIPS 2026"),
        ("NeurIPS", "Advances in NeurIPS 37"),
        ("TPAMI", "IEEE TPAMI"),
        ("ICML", "International Conference on Machine Learning (ICML)"),
        (
            "Machine Learning",
            "Proceedings of the 41st International Conference on Machine Learning",
        ),
        ("Nature", "Nature"),
        ("nature", "NATURE"),
        ("Nature", "Nature 612"),
        ("Lancet", "The Lancet"),
        ("Interspeech", "Proceedings of Interspeech 2026"),
        ("Physical Review", "Physical Review Letters"),
        ("Zeitschrift für Physik", "ZEITSCHRIFT FUR PHYSIK"),
    ],
)
def test_a_paper_of_the_venue(wanted: str, venue: str) -> None:
    assert at_venue(wanted, venue)


@pytest.mark.parametrize(
    ("wanted", "venue"),
    [
        ("Nature", "Nature Communications"),
        ("Nature", "NATURE COMMUNICATIONS"),
        ("Cell", "Cell Reports"),
        ("Science", "Science Advances"),
        ("Learning", "Journal of Machine Learning Research"),
        ("ICML", "ICMLA"),
        ("NeurIPS", "Neural Networks"),
        ("2026", "NeurIPS 2026"),
        ("Letters Physical Review", "Physical Review Letters"),
    ],
)
def test_a_paper_of_another_venue(wanted: str, venue: str) -> None:
    assert not at_venue(wanted, venue)


@pytest.mark.parametrize(
    ("interest", "why"),
    [
        (Interest("L. van der Maaten", "author"), "By Laurens van der Maaten"),
        (Interest("cs", "category"), "In the category cs.LG"),
        (Interest("neuroscience", "category"), "In the category Neuroscience"),
        (Interest("NeurIPS", "venue"), "Published in Advances in NeurIPS 2026"),
        (Interest("code", "code"), "Its code is public"),
        (Interest("diffusions", place="keywords"), "“diffusion” in its keywords"),
        (
            Interest("diff\\w+", "pattern", "keywords"),
            "“diffusion” in its keywords, by the pattern /diff\\w+/",
        ),
    ],
)
def test_what_a_source_says_is_found_and_told(interest: Interest, why: str) -> None:
    wishes = profile(interest)
    assert score(interest) > 0 == scored(WEEK, wishes).scores[0]
    assert telling.why(ranking_of(WEEK).reasons(wishes, 1)) == why
    assert ranking_of(WEEK).holding(interest) == [1]


@pytest.mark.parametrize(
    "interest",
    [
        Interest("A. Example", "author"),
        Interest("cs.LG", "category"),
        Interest("NeurIPS", "venue"),
        Interest("diffusion", place="keywords"),
        Interest("diff\\w+", "pattern", "keywords"),
    ],
)
def test_it_is_enough_for_a_digest_but_less_than_with_a_phrase(interest: Interest) -> None:
    assert score(interest) >= THRESHOLD
    both = scored(WEEK, profile(interest, Interest("ferry", weight=0.1))).scores[1]
    assert both > score(interest)


def test_public_code_alone_is_a_leaning() -> None:
    assert 0 < score(Interest("code", "code")) < THRESHOLD


def test_a_phrase_in_the_keywords_adds_a_little_to_what_the_text_says() -> None:
    said = paper(2, "Ferries", f"{FILLER} We learn by denoising diffusion.")
    stated = replace(said, keywords=("Denoising diffusion",))
    base, more = score("diffusion", [PLAIN, said]), score("diffusion", [PLAIN, stated])
    assert base < more < 1.3 * base
    reasons = ranking_of([PLAIN, stated]).reasons(profile("diffusion"), 1)
    assert telling.why(reasons) == "“diffusion” in the abstract and keywords"


def test_a_phrase_in_the_keywords_alone_is_found_by_its_acronym_too() -> None:
    explains = paper(3, "Gulls", f"{FILLER} Denoising Diffusion Models (DDM) fly.")
    stated = replace(PLAIN, keywords=("DDM",))
    ranking, wishes = ranking_of([stated, explains]), profile("denoising diffusion models")
    (reason,) = (r for r in ranking.reasons(wishes, 0) if r.place == "keywords")
    assert (reason.term, reason.via) == ("DDM", "acronym")


def test_keywords_of_others_change_no_score() -> None:
    labels = ("low-rank adaptation", "gulls at sea", "novel zebrafish")
    plain = [paper(n, f"Harbour {n}", f"{FILLER} Tide {n} of low rank.") for n in range(20)]
    stated = [replace(each, keywords=labels) if each.key % 2 else each for each in plain]
    wishes = profile("low-rank adaptation", "gulls", "novel zebrafishes", "keeper")
    before, after = scored(plain, wishes).scores, scored(stated, wishes).scores
    assert after[::2].tolist() == before[::2].tolist()
    assert (after[1::2] > before[1::2]).all()


def test_metadata_rules_out() -> None:
    others = [
        replace(paper(3, "Gulls"), categories=("math.AG",)),
        replace(paper(4, "Gulls"), venue="Nature Communications"),
        replace(paper(5, "Gulls"), keywords=("Survey",)),
    ]
    exclude: list[str | Interest] = [
        Interest("cs", "category"),
        Interest("Nature Communications", "venue"),
        "surveys",
    ]
    assert scored([*WEEK, *others], profile("ferry", exclude=exclude)).excluded == {
        1: "cs.LG among its categories",
        3: "published in Nature Communications",
        4: "surveys in its keywords",
    }


def test_upvotes_count_where_they_are_asked_for() -> None:
    wishes = replace(profile("walrus"), upvotes=0.2)
    twenty = replace(LABELLED, upvotes=20)
    ranking = ranking_of([PLAIN, twenty])
    plain = ranking.rank(profile("walrus")).scores
    assert (ranking.rank(wishes).scores - plain).tolist() == pytest.approx([0, 0.1])
    assert telling.why(ranking.reasons(wishes, 1)).startswith("20 upvotes")


# --- laws ---------------------------------------------------------------------------------

WISHES = (
    Interest("gulls"),
    Interest("denoising diffusion", weight=0.5),
    Interest("gulls", place="keywords"),
    Interest("ro\\w+", "pattern"),
    Interest("ro\\w+", "pattern", "keywords", weight=0.1),
    Interest("A. Sample", "author"),
    Interest("cs", "category", weight=2.5),
    Interest("stat.ML", "category"),
    Interest("NeurIPS", "venue"),
    Interest("code", "code"),
)


def random_paper(number: int, rng: random.Random) -> Paper:
    def some(*choices: str) -> tuple[str, ...]:
        return tuple(rng.sample(choices, rng.randint(0, len(choices))))

    return replace(
        paper(number, " ".join(some("gulls", "robots", "diffusion")), authors=some("Ann Sample")),
        keywords=some("gulls", "robot learning", "Denoising Diffusion"),
        categories=some("cs.LG", "cs.CL", "stat.ML"),
        venue=rng.choice([None, "NeurIPS", "Nature"]),
        code=rng.choice([None, "https://example.org"]),
        upvotes=rng.choice([None, 0, 1, 1000]),
    )


@pytest.mark.parametrize("seed", range(12))
def test_reasons_sum_to_the_score_in_any_order(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 — test data, not secrets
    week = [random_paper(number, rng) for number in range(1, 9)]
    wishes = Profile(tuple(rng.sample(WISHES, 5)), upvotes=rng.choice([0, 0.1]))
    ranking, backwards = ranking_of(week), ranking_of(week[::-1])
    scores = ranking.rank(wishes).scores.tolist()
    turned = replace(wishes, interests=wishes.interests[::-1])
    assert backwards.rank(turned).scores.tolist() == scores[::-1]
    for index, whole in enumerate(scores):
        reasons = ranking.reasons(wishes, index)
        assert sum(reason.contribution for reason in reasons) == pytest.approx(whole, abs=1e-9)
        assert set(backwards.reasons(turned, len(week) - 1 - index)) == set(reasons)
