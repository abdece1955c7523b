"""Removes what is older than ``[keep]`` says: in the ledger, and files that nothing needs."""

import logging
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

from digest.cli.app import Home, inbox_of
from digest.ledger import Ledger
from digest.ledger.aggregate import batches
from digest.ledger.decision_codec import period
from digest.model import DumpHash, Problem
from digest.public.folder import FolderPublisher
from digest.render.site import REFERENCE_TYPES, archive_folder
from digest.sources.inbox import InboxFile

T = TypeVar("T")
log = logging.getLogger("digest")

EVERY = timedelta(days=1)
_ENDINGS = ("html", *REFERENCE_TYPES)  # of the files of one digest
PATIENCE = 20.0  # seconds that a pass may spend on it; the next pass goes on
_DUMPS, _DIGESTS, _FILES, _READERS = 20, 500, 500, 50  # at once


KINDS = {
    "fetched": "fetched files",
    "records": "records of dumps",
    "digests": "picks of digests",
    "pages": "pages of digests",
    "mails": "mail in outbox/",
    "days": "pages of sources",
}
"""What is removed, in words."""


@dataclass
class Pruned:
    """How much was removed, or would be."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    complete: bool = True  # False: there is more, which the next pass removes
    problems: list[Problem] = field(default_factory=list)


def daily(home: Home, book: Ledger, *, now: datetime, stopping: Callable[[], bool]) -> None:
    """Prune unless that was done within a day, and log what was removed. What takes long is left to
    the next pass, so that mail does not wait for it."""
    if not book.is_pruning_due(now, every=EVERY):
        return
    ends = time.monotonic() + PATIENCE
    done = prune(home, book, now=now, enough=lambda: stopping() or time.monotonic() > ends)
    if done.complete:
        book.record_pruned(now=now)
    removed = [f"{count} {KINDS[kind]}" for kind, count in done.counts.items() if count]
    if removed:
        log.info("pruned: %s", "; ".join(removed), extra=done.counts)
    for problem in done.problems:
        log.warning("%s", problem)


def prune(
    home: Home,
    book: Ledger,
    *,
    now: datetime,
    dry: bool = False,
    enough: Callable[[], bool] = lambda: False,
) -> Pruned:
    """Remove what is old; with ``dry`` only count it. It ends early once ``enough`` says so."""
    pruning = _Pruning(home, book, now, dry, enough)
    pruning.fetched(files := inbox_of(home, book).scan().found)
    pruning.records(files)
    pruning.digests()
    pruning.pages()
    pruning.mails()
    pruning.days()
    return pruning.done


class _Pruning:
    def __init__(
        self, home: Home, book: Ledger, now: datetime, dry: bool, enough: Callable[[], bool]
    ) -> None:
        self._home, self._book, self._now, self._dry = home, book, now, dry
        self._keep, self._enough = home.settings.keep, enough
        self._newest = home.settings.feeds.entries
        self._gone: set[DumpHash] = set()
        """The contents of fetched files that are removed."""
        self.done = Pruned()

    def fetched(self, files: Sequence[InboxFile]) -> None:
        """Remove old files of dumps that were read."""
        hashes = {file.hash for file in files if file.source}
        self._gone = self._book.known_dumps(hashes, self._now - self._keep.fetched)
        old = [Path(file.path) for file in files if file.source and file.hash in self._gone]
        self._remove("fetched", old, _FILES, self._unlink)

    def records(self, files: Sequence[InboxFile]) -> None:
        """Forget how records stood in old dumps whose files are gone."""
        present = {file.hash for file in files if not (file.source and file.hash in self._gone)}
        before = self._now - self._keep.sightings
        old = self._book.old_dumps(before, present=present, gone=self._gone)
        self._remove("records", old, _DUMPS, self._book.forget_records)

    def digests(self) -> None:
        """Forget picks and reasons of old digests."""
        old = self._book.old_digests(self._now - self._keep.digests, newest=self._newest)
        self._remove("digests", old, _DIGESTS, self._book.forget_digests)

    def pages(self) -> None:
        """Remove pages of old digests that no index lists, with their references."""
        if self._home.settings.public.mode == "serve":
            return  # no pass writes any, and what lies there is the operator's to delete
        since, after = self._now - self._keep.pages, 0
        publisher = FolderPublisher(self._home.public)
        readers = partial(self._book.long_standing_readers, newest=self._newest, limit=_READERS)
        while tokens := readers(after=after):
            after = max(tokens)
            stay = self._book.page_periods(tokens, since, newest=self._newest)
            for key, token in tokens.items():
                if self._stops():
                    return
                gone = list(self._old_pages(token, stay[key], since))
                try:
                    if not self._dry:
                        publisher.remove([f"{page}.{kind}" for page in gone for kind in _ENDINGS])
                except OSError as error:
                    self._note(error)
                self.done.counts["pages"] += len(gone)

    def _old_pages(self, token: str, stay: Collection[str], since: datetime) -> Iterator[str]:
        """The public paths of a reader's pages of periods before ``since`` that are not to stay,
        without their endings."""
        folder = archive_folder(token)
        for path in sorted((self._home.public / folder).glob("*.html")):
            try:
                ended = period(path.stem).end
            except ValueError:
                continue  # the index
            if path.stem not in stay and ended < since.date():
                yield f"{folder}/{path.stem}"

    def mails(self) -> None:
        """Remove old files of the outbox."""
        before = (self._now - self._keep.outbox).timestamp()
        mails = sorted((self._home.path / "outbox").glob("*.eml"))
        old = [path for path in mails if path.lstat().st_mtime < before]
        self._remove("mails", old, _FILES, self._unlink)

    def days(self) -> None:
        """Forget what became of pages of sources long ago."""
        before = (self._now - self._keep.digests).date()
        self.done.counts["days"] = count = self._book.count_old_pages(before)
        if count and not self._dry:
            self._book.forget_pages(before)

    def _remove(
        self, kind: str, old: Collection[T], size: int, remove: Callable[[list[T]], None]
    ) -> None:
        """Remove so many at once, until it is enough; what cannot be removed is not counted."""
        for batch in batches(old, size):
            if self._stops():
                return
            problems = len(self.done.problems)
            if not self._dry:
                remove(batch)
            self.done.counts[kind] += len(batch) - (len(self.done.problems) - problems)

    def _stops(self) -> bool:
        if self._enough():
            self.done.complete = False
        return not self.done.complete

    def _unlink(self, paths: Iterable[Path]) -> None:
        for path in paths:
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                self._note(error)

    def _note(self, error: OSError) -> None:
        what = f"it cannot be removed: {error.strerror or error}"
        self.done.problems.append(Problem(str(error.filename), what, "check its permissions"))
