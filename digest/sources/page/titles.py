"""Decides by the text alone which paragraphs of a papers page are titles. Each kind of paragraph
gets points by its looks (``title_points``) and by the paragraph before it. The Viterbi algorithm
finds the sequence with the most points in one pass."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

LONGEST_TITLE, LONG_TITLE = 500, 200

LIST_ITEM = re.compile(r"(?:[-*•–·▪●◦]|\(?(?:\d{1,2}|[ivx]{1,4}|[a-z])[.)])\s")
LINK = re.compile(r"https?://|www\.|\w@[\w-]+\.\w|\b[\w-]+\.(?:github\.io|com/|org/)")
LABEL = re.compile(
    r"(?:the |our |all )*(?:source |project |supplementary )?"
    r"(?:code|data|datasets?|benchmark|models?|weights|checkpoints|materials?|demos?|videos?|page|"
    r"website|homepage|project|blog|github|repository|keywords|availability|index terms|tl;?dr|"
    r"updates?|comments?|note|see)(?:,? (?:and|&) [\w-]+){0,2}"
    r"(?:\s?:\s|(?: (?:page|link|repo|repository|website))? ?"
    r"(?:(?:is|are|will be|can be|has been|have been) )?(?:\w+ly |also |now )?"
    r"(?:available|released|provided|accessible|found|at|here)\b)"
    r"|(?:accepted|published|presented|submitted|to appear|under review|in proceedings)\b"
    r"|(?:\W*equal contribution|\W*corresponding author|work done|\d+ pages|preprint)",
    re.IGNORECASE,
)
HEADING = re.compile(
    r"(?:abstract|background|introduction|motivation|objectives?|aims?|purpose|methods?|"
    r"methodology|materials and methods|approach|results?|findings|discussion|conclusions?|"
    r"contributions?|significance|limitations?|summary|highlights|keywords|"
    r"key (?:contributions?|features|findings|ideas?|insights?|points|results?|takeaways|words))"
    r"\s*[:.]?",
    re.IGNORECASE,
)
OPENER = re.compile(
    r"(?:we|our|this|these|that|it|its|they|in this|here|however|moreover|furthermore|finally|"
    r"first|second|third|additionally|to this end|as a result|experiments|extensive|specifically|"
    r"where|and|or|but|which|for example|for instance|in particular|empirically|together|"
    r"notably|overall|also|thus|hence|therefore|further|importantly|in addition|inspired by|"
    r"motivated by)\b[ ,]",
    re.IGNORECASE,
)
RUNNING = re.compile(r"(?<=\s)(?:we|our|is|are|was|were|has|have|been|this|these|which|that)(?=\s)")
SENTENCE_BREAK = re.compile(r"(?<=[a-z0-9)\]\"”’])[.] +(?=[A-Z0-9(\"“])")
ABBREVIATED = re.compile(r"\b(?:vs|v\.s|al|no|vol|st|dr|[A-Z])\. ")
NO_PROSE = re.compile(r"\s(?:=|\||--\w\S*)(?:\s|$)")  # signs of formulas, table rows or commands
WORD, LONG_WORD = re.compile(r"[^\W\d_][\w'’]+"), re.compile(r"[^\W\d_][\w'’]{3,}")
CLOSING = "\"'”’)]*"
SENTENCE_MARKS = (".", ",", ";", ":", "。", "…")
SENTENCE_ENDS = (".", "!", "。", "！", "？")

Kind = Literal["title", "first", "more", "orphan"]
"""A title, the first or a further paragraph of an abstract, or text without a title."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of the page, and the line at which it begins."""

    line: int
    text: str


