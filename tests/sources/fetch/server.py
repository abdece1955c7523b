"""An HTTP server for tests that plays sources, well or badly, and remembers what it was asked."""

from __future__ import annotations

import gzip
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

import trustme

CHUNK = bytes(65_536)
Fault = Literal["cut", "cut chunk", "drip", "drip head", "drop", "no http"]


@dataclass(frozen=True)
class Reply:
    """One answer.

    ``fault``: the body ends before its length, or within a chunk, or comes a byte now and then, as
    may the head; or the connection is closed without an answer, or answered with something else.
    ``grown``: so many zero bytes follow the body; they are made while they are sent.
    """

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: Fault | None = None
    grown: int = 0


@dataclass(frozen=True)
class Asked:
    """A request that came."""

    path: str  # with its query
    headers: Mapping[str, str]
    at: float


Play = Callable[[Asked], Reply]


def redirect(to: str, status: int = 302) -> Reply:
    return Reply(status=status, headers={"Location": to})


def compressed(body: bytes, *, cut: int = 0) -> Reply:
    """A gzip answer; ``cut``: so many bytes are missing, although the length is as announced."""
    packed = gzip.compress(body)
    return Reply(packed[: len(packed) - cut], headers={"Content-Encoding": "gzip"})


def in_turn(*replies: Reply) -> Play:
    """These answers, one after the other; the last one again and again."""
    left = list(replies)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


def versioned(body: bytes, etag: str, modified: str = "") -> Play:
    """An answer with validators, or 304 to who has it already."""
    said = {"ETag": etag, **({"Last-Modified": modified} if modified else {})}

    def play(asked: Asked) -> Reply:
        if asked.headers.get("if-none-match") == etag:
            return Reply(status=304, headers=said)
        return Reply(body, headers=said)

    return play


class _Http(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Say nothing of clients that refuse the certificate."""


class SourceServer:
    """A running server. ``plays``: what it answers, by path with or without the query; any other
    path is answered with 404."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        certificate: trustme.LeafCert | None = None,
    ) -> None:
        self.plays: dict[str, Play] = {}
        self.asked: list[Asked] = []
        self._clock = clock
        self._lock = threading.Lock()
        self._http = _Http(("127.0.0.1", 0), partial(_Handler, self))
        self.port: int = self._http.server_address[1]
        self.place = f"127.0.0.1:{self.port}"
        self.url = f"{'https' if certificate else 'http'}://{self.place}"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            certificate.configure_cert(context)
            self._http.socket = context.wrap_socket(
                self._http.socket, server_side=True, do_handshake_on_connect=False
            )

    def play(self, path: str, *replies: Reply | Play) -> None:
        """Answer this path with the replies in turn, or as a function says."""
        first, *_ = replies
        plain = [reply for reply in replies if isinstance(reply, Reply)]
        self.plays[path] = in_turn(*plain) if isinstance(first, Reply) else first

    def paths(self) -> list[str]:
        """What was asked for."""
        return [asked.path for asked in self.asked]

    def answer(self, path: str, headers: Mapping[str, str]) -> Reply:
        asked = Asked(path, headers, self._clock())
        with self._lock:
            self.asked.append(asked)
            play = self.plays.get(asked.path) or self.plays.get(asked.path.partition("?")[0])
            return play(asked) if play else Reply(status=404)

    @contextmanager
    def running(self) -> Iterator[SourceServer]:
        thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield self
        finally:
            self._http.shutdown()
            thread.join()
            self._http.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, server: SourceServer, *connection: Any) -> None:
        self._source = server
        super().__init__(*connection)

    def do_GET(self) -> None:
        headers = {name.casefold(): value for name, value in self.headers.items()}
        with suppress(OSError):  # the client has gone
            self._send(self._source.answer(self.path, headers))
        self.close_connection = True

    def _send(self, reply: Reply) -> None:
        if reply.fault == "drop":
            return
        if reply.fault == "no http":
            self.wfile.write(b"220 mail.example.org ESMTP\r\n")
        elif reply.fault == "drip head":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
            self._drip()
        else:
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self._send_body(reply)

    def _send_body(self, reply: Reply) -> None:
        if reply.fault == "cut chunk":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"%x\r\n%b" % (len(reply.body) + 9, reply.body))
            return
        missing = 1000 if reply.fault else 0
        if reply.status != 304:
            self.send_header("Content-Length", f"{len(reply.body) + reply.grown + missing}")
        self.end_headers()
        self.wfile.write(reply.body)
        for _ in range(reply.grown // len(CHUNK)):
            self.wfile.write(CHUNK)
        self.wfile.write(bytes(reply.grown % len(CHUNK)))
        if reply.fault == "drip":
            self._drip()

    def _drip(self) -> None:
        while True:
            self.wfile.write(b" ")
            time.sleep(0.02)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
