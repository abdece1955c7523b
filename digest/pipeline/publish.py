"""Brings the published feeds and pages of readers with new decisions up to date."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from digest.errors import TemplateError
from digest.model import Digest, Problem, Publication, Subscriber
from digest.pipeline.context import MEND_TEMPLATE, RunContext
from digest.pipeline.protocols import PassLedger
from digest.pipeline.report import PublishReport
from digest.render import downloads, feeds
from digest.render.site import archive_folder, feed_paths, opml_path

BATCH = 100  # readers whose files are made, and put in place, together
NEWEST = 200  # papers in the feed of all papers and on the start page
_SERVED = " served"  # ends the marker where readers have no files
SHOWN = 20  # problems that a report tells one by one


def publish(
    context: RunContext[PassLedger], *, now: datetime, everything: bool = False
) -> PublishReport:
    """Bring the files of readers with a new decision up to date, and what else is behind. A
    delivery by feed is settled once its files are in place. What cannot be written stops nothing
    else, and the next pass tries it again. With ``everything``, and in a folder that lost its
    marker, all files are made anew. Where readers are served on demand, only the files of everybody
    are made, and those of readers who left removed; the marker then says so, since the files of
    readers would be behind if they were files again."""
    publishing = _Publishing(context, now)
    marker, newest = context.publisher.read_marker(), str(context.ledger.newest_dump())
    if context.serves:
        newest += _SERVED
        context.ledger.settle_served(now=now)
    anew = everything or marker is None or marker.endswith(_SERVED) != context.serves
    if anew and not context.serves:
        context.ledger.publish_everybody()
    complete = publishing.put(context.pages.help)
    if anew or marker != newest:
        complete = publishing.papers() and complete
    publishing.readers()
    if marker != newest and complete:
        publishing.write_marker(newest)
    return publishing.report()


@dataclass(frozen=True, slots=True)
class _Files:
    """What is to become of one reader's files."""

    reader: Publication
    pages: Mapping[str, bytes] = field(default_factory=dict)
    feeds: Mapping[str, bytes] = field(default_factory=dict)
    gone: tuple[str, ...] = ()
    complete: bool = True  # False: a template failed


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

    def write_marker(self, newest: str) -> None:
        """Record that all up to this dump is in place."""
        self._attempt(partial(self._context.publisher.write_marker, newest))

    def papers(self) -> bool:
        """The feed of all papers and the start page; False where something is not in place."""
        context = self._context
        papers = context.ledger.papers(limit=NEWEST)
        dumps = context.ledger.dumps(since=papers[0].arrived) if papers else ()
        made = feeds.all_papers_feeds(papers, context.site, entries=NEWEST)
        page = partial(context.pages.start, papers, dumps, latest=NEWEST)
        return all([self._attempt(partial(self._write_feeds, made)), self.put(page)])

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
            claimed = ledger.claim_publications(
                owner, now=context.clock(), lease=lease, limit=BATCH
            )
            if not claimed:
                return
            names = [one.name for one in claimed if one.subscriber and not context.serves]
            digests = ledger.newest_digests(names, limit=context.feed_entries)
            made = []
            for one in claimed:
                made.append(self._made(one, digests.get(one.name, ())))
                yield one
            # Whoever took a reader over may have published more than is known here.
            held = ledger.renew_publications(owner, now=context.clock(), lease=lease)
            done = self._put_all([files for files in made if files.reader.key in held])
            ledger.settle_publications(done, owner, now=self._now)

    def _made(self, one: Publication, digests: Sequence[Digest]) -> _Files:
        """Make one reader's files."""
        context, token = self._context, one.feed_token
        if one.subscriber is None:
            return _Files(one, gone=(*feed_paths(token), archive_folder(token)))
        if context.serves:
            return _Files(one)
        pages = self._rendered(partial(self._pages, one, one.subscriber, digests))
        if "feed" not in one.subscriber.channels:
            gone = (*feed_paths(token), opml_path(token))
            return _Files(one, pages or {}, gone=gone, complete=pages is not None)
        made = feeds.subscriber_feeds(
            one.subscriber, token, digests, context.site, entries=context.feed_entries
        )
        return _Files(one, pages or {}, made, complete=pages is not None)

    def _pages(
        self, one: Publication, subscriber: Subscriber, digests: Sequence[Digest]
    ) -> Mapping[str, bytes]:
        """The reader's index, and the pages of digests that have none yet, each with its papers
        for reference managers; the list of feeds."""
        pages, token = self._context.pages, one.feed_token
        files = pages.archive_index(subscriber, token, digests)
        if "feed" in subscriber.channels:
            files |= downloads.opml(subscriber, token, self._context.site)
        for digest in digests:
            if digest.composed >= one.since:
                files |= pages.archive(subscriber, token, digest)
                files |= downloads.of_digest(token, digest)
        return files

    def _put_all(self, made: Sequence[_Files]) -> list[Publication]:
        """Put files in place; the readers who have all theirs. Those of all are written together,
        so that a folder is opened once; where that fails, each reader's by themselves."""
        try:
            for step in self._steps(made):
                step()
        except OSError:
            made = [one for one in made if self._put_own(one)]
        return [one.reader for one in made if one.complete]

    def _put_own(self, files: _Files) -> bool:
        tried = [self._attempt(step) for step in self._steps([files])]
        return all(tried)

    def _steps(self, made: Sequence[_Files]) -> tuple[Callable[[], None], ...]:
        gone: list[str] = []
        pages: dict[str, bytes] = {}
        feed_files: dict[str, bytes] = {}
        for one in made:
            gone += one.gone
            pages |= one.pages
            feed_files |= one.feeds
        remove = partial(self._context.publisher.remove, gone)
        return remove, partial(self._write, pages), partial(self._write_feeds, feed_files)

    def put(self, make: Callable[[], Mapping[str, bytes]]) -> bool:
        """Make pages and publish them; False, and a problem, where that fails."""
        files = self._rendered(make)
        return files is not None and self._attempt(partial(self._write, files))

    def _write(self, files: Mapping[str, bytes]) -> None:
        self._context.publisher.publish(files)

    def _write_feeds(self, files: Mapping[str, bytes]) -> None:
        written, unchanged = self._context.publisher.publish(files)
        self._written += written
        self._unchanged += unchanged

    def _rendered(self, make: Callable[[], Mapping[str, bytes]]) -> Mapping[str, bytes] | None:
        """Pages; None, and a problem, where their template fails."""
        try:
            return make()
        except TemplateError as error:
            self._note(Problem(error.where, error.what, MEND_TEMPLATE))
            return None

    def _attempt(self, step: Callable[[], None]) -> bool:
        """Whether files can be written or removed; where not, that is a problem."""
        try:
            step()
        except OSError as error:
            where = str(error.filename or "public")
            self._note(Problem(where, f"cannot be written: {error.strerror or error}"))
            return False
        return True

    def _note(self, problem: Problem) -> None:
        self._problems[str(problem)] = problem
