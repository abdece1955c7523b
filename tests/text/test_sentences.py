from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.text.sentences import sentences

PIECES = ("We", " e.g.", " 3.5", ".", " (", ")", "。", "!", "?", "\n\n", " A.", "“", "”", " ", "x")
texts = st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=60).map("".join))


@pytest.mark.parametrize(
    "text",
    [
        "We ask one thing.|Does it work?|Yes!|It does.",
        "It gains 3.5 points over GPT-4.|Code: https://example.org/a.b.",
        "Prior work (Doe et al. 2020; cf. Fig. 3) differs, e.g. in scale, i.e. in cost.|We agree.",
        "It is faster (eg. Table 2) than IE.|See no. 5, Sec. 2 and Alg. 1.|The answer is no.|Why?",
        "J. Smith wrote it, with A. B. Jones.|So did we.",
        "We bound the rank of A.|The bound is tight for CIFAR-C.|However, not for all B.|It is so.",
        "Data, models, etc.|However, no code.",
        'They say "no."|We say "yes!"|(It is so.)|Then we stop',
        "bert2BERT reuses models.|mT5 does not.|π₀ is new.|we found no other.",
        "It was measured (in the U.S. Senate, Oct. 4th, 2017. Twice.) with care.|It holds.",
        "An open bracket ( does no harm.|It is never closed.",
        "1. All minima are global.|2. None is bad.|(b) Most are flat.",
        "in v1.2 vs. v1.3 we see no. of tokens",
        "",
    ],
)
def test_sentences(text: str) -> None:
    whole = text.replace("|", " ")
    assert [whole[start:end] for start, end in sentences(whole)] == list(
        filter(None, text.split("|"))
    )


@pytest.mark.parametrize(
    "text",
    [
        "第一句。|第二句！",
        "A first paragraph without its stop|\n\n|A second one",
        "It learns from examples.|Theory says why (see below).|SeTa, too, at www.example.com.",
    ],
)
def test_sentences_without_a_space_between_them(text: str) -> None:
    whole = text.replace("|", "")
    parts = [part for part in text.split("|") if part.strip()]
    assert [whole[start:end] for start, end in sentences(whole)] == parts


@given(texts)
def test_sentences_leave_out_only_white_space(text: str) -> None:
    spans = sentences(text)
    assert all(start < end for start, end in spans)
    assert [position for span in spans for position in span] == sorted(
        position for span in spans for position in span
    )
    covered = {index for start, end in spans for index in range(start, end)}
    assert all(text[index].isspace() for index in range(len(text)) if index not in covered)


@pytest.mark.parametrize(
    "piece",
    [".", "a. ", "A. ", "1. ", "(a. B", ". (", '. "', "etc. ) ", "\n ", "abc.A ", ". a/", " "],
)
def test_long_texts_take_linear_time(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    tail = piece + "(" * 100_000
    started = time.process_time()
    sentences(text)
    sentences(tail)
    assert time.process_time() - started < 3  # quadratic, it would be minutes
