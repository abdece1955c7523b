"""Fetches one page: all answers of it, each saved and then recorded, so that it can go on there."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime

from digest.model import PageSeen, PageState, Source
from digest.sources.fetch import listing, saving
from digest.sources.fetch.context import LEASE, FetchContext, Get, PageFetched
from digest.sources.fetch.exchange import Answer, Kind, Page, PageError, Request, Step, Validators
from digest.sources.fetch.memory import Memory, Progress

MOST_ANSWERS = 1000  # of one page


@dataclass(slots=True)
class PageAttempt:
    """One attempt to fetch a page."""

    context: FetchContext
    source: Source
    kind: Kind
    get: Get
    memory: Memory
    page: Page
    known: PageSeen | None
    """What was known of the page before."""
    papers: set[str]
    """The short hashes of the papers that it listed before."""
    now: datetime
    files: int = 0
    fault: PageError | None = field(default=None, init=False)
    """Why an answer cannot be read."""

    def run(self) -> PageFetched | None:
        """Fetch what is left of the page; None where it was told to stop before anything came.

        Raises:
            FetchError: There was no answer, or an error in the source's words.
            OSError: An answer cannot be saved.
        """
        first = self.kind.first(self.source, self.page, self.context.identity)
        progress = self.memory.begin(self.page.day, first.url)
        seen = None
        while progress.pending and not self.context.stopping():
            request = replace(first, url=progress.pending[0])
            known = self.memory.answers.get(self.page.day, {}).get(request.url)
            answer = self.get(request, known and known[0])
            try:
                step = self._step(request, answer, known)
                if len(progress.done) >= MOST_ANSWERS:
                    raise listing.unknown_form("its list does not end")
            except PageError as fault:
                self.fault = fault
                return self._unreadable(answer)
            self.memory.answered(self.page.day, request.url, answer.validators, step)
            progress = progress.after(step)
            seen = self._record(progress)
        return PageFetched(seen, self.files) if seen else None

    def _step(
        self, request: Request, answer: Answer, known: tuple[Validators, Step] | None
    ) -> Step:
        """What an answer means; it is saved if it holds anything new.

        Raises:
            PageError: It cannot be read.
            FetchError: It is an error in the source's words.
            OSError: It cannot be saved.
        """
        if answer.content is None and known:
            return known[1]
        content = answer.content or b""
        step = self.kind.step(self.source, self.page, request.url, content)
        name = f"{self.source.name}/{self.page.day}"
        papers = listing.papers(name, content, step, now=self.now)
        if not papers <= self.papers:
            folder = self.context.folder / self.source.name
            saving.save(folder, self.page.day, content, listed=self._listed())
            self.files += 1
        self.papers |= papers
        return step

    def _listed(self) -> date:
        """The first day on which papers that the page did not list before may have come to it."""
        known, day = self.known, self.page.day
        return max(day, known.at.date()) if known and known.state in ("whole", "empty") else day

    def _record(self, progress: Progress) -> PageSeen:
        """Record how far the page has come. One that was whole stays so until it is so again."""
        state: PageState = "whole" if progress.papers else "empty"
        if progress.pending and self.known and self.known.state == "whole":
            return self._write(self.known, progress)
        if progress.pending:
            state = "partial"
        else:
            answers = self.memory.answers.get(self.page.day, {})
            for url in answers.keys() - set(progress.done):
                del answers[url]
        return self._write(self._seen(state, progress.papers), progress)

    def _unreadable(self, answer: Answer) -> PageFetched:
        folder = self.context.folder / self.source.name
        saving.save_unreadable(folder, self.page.day, answer.content or b"")
        papers = self.known.papers if self.known else 0
        return PageFetched(self._write(self._seen("unreadable", papers), None), self.files)

    def _seen(self, state: PageState, papers: int) -> PageSeen:
        return PageSeen(self.source.name, self.page.day, state, papers, self.now)

    def _write(self, seen: PageSeen, progress: Progress | None) -> PageSeen:
        self.memory.progress = progress if progress and progress.pending else None
        is_final = self.page.again is None and seen.state in ("whole", "empty")
        self.context.ledger.record_page(
            seen,
            listing=None if is_final else " ".join(sorted(self.papers)),
            memory=self.memory.as_json(),
            busy_until=self.context.clock() + LEASE,
        )
        return seen
