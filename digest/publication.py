"""Feeds and pages brought up to date in the public folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from digest.errors import TemplateError
from digest.house import MEND_TEMPLATE, House
from digest.model import Digest, Problem, Subscriber
from digest.render import feeds
from digest.render.site import archive_path
from digest.report import Published

NEWEST = 200
"""Papers in the feed of all papers and on the start page."""


def publish(house: House, subscribers: Sequence[Subscriber]) -> Published:
    """Bring every feed and page up to date. What cannot be written stops nothing else."""
    problems: dict[str, Problem] = {}
    papers = house.ledger.papers(limit=NEWEST)
    counts = [
        _put(house, problems, lambda: feeds.all_papers_feeds(papers, house.site, entries=NEWEST))
    ]
    dumps = house.ledger.dumps(since=papers[0].arrived) if papers else ()
    _put(house, problems, lambda: house.pages.start(papers, dumps, latest=NEWEST))
    _put(house, problems, house.pages.help)
    tokens = house.ledger.enrol([subscriber.id for subscriber in subscribers])
    archives = house.ledger.archives([one.id for one in subscribers], limit=house.feed_entries)
    for subscriber, digests in house.track(
        zip(subscribers, archives, strict=True), "Publishing", len(subscribers)
    ):
        token = tokens[subscriber.id]
        _put(house, problems, partial(_pages, house, subscriber, token, digests))
        if "feed" in subscriber.channels:
            counts.append(_put(house, problems, partial(_feeds, house, subscriber, token, digests)))
    written, unchanged = map(sum, zip(*counts, strict=True))
    return Published(written, unchanged, tuple(problems.values()))


def _feeds(
    house: House, subscriber: Subscriber, token: str, digests: Sequence[Digest]
) -> Mapping[str, bytes]:
    return feeds.subscriber_feeds(
        subscriber, token, digests, house.site, entries=house.feed_entries
    )


def _pages(
    house: House, subscriber: Subscriber, token: str, digests: Sequence[Digest]
) -> Mapping[str, bytes]:
    files = house.pages.archive_index(subscriber, token, digests)
    for digest in digests:
        # A digest never changes once it is made, so its page is made once.
        if not house.publisher.has(archive_path(token, digest.period)):
            files |= house.pages.archive(subscriber, token, digest)
    return files


def _put(
    house: House, problems: dict[str, Problem], make: Callable[[], Mapping[str, bytes]]
) -> tuple[int, int]:
    """Publish files: how many were written, and unchanged. The same problem is kept once."""
    try:
        return house.publisher.publish(make())
    except TemplateError as error:
        problems[str(error)] = Problem(error.where, error.what, MEND_TEMPLATE)
    except OSError as error:
        where = str(error.filename or "public")
        problem = Problem(where, f"cannot be written: {error.strerror or error}")
        problems[str(problem)] = problem
    return 0, 0
