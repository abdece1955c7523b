"""How text is cut, and what is marked in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from digest.render.excerpt import marked, shortened


@pytest.mark.parametrize(
    ("text", "length", "shown"),
    [
        ("short", 10, "short"),
        ("cut after a word, here", 18, "cut after a word…"),
        ("unbreakable" * 3, 12, "unbreakable…"),
    ],
)
def test_shortened(text: str, length: int, shown: str) -> None:
    assert shortened(text, length) == shown


def test_terms_are_marked_where_they_stand_and_everything_is_escaped() -> None:
    text = "Pre-training <b>LoRA</b> & pretraining"
    assert marked(text, ("pretraining", "LoRA")) == Markup(
        "<mark>Pre-training</mark> &lt;b&gt;<mark>LoRA</mark>&lt;/b&gt; &amp; "
        "<mark>pretraining</mark>"
    )


def test_terms_that_overlap_are_marked_as_one() -> None:
    shown = marked("a mixture of experts model", ("mixture of experts", "experts model"))
    assert shown == Markup("a <mark>mixture of experts model</mark>")


@given(st.text(), st.lists(st.text(max_size=12), max_size=3))
def test_marks_lose_no_character(text: str, terms: list[str]) -> None:
    shown = marked(text, tuple(terms))
    assert shown.replace("<mark>", "").replace("</mark>", "") == marked(text, ())
    assert marked(text, ()).unescape() == text
