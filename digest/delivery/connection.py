"""A connection to an SMTP server: verified by TLS, with bounds on time and size."""

import base64
import ipaddress
import re
import select
import smtplib
import socket
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Literal, Self

from digest.delivery.envelope import readable

LONGEST_REPLY = 64 * 1024  # bytes of a reply with all its lines; no SMTP server sends more

_REPLY = re.compile(rb"([2-5]\d\d)(?:([ -])(.*))?", re.DOTALL)
_NOT_YET = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


@dataclass(frozen=True, slots=True)
class Server:
    """How to reach an SMTP server, and how to verify and log in to it."""

    host: str
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    """With ``starttls`` and ``tls`` the certificate has to be valid for ``host``."""
    username: str | None = None
    password: str | None = None  # goes out over TLS; with `none`, only to this machine itself
    ca_file: str | None = None  # a PEM file of the authorities to trust instead of the system's
    timeout: float = 60.0  # seconds to connect, for a command and its reply, or to send a body
    patience: float = 300.0  # seconds for the reply to the final dot; later is uncertain

    def tls(self) -> ssl.SSLContext:
        """Make the context that verifies the server's certificate.

        Raises:
            OSError: The CA file cannot be read.
        """
        return ssl.create_default_context(cafile=self.ca_file)


class Refused(Exception):
    """The server does not accept a session, or has ended it: no message can be sent now."""


class Connection(smtplib.SMTP):
    """The client of ``smtplib`` with bounded replies and without a fallback to plain text."""

    def __init__(self, server: Server, tls: ssl.SSLContext) -> None:
        """Connect only; ``Connection.open`` also secures the connection and logs in."""
        self._server, self._tls = server, tls
        self.patience = server.patience
        self._received = b""
        super().__init__(server.host, server.port, _own_name(), timeout=server.timeout)

    @classmethod
    def open(cls, server: Server, tls: ssl.SSLContext) -> Self:
        """Connect, send EHLO, secure the connection and log in.

        Raises:
            Refused: A step failed; the message names the step and quotes the server.
        """
        connection, step = None, "connect"
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
            connection.wire.setblocking(False)
        except (smtplib.SMTPException, OSError, ValueError) as error:
            if connection is not None:
                connection.close()
            detail = f"{server.host}:{server.port}: {step}: {reason(error)}"
            raise Refused(_without_secrets(detail, server)) from error
        return connection

    @property
    def wire(self) -> socket.socket:
        """The socket.

        Raises:
            OSError: The connection is closed.
        """
        if self.sock is None:
            raise ConnectionError("the connection is closed")
        return self.sock

    def ask(self, commands: str) -> tuple[int, bytes]:
        """Send a command, or several, and read the reply to the first.

        Raises:
            OSError: The connection is closed, or there was no valid reply.
        """
        self.send_all(f"{commands}\r\n".encode(self.command_encoding))
        return self.getreply()

    def send_all(self, data: bytes) -> None:
        """Send all of it within ``timeout``.

        Raises:
            OSError: The connection is closed, or broken.
        """
        deadline = time.monotonic() + self.timeout
        left = memoryview(data)
        while left:
            try:
                left = left[self.wire.send(left) :]
            except _NOT_YET as error:
                self._await(select.POLLOUT, deadline, error)

    def speaks_early(self) -> bool:
        """Whether the server has sent something, or hung up, before it was asked."""
        with suppress(OSError):
            try:
                self._received += self.wire.recv(4096)
            except _NOT_YET:
                return bool(self._received)
        return True

    def _receive(self, deadline: float) -> bytes:
        """What has come, or comes until then."""
        wire = self.wire
        if not (isinstance(wire, ssl.SSLSocket) and wire.pending()):
            self._await(select.POLLIN, deadline)
        while True:
            try:
                return wire.recv(8192)
            except _NOT_YET as error:
                self._await(select.POLLIN, deadline, error)

    def _await(self, event: int, deadline: float, error: Exception | None = None) -> None:
        """Wait until the socket is ready, for what TLS asks for if it does. It does not block, and
        is asked first: each system call lets another thread go first, and most need not wait."""
        match error:
            case ssl.SSLWantReadError():
                event = select.POLLIN
            case ssl.SSLWantWriteError():
                event = select.POLLOUT
        poll = select.poll()
        poll.register(self.wire, event)
        if not poll.poll(max(0.0, 1000 * (deadline - time.monotonic()))):
            raise TimeoutError

    def leave(self) -> None:
        """Send QUIT and close the connection; errors are ignored."""
        with suppress(smtplib.SMTPException, OSError):
            if self.sock is not None:
                self.timeout = min(self.timeout, 5.0)
                self.ask("QUIT")
        self.close()

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connection = socket.create_connection((host, port), timeout, self.source_address)
        # The final dot is a packet of its own; without TCP_NODELAY it waits 40 ms for an ACK.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._server.security != "tls":
            return connection
        try:
            return self._tls.wrap_socket(connection, server_hostname=host)
        except BaseException:
            connection.close()
            raise

    def _secure(self) -> None:
        self.starttls(context=self._tls)
        if self._received:
            raise ConnectionError("plain text was slipped in before TLS")
        code, words = self.ehlo()
        if code != 250:
            raise smtplib.SMTPHeloError(code, words)

    def _log_in(self, username: str, password: str) -> None:
        """Log in, but never send a password unencrypted to another machine."""
        if self._server.security == "none":
            peer = ipaddress.ip_address(self.wire.getpeername()[0].partition("%")[0])
            if not peer.is_loopback:
                raise ConnectionError("no password is sent without TLS")
        self.login(username, password)

    def getreply(self) -> tuple[int, bytes]:
        """Read one reply within ``timeout``.

        Raises:
            SMTPServerDisconnected: There was no valid reply; the message is the reason.
        """
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
        while b"\n" not in self._received:
            if len(self._received) > LONGEST_REPLY:
                raise ConnectionError("a reply without end")
            data = self._receive(deadline)
            if not data:
                raise ConnectionError("the server closed the connection")
            self._received += data
        line, _, self._received = self._received.partition(b"\n")
        return line.rstrip(b"\r")


def reason(error: Exception) -> str:
    """Describe an error, in the words of the server if it has sent any."""
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
    """Mask the password, which a server may repeat in an error message."""
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
