"""Feeds as the web server gives them, in ``serve`` mode, beside feedgen.

Feeds are rendered from digests in memory, as feedgen does it beside with the same content: that
both parse to the same is checked before. Then feeds are rendered from the ledger, as the server
does it, without HTTP. At last a client asks the program's own server, `digest serve`, for other
feeds, and again for some on condition that they have changed, over one connection that stays open:
what counts is the CPU of the server's process.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import count
from operator import itemgetter
from pathlib import Path
from typing import Any

import feedparser  # type: ignore[import-untyped]  # it ships no types
from feedgen.feed import FeedGenerator  # type: ignore[import-untyped]  # nor it

import digest.ledger
from benchmarks import homes
from benchmarks.discarding_server import await_port
from benchmarks.measuring import (
    Cost,
    Figure,
    Options,
    Scale,
    alternate,
    in_child,
    ratios,
    start_process,
    wait,
)
from benchmarks.plain_mail import URL
from digest.render.feeds import subscriber_feeds
from digest.render.site import FeedFormat, Site

KINDS: tuple[FeedFormat, ...] = ("atom", "rss", "json")
FEEDGEN: tuple[FeedFormat, ...] = ("atom", "rss")  # what feedgen can make
ENTRIES = 20  # in a feed
PLAIN, IN_MEMORY = "feedgen", "digest, from memory"
RENDERED, SERVED = "digest, from the ledger", "digest serve, with HTTP"
SENDER = "Paper Digest"
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
_ETAG = re.compile(rb"\r\netag: ([^\r]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Size:
    """How much is asked for."""

    readers: int
    weeks: int  # digests of each reader
    plain: int  # feeds that the baseline renders
    conditional: int  # requests


SIZES = {
    Scale.FULL: Size(2_000, 3, 100, 20_000),
    Scale.QUICK: Size(300, 2, 15, 2_000),
    Scale.TINY: Size(3, 1, 1, 3),
}


@dataclass(frozen=True)
class Server:
    """A running server."""

    process: int
    port: int

    @contextmanager
    def connected(self) -> Iterator[Client]:
        """A connection that stays open, as long as it is used."""
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            yield Client(connection)

    def cpu(self) -> float:
        """Seconds of CPU that the server has used so far."""
        return cpu_of(self.process)


@dataclass(frozen=True)
class Client:
    """One connection to a server."""

    connection: socket.socket

    def get(self, path: str, etag: bytes = b"") -> tuple[int, bytes]:
        """The status of an answer, and its ETag."""
        condition = b"If-None-Match: " + etag + b"\r\n" if etag else b""
        head = f"GET /{path} HTTP/1.1\r\nHost: digest.example.org\r\n".encode()
        self.connection.sendall(head + condition + b"\r\n")
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._receive()
        about, _, body = answer.partition(b"\r\n\r\n")
        status = int(about.split(b" ", 2)[1])
        length = _LENGTH.search(about)
        missing = int(length[1]) - len(body) if length and status == 200 else 0
        while missing > 0:
            missing -= len(self._receive())
        tag = _ETAG.search(about)
        return status, tag[1] if tag else b""

    def _receive(self) -> bytes:
        received = self.connection.recv(1 << 20)
        if not received:
            raise ConnectionError("the server has closed the connection")
        return received


def cpu_of(process: int) -> float:
    """Seconds of CPU that a running process has used so far."""
    fields = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(options: Options) -> Iterator[Figure]:
    """Rendering beside feedgen, then conditional requests."""
    size = SIZES[options.scale]
    home = _home(options, size)
    case = f"feeds of {ENTRIES} entries"
    rounds = options.alternations()
    numbers = count()
    paths = _paths(home)
    shares = [paths[at :: 2 * rounds] for at in range(2 * rounds)]  # none is asked for twice
    with _serving(home) as server:
        ways: dict[str, Callable[[], Cost]] = {
            IN_MEMORY: partial(_in_memory, home, size.readers),
            RENDERED: lambda: _rendered(home, shares[next(numbers)]),
            SERVED: lambda: _asked(server, shares[next(numbers)]),
            PLAIN: partial(_plain, home, size),
        }
        costs = alternate(ways, rounds)
        asked = [path for path in paths if path.endswith(".atom")]
        again = [_asked_again(server, asked, size.conditional) for _ in range(rounds)]
    for name, spent in costs.items():
        yield Figure(case, name, "CPU ms a feed", tuple(1000 * each.cpu for each in spent))
    ours, theirs = ([each.cpu for each in costs[name]] for name in (IN_MEMORY, PLAIN))
    yield Figure(case, f"{PLAIN} / {IN_MEMORY}", "times", ratios(ours, theirs), "at least 50")
    conditional = f"conditional requests (304), {size.readers:,} feeds in turn"
    rates = tuple(1 / max(each.cpu, 1e-9) for each in again)
    goal = "at least 2,000"
    yield Figure(conditional, SERVED, "requests/s of one core", rates, goal)
    yield Figure(conditional, SERVED, "wall s", tuple(each.wall for each in again))


def _home(options: Options, size: Size) -> Path:
    plan = homes.Plan(size.readers, 5_000, mode="serve", papers=200, given=options.papers)
    home = homes.with_readers(options.folder / "home", plan)
    with (home / "digest.toml").open("a", encoding="utf-8") as settings:
        settings.write(f"[feeds]\nentries = {ENTRIES}\n")
    for week in range(size.weeks):
        if week:
            homes.add_papers(home, plan, week=week)
        homes.run(home, now=homes.MONDAY + timedelta(weeks=week))
    return home


def _paths(home: Path) -> list[str]:
    """Where the feeds of all readers are served."""
    with closing(sqlite3.connect(home / "state" / "digest.db")) as ledger:
        tokens = [token for (token,) in ledger.execute("SELECT feed_token FROM subscriber")]
    return [f"feeds/{token}.{kind}" for token in tokens for kind in KINDS]


@contextmanager
def _serving(home: Path) -> Iterator[Server]:
    """Run `digest serve` in a home."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    with (home / "digest.toml").open("a", encoding="utf-8") as settings:
        settings.write(f'[web]\nbind = "127.0.0.1:{port}"\n')
    with start_process(homes.command("serve"), folder=home, quiet=True) as process:
        try:
            await_port(port)
            _settle(process.pid)
            yield Server(process.pid, port)
        finally:
            process.send_signal(signal.SIGTERM)
            wait(process)


