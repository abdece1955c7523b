"""The HTTP application: its routes and what they need."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from digest.model import Alarm, SubscriberId
from digest.render.site import Site
from digest.tokens import TokenSigner
from digest.web import published, unsubscribing
from digest.web.guard import Guard
from digest.web.notices import Notices
from digest.web.on_demand import OnDemand, OnDemandApp

MOST_BODY = 64 * 1024  # the most bytes of a request's body; mail programs post less than a hundred

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WebContext:
    """What the answers are made from; several threads use it at once."""

    site: Site
    unsubscribe: Callable[[SubscriberId], bool]
    """Records that somebody wants no more mail; False: it was so already. Raises LedgerError."""
    keys: Callable[[], TokenSigner]  # the present ones; raises ConfigError if their file is wrong
    notices: Callable[[], Notices]  # returns the pages of the present templates
    health: Callable[[], Literal["ok", "silent", "failing"]]  # does it run, and do passes succeed
    alarms: Callable[[], Sequence[Alarm]]  # the sources that need attention
    on_demand: OnDemand | None = None  # None: the feeds and pages of readers are files


def application(context: WebContext) -> ASGIApp:
    """Make the application."""

    def health(_: Request) -> Response:
        status, alarms = context.health(), context.alarms()
        code = 200 if status == "ok" else 503
        # A source that fails does not stop the service: mail goes out.
        told: dict[str, Any] = {"status": status}
        if alarms:
            told["status"] = "degraded" if status == "ok" else status
            told["sources"] = [
                {"source": one.source, "fault": one.why, "since": one.since.isoformat()}
                for one in alarms
            ]
        return JSONResponse(told, code, headers={"Cache-Control": "no-store"})

    routes = [
        Route("/healthz", health),
        Route(
            "/unsubscribe/{token:path}",
            partial(unsubscribing.respond, context),
            methods=["GET", "POST"],
        ),
        Route("/{path:path}", partial(_published, context)),
    ]
    pages = Starlette(routes=routes, max_body_size=MOST_BODY)
    pages.router.redirect_slashes = False  # it would build the address from the Host header
    app: ASGIApp = pages
    if context.on_demand is not None:
        app = OnDemandApp(app, context.on_demand, partial(_missing, context))
    return Guard(app, prefix=urlsplit(context.site.base_url or "").path)


def _published(context: WebContext, request: Request) -> Response:
    path = request.path_params["path"]
    try:
        response = published.respond(context.site.public, path, request.headers)
    except OSError as error:  # its message names the file, which may be a secret
        log.error("a published file cannot be read: %s", error.strerror)  # noqa: TRY400
        return PlainTextResponse("This cannot be read just now.", 503)
    return response or _missing(context, path)


def _missing(context: WebContext, path: str) -> Response:
    words = "There is nothing here."
    return unsubscribing.told(404, words, lambda: context.notices().missing(path))
