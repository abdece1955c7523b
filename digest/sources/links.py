"""Reads URLs, arXiv ids and DOIs of papers, as sources give them."""

import re
from collections.abc import Callable, Iterable
from typing import TypeVar
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from digest.text.clean import one_line

Raw = TypeVar("Raw")
Found = TypeVar("Found")

LONGEST = 2000
SAFE = "/:@!$&'()*+,;=~-._%"
PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
NEW_NUMBER = r"\d{2}(?:0[1-9]|1[0-2])\.\d{4,5}"
OLD_NUMBER = r"[a-z-]{2,12}(?:\.[A-Z]{2})?/\d{7}"
NUMBER = rf"(?P<number>{NEW_NUMBER}|{OLD_NUMBER})(?:v\d{{1,3}})?"
ALONE = re.compile(
    rf"(?:oai:arxiv\.org:|(?:doi:\s?)?10\.48550/arxiv\.|arxiv:\s?)?{NUMBER}", re.IGNORECASE
)
IN_ADDRESS = re.compile(
    r"(?:arxiv\.org/(?:abs|pdf|html|format)|huggingface\.co/papers|alphaxiv\.org/(?:abs|overview)"
    rf"|doi\.org/10\.48550/arxiv\.|ar5iv\.(?:labs\.arxiv\.)?org/(?:abs|html))/?{NUMBER}"
    r"(?=\.pdf|[/?#]|$)",
    re.IGNORECASE,
)
DOI = re.compile(
    r"(?:^|\bdoi[:\s]\s{0,3}|[/.]doi\.org/|/doi/(?:\w+/)?|rxiv\.org/content/)(10\.\d{4,9}(?:\.\d+)*(?:/|%2f)\S+)",
    re.IGNORECASE,
)
VERSION = re.compile(r"(?<=\d)v\d{1,2}(?:\.(?:full|abstract|supplementary)[\w.-]*)?$")
"""What follows the DOI of a preprint in a URL."""
PAIRS = {")": "(", "]": "[", ">": "<", "}": "{"}
SUBJECT_CLASS = re.compile(r"\.[A-Za-z]{2}(?=/)")


def first(read: Callable[[Raw], Found | None], values: Iterable[Raw]) -> Found | None:
    """What ``read`` finds in the first of the values in which it finds anything."""
    return next(filter(None, map(read, values)), None)


def web_url(raw: object) -> str | None:
    """``raw`` as an http(s) URL in ASCII; None if it is not a URL that is safe to link to. A URL
    with a user name is refused, since such URLs are made to look like those of other sites."""
    if not isinstance(raw, str) or len(raw) > LONGEST:
        return None
    try:
        parts = urlsplit(one_line(raw).replace(" ", "%20"))
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except (ValueError, UnicodeError):
        return None
    if parts.scheme not in {"http", "https"} or "@" in parts.netloc or not HOST.fullmatch(host):
        return None
    path, query, fragment = (_quoted(part) for part in (parts.path, parts.query, parts.fragment))
    place = f"{host}:{port}" if port else host
    return urlunsplit((parts.scheme, place, path, query, fragment))


def _quoted(part: str) -> str:
    return quote(PERCENT.sub("%25", part), safe=SAFE + "?")


def arxiv_id(raw: object) -> str | None:
    """The arXiv id, without version, that ``raw`` is, or that it contains as a URL; None: no id."""
    if not isinstance(raw, str) or len(raw) > LONGEST:
        return None
    text = raw.strip()
    match = ALONE.fullmatch(text) or IN_ADDRESS.search(text)
    return SUBJECT_CLASS.sub("", match["number"]).lower() if match else None


def doi(raw: object) -> str | None:
    """The DOI, in lower case, that ``raw`` is, or that it contains as a URL or after ``doi:``; None
    if there is none, or if it is that of an arXiv id, which ``arxiv_id`` reads."""
    if not isinstance(raw, str) or len(raw) > LONGEST or not (match := DOI.search(raw.strip())):
        return None
    found = match[1]
    if "://" in raw:
        found = VERSION.sub("", re.split("[?#]", found)[0])
    found = unquote(found).split()[0].lower()
    while found and (found[-1] in ".,;:'\"’”*/" or _is_unpaired(found)):
        found = found[:-1]
    is_whole = len(found.partition("/")[2]) > 0 and found.isprintable()
    return found if is_whole and not found.startswith("10.48550/arxiv.") else None


def _is_unpaired(text: str) -> bool:
    """Whether ``text`` ends in a bracket that closes one outside of it."""
    opening = PAIRS.get(text[-1])
    return opening is not None and text.count(text[-1]) > text.count(opening)
