"""What subscribers said of papers: recorded, replaced, taken back, and read for ranking."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import delete, insert, select

from digest.errors import NotFound
from digest.ledger.aggregate import INTAKE, Aggregate, rows_in
from digest.ledger.papers import PAPER, papers_with_keys
from digest.ledger.subscribers import ensure_keys
from digest.ledger.tables import paper, subscriber, verdict
from digest.model import Opinion, Paper, PaperKey, SubscriberId, Verdict, Verdicts


class Feedback(Aggregate):
    """Subscribers' verdicts on papers."""

    def record_verdict(
        self, name: SubscriberId, key: PaperKey, opinion: Opinion | None, *, now: datetime
    ) -> bool:
        """Keep a subscriber's opinion of a paper, None to forget it; False: it was so already.

        Raises:
            NotFound: where there is no such paper.
        """
        with self._database.writing(INTAKE) as connection:
            if not papers_with_keys(connection, [key]):
                raise NotFound("paper", str(key))
            who = ensure_keys(connection, [name])[name]
            there = (verdict.c.subscriber == who) & (verdict.c.paper == key)
            before = connection.scalar(select(verdict.c.liked).where(there))
            liked = None if opinion is None else opinion == "like"
            if before == liked:
                return False
            connection.execute(delete(verdict).where(there))
            if liked is not None:
                row = {"subscriber": who, "paper": key, "liked": liked, "at": now}
                connection.execute(insert(verdict), row)
            return True

    def verdicts_of(self, name: SubscriberId) -> list[Verdict]:
        """A subscriber's verdicts, newest first."""
        query = (
            select(verdict.c.liked, verdict.c.at, *PAPER)
            .join_from(verdict, subscriber)
            .join(paper, paper.c.key == verdict.c.paper)
            .where(subscriber.c.name == name)
            .order_by(verdict.c.at.desc(), verdict.c.paper.desc())
        )
        return [
            Verdict(Paper(*columns), "like" if liked else "dislike", at)
            for liked, at, *columns in self._rows(query)
        ]

    def verdicts(self, names: Collection[SubscriberId]) -> Mapping[SubscriberId, Verdicts]:
        """The papers that each of these liked and disliked; who gave no verdict is left out."""
        query = (
            select(subscriber.c.name, verdict.c.liked, verdict.c.paper)
            .join_from(verdict, subscriber)
            .order_by(verdict.c.at.desc(), verdict.c.paper.desc())
        )
        found: dict[SubscriberId, dict[bool, list[PaperKey]]] = {}
        with self._database.reading() as connection:
            for name, liked, key in rows_in(connection, query, subscriber.c.name, names):
                found.setdefault(SubscriberId(name), {True: [], False: []})[liked].append(key)
            wanted = {key for sides in found.values() for keys in sides.values() for key in keys}
            papers = {one.key: one for one in papers_with_keys(connection, wanted)}
        return {
            name: Verdicts(*(tuple(papers[key] for key in sides[liked]) for liked in (True, False)))
            for name, sides in found.items()
        }
