"""Dumps, digests and a matcher that are just rich enough for the ledger to tell apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from hashlib import sha256

from sqlalchemy import select, update

from digest.ledger import Ledger
from digest.ledger.aggregate import INTAKE
from digest.ledger.subscribers import ensure_keys
from digest.ledger.tables import subscriber
from digest.model import (
    Channel,
    Claim,
    Coverage,
    Decision,
    Digest,
    Dump,
    DumpHash,
    Interest,
    Match,
    Missing,
    Paper,
    PaperId,
    PaperKey,
    Period,
    Pick,
    Profile,
    Reason,
    Record,
    Skip,
    SkipReason,
    State,
    StoredSubscriber,
    Subscriber,
    SubscriberId,
    Why,
)
from digest.subscribers import codec

NOW = datetime(2025, 11, 20, 8, 0, 0, 123456, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WEEKLY = timedelta(days=7)
LEASE = 5 * MINUTE
ADA, BOB = SubscriberId("ada"), SubscriberId("bob")
WEEK = Period(date(2025, 11, 10), "week")
NEXT_WEEK = Period(date(2025, 11, 17), "week")
EMAIL: tuple[Channel, ...] = ("email",)
UNLISTED = "unlisted"
"""The name of those who have their profile from ``reader``."""
BOTH: tuple[Channel, ...] = ("email", "feed")


@dataclass(frozen=True)
class Progress:
    """What the ledger knows of a subscriber for whom a period is due."""

    decided: bool
    until: PaperKey | None


def progress(ledger: Ledger, due: Mapping[SubscriberId, Period]) -> dict[SubscriberId, Progress]:
    """Whether the period that is due is decided, and the newest paper considered, of each."""
    found = dict.fromkeys(due, Progress(decided=False, until=None))
    columns = (subscriber.c.id, subscriber.c.name, subscriber.c.until)
    rows = [row for row in ledger._rows(select(*columns)) if row.name in due]
    decided = ledger.decided({row.id: due[row.name] for row in rows})
    return found | {row.name: Progress(row.id in decided, row.until) for row in rows}


def feed_tokens(ledger: Ledger, *names: SubscriberId) -> dict[SubscriberId, str]:
    """The feed tokens of these, who get rows where they are unknown."""
    with ledger._database.writing(INTAKE) as connection:
        ensure_keys(connection, names)
    query = select(subscriber.c.name, subscriber.c.feed_token)
    rows = ledger._rows(query.where(subscriber.c.name.in_(names)))
    return {row.name: row.feed_token for row in rows}


def record(title: str, *, line: int = 1, comments: int | None = None) -> Record:
    """A record whose raw text shows that it is kept as it stood."""
    return Record(
        title=title,
        abstract=f"About {title}.",
        raw_title=f"raw {title}",
        raw_abstract=f"raw About {title}.",
        line=line,
        comments=comments,
    )


def dump(*titles: str, name: str = "", listed: date | None = date(2025, 11, 19)) -> Dump:
    """A dump of records with these titles, its hash made from its name and titles."""
    content = "\n".join((name, *titles)).encode()
    return Dump(
        hash=DumpHash(sha256(content).hexdigest()),
        name=name or "papers.txt",
        format="papers-page-plain",
        listed=listed,
        records=tuple(record(title, line=2 * line) for line, title in enumerate(titles, 1)),
    )


def key_of(title: str) -> int:
    """A signed 64-bit hash of a title."""
    return int.from_bytes(
        sha256(title.casefold().encode("utf-8", "replace")).digest()[:8], "big", signed=True
    )


def keys_of(read: Dump) -> set[int]:
    """The identity keys of a dump's records."""
    return {key_of(one.title) for one in read.records}


def match_titles(
    records: Sequence[Record], candidates: Sequence[Paper], *, arrived: datetime = NOW
) -> list[Match]:
    """Records with the same title, but for its case, are the same paper."""
    known = {paper.title.casefold(): paper for paper in candidates}
    groups: dict[str, list[Record]] = {}
    for one in records:
        groups.setdefault(one.title.casefold(), []).append(one)
    matches = []
    for title, group in groups.items():
        paper = known.get(title) or Paper(
            PaperKey(0), PaperId(f"title:{title}"), group[0].title, group[0].abstract, arrived
        )
        keys = frozenset({key_of(title)})
        matches.append(Match(paper, tuple(group), title not in known, keys))
    return matches


