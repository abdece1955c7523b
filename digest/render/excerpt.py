"""Text cut to a length, and with the terms marked that were found in it."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from markupsafe import Markup

from digest.text.terms import spans

RICH_TAGS = ("mark", "bdi")  # the elements that a `Markup` value may hold, without attributes
_SPANS = lru_cache(maxsize=50_000)(spans)  # readers are told of the same term in the same paper


def shortened(text: str, length: int) -> str:
    """At most ``length`` characters, cut after a word and ended by ``…``."""
    if len(text) <= length:
        return text
    words = text[:length].rpartition(" ")[0]
    return (words if len(words) > length // 2 else text[: length - 1]).rstrip(" ,;:.–—-") + "…"


@lru_cache(maxsize=5_000)
def marked(text: str, terms: tuple[str, ...]) -> Markup:
    """The text, escaped, with every place where one of ``terms`` stands inside ``<mark>``."""
    out: list[str] = []
    at = 0
    for start, end in _merged([span for term in terms for span in _SPANS(term, text)]):
        out += (escaped(text[at:start]), "<mark>", escaped(text[start:end]), "</mark>")
        at = end
    out.append(escaped(text[at:]))
    return Markup("".join(out))  # noqa: S704  all of it was escaped


def escaped(value: str) -> str:
    """The text as ``markupsafe.escape`` would write it, which takes four times as long."""
    value = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return value.replace('"', "&#34;").replace("'", "&#39;")


def _merged(found: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """In order, with those that overlap made one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif start < end:
            merged.append((start, end))
    return merged


def with_tags(value: object, *tags: str) -> object:
    """Write the elements of a ``Markup`` value with other start tags, one for each of RICH_TAGS."""
    if not isinstance(value, Markup):
        return value
    return Markup(tagged(str(value), tags))  # noqa: S704  it was Markup; tags stand in a template


def tagged(text: str, tags: Sequence[str]) -> str:
    """HTML with other start tags: one for each of RICH_TAGS, or none to leave it as it is."""
    # A Markup would escape what is put into it.
    for name, tag in zip(RICH_TAGS, tags, strict=False):
        text = text.replace(f"<{name}>", tag)
    return text
