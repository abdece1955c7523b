"""Connections to servers: only to addresses that may be connected to, and not for ever."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import httpcore

from digest.sources.fetch.exchange import FetchError, Interrupted

Resolve = Callable[[str, int], Sequence[str]]
"""Gives the IP addresses of a host; raises OSError where it has none."""
LOOK = 0.5  # seconds of silence after which it is looked whether to stop
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def resolve(host: str, port: int) -> list[str]:
    """Ask the system for the addresses of a host."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise OSError(f"{host!r} cannot be a host") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public Internet, and not to this machine or a private
    network. An IPv6 address that stands for an IPv4 address is judged as that one."""
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if found in _NAT64:
            inner = ipaddress.IPv4Address(found.packed[-4:])
        if inner is not None:
            return is_public(str(inner))
        if found.is_site_local or found.teredo is not None:
            return False
    return found.is_global and not found.is_multicast and not found.is_reserved


@dataclass(frozen=True, slots=True)
class Deadline:
    """The end of the wait for an answer."""

    at: float  # by the monotonic clock
    stopping: Callable[[], bool] = lambda: False  # whether not to wait any longer

    def left(self) -> float:
        """The seconds that are left.

        Raises:
            httpcore.ReadTimeout: There are none.
            Interrupted: The program was told to stop.
        """
        if self.stopping():
            raise Interrupted
        left = self.at - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left


class _Stream(httpcore.NetworkStream):
    """A connection on which every step ends at the deadline, so that a server that sends a byte now
    and then cannot hold it open."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        while True:
            try:
                return self._stream.read(max_bytes, min(self._deadline.left(), LOOK))
            except httpcore.ReadTimeout:
                self._deadline.left()

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = self._deadline.left()
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


class GuardedBackend(httpcore.NetworkBackend):
    """Connects to the very addresses that it has checked: a host is resolved once, so that no
    answer of the name server can differ between the check and the connection. The host and port
    ``trusted``, which the operator has configured, may have any address."""

    def __init__(
        self, *, resolve: Resolve, trusted: tuple[str, int] | None, deadline: Deadline
    ) -> None:
        self._resolve, self._trusted, self._deadline = resolve, trusted, deadline
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = self._addresses(host, port)
        for tried, address in enumerate(addresses, start=1):
            share = self._deadline.left() / (len(addresses) - tried + 1)
            try:
                stream = self._plain.connect_tcp(address, port, share, None, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if tried == len(addresses):
                    raise
            else:
                return _Stream(stream, self._deadline)
        raise httpcore.ConnectError(f"{host} has no address")

    def _addresses(self, host: str, port: int) -> Sequence[str]:
        try:
            addresses = self._resolve(host, port)
        except OSError as error:
            raise httpcore.ConnectError(error.strerror or str(error)) from error
        if (host, port) != self._trusted:
            for address in addresses:
                if not is_public(address):
                    what = f"{host} has the address {address}, which is not public"
                    remedy = "configure the source with that URL if it is meant to be asked"
                    raise FetchError(what, remedy)
        return addresses
