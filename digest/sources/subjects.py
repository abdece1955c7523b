"""What sources say that papers are about: the categories they sort them under, and keywords."""

import re
from collections.abc import Iterable
from functools import lru_cache

from digest.text.clean import one_line
from digest.text.latex import readable
from digest.text.subjects import MOST, distinct, is_arxiv_category

LONGEST = 100  # characters of a label: a longer text is none
PLAIN = re.compile(r"[A-Za-z]+(?:[ .-][A-Za-z]+)*")
"""Most labels: there is nothing in them that would have to be made readable."""
CLASS = re.compile(
    r"(?:(?:primary|secondary)[: ] ?)?(?:\d\d(?:[A-Z]|-)(?:\d\d|xx)|[A-K]\.\d[.\d]*m?)",
    re.IGNORECASE,
)
"""Classes of the MSC and the ACM, which arXiv has beside its categories."""
CODES = re.compile(r"\(([a-z-]{2,8}(?:\.[A-Za-z-]{2,10})?)\)")
NOISE = re.compile(
    r"(?:(?:original|research|review|journal) )?(?:articles?|papers?)|(?:original )?research"
    r"|reviews?|preprints?|letters?|editorials?|commentary|perspectives?|reports?|news|blog|posts?"
    r"|(?:short|brief) communications?|(?:new|confirmatory|contradictory) results|general|others?"
    r"|misc(?:ellaneous)?|uncategori[sz]ed|untagged|unknown|none|null|n/a|nan|featured|recent|latest"
    r"|humans|animals|(?:fe)?male|(?:(?:young )?adult|(?:middle )?aged|adolescent)",
    re.IGNORECASE,
)
"""Labels of kinds of texts, and what MeSH has for every study of people: they tell nothing of what
a paper is about."""


def sorted_out(
    categories: Iterable[str], keywords: Iterable[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Categories and keywords without what is neither, each once. A code of arXiv is a category
    wherever it stands."""
    under, about = ([*filter(None, map(_label, each))] for each in (categories, keywords))
    codes = [label for label in about if is_arxiv_category(label)]
    about = [label for label in about if not is_arxiv_category(label)]
    return distinct([*under, *codes])[:MOST], distinct(about)[:MOST]


@lru_cache(maxsize=5000)
def _label(text: str) -> str:
    """A label as it is kept; empty if it says nothing."""
    if len(text) > 2 * LONGEST:
        return ""
    found = text.strip() if PLAIN.fullmatch(text) else one_line(readable(text)).strip(" .;,#*\"'")
    is_text = 1 < len(found) <= LONGEST and any(map(str.isalpha, found)) and "://" not in found
    return found if is_text and not (CLASS.fullmatch(found) or NOISE.fullmatch(found)) else ""


def split(text: str, *, at_commas: bool = True) -> list[str]:
    """The labels in a text, which are separated by semicolons, lines or bars, else by commas; codes
    of arXiv by spaces too. Of ``Machine Learning (cs.LG)`` the code is the label, of a path as
    ``/Physics/Optics`` its end. In an element of a list, a comma is part of a label."""
    if codes := [code for code in CODES.findall(text) if is_arxiv_category(code)]:
        return codes
    words = text.split()
    if words and all(map(is_arxiv_category, words)):
        return words
    if text.startswith("/"):
        return [text.rstrip("/").rpartition("/")[2]]
    marks = (";", "\n", "|", "·", "、", "，", *("," if at_commas else ""))
    separator = next((mark for mark in marks if mark in text), None)
    return text.split(separator) if separator else [text]
