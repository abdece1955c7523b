"""Patterns that are safe to run on hostile text pass, others are refused in words."""

# ruff: noqa: E501 - tables of messages read best with one on a line

import re
import warnings
from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from digest.subscribers.patterns import LONGEST, MOST_WAYS, check
from tests.conftest import examples


@pytest.mark.parametrize(
    "pattern",
    [
        "scaling laws?",
        r"\bLLMs?\b",
        "(?:pre|post)-?train(?:ing|ed)?",
        r"GPT-\d+(\.\d+)?",
        r"\w+\s+\w+\s+learning",
        r"(?:\w+\s+){0,3}networks",
        "(foo|bar)+x",
        "(ab?)*c",
        "scaling.*laws",
        "a.{0,40}b.{0,40}c",
        "low-rank(?! matri)",
        r"[^\W\d]{3}",
        r"[]x\]]y",
        "(?P<name>LoRA)",
        r"\u0394-net",
    ],
)
def test_sound_patterns_pass(pattern: str) -> None:
    check(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+x",
        "(a|a)*x",
        "(a|b|ab)*x",
        "(aa?)*x",
        r"(\d+|\w+)*x",
        "(a{0,9}){0,9}x",
        "a?" * 25 + "a" * 25,
        "a.*b.*c",
        "(?=(a+)+x)a",
        "(|a)+x",
        "(((((((((a*)*)*)*)*)*)*)*)*)x",
    ],
)
def test_patterns_that_could_take_for_ever_are_refused(pattern: str) -> None:
    with pytest.raises(PydanticCustomError, match="could take for ever"):
        check(pattern)


@pytest.mark.parametrize(
    ("pattern", "what"),
    [
        ("scaling (laws", "bad pattern: missing ), unterminated subpattern, at character 9 of /scaling (laws/"),
        ("*a", "bad pattern: nothing to repeat, at character 1 of /*a/"),
        ("a**", "bad pattern: multiple repeat, at character 3 of /a**/"),
        ("[a", "bad pattern: unterminated character set, at character 1 of /[a/"),
        (r"\q", r"bad pattern: bad escape \q, at character 1 of /\q/"),
        ("a{99999999999}", "bad pattern: the repetition number is too large"),
        ("[[a]", "bad pattern: '[' inside [ ], at character 2"),
        ("x[a--b]", "bad pattern: '--' inside [ ], at character 4"),
        ("(?i)x", "bad pattern: the construct '(?i)', at character 1"),
        (r"(x)\1", "bad pattern: a reference back to a group, at character 4"),
        ("a*", "the pattern /a*/ fits every paper"),
        ("^", "the pattern /^/ fits every paper"),
        ("x" * (LONGEST + 1), "the pattern is 301 characters long"),
    ],
)  # fmt: skip
def test_wrong_patterns(pattern: str, what: str) -> None:
    with pytest.raises(PydanticCustomError) as caught:
        check(pattern)
    assert caught.value.context is not None
    assert caught.value.context["what"] == what
    assert caught.value.context["remedy"]


PARTS = st.sampled_from(
    ["a", "b", "ab", ".", r"\w", r"\s", "[ab]", "[^a]", r"\b", "(", "(?:", ")", "|", "*", "+", "?",
     "{2}", "{0,3}", "{2,}", "[", "]", "\\", "(?=", "(?!", "^", "$", "{", "x", "[[", "&&", "é"]
)  # fmt: skip


@given(st.lists(PARTS, max_size=12).map("".join))
@settings(max_examples=examples(400))
def test_what_passes_compiles_quietly_and_needs_something(pattern: str) -> None:
    try:
        check(pattern)
    except PydanticCustomError:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compiled = re.compile(pattern, re.IGNORECASE)
    assert compiled.search("") is None


class Part(NamedTuple):
    """A pattern with a backtracking matcher of its own: ``ends`` are tried in turn."""

    pattern: str
    ends: Callable[[str, int], Iterator[int]]


def one_of(pattern: str, characters: str) -> Part:
    def ends(text: str, at: int) -> Iterator[int]:
        if text[at : at + 1] and text[at] in characters:
            yield at + 1

    return Part(pattern, ends)


def both(left: Part, right: Part) -> Part:
    def ends(text: str, at: int) -> Iterator[int]:
        for middle in left.ends(text, at):
            yield from right.ends(text, middle)

    return Part(left.pattern + right.pattern, ends)


def either(left: Part, right: Part) -> Part:
    def ends(text: str, at: int) -> Iterator[int]:
        yield from left.ends(text, at)
        yield from right.ends(text, at)

    return Part(f"(?:{left.pattern}|{right.pattern})", ends)


def repeated(body: Part, least: int, most: int, sign: str) -> Part:
    def ends(text: str, at: int, done: int = 0) -> Iterator[int]:
        if done < most:
            for end in body.ends(text, at):
                if end > at:
                    yield from ends(text, end, done + 1)
        if done >= least:
            yield at

    return Part(f"(?:{body.pattern}){sign}", ends)


REPEATS = st.sampled_from([(0, 99, "*"), (1, 99, "+"), (0, 1, "?"), (1, 3, "{1,3}"), (2, 2, "{2}")])
TREES = st.recursive(
    st.sampled_from([("a", "a"), ("b", "b"), (".", "abc"), ("[ab]", "ab"), ("[^a]", "bc")]).map(
        lambda pair: one_of(*pair)
    ),
    lambda inner: st.one_of(
        st.builds(both, inner, inner),
        st.builds(either, inner, inner),
        st.builds(lambda body, repeat: repeated(body, *repeat), inner, REPEATS),
    ),
    max_leaves=7,
)


@given(TREES, st.sampled_from(["a" * 26, "b" * 26, "ab" * 13, "aab" * 8, "abc" * 8]))
@settings(max_examples=examples(400))
def test_what_passes_can_be_tried_in_few_ways(tree: Part, text: str) -> None:
    try:
        check(f"{tree.pattern}X")
    except PydanticCustomError:
        return
    most = 2 * MOST_WAYS
    assert sum(1 for _ in islice(tree.ends(text, 0), most + 1)) <= most
