"""Runs the HTTP server in a thread."""

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Thread

import uvicorn
from starlette.types import ASGIApp

from digest.errors import ConfigError
from digest.model import Problem

GRACE = timedelta(seconds=10)  # the time for requests to end when the server stops
MOST_CONNECTIONS = 512  # the most connections at once; further ones get a 503

log = logging.getLogger(__name__)


def listen(host: str, port: int) -> socket.socket:
    """Open a socket that listens; port 0 stands for any free port.

    Raises:
        ConfigError: The host or port cannot be used.
    """
    try:
        [(family, _, _, _, address), *_] = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        # "All IPv6 addresses" includes all IPv4 addresses, as operators of containers expect.
        both = family == socket.AF_INET6 and socket.has_dualstack_ipv6()
        listener = socket.create_server(address, family=family, dualstack_ipv6=both)
    except OSError as error:
        is_name = isinstance(error, socket.gaierror)
        reason = error.strerror if is_name else os.strerror(error.errno or 0)
        where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        remedy = "end what listens there, or set another address as `bind` under [web]"
        problem = Problem("web/bind", f"cannot listen on {where}: {reason}", remedy)
        raise ConfigError([problem]) from error
    # Connections inherit it. Without it the body of an answer waits until the client, 40 ms later,
    # has confirmed the headers.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


@contextmanager
def serving(app: ASGIApp, listener: socket.socket) -> Iterator[None]:
    """Answer requests inside the block; at its end, finish the current ones."""
    config = uvicorn.Config(
        app,
        http="h11",
        loop="asyncio",
        ws="none",
        interface="asgi3",
        lifespan="off",
        log_config=None,
        log_level="error",  # warnings are about what strangers send
        access_log=False,  # ``Guard`` logs without secrets
        proxy_headers=False,
        server_header=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=int(GRACE.total_seconds()),
    )
    server = uvicorn.Server(config)

    def run() -> None:
        try:
            server.run([listener])
        except Exception:
            log.exception("the web server has stopped; digests go on")

    thread = Thread(target=run, name="web", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
