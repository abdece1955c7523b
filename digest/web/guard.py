"""Adds security headers to every response, and logs requests without secrets."""

import logging
from collections.abc import Sequence
from urllib.parse import quote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURITY: Sequence[tuple[bytes, bytes]] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    # Pages contain the rest of their policy; a browser applies both.
    (b"content-security-policy", b"frame-ancestors 'none'"),
)
"""Headers as ASGI has them, which no answer sets itself."""

_PRIVATE = {"unsubscribe", "feeds", "archive"}  # the part of a path that follows one is a secret
_SHOWN = 15  # the most characters of a part that is logged; the shortest token has 18

log = logging.getLogger("digest.web.access")


class Guard:
    """Wraps an application. ``prefix`` is the path of the base URL, without a slash at its end. A
    request may have it or, behind a proxy that removes it, not."""

    def __init__(self, app: ASGIApp, *, prefix: str = "") -> None:
        self._app, self._prefix = app, prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path, status = scope["path"], 500
        if self._prefix and path.startswith(f"{self._prefix}/"):
            path = path.removeprefix(self._prefix)

        async def guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *SECURITY]
            await send(message)

        try:
            await self._app({**scope, "path": path}, receive, guarded)
        finally:
            # A monitor requests this every few seconds.
            level = logging.DEBUG if path == "/healthz" else logging.INFO
            if log.isEnabledFor(level):
                facts = {"method": scope["method"], "path": shown(path), "status": status}
                log.log(level, "%(method)s %(path)s %(status)d", facts, extra=facts)


def shown(path: str) -> str:
    """A path for the log: parts that are, or could be, tokens become ``…``."""
    parts, is_private = [], False
    for part in path.split("/"):
        hidden = part and (is_private or len(part) > _SHOWN)
        parts.append("…" if hidden else quote(part, errors="replace"))
        is_private = is_private or part.casefold() in _PRIVATE
    return "/".join(parts)
