"""What becomes of the ledger's subscribers when others are given: pure, without a database."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain, count
from typing import Literal, NamedTuple

from digest.model import Origin, PaperKey, Problem, StoredSubscriber, Subscriber, SubscriberId
from digest.scheduling import periods

First = Literal["next", "now"]
"""A new subscriber's first digest: at the next due time, or for the period that is due now."""


@dataclass(frozen=True, slots=True)
class Former:
    """An id without a profile: known from before there was a store, or of somebody who left."""

    key: int
    id: SubscriberId
    address: str | None  # the last one, folded
    left: bool
    until: PaperKey | None
    feed_token: str


class Recorded(NamedTuple):
    """What the ledger has under an id, unread."""

    origin: Origin | None = None
    profile: str | None = None
    """As ``codec.encode`` gives it; None: there is none now."""


Known = StoredSubscriber | Former


@dataclass(frozen=True, slots=True)
class Saved:
    """Whom a compilation of the profile files, an import or an edit added, changed and removed."""

    added: tuple[SubscriberId, ...] = ()  # also who left before and is back
    changed: tuple[SubscriberId, ...] = ()
    removed: tuple[SubscriberId, ...] = ()
    unchanged: tuple[SubscriberId, ...] = ()


@dataclass(frozen=True, slots=True)
class Changes:
    """The rows as they are to be. ``problems`` there: nothing may be written."""

    added: tuple[StoredSubscriber, ...] = ()  # ids that nobody had before
    returned: tuple[StoredSubscriber, ...] = ()  # ids that are known and had no profile
    changed: tuple[tuple[StoredSubscriber, StoredSubscriber], ...] = ()  # before and after
    removed: tuple[StoredSubscriber, ...] = ()  # as they were
    unchanged: tuple[StoredSubscriber, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def present(self) -> Iterator[StoredSubscriber]:
        """Everybody who was given, as the ledger would have them afterwards."""
        after = (new for _, new in self.changed)
        return chain(self.added, self.returned, after, self.unchanged)

    @property
    def saved(self) -> Saved:
        """The ids of those whom these changes concern, once they are written."""
        changed = tuple(new for _, new in self.changed)
        rows = (*self.added, *self.returned), changed, self.removed, self.unchanged
        return Saved(*(tuple(row.subscriber.id for row in part) for part in rows))


@dataclass(frozen=True, slots=True)
class New:
    """What a new row gets beside its profile."""

    key: int  # the least that is free
    token: Callable[[], str]  # makes a feed token that nobody has
    first: First = "next"


def folded(address: str | None) -> str:
    """An address as it is compared: without case and outer space; empty where there is none."""
    return (address or "").strip().casefold()


def compiled(
    known: Sequence[Known], listed: Sequence[Subscriber], *, now: datetime, new: New
) -> Changes:
    """The changes after which exactly those ``listed`` have a profile of the files. ``known`` are
    all subscribers of the files, and whoever else has an id that is listed."""
    changes = saved(known, listed, "file", now=now, new=replace(new, first="now"))
    names = {subscriber.id for subscriber in listed}
    rows = (row for row in known if isinstance(row, StoredSubscriber) and row.origin == "file")
    return replace(changes, removed=tuple(row for row in rows if row.subscriber.id not in names))


def saved(
    known: Sequence[Known], given: Sequence[Subscriber], origin: Origin, *, now: datetime, new: New
) -> Changes:
    """The changes after which those ``given`` have these profiles, kept in ``origin``. ``known`` is
    whoever has an id that is given. A subscriber of the files may be given for the database only
    as the file has it."""
    rows = {row.id if isinstance(row, Former) else row.subscriber.id: row for row in known}
    keys = count(new.key)
    added: list[StoredSubscriber] = []
    returned: list[StoredSubscriber] = []
    changed: list[tuple[StoredSubscriber, StoredSubscriber]] = []
    unchanged: list[StoredSubscriber] = []
    problems: list[Problem] = []
    for subscriber in given:
        row = rows.get(subscriber.id)
        if problem := _refused(row, subscriber, origin):
            problems.append(problem)
        elif isinstance(row, StoredSubscriber):
            if row.subscriber == subscriber:
                unchanged.append(row)
            elif _timing(row.subscriber) == _timing(subscriber):
                changed.append((row, replace(row, subscriber=subscriber)))
            else:
                changed.append((row, rescheduled(row, subscriber, now)))
        else:
            due = first_due(subscriber, now, new.first)
            own = (row.key, row.until, row.feed_token) if row else (next(keys), None, new.token())
            key, until, token = own
            stored = StoredSubscriber(key, subscriber, origin, until, due, None, token)
            (returned if row else added).append(stored)
    rest = tuple(unchanged), tuple(problems)
    return Changes(tuple(added), tuple(returned), tuple(changed), (), *rest)


def first_due(subscriber: Subscriber, now: datetime, first: First) -> datetime:
    """When a new subscriber's first digest falls due."""
    if first == "next" or _is_paused(subscriber, now):
        return periods.next_due(subscriber, now)
    return periods.occurrence(subscriber.schedule, subscriber.timezone, now)


def rescheduled(row: StoredSubscriber, subscriber: Subscriber, now: datetime) -> StoredSubscriber:
    """The row with another profile, or other zone data, and its due time computed anew. What was
    due stays due, unless it is paused; nothing else falls due at once."""
    row = replace(row, subscriber=subscriber)
    if _is_paused(subscriber, now):
        return replace(row, next_due=periods.next_due(subscriber, now), open_since=None)
    if row.next_due is not None and row.next_due <= now:
        return row
    return replace(row, next_due=periods.next_due(subscriber, now))


def due_anew(row: StoredSubscriber, subscriber: Subscriber, now: datetime) -> StoredSubscriber:
    """The row, due as if nothing were decided; what has a decision is not decided again."""
    return replace(row, next_due=first_due(subscriber, now, "now"), open_since=None)


def needs_publishing(before: StoredSubscriber, after: StoredSubscriber) -> bool:
    """Whether a change of the profile shows in published files."""
    old, new = before.subscriber, after.subscriber
    return (old.channels, old.name, old.feed_entries) != (new.channels, new.name, new.feed_entries)


def _is_paused(subscriber: Subscriber, now: datetime) -> bool:
    end = periods.pause_end(subscriber)
    return end is not None and end > now


def _timing(subscriber: Subscriber) -> tuple[object, ...]:
    return subscriber.schedule, subscriber.timezone, subscriber.paused


def _refused(row: Known | None, subscriber: Subscriber, origin: Origin) -> Problem | None:
    """Why the id of a subscriber may not be used here; None: it may."""
    where, name = subscriber.source or str(subscriber.id), subscriber.id
    match row:
        case StoredSubscriber(origin="file") if (
            origin == "database" and row.subscriber != subscriber
        ):
            what = "is in subscribers.yaml, with another profile"
            remedy = "change it there, or remove it from there first"
        case StoredSubscriber(origin="database") if origin == "file":
            what = "is taken by a subscriber in the database"
            remedy = f"choose another, or first: digest subscribers remove {name}"
        case Former(left=True) if (row.address or "") != folded(subscriber.email):
            what = "was somebody else's, with another address"
            remedy = "choose another: links in mails sent before name the id"
        case _:
            return None
    return Problem(where, f"the id '{name}' {what}", remedy)
