"""Which two sentences of an abstract say what the paper does."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.render.gist import READ, gist
from digest.text.clean import plain
from digest.text.sentences import sentences

BACKGROUND = "Recent advances in gardening robots have attracted much attention."
GAP = "However, existing robots remain slow, and many of them fall over on wet grass."
CLAIM = "In this paper, we propose Hedgehog, a robot that walks on six short legs."
PART = "Each leg has a spring, two joints and a sensor for the slope of the ground."
RESULT = "Experiments in twelve gardens show that it falls 40 % less often than wheeled robots."
CODE = "Code and plans are available at https://example.org/hedgehog."


def chosen(*said: str, title: str = "Robots on Grass") -> tuple[str, ...]:
    return gist(title, " ".join(said))


def test_claim_and_result_come_before_background_and_availability() -> None:
    assert chosen(BACKGROUND, GAP, CLAIM, PART, RESULT, CODE) == (CLAIM, RESULT)


def test_the_order_is_that_of_the_abstract() -> None:
    finding = "We find that robots on six legs fall 40 % less often than those on wheels."
    assert chosen(finding, CLAIM, BACKGROUND) == (finding, CLAIM)


@pytest.mark.parametrize(
    "claim",
    [
        "We study how the slope of a garden decides which robots stay on their legs.",
        "This survey reviews forty years of walking machines and what became of them.",
        "A gait for six short legs is introduced that never lifts more than three.",
        "Here we show that grass is harder on wheels than on any number of legs.",
        "GrassNet tells wet grass from dry by its colour and by the sound of a leg in it.",
        "To close this gap, we first derive a bound on how far a robot can lean.",
    ],
)
def test_what_counts_as_a_claim(claim: str) -> None:
    assert claim in chosen(BACKGROUND, GAP, claim, PART, CODE)


@pytest.mark.parametrize(
    "result",
    [
        "Hedgehog outperforms all wheeled robots on three of four kinds of lawn.",
        "It reduces the number of falls by a factor of 3.",
        "Our results suggest that two more legs are worth their weight.",
        "We prove that six legs are the least that never slip on a slope.",
    ],
)
def test_what_counts_as_a_result(result: str) -> None:
    assert chosen(BACKGROUND, GAP, CLAIM, PART, result, CODE)[1:] == (result,)


def test_a_sentence_that_leans_on_another_is_shown_with_it_or_not_at_all() -> None:
    leaning = "It reduces falls by 40 % and achieves better cuts."
    assert chosen(GAP, CLAIM, leaning, PART, PART) == (CLAIM, leaning)
    by_itself = "Hedgehog reduces falls by 40 % and achieves better cuts."
    other = "These springs reduce falls by 30 % and achieve better cuts than ours."
    assert chosen(GAP, CLAIM, PART, other, PART, by_itself) == (CLAIM, by_itself)


def test_the_name_before_the_colon_of_the_title_tells_the_papers_own_system() -> None:
    ours = "To this end, we present Hedgehog, which walks on six short legs."
    other = "We also present a lawn with slopes of every kind that a garden has."
    assert chosen(GAP, other, ours, RESULT, title="Hedgehog: Walking on Wet Grass") == (
        ours,
        RESULT,
    )


def test_two_sentences_that_say_the_same_are_not_both_shown() -> None:
    again = "We show that Hedgehog, the robot we propose, walks on its six short legs."
    assert chosen(GAP, CLAIM, again, RESULT) == (CLAIM, RESULT)


def test_a_claim_stands_alone_where_nothing_else_is_worth_showing() -> None:
    assert chosen(BACKGROUND, GAP, CLAIM, CODE) == (CLAIM,)


@pytest.mark.parametrize("said", [(), (CLAIM,), (BACKGROUND, CODE)])
def test_what_is_short_is_shown_whole(said: tuple[str, ...]) -> None:
    assert chosen(*said) == said


def test_two_sentences_have_only_so_much_room() -> None:
    long = "Experiments show that " + "it falls less often than others, " * 20 + "by 40 %."
    assert chosen(GAP, CLAIM, PART, long) == (CLAIM, PART)
    claim = f"{CLAIM[:-1]}, {', '.join(['each with a spring and two joints'] * 15)}."
    assert chosen(GAP, claim, RESULT, CODE) == (claim,)


@pytest.mark.parametrize(
    "abstract",
    ["草地很滑。机器人会摔倒。六条腿更好。轮子更差。", "Грас. Трава мокра. Робот падает. Ноги."],
)
def test_an_abstract_without_a_claim_is_shown_from_its_opening(abstract: str) -> None:
    opening = [abstract[start:end] for start, end in sentences(abstract)][:2]
    assert list(gist("", abstract)) == opening


def test_paragraphs_end_sentences() -> None:
    assert gist("Robots", f"Summary\n\n{CLAIM}\n\nResults\n\n{RESULT}") == (CLAIM, RESULT)


def test_the_cut_end_of_a_very_long_text_is_no_sentence() -> None:
    cut = f"We propose Hedgehog, which is {'very ' * READ}new."
    assert chosen(GAP, CLAIM, RESULT, cut) == (CLAIM, RESULT)


@pytest.mark.parametrize(
    "piece", [":", "?-", "we ", "1 ", "A-", "has a ", "present a b-", "a. ", "(", "_ly", "data "]
)
@pytest.mark.parametrize("end", ["", "a", " a. B"])
def test_no_text_takes_long(piece: str, end: str) -> None:
    most = piece * ((READ - 200) // len(piece))
    started = time.process_time()
    gist(f"{most}: {most}", f"{CLAIM} It mows. We {most}{end}")
    gist("", piece * (100_000 // len(piece)) + end)
    assert time.process_time() - started < 0.5  # quadratic, it is more than a second


pieces = st.sampled_from(
    (
        BACKGROUND,
        GAP,
        CLAIM,
        PART,
        RESULT,
        CODE,
        "It is so.",
        "e.g. this",
        "Why?",
        "第一句。",
        "\n\n",
    )
)


@given(st.text(max_size=80), st.one_of(st.text(), st.lists(pieces).map(" ".join)))
@example(": ", "A. B. C. D.")
def test_a_gist_stands_in_the_abstract_word_for_word(title: str, abstract: str) -> None:
    text = plain(abstract)
    found = [text[start:end] for start, end in sentences(text)]
    shown = gist(title, abstract)
    assert len(shown) <= 2
    assert list(shown) == found or (shown and len(found) > 2)
    rest = iter(found)
    assert all(sentence in rest for sentence in shown), "whole, and in order"
