"""An import: everything in the file is checked first, then compared with the ledger, then saved in
batches. What waits between the steps lies in a private database, so that memory holds a batch of
profiles, whatever the size of the file."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Protocol, TypeVar

from digest.errors import ConfigError
from digest.model import Origin, Problem, StoredSubscriber, Subscriber, SubscriberId
from digest.subscribers import lists, staging
from digest.subscribers.changes import Changes, First, Recorded, Saved
from digest.subscribers.profile_files import switched_off
from digest.subscribers.reading import Reading
from digest.subscribers.staging import Stage, Waiting

BATCH = 1000  # subscribers that are saved in one transaction
MOST_PROBLEMS = 1000  # after so many problems a file is not read on

T = TypeVar("T")
Rows = Sequence[StoredSubscriber]


class Store(Protocol):
    """What an import asks of the ledger; see the methods of ``digest.ledger.Ledger``."""

    def recorded(self, names: Collection[SubscriberId]) -> Mapping[SubscriberId, Recorded]: ...
    def subscribers_at(self, addresses: Collection[str]) -> Mapping[str, Rows]: ...
    def planned(
        self, given: Sequence[Subscriber], /, origin: Origin, *, now: datetime
    ) -> Changes: ...
    def save(self, given: Sequence[Subscriber], /, *, now: datetime, first: First) -> Saved: ...


class Track(Protocol):
    """Passes items on, and shows progress."""

    def __call__(self, items: Iterable[T], what: str, total: int) -> Iterator[T]: ...


def import_file(
    path: Path, ledger: Store, *, now: datetime, first: First, track: Track
) -> tuple[dict[str, int], list[Problem]]:
    """Import a file in one of ``lists.KINDS``; how many are ``added``, ``changed``, ``unchanged``.

    A subscriber whose id is unknown is taken for the one in the database with the same address.
    Each batch is saved in a transaction of its own: where an import is interrupted, a repetition
    saves the rest. The problems are patterns that are switched off, at most ``MOST_PROBLEMS``.

    Raises:
        ConfigError: Something in the file is wrong, or an id is taken; nothing is imported.
        DigestError: It is Parquet, and pyarrow is not installed.
    """
    counts = dict.fromkeys(("added", "changed", "unchanged"), 0)
    with staging.opened() as stage:
        problems = _read(path, stage, track)
        counts["unchanged"] = _match(stage, ledger, now, track)
        for batch in _batches(stage, "Saving", track):
            saved = ledger.save([one.unpacked() for one in batch], now=now, first=first)
            for name in counts:
                counts[name] += len(getattr(saved, name))
    return counts, problems


def _read(path: Path, stage: Stage, track: Track) -> list[Problem]:
    """Check the file, and let everybody in it wait; patterns that are switched off."""
    reading = Reading(taken=stage.given)
    problems: list[Problem] = []
    for one in track(lists.entries(path, path.name, reading), "Checking", lists.size(path)):
        if not reading.problems:
            stage.add(one)
            problems += islice(switched_off([one]), MOST_PROBLEMS - len(problems))
        elif len(reading.problems) > MOST_PROBLEMS:
            break
    reading.result()
    return problems


def _match(stage: Stage, ledger: Store, now: datetime, track: Track) -> int:
    """Give everybody the id that the ledger knows, and let those wait no longer who are there as
    they are given; how many these are. Raises ConfigError."""
    problems: list[Problem] = []
    count = 0
    for batch in _batches(stage, "Comparing", track):
        known = ledger.recorded([one.id for one in batch])
        rows = [(one, known.get(one.id, Recorded())) for one in batch]
        same = [one for one, row in rows if row.profile == one.profile]
        stage.drop(same)
        count += len(same)
        others, wrong = _at_addresses([one for one, row in rows if not row.profile], stage, ledger)
        problems += wrong
        renamed = [stage.rename(one, others[one.number]) for one in batch if one.number in others]
        # Only an id of the files, or of somebody who left, can be refused.
        doubtful = [
            one for one, _ in rows if one.id in known and known[one.id].origin != "database"
        ]
        given = [one.unpacked() for one in doubtful if one.number not in others]
        problems += ledger.planned([*renamed, *given], "database", now=now).problems
    if problems:
        raise ConfigError(problems)
    return count


def _at_addresses(
    new: Sequence[Waiting], stage: Stage, ledger: Store
) -> tuple[dict[int, SubscriberId], list[Problem]]:
    """Of people whose ids have no profile, by number, the other ids under which the ledger has
    their addresses; and where it cannot be told who is meant."""
    found = ledger.subscribers_at({one.address for one in new if one.address})
    ids: dict[int, SubscriberId] = {}
    problems: list[Problem] = []
    for one in new:
        at = found.get(one.address, ())
        others = [row for row in at if row.subscriber.id not in stage.given]
        if problem := _ambiguous(one, others, stage):
            problems.append(problem)
        elif others:
            ids[one.number] = others[0].subscriber.id
    return ids, problems


def _ambiguous(one: Waiting, others: Rows, stage: Stage) -> Problem | None:
    """Why it cannot be told whom an address stands for; None: it can."""
    if not others:
        return None
    address = one.unpacked().email
    names = " and ".join(str(row.subscriber.id) for row in others)
    if len(others) > 1:
        what = f"several subscribers have the address {address}: {names}"
        return Problem(one.source, what, "give the id of the one you mean")
    line = stage.matched.setdefault(others[0].subscriber.id, one.source)
    if line != one.source:
        what = f"the address {address} is that of {names}, whom {line} changes already"
        return Problem(one.source, what, "keep one of the two")
    return None


def _batches(stage: Stage, what: str, track: Track) -> Iterator[list[Waiting]]:
    return track(stage.batches(BATCH), what, -(-stage.count() // BATCH))
