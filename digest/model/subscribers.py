"""Who reads about what, when and where."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Literal

from digest.model.identifiers import Channel, PaperId, PaperKey, SubscriberId

Place = Literal["title", "abstract", "authors", "page"]
InterestKind = Literal["phrase", "pattern", "author"]
Origin = Literal["file", "database"]
"""Where a subscriber is kept: in the profile files, or in the ledger alone."""


@dataclass(frozen=True, slots=True)
class Interest:
    """A keyword, phrase, pattern or author with a weight; in ``exclude``, one that rules out."""

    text: str
    """The phrase, the pattern without its slashes, or the author's name."""
    kind: InterestKind = "phrase"
    place: Literal["title", "abstract"] | None = None
    """Where it must stand; None: in either."""
    weight: float = 1.0
    must_see: bool = False
    """Papers that hold it are in the digest whatever their score and rank."""

    def __str__(self) -> str:
        return f"/{self.text}/" if self.kind == "pattern" else self.text


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a digest is due, in the subscriber's local time. ``cron`` set: the rest is unused."""

    every: Literal["day", "weekday", "week", "month"] = "week"
    on: int | None = None
    """``week``: ISO weekday, 1 Monday … 7 Sunday. ``month``: 1 … 31, the last day where shorter."""
    at: time = time(8)
    cron: str | None = None
    """Five fields, with cron's own weekday numbers (0 and 7 Sunday)."""


@dataclass(frozen=True, slots=True)
class Profile:
    """The part of a subscriber that ranking reads; equal profiles are ranked once."""

    interests: tuple[Interest, ...]
    exclude: tuple[Interest, ...] = ()
    liked: tuple[PaperId, ...] = ()
    """Papers that the subscriber liked, and disliked, as far as verdicts count."""
    disliked: tuple[PaperId, ...] = ()
    comments: float = 0.0
    """0..0.5, what a much discussed paper gains, and"""
    freshness: float = 0.0
    """what one gains that was published on the day it came."""


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Who gets a digest, of what and when: one profile."""

    id: SubscriberId
    email: str | None
    """None only where the channels are without ``email``."""
    profile: Profile
    name: str = ""
    channels: tuple[Channel, ...] = ("email",)
    schedule: Schedule = Schedule()
    timezone: str = "UTC"
    """IANA key, known to ``zoneinfo``."""
    limit: int = 12
    threshold: float = 0.2
    backfill: timedelta | None = None
    """How far back the first digest looks; None: to the start of the period before."""
    send_empty: bool = False
    feed_entries: Literal["papers", "digests"] = "papers"
    learn: bool = True
    """Whether verdicts on papers shift the ranking."""
    paused: date | None = None
    """No digest falls due before this local day."""
    source: str = field(default="", compare=False)
    """``file:line`` of the entry; the ledger does not keep it."""


@dataclass(frozen=True, slots=True)
class StoredSubscriber:
    """A subscriber with a profile, as the ledger keeps it."""

    key: int
    """The ledger's integer key; it grows in the order in which subscribers became known."""
    subscriber: Subscriber
    origin: Origin
    until: PaperKey | None
    """The newest paper that a decision for this subscriber has considered."""
    next_due: datetime | None
    """From this instant on, the next digest is due."""
    open_since: datetime | None
    """Since when the period that is due has been empty and stays open for late dumps."""
    feed_token: str
