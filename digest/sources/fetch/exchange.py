"""Requests to sources and their answers, and what a kind of source knows of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Protocol

from digest.errors import DigestError
from digest.model import Source, SourceKind


class FetchError(DigestError):
    """A source could not be fetched; ``retry_at``: not before this instant."""

    def __init__(self, what: str, remedy: str = "", retry_at: datetime | None = None) -> None:
        self.what, self.remedy, self.retry_at = what, remedy, retry_at
        super().__init__(what)


class PageError(FetchError):
    """A page cannot be read or is too long, which touches no other page: its answer has an unknown
    form, was cut off, or leads on for ever."""


class Interrupted(Exception):
    """The program was told to stop while it waited for its turn, or for a server."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks."""

    contact: str  # an email address, which servers are told
    keys: Mapping[SourceKind, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """A GET request."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """May contain keys, so that they stand in no message and in no database."""


@dataclass(frozen=True, slots=True)
class Validators:
    """What an earlier answer said of its version; a conditional request sends it back."""

    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that arrived whole, with the status 200 or 304."""

    content: bytes | None
    """The body, without its transfer and content encodings; None: it has not changed."""
    validators: Validators = Validators()


@dataclass(frozen=True, slots=True, order=True)
class Page:
    """What a source lists for one day: the unit that is fetched, kept and counted."""

    day: date
    again: timedelta | None = None
    """How long after it was fetched whole it is fetched again, since its list may still change;
    None: it stays as it is."""


@dataclass(frozen=True, slots=True)
class Step:
    """What an answer means for its page."""

    papers: int
    """How many the answer lists. An answer without papers is no dump and is not kept."""
    following: tuple[str, ...] = ()
    """The addresses that the page goes on with, requested with the headers of its first request.
    The page is whole when every address that any of its answers named has been answered."""


class Kind(Protocol):
    """A module of ``kinds``: all that differs between sources. Pure."""

    INTERVAL: float
    """The least seconds between two requests to its host."""

    def pages(self, source: Source, *, since: date, now: datetime) -> Sequence[Page]:
        """The pages from the day ``since`` on, oldest first; of a source that only has what is new,
        today's alone."""

    def first(self, source: Source, page: Page, identity: Identity) -> Request:
        """The request that a page begins with."""

    def step(self, source: Source, page: Page, url: str, content: bytes) -> Step:
        """What the answer to a request of the page means.

        Raises:
            PageError: It is not what this source answers: it has a new form, or is cut off.
            FetchError: It is an error in the source's words, which may pass.
        """
