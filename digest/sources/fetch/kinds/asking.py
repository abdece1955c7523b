"""What is asked for: pages by day, and addresses with their parameters."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from re import Pattern
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from digest.model import Source
from digest.sources.fetch.exchange import Page

SELDOM = timedelta(hours=12)
"""How often a page is fetched again to which hardly anything is added."""


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


def searched(
    query: str, is_filter: Pattern[str], key: str, days: list[str]
) -> dict[str, str | int]:
    """The parameters of a search among the works of some days, given as filters. A query that is a
    filter itself joins them; any other is the parameter ``key``."""
    if is_filter.match(query):
        return {"filter": ",".join([*days, query])}
    return {key: query, "filter": ",".join(days)}
