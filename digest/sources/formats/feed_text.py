"""The text in an element of a feed: plain, HTML or XHTML, as the element's type says."""

import base64
import binascii
from typing import Any

from digest.sources.formats.feed_names import Names
from digest.sources.formats.markup import text_of_element, text_of_html

LONGEST = 200_000  # characters of a text, ten times the longest abstract that is kept
PLAIN = {"title", "summary", "content", "subtitle", "tagline", "rights", "name"}
"""The texts of Atom, which are plain where they have no type (RFC 4287, 3.1.1). In RSS, they may
contain HTML."""


def text(element: Any, names: Names) -> str:
    """The text that a reader of the feed sees. Content that is no text has none."""
    kind = (element.get("type") or "").strip().lower().partition(";")[0]
    if kind and "/" in kind and not _is_text(kind):
        return ""
    if len(element):
        return text_of_element(element)[:LONGEST]
    raw = "".join(element.itertext())
    name = names.of(element)
    is_of_atom = name.startswith("atom:") or (names.is_atom and name in PLAIN)
    if element.get("mode") == "base64":
        raw = _decoded(raw)
    is_plain = kind in {"text", "text/plain"} or (is_of_atom and not kind)
    if is_plain and element.get("mode") != "escaped" and not name.startswith("media:"):
        return raw[:LONGEST].strip()
    return text_of_html(raw)[:LONGEST].strip()


def _is_text(kind: str) -> bool:
    return kind.startswith("text/") or kind.endswith(("xml", "html"))


def _decoded(raw: str) -> str:
    try:
        return base64.b64decode(raw, validate=False).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""
