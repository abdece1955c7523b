"""An SMTP server for tests that counts what it accepts and misbehaves on request, by step."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

Name = Literal[
    "connect", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "body", "dot", "rset", "quit"
]


EXTENSIONS = ("8BITMIME", "SMTPUTF8", "SIZE 10000000", "PIPELINING")


class Act(Enum):
    """What a server can do instead of answering."""

    DROP = "close the connection"
    HANG = "say nothing until the client gives up"
    DRIP = "send a reply that never ends, a byte at a time"
    ACCEPT_AND_DROP = "take responsibility for a message, and close the connection"


@dataclass(frozen=True)
class Step:
    """The server's turn. ``body``: the message has begun to arrive; ``dot``: it is whole."""

    name: Name
    line: str
    connection: int
    """0 for the first."""
    message: int
    """How many messages were offered on this connection before."""


@dataclass(frozen=True)
class Accepted:
    """A message the server has taken responsibility for."""

    sender: str
    recipient: str
    content: bytes
    mail: str
    """The whole MAIL command."""
    connection: int
    secure: bool
    login: str | None


Behave = Callable[[Step], "str | Act | None"]


def well(_: Step) -> None:
    """A server without faults."""


@dataclass
class Server:
    """A running server; ``accepted`` grows as it answers 250 to a final dot."""

    behave: Behave = well
    extensions: tuple[str, ...] = field(default_factory=lambda: EXTENSIONS)
    tls: ssl.SSLContext | None = None
    implicit: bool = False
    logins: dict[str, str] = field(default_factory=dict)
    lax: bool = False
    """Whether it asks for a body although it has refused every recipient."""
    replied: Callable[[Accepted], None] = lambda _: None
    """Called when the 250 to the dot has been sent."""

    def __post_init__(self) -> None:
        self.accepted: list[Accepted] = []
        self.steps: list[Step] = []
        self.unfinished: list[bytes] = []
        """Bodies that ended without their dot."""
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._socket.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._listen, daemon=True).start()

    def stop(self) -> None:
        """Close everything at once."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def recipients(self) -> Counter[str]:
        """How often each address was mailed."""
        return Counter(message.recipient for message in self.accepted)

    def connections(self) -> int:
        """How many were opened."""
        return sum(step.name == "connect" for step in self.steps)

    def _listen(self) -> None:
        number = 0
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection, number), daemon=True).start()
            number += 1

    def _serve(self, connection: socket.socket, number: int) -> None:
        talk = _Talk(self, connection, number)
        try:
            talk.run()
        except (OSError, _Dropped):
            pass
        finally:
            with self._lock:
                self._open.discard(connection)
            talk.close()


class _Dropped(Exception):
    pass


class _Talk:
    """One connection."""

    def __init__(self, server: Server, connection: socket.socket, number: int) -> None:
        self.server, self.socket, self.number = server, connection, number
        self.offered = 0
        self.secure = False
        self.login: str | None = None
        self.mail = self.sender = self.recipient = ""
        self.has_sender = self.has_recipient = False
        if server.implicit:
            assert server.tls
            self.socket = server.tls.wrap_socket(connection, server_side=True)
            self.secure = True
        self.file = self.socket.makefile("rb")

    def close(self) -> None:
        self.file.close()
        self.socket.close()

    def run(self) -> None:
        self.turn("connect", "", "220 test ESMTP")
        while line := self.file.readline():
            text = line.decode("utf-8", "replace").rstrip("\r\n")
            verb = text.split(" ")[0].upper()
            handler = getattr(self, f"do_{verb.lower()}", None)
            if handler is None:
                self.say("502 5.5.2 what?")
            else:
                handler(text)

    def turn(self, name: Name, line: str, usual: str) -> bool:
        """Answer; whether the answer was positive."""
        step = Step(name, line, self.number, self.offered)
        self.server.steps.append(step)
        answer = self.server.behave(step) or usual
        self.reply(answer)
        return isinstance(answer, str) and answer[0] in "23"

    def reply(self, answer: str | Act) -> None:
        with suppress(OSError):
            if answer is Act.HANG:
                while self.socket.recv(65536):
                    pass
            while answer is Act.DRIP:
                self.socket.sendall(b"2")
                time.sleep(0.02)
        if isinstance(answer, Act):
            raise _Dropped
        self.say(answer)
        if answer.startswith("421"):
            raise _Dropped

    def say(self, answer: str) -> None:
        self.socket.sendall(answer.encode() + b"\r\n")

    def do_ehlo(self, line: str) -> None:
        extensions = list(self.server.extensions)
        if self.server.tls and not self.secure:
            extensions.append("STARTTLS")
        if self.server.logins:
            extensions.append("AUTH PLAIN")
        lines = ["test", *extensions]
        reply = [f"250-{text}" for text in lines[:-1]] + [f"250 {lines[-1]}"]
        self.turn("ehlo", line, "\r\n".join(reply))

    def do_helo(self, line: str) -> None:
        self.turn("ehlo", line, "250 test")

    def do_starttls(self, line: str) -> None:
        if self.turn("starttls", line, "220 2.0.0 go ahead") and self.server.tls:
            self.socket = self.server.tls.wrap_socket(self.socket, server_side=True)
            self.file = self.socket.makefile("rb")
            self.secure = True

    def do_auth(self, line: str) -> None:
        _, _, blob = line.split(" ")
        _, user, password = base64.b64decode(blob).decode().split("\0")
        right = self.server.logins.get(user) == password
        if self.turn("auth", line, "235 2.7.0 ok" if right else "535 5.7.8 wrong") and right:
            self.login = user

    def do_mail(self, line: str) -> None:
        self.mail, self.sender = line, line[line.index("<") + 1 : line.index(">")]
        self.has_recipient = False
        self.has_sender = self.turn("mail", line, "250 2.1.0 ok")
        self.offered += 1

    def do_rcpt(self, line: str) -> None:
        if not self.has_sender:
            self.say("503 5.5.1 MAIL first")
            return
        self.recipient = line[line.index("<") + 1 : line.index(">")]
        self.has_recipient = self.turn("rcpt", line, "250 2.1.5 ok")

    def do_rset(self, line: str) -> None:
        self.turn("rset", line, "250 2.0.0 ok")

    def do_noop(self, _: str) -> None:
        self.say("250 2.0.0 ok")

    def do_quit(self, line: str) -> None:
        self.turn("quit", line, "221 2.0.0 bye")
        raise _Dropped

    def do_data(self, line: str) -> None:
        if not (self.has_recipient or self.server.lax):
            self.say("503 5.5.1 RCPT first")
            return
        if not self.turn("data", line, "354 go on"):
            return
        lines: list[bytes] = []
        step = Step("body", "", self.number, self.offered)
        while True:
            received = self.file.readline()
            if not received:
                self.server.unfinished.append(b"".join(lines))
                raise _Dropped
            if not lines:
                self.server.steps.append(step)
                answer = self.server.behave(step)
                if isinstance(answer, Act):
                    raise _Dropped
                if answer is not None:
                    self.say(answer)
            if received == b".\r\n":
                break
            lines.append(received[1:] if received.startswith(b".") else received)
        message = Accepted(
            self.sender,
            self.recipient,
            b"".join(lines),
            self.mail,
            self.number,
            self.secure,
            self.login,
        )
        self.finish(message)

    def finish(self, message: Accepted) -> None:
        step = Step("dot", "", self.number, self.offered)
        self.server.steps.append(step)
        answer = self.server.behave(step) or "250 2.0.0 accepted"
        if answer is Act.ACCEPT_AND_DROP or (isinstance(answer, str) and answer[0] == "2"):
            self.server.accepted.append(message)
        self.reply(answer)
        self.server.replied(message)


def on(name: Name, answer: str | Act, *, times: int | None = None) -> Behave:
    """A fault at one step, each time or only the first ``times``."""
    left = [times]
    lock = threading.Lock()

    def behave(step: Step) -> str | Act | None:
        if step.name != name:
            return None
        with lock:
            if left[0] == 0:
                return None
            if left[0] is not None:
                left[0] -= 1
        return answer

    return behave


@contextmanager
def running(server: Server) -> Iterator[Server]:
    """Stop the server at the end of the block."""
    try:
        yield server
    finally:
        server.stop()
