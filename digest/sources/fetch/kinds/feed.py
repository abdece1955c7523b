"""A feed: Atom, RSS or JSON Feed at any address. It has only what is new."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time

from digest.errors import DumpError
from digest.model import DumpHash, Source
from digest.sources import read
from digest.sources.fetch.exchange import Identity, Page, PageError, Request, Step
from digest.sources.fetch.kinds import answers

INTERVAL = 1.0


def pages(source: Source, *, since: date, now: datetime) -> Sequence[Page]:
    """One page, of the day of the fetch."""
    return (Page(now.date(), source.every),)


def first(source: Source, page: Page, identity: Identity) -> Request:
    """The feed."""
    return Request(source.url or "")


def step(source: Source, page: Page, url: str, content: bytes) -> Step:
    """A feed is one answer. Feeds are of many forms, so the readers of dumps count its papers."""
    arrived = datetime.combine(page.day, time.max, UTC)
    try:
        dump = read(source.name, content, hash=DumpHash(""), arrived=arrived)
    except DumpError as error:
        raise PageError(
            f"its form has changed, or it is no feed: {error.reason}",
            "open `url` in a browser: it has to be Atom, RSS or JSON Feed",
        ) from error
    answers.check_end(content)
    return Step(len(dump.records))
