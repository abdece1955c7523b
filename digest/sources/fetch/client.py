"""Gets one answer of a server over HTTP, within bounds, or says in words why there is none."""

from __future__ import annotations

import functools
import random
import ssl
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpcore
import httpx

from digest.sources.fetch import guard
from digest.sources.fetch.exchange import Answer, FetchError, Request, Validators
from digest.sources.fetch.turns import Turns

RETRIES = 3
REDIRECTS = 5
LONGEST_PAUSE = 60.0  # seconds that a server may ask to be waited for within one `get`
_DAY = 86_400.0
_PIECE = 65_536
_MOVED = (301, 302, 303, 307, 308)
_SHOWN = 80  # characters of a host and path in messages
_REMEDIES = {
    400: "check the query of the source",
    401: "see whether the source needs a key",
    403: "see whether the source needs a key, or refuses programs",
    404: "check the URL of the source",
    410: "the source is gone for good: look for its new URL",
    429: "ask it less often",
}


def shown(url: httpx.URL) -> str:
    """A URL as messages show it: host and path, without what may be long or secret."""
    text = f"{url.netloc.decode()}{url.path}"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


class _Passing(Exception):
    """An attempt failed in a way that may pass; ``after``: the seconds the server asks to wait."""

    def __init__(self, what: str, remedy: str = "", after: float | None = None) -> None:
        self.what, self.remedy, self.after = what, remedy, after
        super().__init__(what)


@dataclass(frozen=True, slots=True)
class _Reply:
    """The head of an answer, and its body as it arrives."""

    url: httpx.URL
    status: int
    headers: httpx.Headers
    parts: Iterable[bytes]


class Client:
    """Asks the servers of one source.

    Args:
        agent: What ``User-Agent`` says: the program, and an address for complaints.
        timeout: The time that one answer may take in all.
        most: The bytes that the content of one answer may have.
        interval: The least seconds between two requests to one host.
        trusted: The URL in the settings. Its host and port may have any address; all others, to
            which redirects lead, have to have public ones.
        turns: Shared by all clients of the process.
        stopping: Whether to give up the request that is under way.
        now: The time of day, for dates in ``Retry-After``.
        jitter: A number between 0 and 1 by which pauses differ.
        resolve: Finds the addresses of hosts.
    """

    def __init__(
        self,
        *,
        agent: str,
        timeout: timedelta,
        most: int,
        interval: float,
        trusted: str | None = None,
        turns: Turns,
        stopping: Callable[[], bool] = lambda: False,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        jitter: Callable[[], float] = random.random,
        resolve: guard.Resolve = guard.resolve,
    ) -> None:
        self._agent, self._most, self._interval = agent, most, interval
        self._timeout = timeout.total_seconds()
        self._trusted = _place(_parsed(trusted)) if trusted else None
        self._turns, self._now, self._jitter, self._resolve = turns, now, jitter, resolve
        self._stopping = stopping

    @functools.cached_property
    def _tls(self) -> ssl.SSLContext:
        return httpx.create_ssl_context()

    def get(self, request: Request, known: Validators | None = None) -> Answer:
        """Get an answer; with ``known``, only if it differs from the one that had these validators.
        What may pass is tried again, after a pause, ``RETRIES`` times.

        Raises:
            FetchError: There is no whole answer; ``retry_at`` where the server says when to ask
                again.
            Interrupted: The program was told to stop.
        """
        retries = 0
        while True:
            try:
                return self._follow(request, known)
            except _Passing as passing:
                retries += 1
                pause = self._pause(passing, retries)
            self._turns.sleep(pause)

    def _pause(self, passing: _Passing, retries: int) -> float:
        """The seconds until the next attempt."""
        after = passing.after
        if retries > RETRIES or (after or 0) > LONGEST_PAUSE:
            retry_at = None if after is None else self._now() + timedelta(seconds=after)
            times = f", asked {RETRIES + 1} times" if retries > RETRIES else ""
            raise FetchError(passing.what + times, passing.remedy, retry_at) from None
        return max(after or 0.0, 2.0**retries * (0.5 + self._jitter()))

    def _follow(self, request: Request, known: Validators | None) -> Answer:
        """Make one attempt, and go where redirects lead."""
        url, headers = _parsed(request.url), request.headers
        deadline = guard.Deadline(time.monotonic() + self._timeout, self._stopping)
        for _ in range(REDIRECTS + 1):
            with self._asked(url, headers, known, deadline) as reply:
                if reply.status == 304 and known is not None:
                    return Answer(None, _validators(reply, known))
                if reply.status == 200:
                    return Answer(_content(reply, self._most), _validators(reply))
                if reply.status not in _MOVED:
                    raise self._refusal(reply)
                target = _target(reply)
            if _place(target) != _place(url):
                headers = {}  # Keys are for the server that they were given for.
            url = target
        what = f"{shown(_parsed(request.url))} leads from one redirect to the next"
        raise FetchError(what, _REMEDIES[404])

    @contextmanager
    def _asked(
        self,
        url: httpx.URL,
        headers: Mapping[str, str],
        known: Validators | None,
        deadline: guard.Deadline,
    ) -> Iterator[_Reply]:
        """Send one request; the connection ends with the context."""
        self._turns.wait(url.host, self._interval)
        backend = guard.GuardedBackend(
            resolve=self._resolve, trusted=self._trusted, deadline=deadline
        )
        target = httpcore.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
        )
        sent = {"Host": url.netloc.decode(), "User-Agent": self._agent, "Accept-Encoding": "gzip"}
        sent |= {"Accept": "*/*", "Connection": "close", **_conditions(known), **headers}
        encoded = [(name.encode(), value.encode()) for name, value in sent.items()]
        tls = self._tls if url.scheme == "https" else None
        try:
            with (
                httpcore.ConnectionPool(ssl_context=tls, network_backend=backend) as pool,
                pool.stream("GET", target, headers=encoded) as response,
            ):
                parts = response.iter_stream()
                yield _Reply(url, response.status, httpx.Headers(response.headers), parts)
        except (httpcore.ProtocolError, httpcore.NetworkError, httpcore.TimeoutException) as error:
            # Without its cause, which may show headers, and so keys.
            raise self._failure(error, shown(url)) from None

    def _failure(self, error: Exception, url: str) -> Exception:
        """What a connection that failed means."""
        if isinstance(error, httpcore.TimeoutException):
            what = f"{url} did not answer within {self._timeout:g} s"
            return FetchError(what, "raise `timeout` in [fetch] if it is always this slow")
        if isinstance(error, httpcore.LocalProtocolError):
            what = f"the request for {url} cannot be sent"
            return FetchError(what, "look for stray characters in its URL and key")
        if isinstance(error, httpcore.RemoteProtocolError):
            return _Passing(f"the answer of {url} broke off, or is not HTTP")
        if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in error.args):
            what = f"{url} has a certificate that cannot be verified: {error}"
            return FetchError(what, "set SSL_CERT_FILE if an authority of your own has signed it")
        return _Passing(f"there is no connection with {url}: {error}", "check URL and network")

    def _refusal(self, reply: _Reply) -> Exception:
        """What an answer without content means."""
        what = f"{shown(reply.url)} answered with status {reply.status}"
        if reply.status == 429 or reply.status >= 500:
            after = _retry_after(reply.headers.get("retry-after", ""), self._now())
            return _Passing(what, _REMEDIES.get(reply.status, "the server has a fault"), after)
        return FetchError(what, _REMEDIES.get(reply.status, _REMEDIES[404]))


