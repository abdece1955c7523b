"""What the ledger makes of a digest of ten papers: record, claim, commit and settle it.

The baseline writes the same rows with sqlite3 and ``executemany``, in the same blocks, as durably;
it checks no fence, no lease, no suppression and no paper that was sent before.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from itertools import count
from pathlib import Path

import digest.ledger
from benchmarks import homes
from benchmarks.measuring import Cost, Figure, Options, Scale, alternate, in_child, ratios
from digest.ledger import Ledger
from digest.model import (
    Coverage,
    Decision,
    Digest,
    Interest,
    Outcome,
    Paper,
    Period,
    Pick,
    Profile,
    Reason,
    State,
    StoredSubscriber,
    Subscriber,
    SubscriberId,
)

PICKS = 10
BLOCK = 2_000  # digests in a transaction
NOW = homes.MONDAY
LEASE = timedelta(minutes=5)
PERIOD = Period(date(2026, 3, 9), "week")
PLAIN = "plain: sqlite3, executemany"


@dataclass(frozen=True)
class Size:
    """How many digests."""

    digests: int


SIZES = {Scale.FULL: Size(100_000), Scale.QUICK: Size(4_000), Scale.TINY: Size(5)}


def measure(options: Options) -> Iterator[Figure]:
    """The four steps together."""
    digests = SIZES[options.scale].digests
    home = homes.with_readers(options.folder / "home", homes.Plan(1, 15, papers=100))
    homes.run(home, now=homes.BEFORE)  # the papers are read
    numbers = count()

    def one(work: str) -> Cost:
        folder = options.folder / f"round-{next(numbers)}"
        homes.copy(home, folder)
        return in_child(f"benchmarks.ledger:{work}", str(folder), digests).cost

    ways: dict[str, Callable[[], Cost]] = {
        "digest": partial(one, "in_ledger"),
        PLAIN: partial(one, "plainly"),
    }
    costs = alternate(ways, options.alternations())
    case = f"{digests:,} digests of {PICKS} papers: record, claim, commit, settle"
    for name, spent in costs.items():
        cpu = tuple(1e6 * each.cpu / digests for each in spent)
        rate = tuple(digests / each.wall for each in spent)
        yield Figure(case, name, "CPU µs a digest", cpu)
        yield Figure(case, name, "digests/s", rate)
        yield Figure(case, name, "peak MB", tuple(each.megabytes for each in spent))
    ours, theirs = ([each.cpu for each in costs[name]] for name in ("digest", PLAIN))
    yield Figure(case, f"{PLAIN} / digest", "times", ratios(ours, theirs))


# --- the ways, each in a process of its own ----------------------------------------------


def in_ledger(folder: str, digests: int) -> Callable[[], int]:
    """With the ledger's own methods, a block at a time."""
    ledger = digest.ledger.open(f"sqlite:///{Path(folder) / 'state' / 'digest.db'}")
    people = [
        Subscriber(SubscriberId(f"r{n}"), f"r{n}@example.org", Profile((Interest("x"),)))
        for n in range(digests)
    ]
    ledger.save(people, now=NOW)
    papers = ledger.papers()

    def work() -> int:
        after = 0
        while block := ledger.subscribers(after=after, limit=BLOCK):
            after = block[-1].key
            ledger.record([_decision(one, papers) for one in block], now=NOW)
        return _sent(ledger)

    return work


def _sent(ledger: Ledger) -> int:
    """Claim, commit and settle whatever is due."""
    sent = 0
    while claims := ledger.claim("email", "benchmark", now=NOW, lease=LEASE, limit=BLOCK):
        fences = [(claim.delivery, claim.fence) for claim in claims]
        recipients = {
            claim.delivery: claim.reader.subscriber.email for claim in claims if claim.reader
        }
        allowed = ledger.commit(
            fences, now=NOW, expire_after=timedelta(days=2), recipients=recipients
        )
        outcomes = [(Outcome(one, State.SENT, "250 ok"), fence) for one, fence in fences]
        ledger.settle(outcomes, now=NOW)
        sent += len(allowed)
    return sent


def _decision(one: StoredSubscriber, papers: Sequence[Paper]) -> Decision:
    picks = tuple(
        Pick(paper, 0.5, (Reason("x", "x", "title", 1.0, 0.5),)) for paper in _own(one.key, papers)
    )
    coverage = Coverage(pages=1, papers=len(papers))
    found = Digest(one.subscriber.id, PERIOD, NOW, papers[-1].key, picks, coverage)
    return Decision(one, found, NOW + timedelta(days=7))


def _own(number: int, papers: Sequence[Paper]) -> Sequence[Paper]:
    """The ten papers of a reader."""
    first = number * 7 % (len(papers) - PICKS)
    return papers[first : first + PICKS]


def plainly(folder: str, digests: int) -> Callable[[], int]:
    """With sqlite3 alone."""
    with closing(digest.ledger.open(f"sqlite:///{Path(folder) / 'state' / 'digest.db'}")) as book:
        papers = book.papers()
    database = sqlite3.connect(Path(folder) / "plain.db")
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.executescript(_TABLES)

    def work() -> int:
        for first in range(0, digests, BLOCK):
            block = range(first, min(first + BLOCK, digests))
            picks = {one: [int(paper.key) for paper in _own(one, papers)] for one in block}
            bodies = [(one, "2026-W11", _packed(picks[one])) for one in block]
            with database:
                database.executemany("INSERT INTO decision VALUES (?, ?, ?)", bodies)
                pairs = [(one, paper) for one in block for paper in picks[one]]
                database.executemany("INSERT INTO sent VALUES (?, ?)", pairs)
                new = [(one, one, "pending") for one in block]
                database.executemany("INSERT INTO delivery VALUES (?, ?, ?)", new)
            for state in ("claimed", "committed", "sent"):
                with database:
                    rows = [(state, one) for one in block]
                    database.executemany("UPDATE delivery SET state = ? WHERE id = ?", rows)
        return digests

    return work


def _packed(papers: Sequence[int]) -> str:
    return json.dumps([[paper, 0.5, "x"] for paper in papers])


_TABLES = """
CREATE TABLE decision (id INTEGER PRIMARY KEY, period TEXT, body TEXT);
CREATE TABLE sent (reader INTEGER, paper INTEGER, PRIMARY KEY (reader, paper)) WITHOUT ROWID;
CREATE TABLE delivery (id INTEGER PRIMARY KEY, decision INTEGER, state TEXT);
"""
