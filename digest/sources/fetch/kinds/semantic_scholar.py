"""Semantic Scholar, by the day of publication."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from digest.model import Source
from digest.sources.fetch.exchange import Identity, Page, Request, Step
from digest.sources.fetch.kinds import answers, asking

INTERVAL = 1.1
SERVER = "https://api.semanticscholar.org"
FIELDS = (
    "title,abstract,authors,externalIds,url,venue,publicationDate,openAccessPdf,s2FieldsOfStudy"
)


def pages(source: Source, *, since: date, now: datetime) -> Sequence[Page]:
    """A page a day of publication. Papers come to Semantic Scholar days after that."""
    return asking.by_day(source, since, now.date(), now, busy=0, open_for=15)


def first(source: Source, page: Page, identity: Identity) -> Request:
    """The first papers of a day, as many as fit in one answer."""
    asked = {
        "query": source.query,
        "fields": FIELDS,
        "publicationDateOrYear": f"{page.day}:{page.day}",
    }
    key = identity.keys.get("semantic-scholar")
    url = asking.address(source, SERVER, "/graph/v1/paper/search/bulk", **asked)
    return Request(url, {"x-api-key": key} if key else {})


def step(source: Source, page: Page, url: str, content: bytes) -> Step:
    """How many papers an answer lists, and which request goes on after it."""
    answer = answers.answer_in(content)
    papers, token = answers.listed(answer, "data"), answers.text_of(answer, "token")
    is_last = not (papers and token)
    return Step(len(papers), () if is_last else (asking.changed(url, token=token),))
