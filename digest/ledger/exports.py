"""Papers, picks and verdicts of all time, read in batches for an export."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, or_, select

from digest.ledger.aggregate import Aggregate, batches, rows_in
from digest.ledger.decisions import DIGESTS, read_digests
from digest.ledger.papers import IS_ONE, PAPER, keys_by_id, papers_with_keys
from digest.ledger.tables import decision, delivery, paper, subscriber, verdict
from digest.model import (
    Channel,
    Digest,
    Paper,
    PaperId,
    PaperKey,
    Period,
    Pick,
    State,
    SubscriberId,
    Verdict,
)

_PAPERS, _DIGESTS = 5000, 500  # in one batch; a digest holds a dozen picks


class PastPick(NamedTuple):
    """A pick with the digest that holds it."""

    subscriber: SubscriberId
    period: Period
    composed: datetime
    rank: int  # its place in the digest, from 1
    paper: PaperId
    """The id under which the paper is known now: since, it may have turned out to be another."""
    pick: Pick
    states: Mapping[Channel, State]  # what became of the digest, by channel


class PastVerdict(NamedTuple):
    """A verdict with the subscriber who gave it."""

    subscriber: SubscriberId
    verdict: Verdict


class Exports(Aggregate):
    """What other programs may read. Each batch is one transaction, so that an export of any length
    holds up nobody; what changes meanwhile may be in it or not."""

    def all_papers(self, *, since: datetime | None = None) -> Iterator[list[Paper]]:
        """All papers, or those that arrived at or after ``since``, oldest first."""
        query = select(*PAPER).where(IS_ONE).order_by(paper.c.key).limit(_PAPERS)
        if since is not None:
            query = query.where(paper.c.arrived >= since)
        after = 0
        while batch := [Paper(*row) for row in self._rows(query.where(paper.c.key > after))]:
            after = batch[-1].key
            yield batch

    def all_picks(
        self, *, since: datetime | None = None, of: Collection[SubscriberId] = ()
    ) -> Iterator[list[PastPick]]:
        """The picks of all digests, or of those composed at or after ``since``, or of these
        subscribers, in the order of the digests and of their ranks."""
        query = DIGESTS.order_by(decision.c.id).limit(_DIGESTS)
        if since is not None:
            query = query.where(decision.c.composed >= since)
        query = _of(query, of)
        after = 0
        while True:
            with self._database.reading() as connection:
                found = read_digests(connection, connection.execute(_beyond(query, after)))
                if not found:
                    return
                states, ids = _states(connection, found), _ids(connection, found)
            after = max(found)
            picks = (_picks(one, states.get(key, {}), ids) for key, one in sorted(found.items()))
            yield list(chain.from_iterable(picks))

    def picked_papers(
        self, *, since: datetime | None = None, of: Collection[SubscriberId] = ()
    ) -> Iterator[list[Paper]]:
        """The papers of ``all_picks``, each once and as it is known now, oldest first."""
        ids = {pick.paper for batch in self.all_picks(since=since, of=of) for pick in batch}
        with self._database.reading() as connection:
            keys = sorted(set(keys_by_id(connection, ids).values()))
        for batch in batches(keys, _PAPERS):
            with self._database.reading() as connection:
                found = papers_with_keys(connection, batch)
            yield found

    def all_verdicts(
        self, *, since: datetime | None = None, of: Collection[SubscriberId] = ()
    ) -> Iterator[list[PastVerdict]]:
        """All verdicts, or those given at or after ``since``, or by these subscribers."""
        who, which = verdict.c.subscriber, verdict.c.paper
        query = (
            select(who, subscriber.c.name, verdict.c.liked, verdict.c.at, *PAPER)
            .join_from(verdict, subscriber)
            .join(paper, paper.c.key == which)
            .order_by(who, which)
            .limit(_PAPERS)
        )
        if since is not None:
            query = query.where(verdict.c.at >= since)
        query = _of(query, of)
        last: tuple[int, int] = (0, 0)
        while True:
            later = or_(who > last[0], and_(who == last[0], which > last[1]))
            rows = self._rows(query.where(later))
            if not rows:
                return
            last = (rows[-1][0], rows[-1].key)
            yield [
                PastVerdict(
                    SubscriberId(name), Verdict(Paper(*columns), "like" if liked else "dislike", at)
                )
                for _, name, liked, at, *columns in rows
            ]


def _of(query: Select[Any], names: Collection[SubscriberId]) -> Select[Any]:
    return query.where(subscriber.c.name.in_(names)) if names else query


def _beyond(query: Select[Any], after: int) -> Select[Any]:
    return query.where(decision.c.id > after)


def _states(connection: Connection, numbers: Collection[int]) -> dict[int, dict[Channel, State]]:
    """What became of each digest, by channel."""
    query = select(delivery.c.decision, delivery.c.channel, delivery.c.state)
    found: dict[int, dict[Channel, State]] = {}
    for number, channel, state in rows_in(connection, query, delivery.c.decision, numbers):
        found.setdefault(number, {})[channel] = state
    return found


def _ids(connection: Connection, digests: Mapping[int, Digest]) -> dict[PaperKey, PaperId]:
    """The ids of papers in these digests that turned out to be others: those of the others."""
    other = paper.alias()
    query = select(paper.c.key, other.c.id).join(other, other.c.key == paper.c.same_as)
    keys = {pick.paper.key for one in digests.values() for pick in one.picks}
    return {row.key: row.id for row in rows_in(connection, query, paper.c.key, keys)}


def _picks(
    one: Digest, states: Mapping[Channel, State], ids: Mapping[PaperKey, PaperId]
) -> Iterator[PastPick]:
    for rank, pick in enumerate(one.picks, 1):
        now = ids.get(pick.paper.key, pick.paper.id)
        yield PastPick(one.subscriber, one.period, one.composed, rank, now, pick, states)
