"""An SMTP server that accepts and forgets: ``python -m benchmarks.discarding_server PORT [FILE]``.

With FILE, the recipient of each message is added to it before the message is accepted.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from benchmarks.measuring import start_process

REPLIES = {b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}


class Discarding(asyncio.Protocol):
    """One connection; a client may send several commands at once, and part of one."""

    def __init__(self, record: BinaryIO | None) -> None:
        self.record = record

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.waiting = b""  # the beginning of a command
        self.tail: bytes | None = None  # the last bytes of the body; None: no body is sent
        self.recipient = b""
        transport.write(b"220 discarding\r\n")

    def data_received(self, data: bytes) -> None:
        """Answer commands, and read over bodies."""
        while data:
            data = self._command(data) if self.tail is None else self._body(data)

    def _command(self, data: bytes) -> bytes:
        """Answer one command; what comes after it."""
        line, end, rest = (self.waiting + data).partition(b"\r\n")
        if not end:
            self.waiting = line
            return b""
        self.waiting = b""
        verb = line[:4].upper()
        if verb == b"EHLO":
            self.transport.write(b"250-discarding\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
        else:
            self.transport.write(REPLIES.get(verb, b"250 ok\r\n"))
        if verb == b"RCPT":
            self.recipient = line.partition(b"<")[2].partition(b">")[0]
        elif verb == b"DATA":
            self.tail = b"\r\n"
        return rest

    def _body(self, data: bytes) -> bytes:
        """Look for the body's final dot; what comes after it."""
        assert self.tail is not None
        joint = self.tail + data[:5]  # the dot may stand on the border of what came before
        at, skipped = joint.find(b"\r\n.\r\n"), len(self.tail)
        if at < 0:
            at, skipped = data.find(b"\r\n.\r\n"), 0
        if at < 0:
            self.tail = (self.tail + data)[-4:]
            return b""
        self.tail = None
        if self.record is not None:
            self.record.write(self.recipient + b"\n")
        self.transport.write(b"250 ok\r\n")
        return data[at + 5 - skipped :]


async def serve(port: int, record: BinaryIO | None) -> None:
    """Until the process is ended."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Discarding(record), "127.0.0.1", port)
    await server.serve_forever()


@contextmanager
def discarding_server(record: Path | None = None) -> Iterator[int]:
    """The port of a server that takes everything: where nothing is to be recorded, Postfix's
    smtp-sink if it is installed."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    sink = None if record else installed("smtp-sink")
    if sink:
        user = ["-u", "nobody"] if os.getuid() == 0 else []
        command = [sink, *user, f"127.0.0.1:{port}", "256"]
    else:
        command = [sys.executable, "-m", "benchmarks.discarding_server", str(port)]
    with start_process([*command, *([str(record)] if record else [])]) as server:
        try:
            await_port(port)
            yield port
        finally:
            server.terminate()


def installed(program: str) -> str | None:
    """The path of one of Postfix's programs for testing, where it is installed."""
    return shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin")


def await_port(port: int) -> None:
    """Wait until somebody listens.

    Raises:
        RuntimeError: Nobody does within ten seconds.
    """
    for _ in range(200):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"nothing listens on port {port}")


def main(port: str, record: str = "") -> None:
    """Serve; each recipient is written at once, so that the record holds whatever was accepted."""
    with Path(record or os.devnull).open("ab", buffering=0) as file:
        asyncio.run(serve(int(port), file if record else None))


if __name__ == "__main__":
    main(*sys.argv[1:])
