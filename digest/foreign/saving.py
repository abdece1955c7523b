"""Takes readers of another program into the database. Who is known stays as known: a profile that
somebody has tuned is worth more than one made of tags."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Protocol

from digest.foreign.people import Report
from digest.foreign.words import Ids
from digest.model import Opinion, PaperId, PaperKey, StoredSubscriber, Subscriber, SubscriberId
from digest.subscribers import importing
from digest.subscribers.changes import First, folded

BATCH = 500  # people that are saved in one transaction
Liked = tuple[Subscriber, tuple[str, ...]]


class Store(importing.Store, Protocol):
    """What is asked of the ledger; see the methods of ``digest.ledger.Ledger``."""

    def stored(
        self, names: Collection[SubscriberId]
    ) -> Mapping[SubscriberId, StoredSubscriber]: ...
    def keys_of_papers(self, ids: Collection[PaperId]) -> Mapping[PaperId, PaperKey]: ...
    def record_verdict(
        self, name: SubscriberId, key: PaperKey, opinion: Opinion | None, *, now: datetime
    ) -> bool: ...


def save(
    people: Iterator[Liked], store: Store, report: Report, *, now: datetime, first: First
) -> dict[str, int]:
    """Save those who are new; how many were ``added`` and ``known``, and how many papers they
    ``liked`` that are in the archive. Nobody who has unsubscribed is subscribed again."""
    counts = dict.fromkeys(("added", "known", "liked"), 0)
    ids = Ids()
    while batch := list(islice(people, BATCH)):
        known = _known([one for one, _ in batch], store)
        new = [one for n, (one, _) in enumerate(batch) if n not in known]
        named = iter(_with_free_ids(new, store, ids, now))
        found = [known.get(n) or next(named) for n in range(len(batch))]
        for n in known:
            what = f"known already as {found[n].id}, whose profile is left as it is"
            report.tell(batch[n][0].source, what)
        added = [one for n, one in enumerate(found) if n not in known]
        store.save(added, now=now, first=first)
        counts["added"] += len(added)
        counts["known"] += len(known)
        for one, (_, liked) in zip(found, batch, strict=True):
            counts["liked"] += _like(one, liked, store, report, now)
    return counts


def _known(people: Sequence[Subscriber], store: Store) -> dict[int, Subscriber]:
    """Those of the people, by place, whom the ledger has: by the address, or where there is none
    by the id."""
    at = store.subscribers_at([folded(one.email) for one in people if one.email])
    there = store.stored([one.id for one in people if not one.email])
    found = {}
    for n, one in enumerate(people):
        rows = at.get(folded(one.email), ())
        if not one.email:
            rows = [row for row in (there.get(one.id),) if row and not row.subscriber.email]
        if rows:
            found[n] = rows[0].subscriber
    return found


def _with_free_ids(
    people: Sequence[Subscriber], store: Store, ids: Ids, now: datetime
) -> list[Subscriber]:
    """The people under ids that nobody has or had."""
    found = [replace(one, id=SubscriberId(ids.unused(one.id))) for one in people]
    while True:
        taken = set(store.stored([one.id for one in found]))
        free = [one for one in found if one.id not in taken]
        refused = {problem.where for problem in store.planned(free, "database", now=now).problems}
        wrong = {one.id for one in found if one.id in taken or one.source in refused}
        if not wrong:
            return found
        found = [
            replace(one, id=SubscriberId(ids.unused(one.id))) if one.id in wrong else one
            for one in found
        ]


def _like(
    one: Subscriber, liked: Sequence[str], store: Store, report: Report, now: datetime
) -> int:
    """Record what of these papers is in the archive as liked; how many there are."""
    keys = store.keys_of_papers([PaperId(f"arxiv:{number}") for number in liked])
    for key in keys.values():
        store.record_verdict(one.id, key, "like", now=now)
    if missing := len(liked) - len(keys):
        what = f"not in the archive: {missing:,} of the papers of {one.id} ({len(liked):,} in all)"
        report.tell(one.source, what, "import again once they are: it can be repeated")
    return len(keys)
