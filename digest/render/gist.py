"""The gist of an abstract: the two of its sentences that say what the paper does.

One is the best *claim*: what the authors made, studied or maintain. The other goes best with it:
a *result*, or else a further claim. What a sentence is worth as either is a sum of points. How
they were found, and how far they carry, is in docs/gist.md.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from digest.text.clean import plain
from digest.text.sentences import sentences

READ = 10_000  # characters of an abstract that are looked at
ROOM = 600  # characters that two sentences may have together


def _cue(claim: float, result: float, *patterns: str) -> tuple[float, float, list[re.Pattern[str]]]:
    """Points, as claim and as result, for a sentence in which one of ``patterns`` is found. It is
    looked at in lower case with a space in front: a word that begins with a space is found five
    times as fast as one that begins with ``\\b``."""
    return claim, result, list(map(re.compile, patterns))


PAPER = r"(?:article|paper|report|study|survey|work)\b"
WE = (
    rf" (?:we|this {PAPER}|our {PAPER})"
    r"(?: (?:also|first|further|here|next|then|thus|\w+ly)){0,2}"
)
MAKE = "(?:construct|deriv|describ|design|develop|devis|introduc|present|propos)"
STUDY = (
    "(?:address|aim|analy[sz]|build|challeng|compar|consider|establish|examin|explor|extend|focus"
    "|formulat|improve|investigat|(?:pre-?)?train|provid|question|releas|review|revisit|stud"
    "|suggest|summar|survey|undertak|unif)"
)
FIND = "(?:confirm|demonstrat|discover|find|found|identif|observ|prove|report|reveal|show)"
CODE = "(?:checkpoints?|codes?|data|implementation|models?|website)"

CUES = (
    # what the authors made, studied and found
    _cue(4, 0, rf"{WE} {MAKE}", rf" (?:are|is) {MAKE}ed\b"),
    _cue(2, 0, rf" (?:and|by|to) {MAKE}"),
    _cue(
        *(2.5, 0),
        rf"{WE} {STUDY}",
        r" (?:conduct|perform|present)s? an? (?:[\w-]+ ){0,3}(?:analysis|evaluation|study)\b",
    ),
    _cue(1.5, 2, rf"{WE} {FIND}"),
    _cue(2, 0, rf" this {PAPER}", r"^ here,? we\b"),
    _cue(0.5, 0, r" (?:first|general|new|novel|simple|unified)\b(?!,)"),
    _cue(0.5, 0.5, r" (?:our|the proposed|we)\b"),
    # how well it does
    _cue(0, 1, r" (?:analys[ei]s\b|empirical|evaluation|experiment|findings?\b|results?\b)"),
    _cue(0, 0.5, rf" (?:{FIND}|effective|indicat|suggest|that\b|validat)"),
    _cue(0, 1, r" (?:achiev|better|compa|compet|faster|gains?\b|improv|reduc|speed-?up|state-of)"),
    _cue(0, 1.5, r" (?:exceed|outperform|superior|surpass)"),
    _cue(0, 2, r"\d ?(?:%|×|x\b|-?fold|points?\b|pp\b|times\b)", r"factor of \d"),
    # steps on the way, and what may come of it
    _cue(
        *(-1.5, -1),
        r"^ (?:additionally|also|finally|further|last|moreover|next|second|third)",
        r" (?:it|our \w+|we) (?:also|finally|further|next|then)\b",
    ),
    _cue(0, -1, rf"{WE} (?:believe|call|compar|conduct|evaluat|perform|refer|test)"),
    _cue(-1, -1.5, r" (?:future|hope|importance of|insights?|inspire|open problems?)\b"),
    # what was said before, and by others
    _cue(-1, -1, rf"{WE} \w+ (?:that )?(?:both|such|these|this)\b"),
    _cue(
        *(-2, -2),
        r"^ (?:but|however|nevertheless|unfortunately|yet)\b",
        r"^ (?:although|conventional|current|despite|existing|many|most|previous|prior|recent"
        r"|traditional)(?!.*\bwe\b)",
        r" (?:has|have) (?:\w+ ){0,2}(?:achieved|adopted|attracted|become|been|emerged|explored"
        r"|gained|shown|studied)\b",
    ),
    # where to get it, questions, headings
    _cue(
        *(-5, -5),
        "https?://",
        rf"^ (?:\w+ ){{0,2}}{CODE}\b.*\b(?:available|open-?sourced?|public|released?)\b",
        rf" (?:make|open-source|publish|release) (?:all|our|the) (?:\w+ )?{CODE}",
        r"(?:[?:]|following|follows)\W{,3}$",
        r"^ .{,30}$",
    ),
)

LEANING = re.compile(
    r"\(?[2-9]\W|(?:by doing|he|instead(?! of)|its?|namely|she|such"
    rf"|the (?:first|former|latter|second)|their|then|these|they|this(?! {PAPER})|those)\b"
)
"""Begins the lower case of a sentence that cannot be understood without the one before it."""
NAME = re.compile(r"(?:The )?(?=[A-Z][\w-]*?[A-Z\d])[\w-]++ (?!are\b|have\b)")
"""Begins a sentence about something with a name of its own: ``MedSAM learns …``."""

LEAST = 1.0  # points of a claim; without one, the abstract speaks best for itself as it opens
LEANS = 2.0  # points that a sentence loses where the one it leans on is not shown
LONG, PER_POINT = 240, 120  # a sentence loses a point for every 120 characters beyond 240
WORD = re.compile(r"\w{4,}")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of an abstract, with its points as a claim and as a result."""

    number: int
    text: str
    claim: float
    result: float
    leans: bool
    words: frozenset[str]


