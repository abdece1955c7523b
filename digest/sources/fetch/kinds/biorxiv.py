"""bioRxiv and medRxiv, by the day on which a version was posted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from urllib.parse import urlsplit

from digest.model import Source
from digest.sources.fetch.exchange import FetchError, Identity, Page, Request, Step
from digest.sources.fetch.kinds import answers, asking
from digest.sources.formats.json_values import count
from digest.sources.formats.server_errors import NO_ERROR
from digest.sources.formats.values import text_in

INTERVAL = 1.0
SERVER = "https://api.biorxiv.org"


def pages(source: Source, *, since: date, now: datetime) -> Sequence[Page]:
    """A page a day on which versions were posted."""
    return asking.by_day(source, since, now.date(), now, busy=2, open_for=4)


def first(source: Source, page: Page, identity: Identity) -> Request:
    """The first preprints of a day, of the first category if there are any."""
    return Request(_address(source, page, 0, next(_categories(source), "")))


def _categories(source: Source) -> Iterator[str]:
    return (name.replace(" ", "_") for name in source.categories)


def _address(source: Source, page: Page, start: int, category: str) -> str:
    path = f"/details/{source.server}/{page.day}/{page.day}/{start}/json"
    return asking.address(source, SERVER, path, **({"category": category} if category else {}))


def step(source: Source, page: Page, url: str, content: bytes) -> Step:
    """How many preprints an answer lists. The next one goes on with this category, or begins
    another: the server takes one category in a request, and a preprint is in one."""
    answer = answers.answer_in(content)
    messages = answers.listed(answer, "messages")
    status = text_in(messages[0].get("status")) if messages else ""
    if not NO_ERROR.match(status):
        raise FetchError(f"it answered: “{status}”", "check `categories`")
    preprints = answers.listed(answer, "collection")
    ahead = int(urlsplit(url).path.split("/")[-2]) + len(preprints)
    category = asking.asked_in(url).get("category", "")
    # It gives 30 or 100 in one answer, and says how many there are in all as a number or a text.
    total = count(messages[0].get("total"))
    if preprints and (total is None or ahead < total):
        return Step(len(preprints), (_address(source, page, ahead, category),))
    names = list(_categories(source))
    others = names[names.index(category) + 1 :] if category in names else []
    return Step(len(preprints), tuple(_address(source, page, 0, each) for each in others[:1]))
