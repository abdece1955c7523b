"""Words and phrases of a text. A *word* is a sequence of letters and digits; its *form* is in lower
case, without accents and in the singular. Two phrases are the same if the letters of their forms
are, so ``pre-training``, ``Pre training`` and ``pretraining`` are one phrase."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate, chain
from typing import NamedTuple

# Han characters and kana, written without spaces, are a word each.
_LETTER = r"[^\W_぀-ヿ㐀-鿿]"
_WORD = rf"[぀-ヿ㐀-鿿]|{_LETTER}++(?:[̀-ͯ]++{_LETTER}*+)*+(?:\+\+|#)?"
_WORD_RE = re.compile(f"({_WORD})")
_ASCII_WORD = re.compile(r"([A-Za-z0-9]+(?:\+\+|#)?)", re.ASCII)
_WORD_OR_BREAK = re.compile(_WORD + r"|[^\w\s\-‐-―/'’­]|\n\s*\n")
_BREAK = "\0"
# For ASCII texts: marks that end a phrase → _BREAK, marks inside a phrase → a space.
_PLAIN = {at: _BREAK for at in range(128) if not (chr(at).isalnum() or chr(at).isspace())}
_PLAIN |= dict.fromkeys(map(ord, "-_/'"), " ")
_LINK = re.compile(r"[\s\-‐-―/'’_­]*")  # what may be between two words of a phrase
_PARAGRAPH = re.compile(r"\n\s*\n")
MAX_EXTRA_WORDS = 2  # words more than the phrase that a text may use for it: pre training for one

_IRREGULAR = {
    "analyses": "analysis", "axes": "axis", "bases": "basis", "criteria": "criterion",
    "corpora": "corpus", "crises": "crisis", "data": "data", "hypotheses": "hypothesis",
    "indices": "index", "lens": "lens", "matrices": "matrix", "parentheses": "parenthesis",
    "phenomena": "phenomenon", "series": "series", "species": "species",
    "syntheses": "synthesis", "theses": "thesis", "uses": "use", "vertices": "vertex",
}  # fmt: skip
_SIBILANT = ("sses", "xes", "ches", "shes", "zzes", "uses", "iases")
_MUTE_E = ("auses", "ouses", "caches")
_UNFOLDED = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe"})


class Tokens(NamedTuple):
    """The words of a text in order: word n is ``text[starts[n]:ends[n]]`` and has form n."""

    forms: Sequence[str]
    starts: Sequence[int]
    ends: Sequence[int]


def fold(text: str) -> str:
    """Lower case without accents: ``Poincaré`` → ``poincare``. The length may change."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_UNFOLDED))
    return "".join(c for c in plain if not unicodedata.combining(c))


@lru_cache(maxsize=200_000)
def form(word: str) -> str:
    """The form of one word, as in ``GNNs`` → ``gnn``, ``Matrices`` → ``matrix``."""
    folded = fold(word)
    if folded in _IRREGULAR:
        return _IRREGULAR[folded]
    if len(folded) < 4 or not folded.endswith("s") or folded.endswith(("ss", "us", "is", "ias")):
        # Of three letters, only those with capitals are a plural: LMs, but not gas.
        return folded[:-1] if len(word) == 3 and word[:2].isupper() and word[2] == "s" else folded
    if folded.endswith("ies") and len(folded) > 4:
        return folded[:-3] + "y"
    if len(folded) > 4 and folded.endswith(_SIBILANT) and not folded.endswith(_MUTE_E):
        return folded[:-2]
    return folded[:-1]


@lru_cache(maxsize=2_000)
def tokens(text: str) -> Tokens:
    """The words of a text."""
    pieces = _word_in(text).split(text)  # text between words and words, in turn
    bounds = list(accumulate(map(len, pieces)))
    return Tokens(list(map(form, pieces[1::2])), bounds[:-1:2], bounds[1::2])


def forms(text: str) -> tuple[str, ...]:
    """The forms of the words of a phrase."""
    return tuple([form(word) for word in _word_in(text).findall(text)])


def _word_in(text: str) -> re.Pattern[str]:
    return _ASCII_WORD if text.isascii() else _WORD_RE


def stream(text: str) -> list[str]:
    """The words of a text as written, and between them the marks that no phrase crosses."""
    if not text.isascii() or "+" in text or "#" in text:
        return _WORD_OR_BREAK.findall(text)
    text = _PARAGRAPH.sub(_BREAK, text)  # the regular expression takes five times as long
    return text.translate(_PLAIN).replace(_BREAK, f" {_BREAK} ").split()


def spans(phrase: str, text: str) -> list[tuple[int, int]]:
    """Find a phrase in a text: ordered (start, end) pairs that do not overlap."""
    wanted = forms(phrase)
    if not wanted:
        return []
    found: list[tuple[int, int]] = []
    words, of_form = tokens(text), _words_of(text)
    spelled, longest = "".join(wanted), len(wanted) + MAX_EXTRA_WORDS
    beginnings = (of_form.get(spelled[:length], ()) for length in range(1, len(spelled) + 1))
    free = 0
    for at in sorted(chain.from_iterable(beginnings)):
        if at >= free and (length := _spelled_from(words, at, spelled, longest, text)):
            found.append((words.starts[at], words.ends[at + length - 1]))
            free = at + length
    return found


