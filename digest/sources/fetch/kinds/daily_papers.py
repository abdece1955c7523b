"""The daily papers of Hugging Face: by its API, or, where that changed its form, by its pages."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import date, datetime
from html import unescape

from digest.model import Source
from digest.sources.fetch.exchange import FetchError, Identity, Page, Request, Step
from digest.sources.fetch.kinds import answers, asking
from digest.sources.formats.json_values import is_object

INTERVAL = 1.0
SERVER = "https://huggingface.co"
API, WEB = "/api/daily_papers", "/papers/date/"
IN_ONE = 100  # papers in one answer, at most
MOST_ANSWERS = 20
PROPERTIES = re.compile(r"data-props=(?:\"([^\"]*)\"|'([^']*)')")


def pages(source: Source, *, since: date, now: datetime) -> Sequence[Page]:
    """A page a day. Papers are added to it for about a day; upvotes are given for a week."""
    return asking.by_day(source, since, now.date(), now, busy=2, open_for=8)


def first(source: Source, page: Page, identity: Identity) -> Request:
    """The first answer of the API for that day."""
    day = page.day.isoformat()
    return Request(asking.address(source, SERVER, API, date=day, limit=IN_ONE, p=0))


def step(source: Source, page: Page, url: str, content: bytes) -> Step:
    """The list goes on until an answer is empty: answers may be shorter than what was asked for."""
    if API not in url:
        return Step(_papers_in_page(page, content.decode("utf-8", "replace")))
    number = int(asking.asked_in(url)["p"])
    try:
        papers = answers.listed(answers.answer_in(content))
        if not all(is_object(each.get("paper")) for each in papers):
            raise answers.new_form("an entry of its list has no “paper”")
    except FetchError:
        if number:
            raise
        return Step(0, (asking.address(source, SERVER, f"{WEB}{page.day}"),))
    if papers and number >= MOST_ANSWERS:
        raise answers.new_form("its list does not end")
    return Step(len(papers), (asking.changed(url, p=number + 1),) if papers else ())


def _papers_in_page(page: Page, html: str) -> int:
    """How many papers a page lists. In place of a day without papers, the site answers with the
    page of its latest day.

    Raises:
        FetchError: It is no page with a list of papers.
    """
    for quoted in PROPERTIES.finditer(html):
        try:
            found = json.loads(unescape(quoted[1] or quoted[2] or ""))
        except ValueError:
            continue
        if is_object(found) and isinstance(papers := found.get("dailyPapers"), list):
            return len(papers) if found.get("dateString") == str(page.day) else 0
    raise answers.new_form("neither the answer of its API nor its page has a list of papers")
