"""OpenAlex, by the day of publication."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime

from digest.model import Source
from digest.sources.fetch.exchange import Identity, Page, Request, Step
from digest.sources.fetch.kinds import answers, asking

INTERVAL = 0.5
SERVER = "https://api.openalex.org"
IN_ONE = 100  # papers in one answer, at most
MOST = 10_000  # papers that it gives for one query without a key
FILTER = re.compile(r"[a-z_.]+:\S")


def pages(source: Source, *, since: date, now: datetime) -> Sequence[Page]:
    """A page a day of publication. Papers come to OpenAlex days after they were published."""
    return asking.by_day(source, since, now.date(), now, busy=0, open_for=15)


def first(source: Source, page: Page, identity: Identity) -> Request:
    """The first works of a day. Without a key, OpenAlex gives no cursor."""
    days = [f"from_publication_date:{page.day}", f"to_publication_date:{page.day}"]
    asked = asking.searched(source.query, FILTER, "search", days)
    asked |= {"per_page": IN_ONE, "mailto": identity.contact}
    key = identity.keys.get("openalex")
    asked |= {"cursor": "*"} if key else {"page": 1}
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return Request(asking.address(source, SERVER, "/works", **asked), headers)


def step(source: Source, page: Page, url: str, content: bytes) -> Step:
    """How many works an answer lists, and which request goes on after it."""
    answer = answers.answer_in(content)
    works, meta = answers.listed(answer, "results"), answers.inner(answer, "meta")
    given = asking.asked_in(url)
    if "cursor" in given:
        ahead = answers.text_of(meta, "next_cursor")
        is_last = not (works and ahead)
        return Step(len(works), () if is_last else (asking.changed(url, cursor=ahead),))
    total, number = answers.total_in(meta, "count"), int(given["page"])
    if total > MOST:
        raise answers.too_many(total, MOST)
    is_last = not works or number * answers.total_in(meta, "per_page") >= total
    return Step(len(works), () if is_last else (asking.changed(url, page=number + 1),))
