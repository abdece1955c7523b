"""Turns HTML, which feeds contain in titles and summaries, into text."""

import re
from html import unescape
from typing import Any

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

TAG = re.compile(r"<[a-zA-Z/!]")
WHITE = re.compile(r"\s+")
BETWEEN_BLOCKS = re.compile(r"\s*\n\s*")
HIDDEN = {"script", "style", "head", "template", "noscript", "annotation", "annotation-xml"}
BLOCK = re.compile(
    r"address|article|blockquote|br|d[dlt]|div|fig\w+|footer|h[1-6r]|header|li|[ou]l|p|pre|section"
    r"|t(?:able|[dhr])"
)
SCRIPTS = {"sub": "_{", "sup": "^{"}
"""Scripts are written as LaTeX, which ``text.latex.readable`` turns into Unicode later."""


def text_of_html(html: str) -> str:
    """The text that a browser shows, with a blank line between blocks."""
    if not TAG.search(html):
        return unescape(html)
    parser = etree.HTMLParser(no_network=True, remove_comments=True, remove_pis=True)
    root = etree.fromstring(f"<div>{html}</div>", parser)
    return text_of_element(root) if root is not None else ""


def text_of_element(root: Any) -> str:
    """The text in an element of a parsed document and its descendants."""
    pieces: list[str] = []
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        name = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
        if event == "start":
            if name in HIDDEN or not name:
                walk.skip_subtree()
                continue
            pieces.append("\n" if BLOCK.fullmatch(name) else SCRIPTS.get(name, ""))
            pieces.append(WHITE.sub(" ", element.text or ""))
        else:
            pieces.append("\n" if BLOCK.fullmatch(name) else "}" if name in SCRIPTS else "")
            if element is not root:
                pieces.append(WHITE.sub(" ", element.tail or ""))
    return BETWEEN_BLOCKS.sub("\n\n", "".join(pieces)).strip()
