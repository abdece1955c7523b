"""Unsubscribing by the link of an email: opening it changes nothing, posting to it does.

Mail programs post by themselves what RFC 8058 says; people press the button of the page that
the link opens. Both need no more than the address: whatever the body says, it is read up to a
bound and otherwise ignored, so that no client fails on a detail of a form.
"""

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
    from digest.web.app import Desk

PATIENCE = timedelta(seconds=15)
"""A body that has not come whole within this is given up."""

log = logging.getLogger(__name__)


class Unsubscribing:
    """Answers at ``/unsubscribe/TOKEN``: 200 with the question or with what was done, 404 for a
    token that is not ours, 503 where the ledger cannot be written. It never redirects."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def answer(self, request: Request) -> Response:
        """GET and HEAD ask; POST does it."""
        try:
            async with asyncio.timeout(PATIENCE.total_seconds()):
                await request.body()
        except (TimeoutError, ClientDisconnect):
            return PlainTextResponse("The request did not come whole.", 408)
        is_wish = request.method == "POST"
        response = await run_in_threadpool(self._answer, request.path_params["token"], is_wish)
        response.headers["Cache-Control"] = "no-store"
        return response

    def _answer(self, token: str, is_wish: bool) -> Response:
        desk, notices = self._desk, self._desk.notices()
        try:
            found = desk.keys().read_link("unsubscribe", token)
            if found and is_wish and desk.refusals.unsubscribe(found, now=desk.clock()):
                log.info("%s has unsubscribed", found)
        except DigestError:
            log.exception("somebody cannot unsubscribe just now")
            words = "You are not unsubscribed yet. Please try again in a few minutes."
            return _told(503, words, notices.not_unsubscribed)
        if found is None:
            words = "This link does not work."
            return _told(404, words, lambda: notices.broken_link(f"unsubscribe/{token}"))
        if is_wish:
            return _told(200, "You are unsubscribed.", lambda: notices.unsubscribed(found))
        return HTMLResponse(notices.question(found))


def _told(status: int, words: str, render: Callable[[], bytes]) -> Response:
    """A page; the words alone where its template is broken: what was done must be told."""
    try:
        return HTMLResponse(render(), status)
    except TemplateError:
        log.exception("a page cannot be shown")
        return PlainTextResponse(words, status)