def gist(title: str, abstract: str) -> tuple[str, ...]:
    """At most two whole sentences of an abstract, each on one line, in their order. All of them
    where there are no more; one where there is no other worth its room."""
    said = _sentences(abstract)
    if len(said) <= 2:
        return tuple(said)
    judged = _judged(title, said)
    first = max(judged, key=_alone)
    if _alone(first) < LEAST:
        return tuple(said[:2])
    worth = {first.number: 0.0}  # less than nothing, and the claim stands by itself
    for other in judged:
        if other is not first and len(first.text) + len(other.text) <= ROOM:
            worth[other.number] = _beside(first, other)
    second = max(worth, key=worth.__getitem__)
    return tuple(said[number] for number in sorted({first.number, second}))


def _sentences(abstract: str) -> list[str]:
    text = plain(abstract[:READ])
    said = [text[start:end] for start, end in sentences(text)]
    return said[:-1] if len(abstract) > READ and len(said) > 1 else said  # the last may be cut


def _judged(title: str, said: Sequence[str]) -> list[Sentence]:
    about = _words(title.lower())
    name = title.partition(":")[0].lower() if ":" in title else ""
    judged = []
    for number, text in enumerate(said):
        lower = " " + text.lower()
        words = _words(lower)
        place = number / (len(said) - 1)
        found = [cue for cue in CUES if any(pattern.search(lower) for pattern in cue[2])]
        either = 1.5 * (name != "" and name in lower) - max(0, len(text) - LONG) / PER_POINT
        topic = 2 * len(words & about) / (len(about) or 1) + (NAME.match(text) is not None)
        claim = sum(points for points, _, _ in found) + topic - 1.5 * abs(place - 0.4)
        result = sum(points for _, points, _ in found) + 1.5 * place
        leans = LEANING.match(lower, 1) is not None
        judged.append(Sentence(number, text, claim + either, result + either, leans, words))
    return judged


def _alone(sentence: Sentence) -> float:
    """What a sentence is worth as the claim."""
    return sentence.claim - LEANS * sentence.leans


def _beside(first: Sentence, other: Sentence) -> float:
    """What a sentence is worth as the second one. A result before the claim is likely to be
    somebody else's, a further claim a detail, and what says the same once more is of little use."""
    result = other.result - 1.5 * (other.number < first.number)
    leaning = LEANS * (other.leans and other.number != first.number + 1)
    alike = len(first.words & other.words) / (min(len(first.words), len(other.words)) or 1)
    return max(result, other.claim - 3) - leaning - 4 * max(0, alike - 0.5)


def _words(lower: str) -> frozenset[str]:
    return frozenset(WORD.findall(lower))
