"""How similar two titles and two abstracts are."""

import re
from collections import Counter
from collections.abc import Iterator
from enum import IntEnum
from itertools import product

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, Levenshtein

from digest.dedup.blocking_keys import ABSTRACT, bare
from digest.text.clean import normal_title

ENOUGH = 100  # a shorter abstract, in characters, is no evidence that two papers are one
TITLE = 500  # the characters of a title that are compared

_SMALL = re.compile(
    "an?|and|as|at|by|for|from|in|into|is|of|on|or|the|through|towards?|to|using|via|with"
)
"""Words that one version of a title may have and another lack."""
_TELLING = re.compile(
    "no|not|non|nor|never|neither|without|cannot|cant|dont|doesnt|isnt|arent|wont"
    "|[b-z]|ii|iii|iv|vi|vii|viii|ix|xi|xii|one|two|three|four|five|first|second|third"
    "|part|revisit(?:ed|ing)|reply|response|rebuttal|comment(?:s|ary)?|erratum|corrigendum"
    "|correction|retraction|supplement|appendix"
)
"""Words that tell two papers apart when only one of the titles has them."""
_OPPOSITE = re.compile("an?|anti|counter|de|dis|il|im|in|ir|mis|non|semi|self|un")
"""Prefixes that turn a word into its opposite."""
_HEAD_END = re.compile(r"\s*[:–—?!]\s+|\s+-+\s+")
_NO_WORD = re.compile(r"\W+")


class TitleSimilarity(IntEnum):
    """How similar two different titles are."""

    DIFFERENT = 0
    SAME_HEAD = 1  # only the subtitles differ, or one title has none
    NEAR = 2  # they differ by typos, by small words, or by a few words that only one of them has


def compare_titles(one: str, other: str) -> TitleSimilarity:
    """How similar two titles are, whatever their order."""
    one, other = sorted((one, other))  # the alignment of the words depends on their order
    words, others = normal_title(one[:TITLE]).split(), normal_title(other[:TITLE]).split()
    extra, missing = _unmatched(words, others)
    if any(_TELLING.fullmatch(word) or not word.isalpha() for word in extra | missing):
        return TitleSimilarity.DIFFERENT
    if _are_opposites(extra, missing):
        return TitleSimilarity.DIFFERENT
    left = [_content(extra), _content(missing)]
    if not all(left) and sum(left) <= max(1, min(len(words), len(others)) // 4):
        return TitleSimilarity.NEAR
    head, other_head = _head(one[:TITLE]), _head(other[:TITLE])
    return TitleSimilarity.SAME_HEAD if head and head == other_head else TitleSimilarity.DIFFERENT


def differ_by_counter(one: str, other: str) -> bool:
    """Whether two titles differ by counters alone, as ``87 Title`` or ``Title (3 comments)``."""
    short, other_short = bare(one), bare(other)
    if (one, other) == (short, other_short):
        return False
    found = normal_title(short)
    return bool(found) and found == normal_title(other_short)


def share_few_words(one: str, other: str) -> bool:
    """Whether two titles have less than half of the shorter one's words in common."""
    words, others = (set(normal_title(title[:TITLE]).split()) for title in (one, other))
    return 2 * len(words & others) < min(len(words), len(others))


def abstracts_match(one: str, other: str, *, percent: int) -> bool:
    """Whether two abstracts are equal to this percentage, over the length of the shorter one."""
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
    """The words of each title that the other one lacks, regardless of the order of words."""
    extra: Counter[str] = Counter()
    missing: Counter[str] = Counter()
    for ours, theirs in _differences(words, others):
        if not _is_typo("".join(ours), "".join(theirs)):
            extra.update(ours)
            missing.update(theirs)
    return extra - missing, missing - extra


def _differences(words: list[str], others: list[str]) -> Iterator[tuple[list[str], list[str]]]:
    """The ranges of words in which two titles differ; word by word if they have the same length."""
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
    """Whether two words differ by one typo, a plural, or a space inside."""
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


def _are_opposites(extra: Counter[str], missing: Counter[str]) -> bool:
    for one, other in product(extra, missing):
        short, long = sorted((one, other), key=len)
        if long.endswith(short) and _OPPOSITE.fullmatch(long.removesuffix(short)):
            return True
    return False


def _head(title: str) -> str:
    """The normalised title up to its colon or dash; "" if that is too short to compare."""
    head = normal_title(_HEAD_END.split(title, maxsplit=1)[0]).replace(" ", "")
    return head if len(head) >= 3 else ""
