"""Splits text into sentences."""

import re

END = re.compile(
    r"""(?<![.!?…])[.!?…]++["'”’)\]»]*+(?=\s)"""
    r"""|(?:(?<=[a-z]{3})|(?<=\)))\.(?=[A-Z][A-Za-z]*[ ,])"""  # the space after it is missing
    r"""|[。！？]++["'”’)\]」』]*+|\n[^\S\n]*+\n"""
)
START = re.compile(
    r"""\s*+["'“‘(\[«]*+(?:[^\W_a-z]|[a-z]{1,3}\)|[a-z]++[A-Z0-9]|we\b|$|\S*[/:\d])"""
)
ABBREVIATION = re.compile(
    r"\b(?:abbr|al|approx|cf|dr|e\.g|(?-i:eg|ie)|eqs?|figs?|i\.e|incl|mrs?|ms|prof|refs?|resp|viz"
    r"|vol|vs|v\.s|w\.r\.t|i\.i\.d|a\.k\.a|u\.s)\.$",
    re.IGNORECASE,
)
BEFORE_NUMBER = re.compile(r"\b(?:alg|ch|no|pp?|sec|tab|thm)\.$", re.IGNORECASE)
INITIAL = re.compile(r"(?<![\w.])[A-Z]\.$")
OPENER = re.compile(
    r"\s+(?:An?|As|At|By|Experiments|For|From|However|In|It|Its|Moreover|On|Our|Since|Such|That"
    r"|The|Then|There|These|They|This|Those|Thus|To|Under|Unlike|We|When|Where|While|With)\b"
)
"""Words that begin a sentence, so that the letter before is not an initial of a name."""
ITEM = re.compile(r"\s*+[(\[]?\w{1,2}\.")
BRACKET = re.compile(r"[()]")
CLOSED_SOON = re.compile(r"[^()]{0,200}+\)")


def sentences(text: str) -> list[tuple[int, int]]:
    """Find the start and end of each sentence of ``text``, in linear time. A full stop ends one if
    the next word may begin one, unless it belongs to an abbreviation, an initial or the number of
    an item, or is inside brackets. A blank line always ends a sentence."""
    spans: list[tuple[int, int]] = []
    start = seen = depth = 0
    for match in END.finditer(text):
        for bracket in BRACKET.finditer(text, seen, match.end()):
            depth = max(0, depth + (1 if bracket[0] == "(" else -1))
        seen = match.end()
        if _ends_sentence(text, start, match, bracketed=depth > 0):
            _add_span(spans, text, start, seen)
            start, depth = seen, 0
    _add_span(spans, text, start, len(text))
    return spans


def _ends_sentence(text: str, start: int, match: re.Match[str], *, bracketed: bool) -> bool:
    mark, end = match[0][0], match.end()
    if mark in "\n。！？":
        return True
    if bracketed and CLOSED_SOON.match(text, end):
        return False
    if mark == "." and _belongs_to_word(text, start, match.start() + 1):
        return False
    return START.match(text, end) is not None


def _belongs_to_word(text: str, start: int, stop: int) -> bool:
    """Whether the full stop before ``stop`` belongs to an abbreviation, an initial or the number of
    an item, in the sentence that begins at ``start``."""
    near = max(start, stop - 12)
    if ABBREVIATION.search(text, near, stop) or ITEM.fullmatch(text, start, stop):
        return True
    if INITIAL.search(text, near, stop):
        return OPENER.match(text, stop) is None
    number = text[stop + 1 : stop + 2].isdigit()
    return number and BEFORE_NUMBER.search(text, near, stop) is not None


def _add_span(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    if sentence := text[start:end].strip():
        start = text.index(sentence, start)
        spans.append((start, start + len(sentence)))