def _settle(process: int) -> None:
    """Wait until the pass that the service begins with is over."""
    before = -1.0
    while cpu_of(process) > before:
        before = cpu_of(process)
        time.sleep(1)


def _in_memory(home: Path, readers: int) -> Cost:
    """The cost of one feed."""
    cost = in_child("benchmarks.feeds:in_memory", str(home)).cost
    return Cost(cost.cpu / (readers * len(FEEDGEN)), cost.wall, cost.megabytes)


def in_memory(home: str) -> Callable[[], int]:
    """All feeds of everybody, one by one; what readers share is made before, as in the server."""
    make = _maker(home, 1_000_000)

    def work() -> int:
        return sum(len(feed) for kind in FEEDGEN for feed in make(kind))

    work()
    return work


def _maker(home: str, readers: int) -> Callable[[FeedFormat], Iterator[bytes]]:
    """What makes the feeds of so many readers from their digests in memory."""
    site = Site(Path(home), URL, f"{SENDER} <digest@example.org>")
    with closing(digest.ledger.open(f"sqlite:///{Path(home) / 'state' / 'digest.db'}")) as ledger:
        everybody = ledger.subscribers(limit=readers)
        names = [one.subscriber.id for one in everybody]
        digests = ledger.newest_digests(names, limit=ENTRIES)

    def make(kind: FeedFormat) -> Iterator[bytes]:
        for one in everybody:
            who, token = one.subscriber, one.feed_token
            own = iter(digests[who.id])
            files = subscriber_feeds(who, token, own, site, entries=ENTRIES, kinds=(kind,))
            yield from files.values()

    return make


