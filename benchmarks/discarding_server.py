"""An SMTP server that accepts and forgets: ``python -m benchmarks.discarding_server PORT``."""

from __future__ import annotations

import asyncio
import sys

REPLIES = {b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}


class Discarding(asyncio.Protocol):
    """One connection; commands are never split or joined by the client it is made for."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.tail: bytes | None = None
        transport.write(b"220 discarding\r\n")

    def data_received(self, data: bytes) -> None:
        """Answer a command, or wait for a body's final dot."""
        if self.tail is None:
            verb = data[:4].upper()
            self.transport.write(REPLIES.get(verb, b"250 ok\r\n"))
            if verb == b"DATA":
                self.tail = b"\r\n"
            return
        self.tail = (self.tail + data)[-5:]
        if self.tail == b"\r\n.\r\n":
            self.tail = None
            self.transport.write(b"250 ok\r\n")


async def serve(port: int) -> None:
    """Until the process is ended."""
    server = await asyncio.get_running_loop().create_server(Discarding, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