def first_span(wanted: Sequence[str], text: str, words: Tokens) -> tuple[int, int] | None:
    """Find the first place of a phrase, given by its forms, in a text, given with its words."""
    spelled, longest = "".join(wanted), len(wanted) + MAX_EXTRA_WORDS
    beginnings = {spelled[:length] for length in range(1, len(spelled) + 1)}
    for at in [at for at, form_ in enumerate(words.forms) if form_ in beginnings]:
        if n := _spelled_from(words, at, spelled, longest, text):
            return words.starts[at], words.ends[at + n - 1]
    return None


@lru_cache(maxsize=2_000)
def _words_of(text: str) -> dict[str, list[int]]:
    """Form → the indices of the words of a text that have it."""
    found: dict[str, list[int]] = {}
    for at, word in enumerate(tokens(text).forms):
        found.setdefault(word, []).append(at)
    return found


def _spelled_from(words: Tokens, at: int, spelled: str, longest: int, text: str) -> int:
    """The number of words from ``at`` that spell the letters; 0 if they do not."""
    so_far = ""
    for n, word in enumerate(words.forms[at : at + longest], at):
        if n > at and not linked(text, words, n):
            return 0
        so_far += word
        if so_far == spelled:
            return n + 1 - at
        if not spelled.startswith(so_far):
            return 0
    return 0


def linked(text: str, words: Tokens, at: int) -> bool:
    """Whether word ``at`` of a text and the word before it can belong to one phrase."""
    gap = text[words.ends[at - 1] : words.starts[at]]
    return gap == " " or (_LINK.fullmatch(gap) is not None and not _PARAGRAPH.search(gap))


_SMALL = {"a", "an", "and", "as", "by", "for", "in", "of", "on", "or", "the", "to", "with"}
_BRACKETED = re.compile(r"\(([^()\n]{2,80})\)")
_CLAUSE_END = re.compile(r"[.;:!?]\s|\n|[,()]")
_LAST_WORD = re.compile(r"(\S+)\s*$")
_SHORT = re.compile(r"(?=\S*[A-Z])[A-Za-z0-9][\w\-+/]{1,11}")


def acronyms(text: str) -> Iterator[tuple[str, str]]:
    """Find acronyms that a text explains, each with its phrase, as it writes them: ``Low-Rank
    Adaptation (LoRA)``, ``LoRA (low-rank …)``. The letters of the short form are searched from
    right to left in the words before the bracket; its first letter must begin a word (Schwartz and
    Hearst, PSB 2003)."""
    for bracket in _BRACKETED.finditer(text):
        inside = re.split(r"[;,]", bracket[1])[0].strip()
        before = text[max(0, bracket.start() - 160) : bracket.start()]
        if _SHORT.fullmatch(inside):
            if long := _expansion(inside, _CLAUSE_END.split(before)[-1].strip()):
                yield _singular(inside), long
            continue
        word = _LAST_WORD.search(before)
        if word and _SHORT.fullmatch(word[1]) and _expansion(word[1], inside) == inside:
            yield _singular(word[1]), inside


def _singular(short: str) -> str:
    return short[:-1] if re.fullmatch(r"[A-Z0-9\-]{2,}s", short) else short


def _expansion(short: str, before: str) -> str | None:
    """The end of ``before`` that spells ``short``, or None."""
    letters = fold("".join(re.findall(r"[A-Za-z0-9]", _singular(short))))
    tail = " ".join(before.split()[-(len(letters) + 5) :])
    folded = tail.lower()
    if len(folded) != len(tail):
        return None
    if (at := _by_initials(letters, folded)) is None and (
        at := _by_letters(letters, folded)
    ) is None:
        return None
    long, said = tail[at:], forms(tail[at:])
    if len(said) < 2 or len(long) <= len(short) or "".join(forms(short)) in said:
        return None
    return long if _begins_words(letters, said) else None


def _by_initials(letters: str, folded: str) -> int | None:
    """The start of the words that have these first letters, apart from small words."""
    left = list(letters)
    for word in reversed(list(_WORD_RE.finditer(folded))):
        if word[0][0] == left[-1]:
            left.pop()
            if not left:
                return word.start()
        elif word[0] not in _SMALL:
            return None
    return None


def _by_letters(letters: str, folded: str) -> int | None:
    """The start of the text that contains these letters in order; the first one begins a word."""
    at = len(folded)
    for i in range(len(letters) - 1, -1, -1):
        at = folded.rfind(letters[i], 0, at)
        while i == 0 and at > 0 and folded[at - 1].isalnum():
            at = folded.rfind(letters[0], 0, at)
        if at < 0:
            return None
    return at


def _begins_words(letters: str, words: tuple[str, ...]) -> bool:
    """Whether at least half of the letters begin words; this rejects chance matches."""
    initials, hits = "".join(word[0] for word in words), 0
    for letter in letters:
        if letter in initials:
            initials, hits = initials.partition(letter)[2], hits + 1
    return 2 * hits >= len(letters)
