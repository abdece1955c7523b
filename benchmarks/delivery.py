"""Throughput of mail with the ledger's promise, against the same client without any ledger.

    python -m benchmarks.delivery [--messages 2000] [--connections 8 64] [--rounds 5]

A discarding server (smtp-sink of Debian's postfix where it is installed, else one in Python)
takes 40 KB messages on loopback; the two ways take turns, and medians are reported. The ledger
is SQLite with ``synchronous=FULL`` in a temporary folder: set TMPDIR to choose the disk.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import digest.ledger
from digest.delivery.connection import Server
from digest.delivery.smtp import SmtpTransport
from digest.ledger import Ledger
from digest.model import (
    Coverage,
    Decision,
    DeliveryId,
    Digest,
    Message,
    PaperKey,
    Period,
    Profile,
    State,
    Subscriber,
    SubscriberId,
)
from digest.pipeline.context import RunContext
from digest.pipeline.deliver import deliver

NOW = datetime(2026, 11, 16, 8, tzinfo=UTC)
CONTENT = b"From: digest@example.org\r\nSubject: x\r\n\r\n" + (b"x" * 70 + b"\r\n") * 565


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--messages", type=int, default=2000, help="in each round")
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 8, 32, 64])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print(f"{len(CONTENT) / 1024:.0f} KB messages, {options.messages} a round, medians")
    print("connections  without/s  strict/s  ratio (least to most)  client CPU ms without/strict")
    with discarding_server() as port, tempfile.TemporaryDirectory() as folder:
        book = digest.ledger.open(f"sqlite:///{Path(folder) / 'digest.db'}")
        weeks = (Period(date(2020, 1, 6) + timedelta(weeks=n), "week") for n in count())
        for connections in options.connections:
            transport = SmtpTransport(
                Server("127.0.0.1", port, "none"),
                connections=connections,
            )
            plain, strict = [], []
            for _ in range(options.rounds):
                plain.append(timed(send_plainly, transport, options.messages))
                fill(book, options.messages, next(weeks))
                strict.append(timed(send_strictly, transport, options.messages, book))
            report(connections, options.messages, plain, strict)
        book.close()


Timing = tuple[float, float]
"""Seconds by the clock and of this process's CPU."""


def report(connections: int, messages: int, plain: list[Timing], strict: list[Timing]) -> None:
    """One line of the table."""
    wall = [statistics.median(t for t, _ in times) for times in (plain, strict)]
    cpu = [1000 * statistics.median(c for _, c in times) / messages for times in (plain, strict)]
    ratios = [a / b for (a, _), (b, _) in zip(plain, strict, strict=True)]
    print(
        f"{connections:11}  {messages / wall[0]:9.0f}  {messages / wall[1]:8.0f}  "
        f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        f"            {cpu[0]:.3f} / {cpu[1]:.3f}",
        flush=True,
    )


def timed(send: object, *arguments: object) -> Timing:
    """What one round takes."""
    wall, cpu = time.perf_counter(), time.process_time()
    send(*arguments)  # type: ignore[operator]  # either of the two below
    return time.perf_counter() - wall, time.process_time() - cpu


def send_plainly(transport: SmtpTransport, messages: int) -> None:
    """Without a ledger: nothing is asked, nothing recorded."""
    sent = transport.send((message(DeliveryId(n)) for n in range(messages)), set)
    assert all(outcome.state is State.SENT for outcome in sent)


def send_strictly(transport: SmtpTransport, messages: int, book: Ledger) -> None:
    """As a pass does it: claims, one durable commit before each dot, every outcome recorded."""
    unused: Any = None
    context = RunContext(
        inbox=unused,
        ledger=book,
        transport=transport,
        publisher=unused,
        composer=lambda: lambda claim, reader: message(claim.delivery),
        pages=unused,
        site=unused,
        clock=lambda: NOW,
        stopping=lambda: False,
        owner="benchmark",
        lease=timedelta(minutes=5),
        expire_after=timedelta(days=2),
        keep=False,
        expected=unused,
        feed_entries=0,
    )
    assert deliver(context).counts[State.SENT] == messages


def message(delivery: DeliveryId) -> Message:
    """One of 40 KB."""
    return Message(delivery, "digest@example.org", f"reader{delivery}@example.org", CONTENT)


def fill(book: Ledger, deliveries: int, period: Period) -> None:
    """So many pending deliveries."""
    book.save(readers(deliveries), now=NOW)
    decisions = [
        Decision(
            one,
            Digest(one.subscriber.id, period, NOW, PaperKey(0), (), Coverage(1, 1)),
            NOW + timedelta(days=7),
        )
        for one in book.subscribers(limit=deliveries)
    ]
    assert book.record(decisions, now=NOW) == deliveries


@cache
def readers(number: int) -> tuple[Subscriber, ...]:
    """So many people."""
    names = [f"reader{n}" for n in range(number)]
    return tuple(Subscriber(SubscriberId(n), f"{n}@example.org", Profile(())) for n in names)


# --- the server --------------------------------------------------------------------------


@contextmanager
def discarding_server() -> Iterator[int]:
    """The port of a server that takes everything."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    sink = shutil.which("smtp-sink", path=f"{os.environ['PATH']}:/usr/sbin")
    if sink:
        user = ["-u", "nobody"] if os.getuid() == 0 else []
        command = [sink, *user, f"127.0.0.1:{port}", "256"]
    else:
        command = [sys.executable, "-m", "benchmarks.discarding_server", str(port)]
    print(f"server: {Path(command[0]).name}")
    with subprocess.Popen(command) as server:  # noqa: S603 - our own command
        try:
            await_port(port)
            yield port
        finally:
            server.terminate()


def await_port(port: int) -> None:
    """Wait until somebody listens."""
    for _ in range(200):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise SystemExit("the discarding server does not start")


if __name__ == "__main__":
    main()
