"""Plays all kinds of sources, in the process of the test: one list of made-up papers, as each kind
would answer with it at an instant of the test's own clock."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

from digest.sources.fetch.exchange import Answer, FetchError, Request, Validators
from tests.sources.fetch.forms import ANSWERS
from tests.sources.fetch.made import Made, Shelf

URL = "https://play.example"
"""An address that all kinds may have as their ``url`` (of a feed: with ``/feed``), since each has
paths of its own."""


@dataclass(frozen=True)
class Reply:
    """What the server answers."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Trouble:
    """A stretch of time in which the server answers to some addresses in another way."""

    since: datetime
    until: datetime
    reply: Reply
    path: str = ""  # only of addresses that contain it


def changed_markup(since: datetime, until: datetime, path: str = "") -> Trouble:
    """The server answers in a form that nobody knows."""
    body = b'<html><head><title>Welcome</title></head><body data-app="new"></body></html>'
    return Trouble(since, until, Reply(200, body), path)


def outage(since: datetime, until: datetime, path: str = "", status: int = 503) -> Trouble:
    """The server answers with an error."""
    return Trouble(since, until, Reply(status, b"Service Unavailable"), path)


@dataclass
class Play:
    """The server. ``log`` has every request that reached it, with its time."""

    papers: Sequence[Made]
    clock: Callable[[], datetime]
    troubles: list[Trouble] = field(default_factory=list)
    most: int = 1000  # the most papers in one answer, whatever is asked for
    log: list[tuple[datetime, str]] = field(default_factory=list)

    def get(self, request: Request, validators: Validators | None = None) -> Answer:
        """Answer as the client of the program does.

        Raises:
            FetchError: The status is neither 200 nor 304.
        """
        reply = self.reply(request.url, validators)
        if reply.status not in (200, 304):
            raise FetchError(f"{urlsplit(request.url).hostname} answered {reply.status}")
        known = Validators(reply.headers.get("ETag", ""), "")
        return Answer(None if reply.status == 304 else reply.body, known)

    def reply(self, url: str, validators: Validators | None = None) -> Reply:
        """Answer to a request of this address."""
        now = self.clock()
        self.log.append((now, url))
        for trouble in self.troubles:
            if trouble.since <= now < trouble.until and trouble.path in url:
                return trouble.reply
        parts = urlsplit(url)
        given = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        for path, answer in ANSWERS:
            if match := re.fullmatch(path, parts.path):
                body = answer(Shelf(self.papers, self.most), now, {**given, **match.groupdict()})
                break
        else:
            return Reply(404, b"Not Found")
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        tag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
        if validators is not None and validators.etag == tag:
            return Reply(304, headers={"ETag": tag})
        return Reply(200, data, {"ETag": tag})
