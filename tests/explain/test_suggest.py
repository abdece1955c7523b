"""Suggested interests can be copied into a profile as they are printed."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest import subscribers
from digest.explain.suggest import Suggestion, as_yaml, suggest
from digest.model import Interest, Profile
from digest.text.latex import readable
from tests.conftest import examples

ARCHIVE = [f"Ferry {n}\n\nA neural network steers it." for n in range(30)]
LIKED = [
    "Speculative decoding\n\nA draft model for speculative decoding, with key-value caches.",
    "Faster speculative decoding\n\nNo key-value caches, but a neural network.",
    "Speculative decoding again\n\nNothing else.",
]
NOTHING = Profile(())


def test_what_sets_the_texts_apart_with_weights_that_grow_with_its_share() -> None:
    more = ["Harbour", "Pier", "Gull", "Lamp", "Foghorn", "Anchor", "Buoy", "Sail", "Mast"]
    assert suggest([*LIKED, *more], ARCHIVE, NOTHING, limit=5) == [
        Suggestion("speculative decoding", 1.5, 3, 0),
        Suggestion("key-value caches", 1.5, 2, 0),
    ]
    assert suggest(LIKED, ARCHIVE, NOTHING, limit=1)[0].weight == 2


def test_what_the_profile_names_is_left_out_however_it_is_written() -> None:
    profile = Profile((Interest("Speculative-Decoding"),), (Interest("key value cache"),))
    assert suggest(LIKED, ARCHIVE, profile, limit=5) == []


def test_what_disliked_papers_say_as_often_is_left_out() -> None:
    disliked = ["Compressing key-value caches", "Against key-value caches"]
    texts = [one.text for one in suggest(LIKED, ARCHIVE, NOTHING, disliked=disliked, limit=5)]
    assert texts == ["speculative decoding"]


@pytest.mark.parametrize(
    ("text", "weight", "line"),
    [
        ("low-rank adaptation", 1, "- low-rank adaptation"),
        ("LoRA", 2, "- LoRA: 2"),
        ("mixture of experts", 1.5, "- mixture of experts: 1.5"),
        ("C++ templates", 1, "- C++ templates"),
        ("C# code", 1, '- "C# code"'),
        ("true", 1, '- "true"'),
        ("2:4 sparsity", 2, '- "2:4 sparsity": 2'),
    ],
)
def test_lines_of_yaml(text: str, weight: float, line: str) -> None:
    assert as_yaml(text, weight) == line


@settings(max_examples=examples(80))
@given(
    st.text(max_size=12).map(lambda raw: readable(f"A{raw}b").replace("\n", " ")),
    st.sampled_from([1.0, 1.5, 2.0]),
)
def test_every_line_is_read_back_as_the_interest_that_it_is(text: str, weight: float) -> None:
    entry = "subscribers:\n  - id: ada\n    email: ada@example.org\n    interests:\n"
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "subscribers.yaml").write_text(f"{entry}      {as_yaml(text, weight)}  # note\n")
        (ada,) = subscribers.load(home)
    assert ada.profile.interests == (Interest(text.strip(), weight=weight),)
