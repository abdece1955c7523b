"""Text cut to a length, and with the terms marked that were found in it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from markupsafe import Markup, escape

from digest.text.terms import spans


@lru_cache(maxsize=50_000)
def _spans(term: str, text: str) -> tuple[tuple[int, int], ...]:
    """Many readers are told of the same term in the same paper."""
    return tuple(spans(term, text))


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
