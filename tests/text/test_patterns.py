"""Patterns match what Python's ``re`` would match, in time that grows with the text alone."""

# ruff: noqa: E501 - tables of messages read best with one on a line

from __future__ import annotations

import re
import warnings

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from digest.text import patterns
from digest.text.patterns import LONGEST, PatternError, UnsupportedPatternError, compile_pattern
from tests.conftest import examples


def by_re(pattern: str, text: str) -> list[tuple[int, int]]:
    found = re.finditer(pattern, text, re.IGNORECASE)
    return [match.span() for match in found if match[0]]


TEXT = (
    "Café ÉTÉ cafés décaf: Ökologie-Studien, ökologisch. naïve Straße ΔΕΛΤΑ-net δελτα_1 Привет мир, "
    "GPT-4.5 und LLMs (LLM)! x² ⅔ ٣ 中文 強化学習 a_b 12,5 % K\u212a ſs\u00a0no\u2003break\nnew line\u0301"
)


@pytest.mark.parametrize(
    "pattern",
    [
        "scaling laws?",
        r"\bLLMs?\b",
        r"\bökologie\b",
        r"caf\w",
        r"caf\w\b",
        r"\w+",
        r"\bÉTÉ\b",
        r"\W+",
        r"\d+",
        r"[\d²]",
        r"\s\S",
        r"[^\W\d_]+",
        r"\Bo\B",
        r"\b\w",
        r"[α-ω]+",
        r"[^a-zà-ÿ ]",
        r"\u0394\w+",
        r"\N{GREEK SMALL LETTER DELTA}",
        r"\xe9t",
        r"\101\0?",
        "[k]",
        "s",
        "straße|STRASSE",
        r"GPT-\d+(\.\d+)?",
        r"(?P<name>привет) \w",
        r"n.new|k\n",
        r"\Ac.f",
        r"^caf|line.$",
        r".\Z",
        "a{,2}b",
        "o{2,}|f{1}é",
        r"\w+?\b",
        "a{b",
        r"[]x\]]|[-²]",
        r"強|中.",
    ],
)
def test_patterns_match_as_they_do_in_python(pattern: str) -> None:
    assert compile_pattern(pattern).spans(TEXT) == by_re(pattern, TEXT)


@pytest.mark.parametrize(
    "pattern",
    [
        r".*[a-z]+\d",
        "(a+)+x",
        "(a|a)*x",
        "(a|b|ab)*x",
        "(aa?)*x",
        r"(\d+|\w+)*x",
        "(a{0,9}){0,9}x",
        "a?" * 25 + "a" * 25 + "x",
        "a.*b.*c",
        "(((((((((a*)*)*)*)*)*)*)*)*)x",
    ],
)
def test_patterns_on_which_python_takes_for_ever(pattern: str) -> None:
    found = compile_pattern(pattern)
    assert found.spans("a" * 30_000) == []
    assert found.spans("aaabc 1x aaaaaax" + "a" * 50 + "x1 c") != []