def title_points(text: str) -> int:
    """How much ``text`` looks like a title; above 0, more than like running text."""
    if len(text) > LONGEST_TITLE or not any(map(str.isalnum, text)):
        return -30
    if HEADING.fullmatch(text) or LINK.search(text) or LIST_ITEM.match(text):
        return -9
    points = 2 if 15 <= len(text) <= 150 else -3 if len(text) > LONG_TITLE else 0
    points -= 6 * _is_ended(text) + 6 * bool(NO_PROSE.search(text))
    points -= 7 * bool(LABEL.match(text)) + 3 * bool(OPENER.match(text))
    points -= 4 * len(SENTENCE_BREAK.findall(ABBREVIATED.sub(" ", text)))
    points -= min(2, len(RUNNING.findall(text)))
    return points + _case_points(text) + _shape_points(text)


def _case_points(text: str) -> int:
    """Points for capitals: titles capitalise most long words, running text hardly any."""
    words = LONG_WORD.findall(text) or WORD.findall(text)
    if not words:
        return -2
    share = sum(not word[0].islower() for word in words) / len(words)
    return 3 if share >= 0.7 else 1 if share >= 0.4 else 0 if share else -1


def _is_ended(text: str) -> bool:
    """Whether a sentence or clause ends here; three dots can also end a title."""
    end = text.rstrip(CLOSING)
    return end.endswith(SENTENCE_MARKS) and not end.endswith("...")


def _shape_points(text: str) -> int:
    head, colon, _ = text.partition(": ")
    named = 1 if colon and len(head) <= 40 else 0
    first = text.split(maxsplit=1)[0] if text else ""
    running_on = -3 if first.isalpha() and first.islower() else 0
    return named + running_on


def _first_points(text: str) -> int:
    """Points for the beginning of an abstract, by length and end."""
    length = len(text)
    if length >= 120:
        return 4 if length >= 400 else 3 if length >= 250 else 1
    end = text.rstrip(CLOSING)
    return 0 if end.endswith("?") else -1 if end.endswith(SENTENCE_ENDS) else -4


START: dict[Kind, int] = {"title": 0, "orphan": -20}
STEPS: dict[Kind, dict[Kind, int]] = {
    # the paragraph before → this paragraph: points
    "title": {"title": -11, "first": 0},
    "first": {"title": 0, "more": -2},
    "more": {"title": 0, "more": -1},
    "orphan": {"title": 0, "orphan": 0},
}
TITLE_AT_END = -4


def kinds(
    paragraphs: Sequence[Paragraph], *, further_title: int = 0, title_at_end: int = TITLE_AT_END
) -> list[Kind]:
    """Decide what each paragraph is. ``further_title`` are the points of every title but the first
    one; ``title_at_end`` are those of a title that is the last of several paragraphs. They are
    negative if the paragraphs should be one complete paper."""
    best: dict[Kind, int] = {}
    ways: list[dict[Kind, Kind]] = []
    for index, paragraph in enumerate(paragraphs):
        points = _points(paragraph.text)
        if index == 0:
            best = {kind: START[kind] + points[kind] for kind in START}
            continue
        points["title"] += further_title
        best, way = _step(best, points)
        ways.append(way)
    if ways:
        best["title"] += title_at_end
    return _trace(best, ways)


def _points(text: str) -> dict[Kind, int]:
    title = title_points(text)
    more = -title - (title > -5 and not _is_ended(text))
    return {"title": title, "first": _first_points(text) - title, "more": more, "orphan": -title}


def _step(
    best: dict[Kind, int], points: dict[Kind, int]
) -> tuple[dict[Kind, int], dict[Kind, Kind]]:
    reached: dict[Kind, int] = {}
    way: dict[Kind, Kind] = {}
    for before, so_far in best.items():
        for kind, change in STEPS[before].items():
            total = so_far + change + points[kind]
            if kind not in reached or total > reached[kind]:
                reached[kind], way[kind] = total, before
    return reached, way


def _trace(best: dict[Kind, int], ways: Sequence[dict[Kind, Kind]]) -> list[Kind]:
    if not best:
        return []
    reading = [max(best, key=lambda each: best[each])]
    for way in reversed(ways):
        reading.append(way[reading[-1]])
    return reading[::-1]
