"""Words, phrases and acronyms as a reader would see them in a text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.text.terms import acronyms, form, forms, spans, stream


def found(phrase: str, text: str) -> list[str]:
    return [text[start:end] for start, end in spans(phrase, text)]


@pytest.mark.parametrize("phrase", ["pre-training", "pretraining", "pre training", "Pre-Training"])
def test_hyphens_spaces_and_case_do_not_matter(phrase: str) -> None:
    text = "Pretraining, pre-training, Pre\ntraining and PRE–TRAINING"
    assert found(phrase, text) == ["Pretraining", "pre-training", "Pre\ntraining", "PRE–TRAINING"]


@pytest.mark.parametrize(
    ("phrase", "text", "surface"),
    [
        ("graph neural network", "We study graph neural networks.", "graph neural networks"),
        ("graph neural networks", "A Graph-Neural-Network!", "Graph-Neural-Network"),
        ("matrices", "one matrix", "matrix"),
        ("GNN", "Many GNNs fail", "GNNs"),
        ("LM", "two LMs", "LMs"),
        ("Poincaré ball", "a Poincare ball", "Poincare ball"),
        ("C++", "written in C++.", "C++"),
        ("扩散模型", "一种扩散模型的方法", "扩散模型"),
        ("vision language", "vision/language models", "vision/language"),
    ],
)
def test_found_as_written(phrase: str, text: str, surface: str) -> None:
    assert found(phrase, text) == [surface]


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("rank", "We are ranking"),
        ("low rank", "It is low. Rank matters"),
        ("low rank", "low (rank)"),
        ("data set", "data\n\nset"),
        ("gas", "a GA"),
        ("C", "C++"),
        ("", "anything"),
        ("--", "a -- b"),
    ],
)
def test_not_found(phrase: str, text: str) -> None:
    assert found(phrase, text) == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("policy policies", "policy"),
        ("class classes", "class"),
        ("cache caches", "cache"),
        ("bias biases", "bias"),
        ("analysis analyses", "analysis"),
        ("virus viruses", "virus"),
        ("series", "series"),
        ("loss losses", "loss"),
    ],
)
def test_singular_and_plural_share_a_form(words: str, expected: str) -> None:
    assert {form(word) for word in words.split()} == {expected}


@pytest.mark.parametrize(
    ("text", "short", "long"),
    [
        ("Low-Rank Adaptation (LoRA) of models", "LoRA", "Low-Rank Adaptation"),
        ("We tune LoRA (low-rank adaptation) layers", "LoRA", "low-rank adaptation"),
        ("with graph neural networks (GNNs)", "GNN", "graph neural networks"),
        ("via self-supervised learning (SSL)", "SSL", "self-supervised learning"),
        ("a mixture of experts (MoE)", "MoE", "mixture of experts"),
        ("good question answering (QA; open)", "QA", "question answering"),
        (
            "reinforcement learning from human feedback (RLHF)",
            "RLHF",
            "reinforcement learning from human feedback",
        ),
    ],
)
def test_acronyms_that_a_text_explains(text: str, short: str, long: str) -> None:
    assert list(acronyms(text)) == [(short, long)]


@pytest.mark.parametrize(
    "text",
    ["as shown (see Fig. 2)", "a strong baseline (BERT)", "by others (Storn 1997)", "an idea ()"],
)
def test_brackets_that_explain_nothing(text: str) -> None:
    assert not list(acronyms(text))


@given(st.text(max_size=60), st.text(max_size=200))
def test_any_text_gives_ordered_spans_that_spell_the_phrase(phrase: str, text: str) -> None:
    end = 0
    for start, stop in spans(phrase, text):
        assert end <= start < stop <= len(text)
        assert "".join(forms(text[start:stop])) == "".join(forms(phrase))
        end = stop
    list(acronyms(text))
    stream(text)


@given(st.text(st.characters(max_codepoint=127), max_size=200))
def test_plain_texts_are_read_as_others_are(text: str) -> None:
    breaks = re.compile(r"(?![^\W_]).*", re.DOTALL)
    *as_others, _ = stream(f"{text} é")
    assert [breaks.sub("|", each) for each in stream(text)] == [
        breaks.sub("|", each) for each in as_others
    ]


@given(st.lists(st.sampled_from(["deep", "GNN", "Models", "pre-training", "café", "C++", "3D"])))
def test_a_phrase_is_found_in_itself(words: list[str]) -> None:
    phrase = " ".join(words)
    if words:
        assert spans(phrase, f"see {phrase}, then")