def arrive(ledger: Ledger, *titles: str, now: datetime = NOW, name: str = "") -> list[Paper]:
    """Have a dump of these titles recorded; its papers."""
    read = dump(*titles, name=name)
    match = partial(match_titles, arrived=now)
    return [found.paper for found in ledger.record_dump(read, keys_of(read), match, now=now)]


def digest_of(
    papers: Iterable[Paper],
    *,
    subscriber: SubscriberId = ADA,
    period: Period = WEEK,
    now: datetime = NOW,
    until: int | None = None,
) -> Digest:
    """A digest of these papers."""
    picks = tuple(
        Pick(
            paper,
            0.1312,
            (
                Reason("mixture of experts", "MoE", "title", 2.5, 0.1, "acronym"),
                Reason("Yann LeCun", "Y. LeCun", "authors", 1.0, 0.0312, "author"),
            ),
            late=paper.key % 2 == 0,
        )
        for paper in papers
    )
    newest = max((pick.paper.key for pick in picks), default=PaperKey(0))
    coverage = Coverage(
        pages=2,
        papers=40,
        left_out={Why.BELOW_THRESHOLD: 37, Why.RULED_OUT: 1},
        missing=(Missing(date(2025, 11, 12)),),
        expected=5,
    )
    return Digest(subscriber, period, now, PaperKey(until or newest), picks, coverage)


def skip(
    reason: SkipReason, *, subscriber: SubscriberId = ADA, period: Period = WEEK, until: int = 0
) -> Skip:
    """A due digest that was not made."""
    return Skip(subscriber, period, NOW, PaperKey(until), reason, Coverage(1, 3))


def recorded(
    ledger: Ledger,
    outcomes: Iterable[Digest | Skip],
    channels: Mapping[SubscriberId, tuple[Channel, ...]],
) -> int:
    """Have digests and skips recorded, several of one subscriber one after the other."""
    count = 0
    rounds: dict[int, list[Digest | Skip]] = {}
    before: Counter[SubscriberId] = Counter()
    for one in outcomes:
        rounds.setdefault(before[one.subscriber], []).append(one)
        before[one.subscriber] += 1
    for each in rounds.values():
        decisions = [
            Decision(
                reader(ledger, one.subscriber, channels.get(one.subscriber, ())),
                one,
                NOW + WEEKLY,
                NOW if isinstance(one, Skip) and one.reason is SkipReason.NOTHING_NEW else None,
            )
            for one in each
        ]
        count += ledger.record(decisions, now=NOW)
    return count


def reader(
    ledger: Ledger, name: SubscriberId, channels: tuple[Channel, ...] = EMAIL
) -> StoredSubscriber:
    """Somebody as the ledger has them; who has no profile of a file gets one with these channels,
    and is not due."""
    made = Subscriber(name, f"{name}@example.org", Profile((Interest("LoRA"),)), UNLISTED, channels)
    there = ledger.stored([name]).get(name)
    if there is None or (there.subscriber.name == UNLISTED and there.subscriber != made):
        feed_tokens(ledger, name)
        row = update(subscriber).where(subscriber.c.name == name)
        with ledger._database.writing() as connection:
            connection.execute(row.values(profile=codec.encode(made), origin="file"))
    return ledger.subscriber(name)


def key_of_subscriber(ledger: Ledger, name: SubscriberId) -> int:
    """The ledger's key of a subscriber, who may have no profile."""
    return reader(ledger, name).key


def deliver(
    ledger: Ledger, *titles: str, channels: tuple[Channel, ...] = EMAIL, period: Period = WEEK
) -> Digest:
    """Have papers arrive and a digest of them decided for Ada."""
    decided = digest_of(arrive(ledger, *titles), period=period)
    assert recorded(ledger, [decided], {ADA: channels}) == 1
    return decided


def claim(
    ledger: Ledger, owner: str = "one", *, now: datetime = NOW, limit: int = 10
) -> list[Claim]:
    """Claim emails for five minutes."""
    return ledger.claim("email", owner, now=now, lease=LEASE, limit=limit)


def states(ledger: Ledger) -> list[State]:
    """The state of every delivery, oldest first."""
    return [row.state for row in reversed(ledger.deliveries())]
