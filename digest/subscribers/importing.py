"""An import: everything in the file is checked first, then saved in batches. What waits between the
two is text, so that memory holds one batch of profiles."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import NamedTuple, Protocol, Self, TypeVar

from digest.errors import ConfigError
from digest.model import Origin, Problem, StoredSubscriber, Subscriber, SubscriberId
from digest.subscribers import codec, lists
from digest.subscribers.changes import Changes, First, Saved, folded
from digest.subscribers.profile_files import Reading, switched_off

BATCH = 1000  # subscribers that are saved in one transaction
MOST_PROBLEMS = 1000  # after so many problems a file is not read on

T = TypeVar("T")
Rows = Sequence[StoredSubscriber]


class Store(Protocol):
    """What an import asks of the ledger; see the methods of ``digest.ledger.Ledger``."""

    def stored(
        self, names: Collection[SubscriberId]
    ) -> Mapping[SubscriberId, StoredSubscriber]: ...
    def subscribers_at(self, addresses: Collection[str]) -> Mapping[str, Rows]: ...
    def planned(
        self, given: Sequence[Subscriber], /, origin: Origin, *, now: datetime
    ) -> Changes: ...
    def save(self, given: Sequence[Subscriber], /, *, now: datetime, first: First) -> Saved: ...


class Track(Protocol):
    """Passes items on, and shows progress."""

    def __call__(self, items: Iterable[T], what: str, total: int) -> Iterator[T]: ...


class _Waiting(NamedTuple):
    """A subscriber who has been read, in little room."""

    id: SubscriberId
    source: str
    profile: str

    @classmethod
    def of(cls, subscriber: Subscriber) -> Self:
        return cls(subscriber.id, subscriber.source, codec.encode(subscriber))

    def unpacked(self) -> Subscriber:
        return replace(codec.decode(self.profile), source=self.source)


def import_file(
    path: Path, ledger: Store, *, now: datetime, first: First, track: Track
) -> tuple[dict[str, int], list[Problem]]:
    """Import a file in one of ``lists.KINDS``; how many are ``added``, ``changed``, ``unchanged``.

    A subscriber whose id is unknown is taken for the one in the database with the same address.
    The problems are patterns that are switched off, at most ``MOST_PROBLEMS``.

    Raises:
        ConfigError: Something in the file is wrong, or an id is taken; nothing is imported.
    """
    waiting, problems = _read(path, track)
    waiting = _matched(waiting, ledger, now, track)
    counts = dict.fromkeys(("added", "changed", "unchanged"), 0)
    for batch in _batches(waiting, "Saving", track):
        saved = ledger.save([one.unpacked() for one in batch], now=now, first=first)
        for name in counts:
            counts[name] += len(getattr(saved, name))
    return counts, problems


def _read(path: Path, track: Track) -> tuple[list[_Waiting], list[Problem]]:
    with path.open("rb") as file:
        lines = sum(1 for _ in file)
    reading = Reading()
    waiting = []
    problems: list[Problem] = []
    for one in track(lists.entries(path, path.name, reading), "Checking", lines):
        if not reading.problems:
            waiting.append(_Waiting.of(one))
            problems += islice(switched_off([one]), MOST_PROBLEMS - len(problems))
        elif len(reading.problems) > MOST_PROBLEMS:
            break
    reading.result()
    return waiting, problems


def _matched(waiting: list[_Waiting], ledger: Store, now: datetime, track: Track) -> list[_Waiting]:
    """The same subscribers, each with the id that the ledger knows. Raises ConfigError."""
    given = {one.id for one in waiting}
    matched: list[_Waiting] = []
    problems: list[Problem] = []
    taken: dict[SubscriberId, str] = {}
    for batch in _batches(waiting, "Comparing", track):
        people = [one.unpacked() for one in batch]
        known = ledger.stored([one.id for one in people])
        unknown = {one.email for one in people if one.id not in known}
        at = ledger.subscribers_at(list(filter(None, map(folded, unknown))))
        for n, one in enumerate(people):
            same = [] if one.id in known else at.get(folded(one.email), ())
            others = [row for row in same if row.subscriber.id not in given]
            if problem := _ambiguous(one, others, taken):
                problems.append(problem)
            elif others:
                people[n] = replace(one, id=others[0].subscriber.id)
                taken[people[n].id] = one.source
        problems += ledger.planned(people, "database", now=now).problems
        pairs = zip(batch, people, strict=True)
        matched += [old if old.id == one.id else _Waiting.of(one) for old, one in pairs]
    if problems:
        raise ConfigError(problems)
    return matched


def _ambiguous(one: Subscriber, others: Rows, taken: Mapping[SubscriberId, str]) -> Problem | None:
    """Why it cannot be told whom an address stands for; None: it can."""
    names = " and ".join(str(row.subscriber.id) for row in others)
    if len(others) > 1:
        what = f"several subscribers have the address {one.email}: {names}"
        return Problem(one.source, what, "give the id of the one you mean")
    if others and (line := taken.get(others[0].subscriber.id)):
        what = f"the address {one.email} is that of {names}, whom {line} changes already"
        return Problem(one.source, what, "keep one of the two")
    return None


def _batches(waiting: list[_Waiting], what: str, track: Track) -> Iterator[list[_Waiting]]:
    remaining = iter(track(waiting, what, len(waiting)))
    while batch := list(islice(remaining, BATCH)):
        yield batch
