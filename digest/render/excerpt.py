"""The part of an abstract that an email shows, with the terms that were found in it marked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from markupsafe import Markup, escape

from digest.text.clean import one_line, sentences
from digest.text.terms import spans

LENGTH = 500
"""Characters aimed at: two to four sentences."""
_SLACK = 1.3
"""An abstract, or a first sentence, that is longer by no more than this is not cut."""
_FOUND_LENGTH = 320
"""The longest sentence that is fetched from further below for the term in it."""
_READ = 20_000
"""Characters of an abstract that are looked at."""


def excerpt(abstract: str, terms: Sequence[str], length: int = LENGTH) -> str:
    """The first sentences of an abstract, on one line of at most ``1.3 * length`` characters.

    Where none of ``terms`` stands in them, they give way to the first sentence that has the
    first of them that can be found.
    """
    opening, rest = _opening(abstract, length)
    if not terms or any(_spans(term, opening) for term in terms):
        return opening
    for term in terms:
        for sentence in rest:
            if len(sentence) <= _FOUND_LENGTH and _spans(term, sentence):
                return f"{_opening(opening, length - len(sentence))[0]} […] {sentence}"
    return opening


@lru_cache(maxsize=5_000)
def _opening(abstract: str, length: int) -> tuple[str, tuple[str, ...]]:
    """The first sentences, and those after them."""
    text = one_line(abstract[:_READ])
    if len(text) <= length * _SLACK:
        return text, ()
    found = sentences(text)
    head = _head(text, found, length)
    return head, tuple(text[start:end].strip() for start, end in found if start >= len(head))


@lru_cache(maxsize=50_000)
def _spans(term: str, text: str) -> tuple[tuple[int, int], ...]:
    """Many readers are told of the same term in the same paper."""
    return tuple(spans(term, text))


def _head(text: str, found: Iterable[tuple[int, int]], length: int) -> str:
    """As many whole sentences as fit; if not even one does, its first words."""
    ends = [end for _, end in found if end <= length] or [
        end for _, end in found if end <= length * _SLACK
    ][:1]
    return text[: ends[-1]].rstrip() if ends else shortened(text, length)


def shortened(text: str, length: int) -> str:
    """At most ``length`` characters, cut after a word and ended by ``…``."""
    if len(text) <= length:
        return text
    words = text[:length].rpartition(" ")[0]
    return (words if len(words) > length // 2 else text[: length - 1]).rstrip(" ,;:.–—-") + "…"


def marked(text: str, terms: Iterable[str]) -> Markup:
    """The text, escaped, with every place where one of ``terms`` stands inside ``<mark>``."""
    out, at = [], 0
    for start, end in _merged(span for term in terms for span in _spans(term, text)):
        out.append(f"{escape(text[at:start])}<mark>{escape(text[start:end])}</mark>")
        at = end
    out.append(escape(text[at:]))
    return Markup("".join(out))  # noqa: S704  all of it was escaped


def _merged(found: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """In order, with those that overlap made one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif start < end:
            merged.append((start, end))
    return merged
