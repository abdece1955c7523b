"""Brings the published feeds and pages of readers with new decisions up to date."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial

from digest.errors import TemplateError
from digest.model import Digest, Problem, Publication, Subscriber
from digest.pipeline.context import MEND_TEMPLATE, RunContext
from digest.pipeline.protocols import PassLedger
from digest.pipeline.report import PublishReport
from digest.render import feeds
from digest.render.site import archive_folder, feed_paths

BATCH = 100  # readers whose files are made together
NEWEST = 200  # papers in the feed of all papers and on the start page
SHOWN = 20  # problems that a report tells one by one


def publish(
    context: RunContext[PassLedger], *, now: datetime, everything: bool = False
) -> PublishReport:
    """Bring the files of readers with a new decision up to date, and what else is behind. A
    delivery by feed is settled once its files are in place. What cannot be written stops nothing
    else, and the next pass tries it again. With ``everything``, and in a folder that lost its
    marker, all files are made anew."""
    publishing = _Publishing(context, now)
    marker, newest = context.publisher.read_marker(), str(context.ledger.newest_dump())
    anew = everything or marker is None
    if anew:
        context.ledger.publish_everybody(now=now)
    complete = publishing.put(context.pages.help)
    if anew or marker != newest:
        complete = publishing.papers() and complete
    publishing.readers()
    if marker != newest and complete:
        publishing.attempt(partial(context.publisher.write_marker, newest))
    return publishing.report()


class _Publishing:
    """What one pass publishes, and the problems it meets."""

    def __init__(self, context: RunContext[PassLedger], now: datetime) -> None:
        self._context, self._now = context, now
        self._written = self._unchanged = 0
        self._problems: dict[str, Problem] = {}

    def report(self) -> PublishReport:
        """The figures so far; of many problems the first ``SHOWN``."""
        problems = list(self._problems.values())
        if len(problems) > SHOWN:
            problems[SHOWN:] = [Problem("public", f"{len(problems) - SHOWN:,} more like these")]
        return PublishReport(self._written, self._unchanged, tuple(problems))

    def papers(self) -> bool:
        """The feed of all papers and the start page; False where something is not in place."""
        context = self._context
        papers = context.ledger.papers(limit=NEWEST)
        dumps = context.ledger.dumps(since=papers[0].arrived) if papers else ()
        feed = partial(feeds.all_papers_feeds, papers, context.site, entries=NEWEST)
        page = partial(context.pages.start, papers, dumps, latest=NEWEST)
        return all([self.put(feed, counted=True), self.put(page)])

    def readers(self) -> None:
        """The files of every reader that are behind, a batch at a time."""
        context = self._context
        total = context.ledger.count_publications()
        if not total:
            return
        for done in context.track(self._batches(), "Publishing", total):
            del done
        # What could not be published stays claimed until here, so that it is tried once a pass.
        context.ledger.release_publications([context.owner])

    def _batches(self) -> Iterator[Publication]:
        context = self._context
        ledger, owner, lease = context.ledger, context.owner, context.lease
        while not context.stopping():
            claimed_at = context.clock()
            claimed = ledger.claim_publications(owner, now=claimed_at, lease=lease, limit=BATCH)
            if not claimed:
                return
            digests = ledger.newest_digests(
                [one.name for one in claimed if one.subscriber], limit=context.feed_entries
            )
            done = []
            held = {one.key for one in claimed}
            for one in claimed:
                if context.clock() > claimed_at + lease / 2:
                    claimed_at = context.clock()
                    held &= ledger.renew_publications(owner, now=claimed_at, lease=lease)
                # Whoever took a reader over may have published more than is known here.
                if one.key in held and self._reader(one, digests.get(one.name, ())):
                    done.append(one)
                yield one
            ledger.settle_publications(done, owner, now=self._now)

    def _reader(self, one: Publication, digests: Sequence[Digest]) -> bool:
        """Bring one reader's files up to date; False where something is not in place."""
        publisher = self._context.publisher
        token = one.feed_token
        if one.subscriber is None:
            gone = [*feed_paths(token), archive_folder(token)]
            return self.attempt(partial(publisher.remove, gone))
        in_place = self.put(partial(self._pages, one, one.subscriber, digests))
        if "feed" in one.subscriber.channels:
            site, entries = self._context.site, self._context.feed_entries
            make = partial(
                feeds.subscriber_feeds, one.subscriber, token, digests, site, entries=entries
            )
            return self.put(make, counted=True) and in_place
        return self.attempt(partial(publisher.remove, feed_paths(token))) and in_place

    def _pages(
        self, one: Publication, subscriber: Subscriber, digests: Sequence[Digest]
    ) -> Mapping[str, bytes]:
        """The reader's index, and the pages of digests that have none yet."""
        pages, token = self._context.pages, one.feed_token
        files = dict(pages.archive_index(subscriber, token, digests))
        for digest in digests:
            if digest.composed >= one.since:
                files |= pages.archive(subscriber, token, digest)
        return files

    def put(self, make: Callable[[], Mapping[str, bytes]], *, counted: bool = False) -> bool:
        """Make files and publish them; False, and a problem, where that fails."""

        def made() -> None:
            written, unchanged = self._context.publisher.publish(make())
            if counted:
                self._written += written
                self._unchanged += unchanged

        return self.attempt(made)

    def attempt(self, step: Callable[[], None]) -> bool:
        """Whether a step succeeds; where it does not, its problem is kept, once."""
        try:
            step()
        except TemplateError as error:
            problem = Problem(error.where, error.what, MEND_TEMPLATE)
        except OSError as error:
            where = str(error.filename or "public")
            problem = Problem(where, f"cannot be written: {error.strerror or error}")
        else:
            return True
        self._problems[str(problem)] = problem
        return False
