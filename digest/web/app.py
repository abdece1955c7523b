"""The application: which address is answered by what."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from digest.errors import TemplateError
from digest.model import SubscriberId
from digest.render.site import Site
from digest.tokens import Tokens
from digest.web.guard import Guard
from digest.web.notices import Notices
from digest.web.published import respond
from digest.web.unsubscribing import Unsubscribing

MOST_BODY = 64 * 1024
"""Bytes; what mail programs post has less than a hundred."""

log = logging.getLogger(__name__)


class Refusals(Protocol):
    """Where it is kept who wants no mail."""

    def unsubscribe(self, subscriber: SubscriberId, *, now: datetime) -> bool:
        """Send no more mail; False: it was so already. Raises LedgerError."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What requests are answered from; any number of threads use it at once."""

    site: Site
    refusals: Refusals
    keys: Callable[[], Tokens]
    """Those of now: an operator may add one while the service runs. Raises ConfigError."""
    notices: Callable[[], Notices]
    """Of the templates as they stand now."""
    clock: Callable[[], datetime]
    health: Callable[[], Literal["ok", "silent", "failing"]]
    """Whether the service runs and its passes succeed."""


def application(desk: Desk) -> ASGIApp:
    """The whole of it."""

    def health(_: Request) -> Response:
        status = desk.health()
        return JSONResponse(
            {"status": status},
            status_code=200 if status == "ok" else 503,
            headers={"Cache-Control": "no-store"},
        )

    def published(request: Request) -> Response:
        path = request.path_params["path"]
        try:
            response = respond(desk.site.public, path, request.headers)
        except OSError as error:  # its own words would name the file, which may be a secret
            log.error("a published file cannot be read: %s", error.strerror)  # noqa: TRY400
            return PlainTextResponse("This cannot be read just now.", 503)
        return _missing(desk, path) if response is None else response

    app = Starlette(
        routes=[
            Route("/healthz", health),
            Route("/unsubscribe/{token:path}", Unsubscribing(desk).answer, methods=["GET", "POST"]),
            Route("/{path:path}", published),
        ],
        max_body_size=MOST_BODY,
    )
    app.router.redirect_slashes = False  # it would build the address from the Host header
    return Guard(app, prefix=urlsplit(desk.site.base_url or "").path)


def _missing(desk: Desk, path: str) -> Response:
    try:
        return HTMLResponse(desk.notices().missing(path), 404)
    except TemplateError:
        log.exception("a page cannot be shown")
        return PlainTextResponse("There is nothing here.", 404)
