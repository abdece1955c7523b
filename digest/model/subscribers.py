"""Subscribers: their interests, schedules and settings."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Literal

from digest.model.identifiers import Channel, PaperId, PaperKey, SubscriberId

Place = Literal["title", "abstract", "keywords", "authors", "categories", "venue", "page"]
InterestKind = Literal["phrase", "pattern", "author", "category", "venue", "code"]
Origin = Literal["file", "database"]
"""Where a subscriber is kept: in the profile files, or in the ledger alone."""


@dataclass(frozen=True, slots=True)
class Interest:
    """What a subscriber is interested in, with a weight; in ``exclude``, an exclusion."""

    text: str
    """The phrase, the pattern without its slashes, the name of the author or venue, or the
    category; for the kind ``code``, the word ``code``."""
    kind: InterestKind = "phrase"
    place: Literal["title", "abstract", "keywords"] | None = None
    """Where a phrase or pattern has to occur; None: in any of these."""
    weight: float = 1.0
    must_see: bool = False  # papers that contain it are in the digest whatever their score

    def __str__(self) -> str:
        return f"/{self.text}/" if self.kind == "pattern" else self.text


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a digest is due, in local time. With ``cron``, the other fields are not used."""

    every: Literal["day", "weekday", "week", "month"] = "week"
    on: int | None = None
    """For ``week`` 1 (Monday) to 7 (Sunday); for ``month`` 1 to 31, or the month's last day."""
    at: time = time(8)
    cron: str | None = None  # a cron expression of five fields, in which Sunday is 0 or 7


@dataclass(frozen=True, slots=True)
class Profile:
    """The part of a subscriber that ranking reads; equal profiles are ranked once."""

    interests: tuple[Interest, ...]
    exclude: tuple[Interest, ...] = ()
    liked: tuple[PaperId, ...] = ()
    """The papers that the subscriber liked; empty if verdicts do not count."""
    disliked: tuple[PaperId, ...] = ()
    comments: float = 0.0  # how much a paper with many comments gains, from 0 to 0.5
    upvotes: float = 0.0  # how much a paper with many upvotes gains, from 0 to 0.5
    freshness: float = 0.0
    """How much a paper gains that arrives on the day of its publication, from 0 to 0.5."""


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Who gets a digest, of what and when: one profile."""

    id: SubscriberId
    email: str | None  # None only if ``email`` is not among the channels
    profile: Profile
    name: str = ""
    channels: tuple[Channel, ...] = ("email",)
    schedule: Schedule = Schedule()
    timezone: str = "UTC"  # the IANA key of a time zone that ``zoneinfo`` knows
    limit: int = 12
    threshold: float = 0.2
    backfill: timedelta | None = None
    """How far back the first digest reaches; None: to the start of its period."""
    send_empty: bool = False
    feed_entries: Literal["papers", "digests"] = "papers"
    learn: bool = True  # whether verdicts change the ranking
    revisions: bool = False  # whether new versions of papers announced before are picked too
    second_look: bool = False  # whether a paper passed over comes back once if its upvotes jump
    paused: date | None = None  # no digest falls due before this local day
    source: str = field(default="", compare=False)
    """``file:line`` of the entry; the ledger does not keep it."""


@dataclass(frozen=True, slots=True)
class Shard:
    """The subscribers whose keys lie between ``first`` and ``last``, both included."""

    first: int = 1
    last: int = 2**63 - 1


EVERYBODY = Shard()


@dataclass(frozen=True, slots=True)
class StoredSubscriber:
    """A subscriber with a profile, as the ledger keeps it."""

    key: int  # the ledger's integer key; it grows in the order in which subscribers became known
    subscriber: Subscriber
    origin: Origin
    until: PaperKey | None  # the newest paper that a decision for this subscriber has considered
    next_due: datetime | None  # from this instant on, the next digest is due
    open_since: datetime | None
    """Since when the period that is due has been empty and stays open for late dumps."""
    feed_token: str
    text: str = field(default="", compare=False, repr=False)
    """The profile as it stands in the ledger; another text there is another profile."""
