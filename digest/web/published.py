"""Serves the files of the public folder; clients can ask for changes only (ETag, Last-Modified).
A file is opened once and read whole, so that a response is one version of it, even if the file is
replaced meanwhile. The ETag is a hash of the bytes: the same on every machine."""

import errno
import mimetypes
import os
import stat
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response

from digest.render.site import FEED_TYPES, INDEX, OPML_TYPE, REFERENCE_TYPES

FEEDS_ARE_FRESH = timedelta(minutes=5)  # as often, about, as a service makes a pass

_TYPES: Mapping[str, str] = {
    **{f".{kind}": media_type for kind, media_type in FEED_TYPES.items()},
    **{f".{kind}": media_type for kind, media_type in REFERENCE_TYPES.items()},
    ".opml": OPML_TYPE,
    ".html": "text/html",
    ".css": "text/css",
}
_ABSENT = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.EACCES, errno.ENXIO}
_IN = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW


class Published(NamedTuple):
    """One version of a published file."""

    content: bytes
    changed: datetime  # when it changed, in UTC and whole seconds, as in HTTP


def respond(public: Path, path: str, headers: Mapping[str, str]) -> Response | None:
    """Answer a GET or HEAD of ``path``, relative to ``public``; None if nothing is there.

    A folder's answer is its ``index.html``, after a redirect to a path that ends in a slash. Feeds
    may be cached for a while; a client has to ask again for anything else.

    Raises:
        OSError: The file cannot be read.
    """
    if path.endswith("/") or not path:
        path += INDEX
    elif read(public, f"{path}/{INDEX}"):
        return RedirectResponse(f"./{quote(PurePosixPath(path).name)}/")
    if (file := read(public, path)) is None:
        return None
    etag = f'"{sha256(file.content).hexdigest()[:32]}"'
    headed = about(path, etag, file.changed)
    if _is_known(etag, file.changed, headers):
        return Response(status_code=304, headers=headed)
    return Response(file.content, headers=headed, media_type=media_type(path))


def about(path: str, etag: str, changed: datetime | None) -> dict[str, str]:
    """The headers about one version of what is at a path."""
    is_feed = media_type(path) in FEED_TYPES.values()
    found = {
        "ETag": etag,
        "Cache-Control": f"max-age={FEEDS_ARE_FRESH.seconds}" if is_feed else "no-cache",
    }
    if changed is not None:
        found["Last-Modified"] = _written(changed)
    return found


@lru_cache(maxsize=1_000)
def _written(changed: datetime) -> str:
    """A time as HTTP writes it; what is asked for most was made in one of few passes."""
    return format_datetime(changed.astimezone(UTC), usegmt=True)


def media_type(path: str) -> str:
    """The media type, by the suffix of the name."""
    if known := _TYPES.get(f".{path.rpartition('.')[2]}"):
        return known
    guessed, encoding = mimetypes.guess_type(path)
    return guessed if guessed and not encoding else "application/octet-stream"


def has_tag(etag: str, headers: Mapping[str, str]) -> bool | None:
    """Whether the client has a version, by the tags that it sends (RFC 9110, 13.1.2); None where
    it sends none."""
    if (tags := headers.get("if-none-match")) is None:
        return None
    held = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
    return bool(held & {etag.removeprefix("W/"), "*"})


def _is_known(etag: str, changed: datetime, headers: Mapping[str, str]) -> bool:
    """Whether the client has this version, by its request headers (RFC 9110, 13.2.2)."""
    if (is_known := has_tag(etag, headers)) is not None:
        return is_known
    with suppress(ValueError, OverflowError):
        since = parsedate_to_datetime(headers.get("if-modified-since", ""))
        return changed <= since.replace(tzinfo=UTC)
    return False


def read(public: Path, path: str) -> Published | None:
    """Read a regular file of the public folder; None for no file, a hidden name or behind a link.

    Raises:
        OSError: The file cannot be read.
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
                return Published(file.read(), datetime.fromtimestamp(int(facts.st_mtime), UTC))
    except OSError as error:
        if error.errno in _ABSENT:
            return None
        raise
