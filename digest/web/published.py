"""Files of the public folder as responses, with what is needed to ask for changes only.

A file is opened once and read whole, so an answer is one version of it however often it is
replaced meanwhile. Its ETag is made of its bytes: the same on every machine and after a restore.
"""

from __future__ import annotations

import errno
import mimetypes
import os
import stat
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import sha256
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response

from digest.render.site import FEED_TYPES, INDEX

FEEDS_ARE_FRESH = timedelta(minutes=5)
"""Feed readers need not ask more often; a service makes a pass about as often."""

_TYPES: Mapping[str, str] = {
    **{f".{kind}": media_type for kind, media_type in FEED_TYPES.items()},
    ".html": "text/html",
    ".css": "text/css",
}
_ABSENT = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.EACCES, errno.ENXIO}
_IN = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW


@dataclass(frozen=True, slots=True)
class Published:
    """One version of a published file."""

    path: str
    """Relative to the public folder."""
    content: bytes
    changed: datetime
    """UTC, in whole seconds as in HTTP."""

    @property
    def etag(self) -> str:
        """The same for the same bytes."""
        return f'"{sha256(self.content).hexdigest()[:32]}"'

    @property
    def media_type(self) -> str:
        """By the ending of its name."""
        known = _TYPES.get(PurePosixPath(self.path).suffix)
        if known:
            return known
        guessed, encoding = mimetypes.guess_type(self.path)
        return guessed if guessed and not encoding else "application/octet-stream"

    @property
    def cache_control(self) -> str:
        """Feeds may be kept a while; anything else is asked for again, and costs a 304."""
        is_feed = self.media_type in FEED_TYPES.values()
        return f"max-age={FEEDS_ARE_FRESH.seconds}" if is_feed else "no-cache"

    def is_known(self, headers: Mapping[str, str]) -> bool:
        """Whether the client has this version by what its request says (RFC 9110, 13.2.2)."""
        if (tags := headers.get("if-none-match")) is not None:
            held = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
            return bool(held & {self.etag, "*"})
        with suppress(ValueError, OverflowError):
            since = parsedate_to_datetime(headers.get("if-modified-since", ""))
            return self.changed <= since.replace(tzinfo=UTC)
        return False


def respond(public: Path, path: str, headers: Mapping[str, str]) -> Response | None:
    """The answer to a GET or HEAD of ``path``, relative to ``public``; None: nothing is there.

    A folder is answered by its ``index.html``, or by sending the client to the address with a
    slash at its end, from where that page's links are right. OSError: it cannot be read.
    """
    if path.endswith("/") or not path:
        path += INDEX
    elif read(public, f"{path}/{INDEX}"):
        return RedirectResponse(f"./{quote(PurePosixPath(path).name)}/")
    file = read(public, path)
    if file is None:
        return None
    about = {
        "ETag": file.etag,
        "Last-Modified": format_datetime(file.changed, usegmt=True),
        "Cache-Control": file.cache_control,
    }
    if file.is_known(headers):
        return Response(status_code=304, headers=about)
    return Response(file.content, headers=about, media_type=file.media_type)


def read(public: Path, path: str) -> Published | None:
    """A file of the public folder; None where there is none to be handed out.

    Hidden names (``..`` among them) and anything but plain files are not; no symbolic link
    below ``public`` is followed. Raises OSError where it cannot be read.
    """
    *folders, name = path.split("/")
    if any(not part or part.startswith(".") or "\0" in part for part in (*folders, name)):
        return None
    try:
        with ExitStack() as opened:
            at = os.open(public, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            opened.callback(os.close, at)
            for folder in folders:
                at = os.open(folder, _IN | os.O_DIRECTORY, dir_fd=at)
                opened.callback(os.close, at)
            # O_NONBLOCK: a named pipe must not hang the request.
            descriptor = os.open(name, _IN | os.O_NONBLOCK, dir_fd=at)
            opened.callback(os.close, descriptor)
            facts = os.fstat(descriptor)
            if not stat.S_ISREG(facts.st_mode):
                return None
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                content = file.read()
            return Published(path, content, datetime.fromtimestamp(int(facts.st_mtime), UTC))
    except OSError as error:
        if error.errno in _ABSENT:
            return None
        raise
