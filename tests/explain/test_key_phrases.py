"""Phrases that tell what somebody's papers have in common that others have not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.explain.key_phrases import Phrase, distinctive
from tests.conftest import examples

OTHERS = [f"Paper {n} trains a neural network on images with gradient descent." for n in range(40)]
FEDERATED = [
    "Federated learning on phones\n\nWe train a neural network. Federated learning is private.",
    "Private federated learning\n\nClients send updates by gradient descent.",
    "Gossip\n\nWe study federated learning without a server, with a neural network.",
]


def found(here: list[str], elsewhere: list[str] = OTHERS) -> list[str]:
    return [phrase.text for phrase in distinctive(here, elsewhere, limit=10)]


def test_what_is_common_here_and_rare_elsewhere_comes_first() -> None:
    assert distinctive(FEDERATED, OTHERS, limit=1) == [Phrase("federated learning", 3, 0)]
    assert "neural network" not in found(FEDERATED)


def test_a_phrase_counts_the_other_texts_that_hold_it() -> None:
    others = [*OTHERS, "Federated  Learning again", "federated-learning"]
    assert distinctive(FEDERATED, others, limit=1) == [Phrase("federated learning", 3, 2)]


def test_a_phrase_of_a_single_text_is_none() -> None:
    assert found(["Quantum chess\n\nQuantum chess. Quantum chess.", "Something else"]) == []


def test_the_whole_phrase_is_taken_not_its_parts() -> None:
    here = [f"{n} runs of retrieval-augmented generation" for n in ("Two", "Six", "Ten")]
    assert found(here) == ["retrieval-augmented generation"]


def test_the_shorter_one_is_taken_where_it_stands_alone_too() -> None:
    here = ["graph matching", "graph matching now", "sparse graph matching", "graph matching here"]
    assert found(here) == ["graph matching"]


def test_what_a_hyphen_joins_is_not_taken_apart_and_may_begin_with_any_word() -> None:
    here = [f"{what} Low-rank adaptation of it" for what in ("We tune.", "They tune.", "All tune.")]
    assert found(here) == ["Low-rank adaptation"]


def test_ways_to_write_a_phrase_are_one_and_the_commonest_is_shown() -> None:
    here = ["A mixture of experts", "mixtures of experts", "Mixture-of-Experts layer routing",
            "A mixture of experts"]  # fmt: skip
    assert found(here) == ["mixture of experts"]


def test_a_phrase_ends_at_a_mark_and_at_words_that_say_nothing() -> None:
    here = ["Ferry. Boat trips; the pier", "ferry, boat trips in the pier", "ferry (boat trips)"]
    assert found(here) == ["boat trips"]


def test_a_plain_word_needs_more_texts_than_an_acronym_does() -> None:
    assert found(["GNN one", "a GNN two"]) == ["GNN"]
    assert found(["ferry one", "a ferry two"]) == []
    assert found(["ferry one", "a ferry two", "ferry three", "ferry four"]) == ["ferry"]


def test_without_others_only_phrases_of_several_words_are_offered() -> None:
    here = ["GNN pooling layers", "GNN pooling layers", "GNN layers"]
    assert found(here, []) == ["GNN pooling layers"]


def test_what_is_common_everywhere_is_left_out_even_if_commoner_here() -> None:
    others = ["A language model"] * 30 + ["A ferry"] * 20
    assert found(["One language model", "Two language models"], others) == []


@pytest.mark.parametrize("texts", [[], [""], ["", ""], ["the of", "a an"]])
def test_nothing_comes_of_nothing(texts: list[str]) -> None:
    assert found(texts) == []


WORDS = st.sampled_from(
    ["low", "rank", "GNN", "the", "of", "ferry", "-", ".", "\n\n", "model", "é"]
)
TEXTS = st.lists(st.lists(WORDS, max_size=12).map(" ".join), max_size=6)


@settings(max_examples=examples(60))
@given(TEXTS, TEXTS)
def test_whatever_the_texts_are(here: list[str], elsewhere: list[str]) -> None:
    phrases = distinctive(here, elsewhere, limit=5)
    assert distinctive(here[::-1], elsewhere[::-1], limit=5) == phrases
    assert len(phrases) <= 5
    for phrase in phrases:
        assert 2 <= phrase.here <= len(here)
        assert 0 <= phrase.elsewhere <= len(elsewhere)
        assert any(phrase.text in " ".join(text.split()) for text in here)
