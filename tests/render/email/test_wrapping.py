"""Lines of the text part."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from digest.render.email.parts import WIDTH, wrapped


def test_a_numbered_line_hangs_by_its_number() -> None:
    assert wrapped("12. a title of several words", 16) == [
        "12. a title of",
        "    several",
        "    words",
    ]


def test_an_address_stays_whole() -> None:
    address = "https://example.org/" + "x" * 90
    assert wrapped(f"   Unsubscribe: {address}") == ["   Unsubscribe:", f"   {address}"]


@given(st.text(alphabet="ab 1.-", max_size=300))
def test_no_word_is_lost_and_only_words_are_too_long(line: str) -> None:
    lines = wrapped(line)
    assert " ".join(lines).split() == line.split()
    assert all(len(each) <= WIDTH or len(each.split()) <= 2 for each in lines)
