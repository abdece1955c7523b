"""What of an abstract is shown, and what is marked in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from digest.render.excerpt import excerpt, marked, shortened

LONG = (
    "Memory is what limits us. We measure it in forty models, large and small, old and new. "
    "Most of it goes into what nobody reads again. A cache of the rest is a tenth of the size. "
    "On long books this costs half a point. We then ask how little is enough for a short reply. "
    "Routers answer that better than rules do. All code is public."
)


def test_a_short_abstract_stands_whole_on_one_line() -> None:
    assert excerpt("One.\n\nTwo\nlines.", ()) == "One. Two lines."


def test_a_long_one_ends_with_a_sentence() -> None:
    assert excerpt(LONG, (), 100).endswith("old and new.")


def test_a_term_from_further_below_is_fetched() -> None:
    shown = excerpt(LONG, ("router",), 140)
    assert shown == (
        "Memory is what limits us. We measure it in forty models, large and small, old and new. "
        "[…] Routers answer that better than rules do."
    )


def test_a_term_that_is_shown_already_fetches_nothing() -> None:
    assert "[…]" not in excerpt(LONG, ("models", "router"), 140)


def test_one_endless_sentence_is_cut_after_a_word() -> None:
    shown = excerpt("word " * 400, ())
    assert len(shown) <= 500
    assert shown.endswith("word…")


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
    shown = marked(text, terms)
    assert shown.replace("<mark>", "").replace("</mark>", "") == marked(text, ())
    assert marked(text, ()).unescape() == text
