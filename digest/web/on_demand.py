"""Renders the feeds and pages of readers when they are asked for, from the ledger.

The ETag says which decision is the reader's newest one, and what else an answer depends on: the
profile, the templates, the settings and the program. So a client that has the answer costs one read
of an index and nothing is rendered. The ETag is a weak one: when the metadata of a paper improve,
an answer may change without it, as a file would stay without them until the next digest.
"""

import asyncio
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, get_args

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from digest.errors import LedgerError, TemplateError
from digest.model import Digest, FeedReader, SubscriberId
from digest.render import downloads
from digest.render.feeds import ALL, subscriber_feeds
from digest.render.pages import Pages
from digest.render.site import FeedFormat, Site
from digest.web import published
from digest.web.answer_cache import AnswerCache

MOST_KEPT = 64 * 2**20  # bytes of answers that are kept
_FOLDERS = {"feeds", "archive"}
_TOKEN = r"(?P<token>[\w-]{1,64})"  # noqa: S105  it is a pattern
_OPML = "/feeds.opml"
_PERIOD = r"(?P<period>\d{4}-(?:W\d\d|\d\d(?:-\d\d)?))"
_PATH = re.compile(
    rf"feeds/{_TOKEN}\.(?P<feed>{'|'.join(get_args(FeedFormat))})"
    rf"|archive/{_TOKEN.replace('token', 'whose')}"
    rf"(?P<rest>|/(?:index\.html)?|{_OPML}|/{_PERIOD}\.(?:html|bib|ris))",
    re.ASCII,
)
_MISSING = "This cannot be read just now."

log = logging.getLogger(__name__)


class ReaderLedger(Protocol):
    """What is read of the ledger; the methods of ``digest.ledger.Ledger`` say what they do."""

    def feed_reader(self, token: str) -> FeedReader | None: ...
    def newest_first(self, name: SubscriberId, *, limit: int) -> Iterator[Digest]: ...
    def digest_of(self, name: SubscriberId, period: str) -> Digest | None: ...


@dataclass(frozen=True, slots=True)
class Look:
    """How feeds and pages are rendered at present."""

    pages: Pages
    site: Site
    entries: int  # in one feed
    version: str  # of all these, and of the program


class Wanted(NamedTuple):
    """What a path asks for."""

    path: str
    token: str
    feed: FeedFormat | None
    rest: str | None  # what follows the token in the path of a page
    period: str | None


@dataclass(frozen=True, slots=True)
class OnDemand:
    """Answers requests for the feeds and pages of readers; several threads use it at once."""

    ledger: Callable[[], ReaderLedger]  # as it is now; raises LedgerError
    look: Callable[[], Look]
    cache: AnswerCache = field(default_factory=lambda: AnswerCache(MOST_KEPT))
    is_near: bool = False  # whether the ledger is a file here, so that a look-up waits for nobody

    def respond(
        self, path: str, headers: Mapping[str, str], *, renders: bool = True
    ) -> Response | None:
        """Answer a GET or HEAD of a path relative to the public folder; None if nothing is there
        or, without ``renders``, where an answer would have to be rendered.

        Raises:
            LedgerError: The ledger cannot be read.
            TemplateError: A template fails.
        """
        wanted = parsed(path)
        reader = self.ledger().feed_reader(wanted.token) if wanted else None
        if wanted is None or reader is None:
            return None
        if wanted.rest == "":
            return RedirectResponse(f"./{wanted.token}/")
        look = self.look()
        etag = f'W/"{reader.version}-{look.version}"'
        about = published.about(wanted.path, etag, reader.changed)
        if _is_known(about, headers):
            return Response(status_code=304, headers=about)
        content = self.cache.get(wanted.path, etag)
        if content is None and renders:
            content = self._rendered(wanted, reader, look)
            if content is not None:
                self.cache.put(wanted.path, etag, content)
        if content is None:
            return None
        return Response(content, headers=about, media_type=published.media_type(wanted.path))

    def _rendered(self, wanted: Wanted, reader: FeedReader, look: Look) -> bytes | None:
        """The bytes that a file at this path would have; None where there would be none."""
        ledger, who, token = self.ledger(), reader.subscriber(), reader.feed_token
        if (wanted.feed or wanted.rest == _OPML) and "feed" not in who.channels:
            return None
        if wanted.feed:
            digests = ledger.newest_first(who.id, limit=look.entries)
            kinds = (wanted.feed,)
            files = subscriber_feeds(
                who, token, digests, look.site, entries=look.entries, kinds=kinds
            )
        elif wanted.period:
            digest = ledger.digest_of(who.id, wanted.period)
            if digest is None:
                return None
            is_page = wanted.path.endswith(".html")
            files = look.pages.archive(who, token, digest) if is_page else {}
            files = files or downloads.of_digest(token, digest)
        elif wanted.rest == _OPML:
            files = downloads.opml(who, token, look.site)
        else:
            digests = ledger.newest_first(who.id, limit=look.entries)
            files = look.pages.archive_index(who, token, digests)
        return files.get(wanted.path)


class OnDemandApp:
    """Answers for the paths of readers by itself, so that an answer costs little beside what is
    read and rendered, and leaves every other request to an application."""

    def __init__(
        self, app: ASGIApp, on_demand: OnDemand, missing: Callable[[str], Response]
    ) -> None:
        self._app, self._on_demand, self._missing = app, on_demand, missing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path = scope["path"].removeprefix("/")
        if scope["method"] not in ("GET", "HEAD") or not is_of_reader(path):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        response = self._at_once(path, headers) if self._on_demand.is_near else None
        if response is None:
            loop = asyncio.get_running_loop()
            response = await loop.run_in_executor(None, self._respond, path, headers)
        await response(scope, receive, send)

    def _at_once(self, path: str, headers: Mapping[str, str]) -> Response | None:
        """What takes less time than to have another thread do it."""
        with suppress(LedgerError, TemplateError):
            return self._on_demand.respond(path, headers, renders=False)
        return None

    def _respond(self, path: str, headers: Mapping[str, str]) -> Response:
        try:
            return self._on_demand.respond(path, headers) or self._missing(path)
        except (LedgerError, TemplateError) as error:
            # Readers ask again and again: a trace of each request would fill the log.
            log.error("a feed or page cannot be made: %s", error)  # noqa: TRY400
            return PlainTextResponse(_MISSING, 503)


def is_of_reader(path: str) -> bool:
    """Whether files at this path, relative to the public folder, would be those of one reader."""
    folder = path.partition("/")[0]
    return folder.casefold() in _FOLDERS and path.rpartition(".")[0] != f"feeds/{ALL}"


def parsed(path: str) -> Wanted | None:
    """What a path relative to the public folder asks for; None: nothing that there could be."""
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    token, rest = found["token"] or found["whose"], found["rest"]
    if rest == "/":
        path += "index.html"
    return Wanted(path, token, found["feed"], rest, found["period"])  # type: ignore[arg-type]  # the pattern has no other formats


def _is_known(about: Mapping[str, str], headers: Mapping[str, str]) -> bool:
    """Whether the client has this version. A time counts only as we gave it: a decision is made
    some time before it can be read."""
    is_known = published.has_tag(about["ETag"], headers)
    if is_known is None:
        return headers.get("if-modified-since", "-") == about.get("Last-Modified")
    return is_known
