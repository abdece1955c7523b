"""What kinds share: pages by day, addresses with parameters, and answers in JSON."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from digest.model import Source
from digest.sources.fetch.exchange import FetchError, Page, PageError
from digest.sources.formats.json_values import count, is_object, string, value_of
from digest.sources.formats.server_errors import error_in

SELDOM = timedelta(hours=12)
"""How often a page is fetched again to which hardly anything is added."""
_PART = 4000  # bytes in which the start and the end of an answer show
_END = re.compile(rb"</(?:[\w.-]+:)?(?:feed|rss|RDF)\s*>")
REPORT = "report this fault: the source is fetched again as soon as the program knows its new form"


def by_day(
    source: Source, since: date, last: date, now: datetime, *, busy: int, open_for: int
) -> list[Page]:
    """The pages from ``since`` to ``last``. Those of the ``busy`` last days, today's among them,
    are fetched as often as the settings say; those of the ``open_for`` last days seldom; those
    before them once."""
    today = now.date()
    pages = []
    for number in range(max(0, (last - since).days + 1)):
        day = since + timedelta(days=number)
        age = (today - day).days
        again = source.every if age < busy else max(source.every, SELDOM)
        pages.append(Page(day, again if age < open_for else None))
    return pages


def address(source: Source, server: str, path: str, **asked: str | int) -> str:
    """An address on the server of a kind, or on the one that the settings name instead."""
    query = urlencode(asked)
    return (source.url or server).rstrip("/") + path + (f"?{query}" if query else "")


def asked_in(url: str) -> dict[str, str]:
    """The parameters in an address."""
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


def changed(url: str, **asked: str | int) -> str:
    """The address with other values of some parameters."""
    query = urlencode({**asked_in(url), **asked})
    return urlunsplit(urlsplit(url)._replace(query=query))


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