@pytest.mark.parametrize(
    ("pattern", "what"),
    [
        ("scaling (laws", "bad pattern: missing ), unterminated subpattern, at character 9 of /scaling (laws/"),
        ("*a", "bad pattern: nothing to repeat, at character 1 of /*a/"),
        ("a**", "bad pattern: multiple repeat, at character 3 of /a**/"),
        ("[a", "bad pattern: unterminated character set, at character 1 of /[a/"),
        (r"\q", r"bad pattern: bad escape \q, at character 1 of /\q/"),
        ("a\\", "bad pattern: bad escape (end of pattern), at character 2 of /a\\/"),
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
    with pytest.raises(PatternError) as caught:
        compile_pattern(pattern)
    assert caught.value.what == what
    assert caught.value.remedy
    assert not isinstance(caught.value, UnsupportedPatternError)


@pytest.mark.parametrize(
    ("pattern", "what"),
    [
        (
            "low-rank(?! matri)",
            "looking ahead or behind with '(?!', at character 9, is not supported",
        ),
        ("(?<=a)b", "looking ahead or behind with '(?<=', at character 1, is not supported"),
        ("a++b", "the repetition '++', at character 2, is not supported"),
        ("(?>ab)c", "the group '(?>', at character 1, is not supported"),
        (r"\b|1", r"the pattern /\b|1/ fits every paper"),
        (r"(?:a|\b|1)", r"the pattern /(?:a|\b|1)/ fits every paper"),
        ("(ab){2000}", "the pattern /(ab){2000}/ is too large to be matched"),
    ],
)
def test_patterns_that_python_takes_and_re2_does_not(pattern: str, what: str) -> None:
    re.compile(pattern)
    with pytest.raises(UnsupportedPatternError) as caught:
        compile_pattern(pattern)
    assert caught.value.what == what
    assert caught.value.remedy


HAN = "".join(chr(0x4E00 + number) for number in range(120))


def test_many_different_characters() -> None:
    """So many words as one text can tell apart, and other texts do not count against it."""
    found = compile_pattern("|".join(HAN) + "|x")
    assert found.spans(HAN) == [(at, at + 1) for at in range(120)]
    bounded = compile_pattern(rf"\b[{HAN[0]}]|" + "|".join(HAN))
    for at in range(0, 120, 40):
        assert len(bounded.spans(HAN[at : at + 40])) == 40
    with pytest.raises(UnsupportedPatternError, match="too many different characters"):
        bounded.spans(HAN)
    assert len(bounded.spans(HAN[:40])) == 40


def test_a_thousand_matches_are_enough() -> None:
    assert len(compile_pattern("a").spans("a" * 5_000)) == patterns.MOST


# --- as ``re`` does, whatever the pattern --------------------------------------------------

SINGLE = st.sampled_from(
    ["a", "b", "é", "É", "ß", "_", "1", " ", ".", r"\w", r"\W", r"\d", r"\D", r"\s", r"\S", "[ab]",
     "[^a]", r"[^\W\d]", "[à-ï]", r"[\s_-]", "δ", r"\u00e9", r"\.", "-", "中", "K"]
)  # fmt: skip
EDGES = st.sampled_from([r"\b", r"\B", "^", "$", r"\A", r"\Z"])
REPEATS = st.sampled_from(["*", "+", "?", "{2}", "{0,2}", "{,2}", "{1,}", "*?", "+?", "??"])
PATTERNS = st.recursive(
    SINGLE,
    lambda inner: st.one_of(
        st.lists(st.one_of(inner, EDGES), min_size=1, max_size=4).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda ways: f"(?:{'|'.join(ways)})"),
        st.builds(lambda body, sign: f"({body}){sign}", SINGLE, REPEATS),
    ),
    max_leaves=8,
)
TEXTS = st.text("abAéÉßſsK\u212akδΔ_1٣² .-中\u00a0e\u0301", max_size=30)


@given(PATTERNS, TEXTS)
@settings(max_examples=examples(600))
@example(r"\bé\b", "é éa é")
def test_any_pattern_matches_as_in_python(pattern: str, text: str) -> None:
    try:
        found = compile_pattern(pattern)
    except PatternError as error:
        assert "fits every paper" in error.what  # noqa: PT017 — most patterns raise nothing
        return
    assert found.spans(text) == by_re(pattern, text)


PARTS = st.sampled_from(
    ["a", "b", "ab", ".", r"\w", r"\s", "[ab]", "[^a]", r"\b", "(", "(?:", ")", "|", "*", "+", "?",
     "{2}", "{0,3}", "{2,}", "[", "]", "\\", "(?=", "(?!", "^", "$", "{", "x", "[[", "&&", "é"]
)  # fmt: skip


@example("[]&&")
@example("[]||")
@given(st.lists(PARTS, max_size=12).map("".join))
@settings(max_examples=examples(400))
def test_any_text_is_a_pattern_or_refused_in_words(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            found = compile_pattern(text)
        except PatternError as error:
            assert error.what  # noqa: PT017 — many patterns raise nothing
            assert error.remedy  # noqa: PT017
            return
    assert found.spans("") == []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what Python's own engine may read otherwise some day
        re.compile(text)
