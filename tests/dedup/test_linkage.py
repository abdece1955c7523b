"""Which records are one paper."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import permutations

import pytest

from digest.dedup import keys
from digest.model import Match, PaperKey

from .papers import ABSTRACT, OTHER_ABSTRACT, TUESDAY, as_candidates, known, record, sort

TITLE = "LoRA: Low-Rank Adaptation of Large Language Models"


def titles(matches: list[Match]) -> list[list[str]]:
    return [[one.title for one in match.records] for match in matches]


# --- the same ----------------------------------------------------------------------------

SAME_WITHOUT_ABSTRACT = [
    "LORA: LOW-RANK ADAPTATION OF LARGE LANGUAGE MODELS",
    "LoRA — Low Rank Adaptation of Large Language Models.",
    "LoRA: Lowrank Adaptation of Large Language Models",
    "“LoRA”: Low‑Rank Adaptation of Large  Language Models",
]
SAME_WITH_ABSTRACT = [
    "LoRA: Low-Rank Adaption of Large Language Models",
    "LoRA: Low-Rank Adaptation of Large Langauge Models",
    "LoRA: Low-Rank Adaptation of Large Language Model",
    "LoRA: Low-Rank Adaptation for Large Language Models",
    "LoRA: Low-Rank Adaptation of Language Models",
    "Low-Rank Adaptation of Large Language Models",
    "Low-Rank Adaptation of Large Language Models (LoRA)",
    "LoRA: Training a Few Narrow Matrices Is Enough",
    "LoRA",
]


@pytest.mark.parametrize("title", SAME_WITHOUT_ABSTRACT)
def test_spelling_makes_no_difference_whatever_the_abstracts_say(title: str) -> None:
    (match,) = sort([record(title, "")], [known(record(TITLE))])
    assert not match.is_new


@pytest.mark.parametrize(
    ("shown", "stripped"),
    [
        ("τ-bench: A Benchmark for Agents", "tau-bench: A Benchmark for Agents"),
        ("β-VAE", "beta-VAE"),
        ("μP", "muP"),
        ("ΔTides", "DeltaTides"),
        ("∞Bench", "inftyBench"),
    ],
)
def test_a_sign_is_the_same_as_its_latex_name(shown: str, stripped: str) -> None:
    (match,) = sort([record(stripped, "")], [known(record(shown, ""))])
    assert not match.is_new


@pytest.mark.parametrize("title", SAME_WITH_ABSTRACT)
def test_a_nearly_identical_title_with_a_matching_abstract_is_the_same_paper(title: str) -> None:
    (match,) = sort([record(title)], [known(record(TITLE))])
    assert not match.is_new
    assert len(sort([record(title), record(TITLE)])) == 1


@pytest.mark.parametrize("title", SAME_WITH_ABSTRACT)
def test_a_nearly_identical_title_with_another_abstract_is_another_paper(title: str) -> None:
    (match,) = sort([record(title, OTHER_ABSTRACT)], [known(record(TITLE))])
    assert match.is_new


def test_an_abstract_that_is_cut_short_matches() -> None:
    cut = ABSTRACT[:220] + "…"
    (match,) = sort([record(SAME_WITH_ABSTRACT[0], cut)], [known(record(TITLE))])
    assert not match.is_new


def test_an_abstract_that_was_revised_in_places_matches() -> None:
    revised = ABSTRACT.replace("matches full training", "comes close to training all weights")
    revised = revised.replace("0.1%", "less than a hundredth") + " Code is available."
    (match,) = sort([record(SAME_WITH_ABSTRACT[0], revised)], [known(record(TITLE))])
    assert not match.is_new


def test_a_near_title_needs_more_than_a_word_or_two_of_abstract() -> None:
    (match,) = sort([record(SAME_WITH_ABSTRACT[0], "Short.")], [known(record(TITLE, "Short."))])
    assert match.is_new


# --- not the same ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Scaling Laws for Transfer, Part I", "Scaling Laws for Transfer, Part II"),
        ("Scaling Laws for Transfer", "Scaling Laws for Transfer, Part II"),
        ("Scaling Laws for Transfer I", "Scaling Laws for Transfer"),
        ("OpenChat v1: A Chat Model", "OpenChat v2: A Chat Model"),
        ("OpenChat: A Chat Model", "OpenChat 2.0: A Chat Model"),
        ("OpenChat 1.5: A Chat Model", "OpenChat 2.5: A Chat Model"),
        ("Training a 7B Model at Home", "Training a 70B Model at Home"),
        ("Attention Is All You Need", "Attention Is Not All You Need"),
        ("Learning with Labels", "Learning without Labels"),
        ("A Theory of Supervised Pretraining", "A Theory of Unsupervised Pretraining"),
        ("A Theory of Supervised Pretraining", "A Theory of Self-Supervised Pretraining"),
        ("Methods: Symmetric Kernels", "Methods: Asymmetric Kernels"),
        ("Type A Errors in Judging", "Type B Errors in Judging"),
        ("Grokking Explained", "Grokking Explained, Revisited"),
        ("Grokking Explained", "A Comment on “Grokking Explained”"),
        ("CodeT5: Code Models", "CodeT5+: Code Models"),
        ("Diffusion Models for Images", "Diffusion Models for Proteins"),
        ("Paper 17", "Paper 18"),
    ],
)
def test_titles_that_tell_papers_apart_do_so_even_with_the_same_abstract(
    one: str, other: str
) -> None:
    assert titles(sort([record(one), record(other)])) == [[one], [other]]
    (match,) = sort([record(other)], [known(record(one))])
    assert match.is_new


def test_a_sentence_that_many_papers_share_is_no_evidence() -> None:
    names = ["GraphBench: " + "".join(pair).title() for pair in permutations("klmnopq", 2)]
    assert len(sort([record(name) for name in names])) == len(names)


# --- arXiv ids ---------------------------------------------------------------------------


def test_different_arxiv_ids_are_different_papers_even_with_the_same_title_and_abstract() -> None:
    one, other = record(TITLE, arxiv_id="2106.09685"), record(TITLE, arxiv_id="2402.00001")
    assert len(sort([one, other])) == 2
    (match,) = sort([other], [known(one)])
    assert match.is_new
    assert match.paper.id == "arxiv:2402.00001"


def test_the_same_arxiv_id_is_the_same_paper_whatever_the_title() -> None:
    renamed = record("Narrow Matrices", OTHER_ABSTRACT, arxiv_id="2106.09685")
    (match,) = sort([renamed], [known(record(TITLE, arxiv_id="2106.09685"))])
    assert not match.is_new


def test_an_arxiv_id_that_becomes_known_later_leaves_the_paper_its_id() -> None:
    first = known(record(TITLE))
    (match,) = sort([record(TITLE, arxiv_id="2106.09685")], [first])
    assert not match.is_new
    assert match.paper.id == first.id
    assert re.fullmatch("title:[0-9a-f]{16}", first.id)
    assert match.paper.arxiv_id == "2106.09685"


def test_a_renamed_paper_is_known_by_each_of_its_titles() -> None:
    old, new = (
        record(TITLE, arxiv_id="2106.09685"),
        record("Narrow Matrices", arxiv_id="2106.09685"),
    )
    paper = known(old, new)
    for title in (TITLE, "Narrow Matrices"):
        again = record(title, OTHER_ABSTRACT)
        (match,) = sort([again], as_candidates([paper], [again]))
        assert not match.is_new


def test_a_title_without_id_goes_to_the_namesake_with_the_same_abstract() -> None:
    older = known(record(TITLE, OTHER_ABSTRACT, arxiv_id="2106.09685"))
    newer = known(record(TITLE, arxiv_id="2402.00001"), key=2, arrived=TUESDAY)
    (match,) = sort([record(TITLE)], [newer, older])
    assert match.paper.key == 2


# --- several at once ---------------------------------------------------------------------


def test_listings_of_one_paper_in_one_dump_are_one_paper_in_its_first_place() -> None:
    records = [
        record("Walking in Snow", OTHER_ABSTRACT, line=10),
        record(TITLE, line=20),
        record("Something Else", "It has an abstract of its own.", line=30),
        record(SAME_WITH_ABSTRACT[0], line=40),
    ]
    matches = sort(records)
    assert [[one.line for one in match.records] for match in matches] == [[10], [20, 40], [30]]
    assert all(match.is_new and match.paper.key == 0 for match in matches)


def test_a_record_that_links_two_known_papers_makes_them_one() -> None:
    older, newer = known(record(TITLE), key=4), known(record("LoRA"), key=9, arrived=TUESDAY)
    bridge = record("LoRA: Low-Rank Adaptation")
    (match,) = sort([bridge], [newer, older])
    assert (match.paper.key, match.joined) == (4, (9,))
    assert match.records == (bridge,)


def test_a_record_that_links_two_new_papers_makes_them_one() -> None:
    ends = [record("Adapting Models by Narrow Matrices"), record("Zebra: A Few Weights Will Do")]
    assert len(sort(ends)) == 2
    assert len(sort([*ends, record("Zebra: Adapting Models by Narrow Matrices")])) == 1


def test_a_link_never_joins_different_arxiv_ids() -> None:
    ends = [record(TITLE, arxiv_id="2106.09685"), record("LoRA", arxiv_id="2402.00001")]
    matches = sort([*ends, record("LoRA: Low-Rank Adaptation")])
    assert sorted(match.paper.arxiv_id or "" for match in matches) == ["2106.09685", "2402.00001"]


def test_a_paper_with_the_same_title_but_another_id_does_not_take_over_the_first() -> None:
    first = known(record(TITLE))
    one, other = record(TITLE, arxiv_id="2106.09685"), record(TITLE, arxiv_id="2402.00001")
    matches = sort([one, other], [first])
    assert len({match.paper.id for match in matches}) == 2
    assert sum(match.is_new for match in matches) == 1


# --- keys --------------------------------------------------------------------------------


def test_keys_lead_back_to_the_paper() -> None:
    for title in [TITLE, *SAME_WITHOUT_ABSTRACT, *SAME_WITH_ABSTRACT]:
        assert keys(record(TITLE)) & keys(record(title, ABSTRACT[:220] + "…"))
    assert keys(record("A", "", arxiv_id="2106.09685")) & keys(
        record("B", "", arxiv_id="2106.09685")
    )
    assert not keys(record(TITLE)) & keys(record("Walking in Snow", OTHER_ABSTRACT))


def test_keys_fit_a_database_integer_and_never_change() -> None:
    """They are stored: a change here makes every known paper new again."""
    walking = record("Walking in Snow", OTHER_ABSTRACT, arxiv_id="2402.00001")
    assert sorted(keys(walking)) == [
        -4_161_286_802_341_595_034,
        -2_535_510_634_403_312_729,
        1_127_163_047_483_889_189,
        5_069_134_918_169_095_072,
        6_094_057_001_857_775_482,
        6_224_398_911_257_797_863,
    ]
    assert sort([record("Walking in Snow", "")])[0].paper.id == "title:5492708e34b6f77a"


def test_a_title_of_signs_alone_is_still_a_title() -> None:
    assert len(sort([record("???", ""), record("!!!", ""), record("???", "")])) == 2


def test_a_candidate_without_its_keys_is_known_by_its_text() -> None:
    paper = replace(known(record(TITLE)), key=PaperKey(3), keys=frozenset())
    (match,) = sort([record(SAME_WITH_ABSTRACT[0])], [paper])
    assert match.paper.key == 3