def _rendered(home: Path, paths: Sequence[str]) -> Cost:
    """The cost of one feed."""
    cost = in_child("benchmarks.feeds:rendered", str(home), paths).cost
    return Cost(cost.cpu / len(paths), cost.wall, cost.megabytes)


def rendered(home: str, paths: Sequence[str]) -> Callable[[], int]:
    """Answers without a server; each begins with an empty cache."""
    from digest.cli import app  # noqa: PLC0415  only this child needs it
    from digest.cli.on_demand import on_demand  # noqa: PLC0415

    answers = on_demand(app.open_home(Path(home)))
    answers.respond("feeds/nobody.atom", {})  # the ledger is opened, templates are read

    def work() -> int:
        found = [answers.respond(path, {}) for path in paths]
        missing = [path for path, one in zip(paths, found, strict=True) if one is None]
        assert not missing, missing
        return len(found)

    return work


def _asked(server: Server, paths: Sequence[str]) -> Cost:
    """The cost of one feed."""
    before = server.cpu()
    with server.connected() as client:
        for path in paths:
            status, _ = client.get(path)
            assert status == 200, (path, status)
    return Cost((server.cpu() - before) / len(paths), 0.0, 0.0)


def _asked_again(server: Server, paths: Sequence[str], requests: int) -> Cost:
    """The cost of one conditional request."""
    with server.connected() as client:
        tags = {path: client.get(path)[1] for path in paths[:requests]}
        before, started = server.cpu(), time.perf_counter()
        for at in range(requests):
            path = paths[at % len(paths)]
            status, _ = client.get(path, tags[path])
            assert status == 304, (path, status)
        wall = time.perf_counter() - started
        return Cost((server.cpu() - before) / requests, wall, 0.0)


# --- the baseline ------------------------------------------------------------------------


def _plain(home: Path, size: Size) -> Cost:
    cost = in_child("benchmarks.feeds:with_feedgen", str(home), size.plain).cost
    return Cost(cost.cpu / (size.plain * len(FEEDGEN)), cost.wall, cost.megabytes)


def with_feedgen(home: str, readers: int) -> Callable[[], int]:
    """The same feeds of so many readers as feedgen makes them. What they say is ready, so that
    feedgen alone is measured."""
    make = _maker(home, readers)
    said = [(kind, feedparser.parse(feed)) for kind in FEEDGEN for feed in make(kind)]
    for kind, ours in said:
        theirs = feedparser.parse(_plain_feed(kind, ours))
        assert (theirs.feed, theirs.entries) == (ours.feed, ours.entries)

    def work() -> int:
        return sum(len(_plain_feed(kind, one)) for kind, one in said)

    return work


def _plain_feed(kind: FeedFormat, said: Any) -> bytes:
    """A feed that says what feedparser has found in another one."""
    made, about = FeedGenerator(), said.feed
    made.load_extension("dc", atom=False, rss=True)
    made.id(about.get("id", about.link))
    made.title(about.title)
    made.subtitle(about.subtitle)
    made.author(name=SENDER)
    made.language("en")
    made.generator("digest")
    made.updated(about.get("updated", about.get("published")))
    made.pubDate(about.get("published", about.get("updated")))
    for link in sorted(about.links, key=itemgetter("rel"), reverse=True):
        made.link(href=link.href, rel=link.rel, type=link.type)
    for entry in said.entries:
        added = made.add_entry(order="append")
        added.id(entry.id)
        added.title(entry.title)
        for link in entry.links:
            if link.rel == "enclosure" and kind == "rss":
                added.enclosure(link.href, link.length, link.type)
            else:
                added.link(href=link.href, rel=link.rel, type=link.type)
        if authors := [one.name for one in entry.get("authors", ()) if one]:
            added.author([{"name": name} for name in authors])
            added.dc.dc_creator(authors)
        added.published(entry.published)
        added.updated(entry.get("updated", entry.published))
        added.summary(entry.summary, type="html")
    made_as: bytes = made.atom_str() if kind == "atom" else made.rss_str()
    return made_as
