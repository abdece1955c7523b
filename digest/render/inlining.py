"""premailer, set up for email, and what has to hold for its work to be used again."""

from __future__ import annotations

import logging
import re

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types
from premailer import Premailer  # type: ignore[import-untyped]  # nor does premailer

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_AT_RULE = re.compile(r"@[^{;]*(?:;|\{(?:[^{}]*\{[^{}]*\})*[^{}]*\})")
_SELECTORS = re.compile(r"([^{}]+)\{[^{}]*\}")
_BY_SIBLINGS = re.compile(r"[+~]|:(?:nth|first|last|only|empty|not|has|is|where)\b")


def inlined(page: str) -> str:
    """The page with its style sheet written into the elements.

    Rules inside ``@media`` and for ``:hover`` stay in the head, where ``!important`` lets them
    win over what was written into the elements. Nothing is fetched.
    """
    return str(
        Premailer(
            page,
            allow_network=False,
            strip_important=False,
            disable_validation=True,  # it only logs, and knows neither mso- nor newer properties
            cssutils_logging_level=logging.CRITICAL,
        ).transform(pretty_print=False)
    )


def siblings(style: str) -> str:
    """The first selector whose match can depend on how many neighbours an element has."""
    rules = _AT_RULE.sub("", _COMMENT.sub("", style))
    for selectors in _SELECTORS.findall(rules):
        for selector in selectors.split(","):
            if _BY_SIBLINGS.search(selector):
                return " ".join(selector.split())
    return ""


def same_page(one: bytes, other: bytes) -> bool:
    """Whether two HTML pages have the same elements, attributes, comments and text."""
    return _canonical(one) == _canonical(other)


def _canonical(page: bytes) -> bytes:
    tree = etree.fromstring(page, etree.HTMLParser(encoding="utf-8"))
    return bytes(etree.tostring(tree, method="c14n"))