def _parsed(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in ("http", "https") or not url.host:
        raise FetchError("what was to be asked is not an http(s) URL", _REMEDIES[404])
    return url


def _place(url: httpx.URL) -> tuple[str, int]:
    """The host, as connections are made to it, and the port."""
    return url.raw_host.decode(), url.port or (443 if url.scheme == "https" else 80)


def _target(reply: _Reply) -> httpx.URL:
    """Where a redirect leads."""
    here, location = shown(reply.url), reply.headers.get("location", "")
    try:
        target = reply.url.join(location) if location else httpx.URL()
    except httpx.InvalidURL:
        target = httpx.URL()
    if target.scheme not in ("http", "https") or not target.host:
        raise FetchError(f"{here} redirects to no http(s) URL", _REMEDIES[404])
    if (reply.url.scheme, target.scheme) == ("https", "http"):
        what = f"{here} redirects to http://{shown(target)}, which is not encrypted"
        raise FetchError(what, "configure that URL if it is what you want")
    return target


def _conditions(known: Validators | None) -> dict[str, str]:
    if known is None:
        return {}
    found = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
    return {name: value for name, value in found.items() if value}


def _validators(reply: _Reply, known: Validators = Validators()) -> Validators:  # noqa: B008 (frozen)
    headers = reply.headers
    return Validators(
        headers.get("etag", known.etag), headers.get("last-modified", known.last_modified)
    )


def _retry_after(text: str, now: datetime) -> float | None:
    """The seconds until a server wants to be asked again, a day at most."""
    text = text.strip()
    if text.isascii() and text.isdecimal():
        return min(float(text), _DAY)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    seconds = (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds()
    return min(max(seconds, 0.0), _DAY)


def _content(reply: _Reply, most: int) -> bytes:
    """The whole body, decoded."""
    url, coding = shown(reply.url), reply.headers.get("content-encoding", "").strip().lower()
    if coding not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise FetchError(f"the answer of {url} is encoded as {coding!r}, which was not asked for")
    too_large = FetchError(
        f"the answer of {url} is larger than {most / 1e6:g} MB",
        "ask for less, or raise `megabytes` in [fetch]",
    )
    if float(reply.headers.get("content-length", "0")) > most:
        raise too_large
    content = bytearray()
    try:
        for part in reply.parts if coding in ("", "identity") else _inflated(reply.parts):
            content += part
            if len(content) > most:
                raise too_large
    except (zlib.error, EOFError):
        raise _Passing(f"the answer of {url} is damaged: it cannot be decompressed") from None
    return bytes(content)


def _inflated(parts: Iterable[bytes]) -> Iterator[bytes]:
    """What gzip or zlib data stands for, in small pieces however much that is.

    Raises:
        EOFError: The data ends before its end.
    """
    inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    for part in parts:
        rest = part
        while rest:
            if inflate.eof:
                inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
            yield inflate.decompress(rest, _PIECE)
            rest = inflate.unconsumed_tail or inflate.unused_data
    yield inflate.flush()
    if not inflate.eof:
        raise EOFError
