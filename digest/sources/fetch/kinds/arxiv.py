"""arXiv: its API by the day of submission, or today's announcements as RSS."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from zoneinfo import ZoneInfo

from digest.model import Source
from digest.sources.fetch.exchange import FetchError, Identity, Page, Request, Step
from digest.sources.fetch.kinds import answers, asking
from digest.sources.formats.json_values import count
from digest.sources.formats.xml_tree import local_name, tree

INTERVAL = 3.0
API, RSS = "https://export.arxiv.org", "https://rss.arxiv.org"
IN_ONE = 200  # papers in one answer, at most; arXiv is slow to answer with more
ONCE_A_DAY = timedelta(hours=3)
"""How often an open page is fetched: arXiv announces once a day, from Sunday to Thursday, at a time
that is not always the same."""
EASTERN = ZoneInfo("America/New_York")


def pages(source: Source, *, since: date, now: datetime) -> Sequence[Page]:
    """A page a day of submission, until yesterday: what was submitted today is announced tomorrow,
    what was submitted on Friday evening in the night to Tuesday, and what moderators look at later.
    """
    if source.via == "rss":
        return (Page(now.astimezone(EASTERN).date(), source.every),)
    yesterday = now.date() - timedelta(days=1)
    found = asking.by_day(source, since, yesterday, now, busy=6, open_for=11)
    seldom = max(source.every, ONCE_A_DAY)
    return [Page(each.day, each.again and max(each.again, seldom)) for each in found]


def first(source: Source, page: Page, identity: Identity) -> Request:
    """The first papers of a day, or the feed of announcements."""
    if source.via == "rss":
        return Request(asking.address(source, RSS, "/rss/" + "+".join(source.categories)))
    day = f"{page.day:%Y%m%d}"
    wanted = [" OR ".join(f"cat:{each}" for each in source.categories), source.query]
    terms = [*(f"({each})" for each in wanted if each), f"submittedDate:[{day}0000 TO {day}2359]"]
    order = {"sortBy": "submittedDate", "sortOrder": "ascending"}
    return Request(
        asking.address(
            source,
            API,
            "/api/query",
            search_query=" AND ".join(terms),
            start=0,
            max_results=IN_ONE,
            **order,
        )
    )


def step(source: Source, page: Page, url: str, content: bytes) -> Step:
    """How many papers an answer lists, and which request goes on after it."""
    root = tree(content.decode("utf-8", "replace"), {"entry", "item"})
    name = local_name(root) if root is not None else ""
    if name != ("rss" if source.via == "rss" else "feed"):
        raise answers.new_form("its answer is no feed")
    found = _announced(root, page) if source.via == "rss" else _found(root, url)
    answers.check_end(content)
    return found


def _found(root: Any, url: str) -> Step:
    entries = [each for each in root if local_name(each) == "entry"]
    for entry in entries:
        if "/api/errors" in _text(entry, "id"):
            raise FetchError(
                f"arXiv answered: “{_text(entry, 'summary')}”", "check `query` and `categories`"
            )
    total = count(_text(root, "totalResults"))
    if total is None:
        raise answers.new_form("its answer does not say how many papers there are")
    start = int(asking.asked_in(url)["start"])
    ahead = start + len(entries)
    if ahead >= total:
        return Step(len(entries))
    if not entries:
        # This happens now and then; the same request gets an answer with papers a while later.
        raise FetchError(f"arXiv says that it has {total:,} papers, but listed {start:,}")
    return Step(len(entries), (asking.changed(url, start=ahead),))


def _announced(root: Any, page: Page) -> Step:
    """What is announced today. On days without announcements, arXiv has an empty feed, or that of
    the day before."""
    channel = next((each for each in root if local_name(each) == "channel"), root)
    if (title := _text(channel, "title")).startswith("Feed error for query"):
        raise FetchError(f"arXiv answered: “{title}”", "check `categories`")
    try:
        announced = parsedate_to_datetime(_text(channel, "pubDate")).date()
    except ValueError:
        raise answers.new_form("its feed does not say of which day it is") from None
    items = sum(local_name(each) == "item" for each in channel)
    return Step(items if announced == page.day else 0)


def _text(element: Any, name: str) -> str:
    """The text of the child of that name; empty if there is none."""
    found = next((each for each in element if local_name(each) == name), None)
    return "" if found is None else " ".join("".join(found.itertext()).split())
