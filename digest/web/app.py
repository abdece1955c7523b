"""The HTTP application: its routes and what they need."""

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
from digest.tokens import TokenSigner
from digest.web.guard import Guard
from digest.web.notices import Notices
from digest.web.published import respond
from digest.web.unsubscribing import Unsubscribing

MOST_BODY = 64 * 1024  # the most bytes of a request's body; mail programs post less than a hundred

log = logging.getLogger(__name__)


class Subscriptions(Protocol):
    """The part of the ledger that records who wants no mail."""

    def unsubscribe(self, subscriber: SubscriberId, *, now: datetime) -> bool:
        """Send no more mail; False if that was so already.

        Raises:
            LedgerError: The database cannot be written.
        """


@dataclass(frozen=True, slots=True)
class WebContext:
    """What the answers are made from; several threads use it at once."""

    site: Site
    subscriptions: Subscriptions
    keys: Callable[[], TokenSigner]  # the present ones; raises ConfigError if their file is wrong
    notices: Callable[[], Notices]  # returns the pages of the present templates
    clock: Callable[[], datetime]
    health: Callable[[], Literal["ok", "silent", "failing"]]  # does it run, and do passes succeed


def application(context: WebContext) -> ASGIApp:
    """Make the application."""

    def health(_: Request) -> Response:
        status = context.health()
        code = 200 if status == "ok" else 503
        return JSONResponse({"status": status}, code, headers={"Cache-Control": "no-store"})

    def published(request: Request) -> Response:
        path = request.path_params["path"]
        try:
            response = respond(context.site.public, path, request.headers)
        except OSError as error:  # its message names the file, which may be a secret
            log.error("a published file cannot be read: %s", error.strerror)  # noqa: TRY400
            return PlainTextResponse("This cannot be read just now.", 503)
        return _missing(context, path) if response is None else response

    unsubscribe = Unsubscribing(context).answer
    routes = [
        Route("/healthz", health),
        Route("/unsubscribe/{token:path}", unsubscribe, methods=["GET", "POST"]),
        Route("/{path:path}", published),
    ]
    app = Starlette(routes=routes, max_body_size=MOST_BODY)
    app.router.redirect_slashes = False  # it would build the address from the Host header
    return Guard(app, prefix=urlsplit(context.site.base_url or "").path)


def _missing(context: WebContext, path: str) -> Response:
    try:
        return HTMLResponse(context.notices().missing(path), 404)
    except TemplateError:
        log.exception("a page cannot be shown")
        return PlainTextResponse("There is nothing here.", 404)
