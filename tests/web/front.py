"""A web server on loopback, asked as clients ask."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path

from digest import web
from digest.ledger import Ledger
from digest.render import templates
from digest.render.site import Site
from digest.tokens import TokenSigner
from digest.web.notices import Notices

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Answer:
    """What a client got."""

    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


@dataclass(frozen=True)
class Front:
    """A running server, and the folder it publishes."""

    port: int
    public: Path

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """One request, its path sent as it stands; ``If_None_Match`` names a header."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, named)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())

    def get(self, path: str, **headers: str) -> Answer:
        """A GET."""
        return self.ask("GET", path, None, **headers)

    def publish(self, path: str, content: bytes) -> None:
        """Lay a file into the public folder."""
        file = self.public / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def make_desk(home: Path, book: Ledger, keys: TokenSigner) -> web.WebContext:
    """The desk of a home."""
    (home / "public").mkdir()
    loaded = templates.load(home)
    site = Site(home / "public", "https://digest.example.org", "Papers <papers@example.org>")
    return web.WebContext(
        site=site,
        unsubscribe=lambda subscriber: book.unsubscribe(subscriber, now=NOW),
        keys=lambda: keys,
        notices=lambda: Notices(loaded, site),
        health=lambda: "ok",
        alarms=lambda: (),
    )


@contextmanager
def running(desk: web.WebContext) -> Iterator[Front]:
    """A server that answers from this desk inside the block."""
    with web.listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with web.serving(web.application(desk), listener):
            yield Front(port, desk.site.public)
