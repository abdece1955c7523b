"""Unsubscribing by the signed link of an email: a GET changes nothing, a POST unsubscribes. Mail
programs send it by themselves (RFC 8058), people by the button of the page that the link opens. The
body is read up to a limit and ignored, so that no client fails on a detail of a form."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from digest.errors import DigestError, TemplateError

if TYPE_CHECKING:
    from digest.web.app import WebContext

PATIENCE = timedelta(seconds=15)  # the time for a request's body to arrive

log = logging.getLogger(__name__)


async def respond(context: WebContext, request: Request) -> Response:
    """Answer ``/unsubscribe/TOKEN``, never by a redirect: with the question, and on a POST with the
    confirmation. The status is 404 for a token that is not ours, and 503 if the ledger cannot be
    written."""
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            await request.body()
    except (TimeoutError, ClientDisconnect):
        return PlainTextResponse("The request did not come whole.", 408)
    token, is_wish = request.path_params["token"], request.method == "POST"
    response = await run_in_threadpool(_respond, context, token, is_wish)
    response.headers["Cache-Control"] = "no-store"
    return response


def _respond(context: WebContext, token: str, is_wish: bool) -> Response:
    notices = context.notices()
    try:
        found = context.keys().read_link("unsubscribe", token)
        if found and is_wish and context.unsubscribe(found):
            log.info("%s has unsubscribed", found)
    except DigestError:
        log.exception("somebody cannot unsubscribe just now")
        words = "You are not unsubscribed yet. Please try again in a few minutes."
        return told(503, words, lambda: notices.unsubscribe("failed"))
    if found is None:
        words, path = "This link does not work.", f"unsubscribe/{token}"
        return told(404, words, lambda: notices.unsubscribe("unknown", path=path))
    if is_wish:
        return told(200, "You are unsubscribed.", lambda: notices.unsubscribe("done", found))
    return HTMLResponse(notices.unsubscribe("ask", found))


def told(status: int, words: str, render: Callable[[], bytes]) -> Response:
    """Respond with a page, or with the words alone if its template fails."""
    try:
        return HTMLResponse(render(), status)
    except TemplateError:
        log.exception("a page cannot be shown")
        return PlainTextResponse(words, status)
