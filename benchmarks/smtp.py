"""Mail of 60 KB into a discarding server: our transport with the strict ledger, beside Postfix's
``smtp-source`` where it is installed, and smtplib over one connection.

Each delivery is claimed, durably committed right before its final dot, and settled; the ledger is
SQLite on a disk. The two baselines keep no ledger at all. The server is Postfix's ``smtp-sink``
where it is installed, else one in Python: then the server is the slowest part, and the rates say
little; CPU of the client does. The same is sent into a real Postfix, which keeps each message
durably, where Postfix is installed and may be started.
"""

from __future__ import annotations

import smtplib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import digest.ledger
from benchmarks.discarding_server import discarding_server, installed
from benchmarks.measuring import (
    Cost,
    Figure,
    Options,
    Scale,
    alternate,
    in_child,
    note,
    run_process,
)
from benchmarks.postfix import can_start, postfix
from digest.delivery.connection import Server
from digest.delivery.smtp import SmtpTransport
from digest.ledger import Ledger
from digest.model import (
    Coverage,
    Decision,
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
LENGTH = 60_000
CONTENT = b"From: digest@example.org\r\nSubject: x\r\n\r\n" + (b"x" * 70 + b"\r\n") * (LENGTH // 72)
CONNECTIONS = 8


@dataclass(frozen=True)
class Size:
    """How many messages a round has."""

    messages: int
    to_postfix: int  # to the real one, which syncs each to the disk


SIZES = {
    Scale.FULL: Size(5_000, 2_000),
    Scale.QUICK: Size(1_000, 500),
    Scale.TINY: Size(10, 10),
}


def measure(options: Options) -> Iterator[Figure]:
    """Messages a second and CPU of the client, for both servers."""
    size = SIZES[options.scale]
    case = f"messages of {LENGTH // 1000} KB"
    with discarding_server() as port:
        ways = ways_to_send(options.folder / "discarding", port, size.messages)
        costs = alternate(ways, options.alternations())
        goal = "at least 0.6, aim 0.9"
        yield from _figures(f"{size.messages:,} {case}", size.messages, costs, goal)
    if not can_start():
        note("without a real Postfix: it is not installed, or may not be started")
        return
    with postfix() as server:
        ways = ways_to_send(options.folder / "postfix", server.port, size.to_postfix)

        def settled(way: Callable[[], Cost]) -> Cost:
            cost = way()
            server.become_idle()
            return cost

        waiting = {name: partial(settled, way) for name, way in ways.items()}
        costs = alternate(waiting, options.alternations())
        case = f"{size.to_postfix:,} {case} into a real Postfix"
        yield from _figures(case, size.to_postfix, costs, "at least 0.95")


def _figures(
    case: str, messages: int, costs: Mapping[str, Sequence[Cost]], goal: str
) -> Iterator[Figure]:
    """What the ways took, and our rate as a share of each other one."""
    rates = {name: tuple(messages / each.wall for each in found) for name, found in costs.items()}
    ours, *others = rates
    for name, found in costs.items():
        yield Figure(case, name, "messages/s", rates[name])
        spent = tuple(1000 * each.cpu / messages for each in found)
        yield Figure(case, name, "client CPU ms a message", spent)
        if "smtp-source" not in name:  # which takes less than the process that starts it
            yield Figure(case, name, "peak MB", tuple(each.megabytes for each in found))
    for name in others:
        shares = tuple(a / b for a, b in zip(rates[ours], rates[name], strict=True))
        of_source = goal if "smtp-source" in name else ""
        yield Figure(case, f"{ours} / {name}", "of its rate", shares, of_source)


# --- the ways, each in a process of its own ----------------------------------------------


def ways_to_send(folder: Path, port: int, messages: int) -> dict[str, Callable[[], Cost]]:
    """Ours first; each call sends so many messages to a port of this machine."""
    rounds = (folder / str(number) for number in count())

    def strict() -> Cost:
        ledger = next(rounds)
        ledger.mkdir(parents=True)
        return in_child("benchmarks.smtp:send_strictly", str(ledger), port, messages).cost

    def plain() -> Cost:
        return in_child("benchmarks.smtp:send_plainly", port, messages).cost

    ways: dict[str, Callable[[], Cost]] = {
        f"digest, strict, {CONNECTIONS} connections": strict,
        "smtplib, one connection": plain,
    }
    if source := installed("smtp-source"):
        many = ["-c", "-s", str(CONNECTIONS), "-m", str(messages), "-l", str(LENGTH)]
        to = ["-f", "digest@example.org", "-t", "r@example.org", f"127.0.0.1:{port}"]
        ways[f"smtp-source, {CONNECTIONS} connections"] = partial(run_process, [source, *many, *to])
    return ways


def send_strictly(folder: str, port: int, messages: int) -> Callable[[], int]:
    """As a pass does it: claims, one durable commit before each dot, every outcome recorded."""
    ledger = digest.ledger.open(f"sqlite:///{Path(folder) / 'digest.db'}")
    fill(ledger, messages)
    transport = SmtpTransport(Server("127.0.0.1", port, "none"), connections=CONNECTIONS)
    context = context_for(ledger, transport)

    def work() -> int:
        sent = deliver(context).counts[State.SENT]
        assert sent == messages, (sent, messages)
        return sent

    return work


def send_plainly(port: int, messages: int) -> Callable[[], int]:
    """With smtplib alone."""

    def work() -> int:
        with smtplib.SMTP("127.0.0.1", port) as server:
            for number in range(messages):
                server.sendmail("digest@example.org", [f"r{number}@example.org"], CONTENT)
        return messages

    return work


def context_for(ledger: Ledger, transport: SmtpTransport) -> RunContext[Ledger]:
    """What delivering needs; the rest is not used."""
    unused: Any = None
    return RunContext(
        inbox=unused,
        ledger=ledger,
        transport=transport,
        publisher=unused,
        composer=lambda: (
            lambda claim, _: Message(
                claim.delivery, "digest@example.org", f"{claim.delivery}@example.org", CONTENT
            )
        ),
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


def fill(ledger: Ledger, deliveries: int) -> None:
    """So many pending deliveries."""
    people = [
        Subscriber(SubscriberId(f"r{n}"), f"r{n}@example.org", Profile(()))
        for n in range(deliveries)
    ]
    ledger.save(people, now=NOW)
    period = Period(date(2026, 11, 9), "week")
    decisions = [
        Decision(
            one,
            Digest(one.subscriber.id, period, NOW, PaperKey(0), (), Coverage(1, 1)),
            NOW + timedelta(days=7),
        )
        for one in ledger.subscribers(limit=deliveries)
    ]
    recorded = ledger.record(decisions, now=NOW)
    if recorded != deliveries:
        sys.exit(f"{recorded} of {deliveries} decisions were recorded")
