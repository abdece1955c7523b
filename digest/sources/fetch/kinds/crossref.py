"""Crossref, by the day on which a DOI was registered."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime

from digest.model import Source
from digest.sources.fetch.exchange import Identity, Page, Request, Step
from digest.sources.fetch.kinds import answers, asking

INTERVAL = 0.5
SERVER = "https://api.crossref.org"
IN_ONE = 200  # papers in one answer, at most
MOST = 10_000  # papers that can be reached by their number
FILTER = re.compile(r"[a-z.-]+:\S")


def pages(source: Source, *, since: date, now: datetime) -> Sequence[Page]:
    """A page a day on which DOIs were registered; they are listed within the hour."""
    return asking.by_day(source, since, now.date(), now, busy=2, open_for=3)


def first(source: Source, page: Page, identity: Identity) -> Request:
    """The first works of a day. They are counted, since a cursor would only last for minutes."""
    days = [f"from-created-date:{page.day}", f"until-created-date:{page.day}"]
    asked = asking.searched(source.query, FILTER, "query", days)
    asked |= {"sort": "created", "order": "asc"}
    asked |= {"rows": IN_ONE, "offset": 0, "mailto": identity.contact}
    return Request(asking.address(source, SERVER, "/v1/works", **asked))


def step(source: Source, page: Page, url: str, content: bytes) -> Step:
    """How many works an answer lists, and which request goes on after it."""
    message = answers.inner(answers.answer_in(content), "message")
    works, total = answers.listed(message, "items"), answers.total_in(message, "total-results")
    if total > MOST:
        raise answers.too_many(total, MOST)
    ahead = int(asking.asked_in(url)["offset"]) + len(works)
    is_last = not works or ahead >= total
    return Step(len(works), () if is_last else (asking.changed(url, offset=ahead),))
