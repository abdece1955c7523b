from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.text.clean import normal_title, one_line, plain, storable

HOSTILE = (
    "\x00\x07\x1b\x7f\x85\u00ad\u200b\u200e\u202e\u2066\u2028\ufeff\ufffe\U0010ffff\ud800\ue000"
)
texts = st.text(st.one_of(st.characters(), st.sampled_from(HOSTILE + "\n\r\t a.!?e\u0301")))


def invisible(char: str) -> bool:
    return (
        unicodedata.category(char) in {"Cc", "Cs", "Co"}
        or unicodedata.bidirectional(char) in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI"}
        or ord(char) & 0xFFFE == 0xFFFE
    )


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("  a \t b\u00a0c  ", "a b c"),
        ("one\ntwo\r\nthree", "one two three"),
        ("one\n\n two \r\n \r\n\n three\n", "one\n\ntwo\n\nthree"),
        ("eno\u202eowt", "enoowt"),
        ("Lo\u200bRA soft\u00adhyphen \ufeffmark", "LoRA softhyphen mark"),
        ("nul\x00bell\x07escape\x1b[0m", "nulbellescape[0m"),
        ("half\ud83dpair non\ufffechar\U0010ffff", "halfpair nonchar"),
        ("Fre\u0301chet", "Fréchet"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d🔬 ok\u200d", "👩\u200d🔬 ok"),
        ("", ""),
        (" \n\n \x00 ", ""),
    ],
)
def test_plain(raw: str, expected: str) -> None:
    assert plain(raw) == expected


@given(texts)
def test_plain_text_has_no_hidden_characters_and_stays_as_it_is(raw: str) -> None:
    text = plain(raw)
    assert not any(invisible(char) for char in text if char != "\n")
    assert not any(line.isspace() or line != line.strip() for line in text.split("\n"))
    assert "\n\n\n" not in text
    assert plain(text) == text
    text.encode()


@given(texts)
def test_one_line_has_no_line_end(raw: str) -> None:
    assert len(one_line(raw).splitlines()) <= 1


@given(texts)
def test_storable_text_can_be_encoded_and_keeps_all_else(raw: str) -> None:
    kept = storable(raw)
    assert "\x00" not in kept
    kept.encode()
    assert kept == "".join(char for char in raw if char in kept)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Pre-training at Scale", "Pretraining at scale."),
        ("Pre‑training — at  Scale!", "PRE-TRAINING AT SCALE"),
        ("Fréchet's “Mean”", "Frechet's Mean"),
        ("π₀: A Model", "π_0 - a model"),
        ("Don't Stop", "Don’t stop"),
        ("Vision–Language Models", "Vision-language models"),
        ("τ-bench", "tau-bench"),
        ("ΔTides", "DeltaTides"),
        ("ϵ-Greedy Σς", "Epsilon-greedy sigmasigma"),
        ("∞Bench", "inftyBench"),
        ("🌊\ufe0f Tides", "Tides"),
    ],
)
def test_titles_of_one_paper_are_equal(one: str, other: str) -> None:
    assert normal_title(one).replace(" 0", "0") == normal_title(other).replace(" 0", "0")


def test_titles_of_different_papers_differ() -> None:
    titles = ["CodeT5", "CodeT5+", "C", "C++", "C#", "Gemma", "Gemma 2", "???", "!!!", "深度学习"]
    titles += ["कमल का फूल", "कमाल का फूल", "कुमल का फूल", "ハス", "バス", "กิน", "กีน"]
    assert len({normal_title(title) for title in titles}) == len(titles)


@given(texts)
def test_a_normal_title_stays_as_it_is(title: str) -> None:
    assert normal_title(normal_title(title)) == normal_title(title)
