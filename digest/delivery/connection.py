"""A verified, bounded connection to an SMTP server."""

from __future__ import annotations

import base64
import ipaddress
import re
import smtplib
import socket
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Literal, Self

from digest.delivery.envelope import readable

LONGEST_REPLY = 64 * 1024
"""Bytes of one reply, all its lines together; more is no SMTP server talking."""

_REPLY = re.compile(rb"([2-5]\d\d)(?:([ -])(.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Server:
    """A server that takes our mail, and how to be sure of it."""

    host: str
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    """With the first two the certificate must be valid for ``host``; there is no way around it."""
    username: str | None = None
    password: str | None = None
    """Sent over TLS, and with ``none`` only to this machine itself."""
    ca_file: str | None = None
    """PEM file of the authorities to trust instead of the system's."""
    hello: str | None = None
    """How we introduce ourselves; None: this machine's full name."""
    timeout: float = 60.0
    """Seconds for connecting, for a command with its reply, and for a message's body."""
    patience: float = 300.0
    """Seconds for the reply to the final dot: giving up earlier would leave doubt."""

    def tls(self) -> ssl.SSLContext:
        """What verifies the server's certificate. OSError: the CA file cannot be read."""
        return ssl.create_default_context(cafile=self.ca_file)


class Refused(Exception):
    """The server does not work with us now: nothing that is offered would be accepted."""


class Connection(smtplib.SMTP):
    """The library's client with replies bounded in size and time, and no plain-text fallback."""

    def __init__(self, server: Server, tls: ssl.SSLContext) -> None:
        """Connect. ``Connection.open`` also secures the connection and logs in."""
        self._server, self._tls = server, tls
        self.patience = server.patience
        self._received = bytearray()
        hello = server.hello or _own_name()
        super().__init__(server.host, server.port, hello, timeout=server.timeout)

    @classmethod
    def open(cls, server: Server, tls: ssl.SSLContext) -> Self:
        """Connect, introduce ourselves, secure the connection, log in.

        Raises Refused with the step that failed and the server's words.
        """
        connection: Self | None = None
        step = "connect"
        try:
            connection = cls(server, tls)
            step = "EHLO"
            connection.ehlo_or_helo_if_needed()
            if server.security == "starttls":
                step = "STARTTLS"
                connection._secure()
            if server.username is not None:
                step = "AUTH"
                connection._log_in(server.username, server.password or "")
        except (smtplib.SMTPException, OSError, ValueError) as error:
            if connection is not None:
                connection.close()
            detail = f"{server.host}:{server.port}: {step}: {reason(error)}"
            raise Refused(_without_secrets(detail, server)) from error
        return connection

    @property
    def alive(self) -> bool:
        """Whether it has not been closed."""
        return self.sock is not None

    @property
    def wire(self) -> socket.socket:
        """The socket; OSError once it is closed."""
        if self.sock is None:
            raise ConnectionError("the connection is closed")
        return self.sock

    def speaks_early(self) -> bool:
        """Whether the server has said something, or hung up, although it is our turn."""
        if self._received:
            return True
        try:
            self.wire.settimeout(0)
            self._received += self.wire.recv(4096)
        except (BlockingIOError, ssl.SSLWantReadError):
            self.wire.settimeout(self.timeout)
            return False
        except OSError:
            pass
        return True

    def leave(self) -> None:
        """Say goodbye; whatever the server makes of it changes nothing."""
        with suppress(smtplib.SMTPException, OSError):
            if self.alive:
                self.timeout = min(self.timeout, 5.0)
                self.quit()
        self.close()

    # --- opening -------------------------------------------------------------------------

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connection = socket.create_connection((host, port), timeout, self.source_address)
        # The final dot is a packet of its own; without this it waits 40 ms for an ACK.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._server.security != "tls":
            return connection
        try:
            return self._tls.wrap_socket(connection, server_hostname=host)
        except BaseException:
            connection.close()
            raise

    def _secure(self) -> None:
        """STARTTLS, or an error: there is no going on without it."""
        self.starttls(context=self._tls)
        if self._received:
            raise ConnectionError("plain text was slipped in before TLS")
        code, words = self.ehlo()
        if code != 250:
            raise smtplib.SMTPHeloError(code, words)

    def _log_in(self, username: str, password: str) -> None:
        """AUTH, but never a password in the clear to another machine."""
        if self._server.security == "none":
            peer = ipaddress.ip_address(self.wire.getpeername()[0].partition("%")[0])
            if not peer.is_loopback:
                raise ConnectionError("no password is sent without TLS")
        self.login(username, password)

    # --- replies -------------------------------------------------------------------------

    def getreply(self) -> tuple[int, bytes]:
        """Read one reply within ``timeout``; raises SMTPServerDisconnected, with the reason."""
        deadline = time.monotonic() + self.timeout
        words: list[bytes] = []
        try:
            while sum(map(len, words)) < LONGEST_REPLY:
                line = _REPLY.fullmatch(self._line(deadline))
                if line is None:
                    raise ConnectionError("a reply that is not SMTP")
                words.append(line[3] or b"")
                if line[2] != b"-":
                    return int(line[1]), b"\n".join(words)
            raise ConnectionError("a reply without end")
        except OSError as error:
            self.close()
            raise smtplib.SMTPServerDisconnected(reason(error)) from error

    def _line(self, deadline: float) -> bytes:
        while (end := self._received.find(b"\n")) < 0:
            if len(self._received) > LONGEST_REPLY:
                raise ConnectionError("a reply without end")
            self.wire.settimeout(max(deadline - time.monotonic(), 0.001))
            data = self.wire.recv(8192)
            if not data:
                raise ConnectionError("the server closed the connection")
            self._received += data
        self.wire.settimeout(self.timeout)
        line = bytes(self._received[:end]).rstrip(b"\r")
        del self._received[: end + 1]
        return line


def reason(error: Exception) -> str:
    """What went wrong, in the server's words where it has said something."""
    match error:
        case smtplib.SMTPResponseException():
            return f"{error.smtp_code} {readable(error.smtp_error)}"
        case ssl.SSLCertVerificationError():
            return readable(f"the certificate is not valid: {error.verify_message}")
        case TimeoutError():
            return "timed out"
        case OSError(strerror=str(words)):
            return readable(words)
        case UnicodeError():
            return "user name or password has characters that this login cannot carry"
    return readable(str(error) or type(error).__name__)


def _without_secrets(detail: str, server: Server) -> str:
    """A server may echo what it did not understand."""
    user, password = server.username or "", server.password or ""
    if not password:
        return detail
    for secret in (password, f"\0{user}\0{password}"):
        detail = detail.replace(base64.b64encode(secret.encode()).decode(), "[secret]")
    return detail.replace(password, "[secret]")


@cache
def _own_name() -> str:
    name = socket.getfqdn()
    return name if "." in name and name.isascii() else "[127.0.0.1]"
