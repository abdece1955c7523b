"""How alike two titles and two abstracts are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from enum import IntEnum
from itertools import product

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, Levenshtein

from digest.dedup.blocking_keys import ABSTRACT
from digest.text.clean import normal_title

ENOUGH = 100
"""Characters of an abstract below which it proves nothing."""
TITLE = 500
"""Characters of a title that are looked at."""

_SMALL = re.compile(
    "an?|and|as|at|by|for|from|in|into|is|of|on|or|the|through|towards?|to|using|via|with"
)
"""Words that come and go between versions of a title."""
_TELLING = re.compile(
    "no|not|non|nor|never|neither|without|cannot|cant|dont|doesnt|isnt|arent|wont"
    "|[b-z]|ii|iii|iv|vi|vii|viii|ix|xi|xii|one|two|three|four|five|first|second|third"
    "|part|revisit(?:ed|ing)|reply|response|rebuttal|comment(?:s|ary)?|erratum|corrigendum"
    "|correction|retraction|supplement|appendix"
)
"""Words that make another paper when only one title has them."""
_OPPOSITE = re.compile("an?|anti|counter|de|dis|il|im|in|ir|mis|non|semi|self|un")
"""Prefixes that make another word of the same one."""
_HEAD_END = re.compile(r"\s*[:–—?!]\s+|\s+-+\s+")
_NO_WORD = re.compile(r"\W+")


class Likeness(IntEnum):
    """How alike two titles are that are not the same."""

    DIFFERENT = 0
    SAME_HEAD = 1
    """Only the subtitle differs, or one has none."""
    NEAR = 2
    """They differ by typos, by small words, or by few words that one has and the other lacks."""


def titles(one: str, other: str) -> Likeness:
    """How alike two titles are."""
    words, others = normal_title(one[:TITLE]).split(), normal_title(other[:TITLE]).split()
    extra, missing = _unmatched(words, others)
    if any(map(_is_telling, extra | missing)) or _are_opposites(extra, missing):
        return Likeness.DIFFERENT
    left = [_content(extra), _content(missing)]
    if not all(left) and sum(left) <= max(1, min(len(words), len(others)) // 4):
        return Likeness.NEAR
    head, other_head = _head(one[:TITLE]), _head(other[:TITLE])
    return Likeness.SAME_HEAD if head and head == other_head else Likeness.DIFFERENT


def abstracts_match(one: str, other: str, *, percent: int) -> bool:
    """Whether two abstracts agree to so many per cent, as far as the shorter one goes."""
    if one == other:
        return len(one) >= ENOUGH
    short, long = sorted((_folded(one), _folded(other)), key=len)
    if len(short) < ENOUGH:
        return False
    return any(
        fuzz.ratio(short, text, score_cutoff=percent) > 0 for text in (long[: len(short)], long)
    )


def _folded(text: str) -> str:
    return _NO_WORD.sub(" ", text[:ABSTRACT].casefold()).strip()


def _unmatched(words: list[str], others: list[str]) -> tuple[Counter[str], Counter[str]]:
    """The words of each title that have no counterpart in the other, whatever their order."""
    extra: Counter[str] = Counter()
    missing: Counter[str] = Counter()
    for ours, theirs in _differences(words, others):
        if not _is_typo("".join(ours), "".join(theirs)):
            extra.update(ours)
            missing.update(theirs)
    return extra - missing, missing - extra


def _differences(words: list[str], others: list[str]) -> Iterator[tuple[list[str], list[str]]]:
    """The stretches in which two titles differ, word for word where they are equally long."""
    ours: list[str] = []
    theirs: list[str] = []
    for step in Levenshtein.opcodes(words, others):
        if step.tag != "equal":
            ours += words[step.src_start : step.src_end]
            theirs += others[step.dest_start : step.dest_end]
        elif ours or theirs:
            yield from _aligned(ours, theirs)
            ours, theirs = [], []
    yield from _aligned(ours, theirs)


def _aligned(ours: list[str], theirs: list[str]) -> Iterator[tuple[list[str], list[str]]]:
    if len(ours) == len(theirs):
        yield from (([word], [other]) for word, other in zip(ours, theirs, strict=True))
    else:
        yield ours, theirs


def _is_typo(one: str, other: str) -> bool:
    """One slip of the pen in a longer word, a plural, or the same word written apart."""
    short, long = sorted((one, other), key=len)
    if long in (short, short + "s"):
        return True
    return (
        len(short) >= 4
        and short[0] in long[:2]
        and long[0] in short[:2]
        and (short + long).isalpha()
        and OSA.distance(short, long, score_cutoff=1) <= 1
    )


def _content(words: Counter[str]) -> int:
    return sum(not _SMALL.fullmatch(word) for word in words.elements())


def _is_telling(word: str) -> bool:
    return _TELLING.fullmatch(word) is not None or not word.isalpha()


def _are_opposites(extra: Counter[str], missing: Counter[str]) -> bool:
    for one, other in product(extra, missing):
        short, long = sorted((one, other), key=len)
        if long.endswith(short) and _OPPOSITE.fullmatch(long.removesuffix(short)):
            return True
    return False


def _head(title: str) -> str:
    """A title up to its colon or dash, as compared."""
    head = normal_title(_HEAD_END.split(title, maxsplit=1)[0]).replace(" ", "")
    return head if len(head) >= 3 else ""
