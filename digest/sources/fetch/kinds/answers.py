"""Reads what answers of sources say of themselves: how many papers they list, and errors."""

from __future__ import annotations

import re
from typing import Any

from digest.sources.fetch.exchange import FetchError, PageError
from digest.sources.formats.json_values import count, is_object, string, value_of
from digest.sources.formats.server_errors import error_in

_PART = 4000  # bytes in which the start and the end of an answer show
_END = re.compile(rb"</(?:[\w.-]+:)?(?:feed|rss|RDF)\s*>")
REPORT = "report this fault: the source is fetched again as soon as the program knows its new form"


def new_form(what: str) -> PageError:
    """The error that an answer is not of the form that this source had until now."""
    return PageError(f"its form has changed: {what}", REPORT)


def too_many(total: int, most: int) -> PageError:
    """The error that a day has more papers than the source hands out."""
    what = f"it lists {total:,} papers for one day, of which it gives {most:,} at most"
    return PageError(what, "narrow down `query`")


def check_end(content: bytes) -> None:
    """Look for the end of a feed in XML: an answer without a length may have been cut off.

    Raises:
        PageError: It has no end.
    """
    start, end = (part.replace(b"\0", b"") for part in (content[:_PART], content[-_PART:]))
    if start.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<") and not _END.search(end):
        raise PageError("its answer was cut off", "the source is fetched again later")


def answer_in(content: bytes) -> Any:
    """An answer in JSON.

    Raises:
        FetchError: It is no JSON, or the message of an error.
    """
    try:
        answer = value_of(content.decode("utf-8-sig", "replace"))
    except ValueError as error:
        raise new_form("its answer is no JSON") from error
    if said := error_in(answer):
        raise FetchError(f"it answered: “{said}”", "check `query`, or wait, if it is busy")
    return answer


def inner(answer: object, key: str) -> dict[str, Any]:
    """The object under a key of an answer.

    Raises:
        FetchError: There is none.
    """
    value = answer.get(key) if is_object(answer) else None
    if not is_object(value):
        raise new_form(f"its answer has no “{key}”")
    return value


def listed(answer: object, key: str = "") -> list[Any]:
    """The list under a key of an answer, or that the answer is.

    Raises:
        FetchError: There is none.
    """
    value = answer.get(key) if key and is_object(answer) else answer
    if not isinstance(value, list):
        raise new_form(f"its answer has no list “{key}”" if key else "its answer is no list")
    if not all(map(is_object, value)):
        raise new_form("its list holds something else than papers")
    return value


def total_in(answer: dict[str, Any], key: str) -> int:
    """The number under a key of an answer.

    Raises:
        FetchError: There is none.
    """
    found = count(answer.get(key))
    if found is None:
        raise new_form(f"its answer has no number “{key}”")
    return found


def text_of(answer: dict[str, Any], key: str) -> str:
    """The text under a key of an answer; empty if there is none."""
    return string(answer.get(key))
