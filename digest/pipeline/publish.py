"""Feeds and pages brought up to date in the public folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from digest.errors import TemplateError
from digest.model import Digest, Problem, Subscriber
from digest.pipeline.context import MEND_TEMPLATE, RunContext
from digest.pipeline.report import Published
from digest.render import feeds
from digest.render.site import archive_path

NEWEST = 200
"""Papers in the feed of all papers and on the start page."""


def publish(context: RunContext, subscribers: Sequence[Subscriber]) -> Published:
    """Bring every feed and page up to date. What cannot be written stops nothing else."""
    problems: dict[str, Problem] = {}
    papers = context.ledger.papers(limit=NEWEST)
    counts = [
        _put(
            context, problems, lambda: feeds.all_papers_feeds(papers, context.site, entries=NEWEST)
        )
    ]
    dumps = context.ledger.dumps(since=papers[0].arrived) if papers else ()
    _put(context, problems, lambda: context.pages.start(papers, dumps, latest=NEWEST))
    _put(context, problems, context.pages.help)
    tokens = context.ledger.ensure_subscribers([subscriber.id for subscriber in subscribers])
    archives = context.ledger.archives([one.id for one in subscribers], limit=context.feed_entries)
    for subscriber, digests in context.track(
        zip(subscribers, archives, strict=True), "Publishing", len(subscribers)
    ):
        token = tokens[subscriber.id]
        _put(context, problems, partial(_pages, context, subscriber, token, digests))
        if "feed" in subscriber.channels:
            counts.append(
                _put(context, problems, partial(_feeds, context, subscriber, token, digests))
            )
    written, unchanged = map(sum, zip(*counts, strict=True))
    return Published(written, unchanged, tuple(problems.values()))


def _feeds(
    context: RunContext, subscriber: Subscriber, token: str, digests: Sequence[Digest]
) -> Mapping[str, bytes]:
    return feeds.subscriber_feeds(
        subscriber, token, digests, context.site, entries=context.feed_entries
    )


def _pages(
    context: RunContext, subscriber: Subscriber, token: str, digests: Sequence[Digest]
) -> Mapping[str, bytes]:
    files = context.pages.archive_index(subscriber, token, digests)
    for digest in digests:
        # A digest never changes once it is made, so its page is made once.
        if not context.publisher.has(archive_path(token, digest.period)):
            files |= context.pages.archive(subscriber, token, digest)
    return files


def _put(
    context: RunContext, problems: dict[str, Problem], make: Callable[[], Mapping[str, bytes]]
) -> tuple[int, int]:
    """Publish files: how many were written, and unchanged. The same problem is kept once."""
    try:
        return context.publisher.publish(make())
    except TemplateError as error:
        problems[str(error)] = Problem(error.where, error.what, MEND_TEMPLATE)
    except OSError as error:
        where = str(error.filename or "public")
        problem = Problem(where, f"cannot be written: {error.strerror or error}")
        problems[str(problem)] = problem
    return 0, 0
