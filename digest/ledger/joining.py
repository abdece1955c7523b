"""Papers that turn out to be one, and dumps that are read again: what was recorded follows."""

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, literal, select, update

from digest.ledger import decision_codec
from digest.ledger.aggregate import rows_in
from digest.ledger.tables import (
    decision,
    delivery,
    dump,
    paper,
    paper_key,
    sent,
    sighting,
    subscriber,
    verdict,
)
from digest.model import DumpHash, Former, PaperKey, State

FormerPapers = Mapping[PaperKey, tuple[Former, ...]]
"""What an earlier reading made of a dump, by paper."""
_OPEN = (State.PENDING, State.DEFERRED, State.CLAIMED)
_DOUBLE = "another digest has its papers, which turned out to be the same"


def join(
    connection: Connection,
    keys: Collection[PaperKey],
    to: PaperKey,
    values: Mapping[str, Any],
    *,
    now: datetime,
) -> None:
    """Make these papers copies of the paper ``to``, whose metadata is ``values``. Records of them
    will find that paper, what was sent of any counts as sent, and so do verdicts. Digests that hold
    a copy keep it, but one that has not gone out does not send the paper a second time."""
    copies = paper.c.key.in_(keys) | paper.c.same_as.in_(keys)
    connection.execute(update(paper).where(copies).values(**values, same_as=to))
    known = select(paper_key.c.hash).where(paper_key.c.paper == to)
    moved = select(paper_key.c.hash, literal(to)).where(paper_key.c.paper.in_(keys)).distinct()
    moved = moved.where(paper_key.c.hash.not_in(known))
    connection.execute(insert(paper_key).from_select(["hash", "paper"], moved))
    connection.execute(delete(paper_key).where(paper_key.c.paper.in_(keys)))
    connection.execute(update(sighting).where(sighting.c.paper.in_(keys)).values(paper=to))
    _join_verdicts(connection, keys, to)
    had = {key: _sent_to(connection, key) for key in (*keys, to)}
    counts = Counter(who for each in had.values() for who in each)
    if new := counts.keys() - had[to]:
        rows = [{"subscriber": who, "paper": to} for who in sorted(new)]
        connection.execute(insert(sent), rows)
    doubled = {who: count for who, count in counts.items() if count > 1}
    _drop_doubles(connection, {*keys, to}, doubled, now=now)


def _sent_to(connection: Connection, key: PaperKey) -> set[int]:
    """Who was sent a paper. The table has no index by paper: each subscriber is looked up."""
    its = (sent.c.subscriber == subscriber.c.id) & (sent.c.paper == key)
    query = select(subscriber.c.id).where(select(sent.c.paper).where(its).exists())
    return set(connection.scalars(query))


def _join_verdicts(connection: Connection, keys: Collection[PaperKey], to: PaperKey) -> None:
    """Let the newest verdict of each subscriber on any of the papers be that on ``to``."""
    its = verdict.c.paper.in_([*keys, to])
    rows = connection.execute(select(verdict).where(its).order_by(verdict.c.at)).mappings().all()
    if any(row["paper"] != to for row in rows):
        connection.execute(delete(verdict).where(its))
        newest = {row["subscriber"]: {**row, "paper": to} for row in rows}
        connection.execute(insert(verdict), list(newest.values()))


def _drop_doubles(
    connection: Connection, keys: set[PaperKey], counts: Mapping[int, int], *, now: datetime
) -> None:
    """Take papers that are one out of emails that have not gone out, so that each subscriber gets
    one of the copies that digests hold, ``counts`` by subscriber. An email that would have nothing
    left is cancelled."""
    query = (
        select(decision.c.id, decision.c.subscriber, decision.c.body, delivery.c.id.label("email"))
        .join_from(decision, delivery)
        .where(delivery.c.channel == "email", delivery.c.state.in_(_OPEN))
        .order_by(decision.c.id)
    )
    waiting: dict[int, list[Any]] = {}
    copies: Counter[int] = Counter()
    for row in rows_in(connection, query, decision.c.subscriber, counts):
        picked = decision_codec.picked(row.body)
        if held := sum(key in keys for key in picked):
            waiting.setdefault(row.subscriber, []).append(row)
            copies[row.subscriber] += held
    for who, rows in waiting.items():
        kept = copies[who] < counts[who]  # whether a digest that has gone out holds the paper
        for row in rows:
            body, kept = decision_codec.without(row.body, keys, but_first=not kept), True
            if body != row.body:
                change = update(decision).where(decision.c.id == row.id)
                connection.execute(change.values(body=body))
                if not decision_codec.count_picks(body):
                    end = update(delivery).where(delivery.c.id == row.email)
                    values = {"state": State.CANCELLED, "detail": _DOUBLE, "due": None}
                    connection.execute(end.values(**values, owner=None, updated=now))


def formers(connection: Connection, content: DumpHash) -> dict[PaperKey, tuple[Former, ...]]:
    """What an earlier reading made of a dump, by paper; empty if there was none."""
    number = connection.scalar(select(dump.c.id).where(dump.c.hash == content))
    query = select(sighting).where(sighting.c.dump == number).order_by(sighting.c.id)
    rows = connection.execute(query).all() if number is not None else []
    others = select(sighting.c.paper).where(sighting.c.dump != number)
    elsewhere = {
        row.paper for row in rows_in(connection, others, sighting.c.paper, {r.paper for r in rows})
    }
    found: dict[PaperKey, tuple[Former, ...]] = {}
    for row in rows:
        one = Former(row.raw_title, row.raw_abstract, row.line, row.paper not in elsewhere)
        found[row.paper] = (*found.get(row.paper, ()), one)
    return found


def misread(
    connection: Connection, former: FormerPapers, found: Collection[PaperKey]
) -> set[PaperKey]:
    """The papers that only this dump listed, that are not ``found`` in it now, and that nobody was
    sent or judged."""
    gone = {key for key, each in former.items() if key not in found and each[0].is_only}
    for kept in (sent.c.paper, verdict.c.paper):
        query = select(kept).distinct()
        gone -= {key for (key,) in rows_in(connection, query, kept, gone)}
    joined = select(paper.c.key).where(paper.c.same_as.is_not(None))
    gone -= {key for (key,) in rows_in(connection, joined, paper.c.key, gone)}
    return gone


def retract(
    connection: Connection, number: int, former: FormerPapers, *, found: Collection[PaperKey]
) -> None:
    """Forget what an earlier reading made of a dump, and hide the papers that it misread."""
    for key in sorted(misread(connection, former, found)):
        # Its id is free for a paper that other dumps may list under this title.
        values = {"id": f"misread:{key}", "same_as": key}
        connection.execute(update(paper).where(paper.c.key == key).values(**values))
        connection.execute(delete(paper_key).where(paper_key.c.paper == key))
    if former:
        connection.execute(delete(sighting).where(sighting.c.dump == number))
