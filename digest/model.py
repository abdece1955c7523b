"""Every domain type: frozen values without behaviour that needs I/O.

Dates are local calendar dates; datetimes are timezone-aware and in UTC unless a name
says otherwise; scores and contributions are multiples of 0.0001 in 0..1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Literal, NewType

# --- identifiers -------------------------------------------------------------------------

PaperId = NewType("PaperId", str)
"""Stable name of a paper: ``arxiv:2401.01234`` or ``title:`` + 16 hex digits."""
PaperKey = NewType("PaperKey", int)
"""The ledger's integer key of a paper; it grows in order of arrival, so it is also a cursor."""
DumpHash = NewType("DumpHash", str)
"""SHA-256 of a dump file's bytes as they lie in the inbox, in hex."""
SubscriberId = NewType("SubscriberId", str)
DeliveryId = NewType("DeliveryId", int)

Channel = Literal["email", "feed"]

# --- what is wrong, and where ------------------------------------------------------------


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something the operator should know: where it is, what it is, what to do about it."""

    where: str
    """``file:line``, ``file`` or a name such as ``ada/email``."""
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" + (f" ({self.remedy})" if self.remedy else "")


# --- dumps and papers --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Record:
    """One paper as one dump lists it. ``title`` and ``abstract`` are readable Unicode."""

    title: str
    abstract: str
    raw_title: str
    raw_abstract: str
    """As it stood in the dump; paragraphs are joined by a blank line in both forms."""
    line: int = 0
    """1-based line of the title in the (decompressed) dump; 0 where the format has no lines."""
    authors: tuple[str, ...] = ()
    author_count: int | None = None
    published: date | None = None
    comments: int | None = None
    url: str | None = None
    """http(s) only."""
    arxiv_id: str | None = None
    """Without version, as ``2401.01234`` or ``hep-th/9901001``."""


@dataclass(frozen=True, slots=True)
class Dump:
    """What a reader made of one file."""

    hash: DumpHash
    name: str
    """File name relative to the inbox."""
    format: str
    """``papers-page-plain``, ``papers-page-detailed``, …: the reader that took it."""
    listed: date | None
    """The dump's own date, with its year inferred; None where it states none."""
    records: tuple[Record, ...]
    problems: tuple[Problem, ...] = ()
    """One for each bad record that was skipped."""


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper, however often and wherever it was seen, with the best of its metadata."""

    key: PaperKey
    id: PaperId
    title: str
    abstract: str
    arrived: datetime
    """``now`` of the run that first read it."""
    listed: date | None = None
    """Date of the dump it first came in."""
    authors: tuple[str, ...] = ()
    author_count: int | None = None
    published: date | None = None
    comments: int | None = None
    url: str | None = None
    arxiv_id: str | None = None
    keys: frozenset[int] = field(default=frozenset(), compare=False, repr=False)
    """Of a candidate for identity: those of the wanted keys that it has; else empty."""


@dataclass(frozen=True, slots=True)
class Match:
    """What identity decided about records of one dump: one paper, new or known."""

    paper: Paper
    """With the best metadata of all its records; ``key`` is 0 where ``is_new``."""
    records: tuple[Record, ...]
    is_new: bool
    keys: frozenset[int]
    """Signed 64-bit hashes by which later records find this paper."""


# --- subscribers -------------------------------------------------------------------------

Place = Literal["title", "abstract", "authors", "page"]
InterestKind = Literal["phrase", "pattern", "author"]


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
    """One entry of ``subscribers.yaml``."""

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
    source: str = ""
    """``file:line`` of the entry."""


# --- periods -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """The local day, week or month a digest stands for; ``str()`` is its key, as ``2026-W47``."""

    start: date
    kind: Literal["day", "week", "month"]

    def __str__(self) -> str:
        match self.kind:
            case "day":
                return self.start.isoformat()
            case "week":
                iso = self.start.isocalendar()
                return f"{iso.year}-W{iso.week:02}"
            case "month":
                return f"{self.start:%Y-%m}"

    @property
    def end(self) -> date:
        """The last day in it."""
        match self.kind:
            case "day":
                return self.start
            case "week":
                return self.start + timedelta(days=6)
            case "month":
                following = (self.start.replace(day=28) + timedelta(days=4)).replace(day=1)
                return following - timedelta(days=1)


# --- ranking -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reason:
    """One addend of a score."""

    interest: str
    """The interest as the subscriber wrote it."""
    term: str
    """What was found, as it stands in the paper (``LoRA`` for ``low-rank adaptation``)."""
    place: Place
    weight: float
    contribution: float
    """Its part of the score; the contributions of a pick sum to its score exactly (1e-9)."""
    via: Literal[
        "term",
        "acronym",
        "related",
        "pattern",
        "author",
        "liked",
        "disliked",
        "signal",
        "several",
    ] = "term"


@dataclass(frozen=True, slots=True)
class Pick:
    """A paper with its score and the reasons that add up to it."""

    paper: Paper
    score: float
    reasons: tuple[Reason, ...]
    late: bool = False
    """Its dump's date lies before the digest's period."""


# --- decisions ---------------------------------------------------------------------------


class Why(StrEnum):
    """Why a paper is not in a digest."""

    SENT_BEFORE = "sent before"
    RULED_OUT = "ruled out"
    BELOW_THRESHOLD = "below the threshold"
    OVER_LIMIT = "over the limit"
    DUPLICATE = "duplicate"
    MADE_ROOM = "made room for another interest"
    TOO_EARLY = "arrived too early"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A considered paper that was not picked."""

    paper: Paper
    score: float
    why: Why
    detail: str
    """In words, with the figure or term that decided: ``0.1312 is below 0.2``."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a digest was drawn from."""

    dumps: int
    papers: int
    """Papers considered."""
    left_out: Mapping[Why, int] = field(default_factory=dict)
    missing: tuple[date, ...] = ()
    """Days of the period whose expected dump has not come."""
    expected: int = 0


@dataclass(frozen=True, slots=True)
class Digest:
    """What one subscriber gets for one period, the same on every channel."""

    subscriber: SubscriberId
    period: Period
    composed: datetime
    """``now`` of the run that decided it; also the message's Date."""
    upto: PaperKey
    """The newest paper considered; the next digest begins after it."""
    picks: tuple[Pick, ...]
    coverage: Coverage


class SkipReason(StrEnum):
    """Why a due digest was not made."""

    NOTHING_NEW = "nothing new has arrived"
    """The period stays open: papers that come before the next one is due still make a digest."""
    NOTHING_PICKED = "no paper matched"
    """The period is closed."""


@dataclass(frozen=True, slots=True)
class Skip:
    """A due digest that is not sent."""

    subscriber: SubscriberId
    period: Period
    composed: datetime
    upto: PaperKey
    reason: SkipReason
    coverage: Coverage


@dataclass(frozen=True, slots=True)
class Standing:
    """What the ledger knows of a subscriber for whom a period is due."""

    decided: bool
    """This period already has a digest, or a closed skip."""
    upto: PaperKey | None
    """Where the last digest ended; None: the subscriber has had none."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision of the past, digest or closed skip, without its picks."""

    period: Period
    composed: datetime
    after: PaperKey | None
    """Where the one before it ended; None: it was the subscriber's first."""
    upto: PaperKey
    picks: int
    """0: a skip, or an empty digest."""


@dataclass(frozen=True, slots=True)
class DumpSeen:
    """A dump that was read, as coverage needs it."""

    name: str
    listed: date | None
    arrived: datetime
    newest: PaperKey
    """The newest paper known once it was read; 0: none."""


# --- verdicts ----------------------------------------------------------------------------

Opinion = Literal["like", "dislike"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a subscriber said of one paper; a later one replaces it."""

    paper: Paper
    opinion: Opinion
    at: datetime


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The papers that ranking learns a subscriber's taste from, newest verdict first."""

    liked: tuple[Paper, ...] = ()
    disliked: tuple[Paper, ...] = ()


# --- delivery ----------------------------------------------------------------------------


class State(StrEnum):
    """Where a delivery stands. See docs/architecture.md for the transitions."""

    PENDING = "pending"
    CLAIMED = "claimed"
    COMMITTED = "committed"
    SENT = "sent"
    DEFERRED = "deferred"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that one owner may work on until its lease ends."""

    delivery: DeliveryId
    channel: Channel
    digest: Digest
    fence: int
    """Grows with every claim of this delivery; a write with an old fence changes nothing."""
    attempt: int
    """1 for the first."""
    kept: Message | None = None
    """What went out before, where that may or may not have arrived."""


@dataclass(frozen=True, slots=True)
class Message:
    """A composed email: RFC 5322 bytes with CRLF line ends, and its envelope."""

    delivery: DeliveryId
    sender: str
    recipient: str
    content: bytes
    name: str = ""
    """What a person knows it by, in file names and logs: ``2026-W46-ada``."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one attempt at a delivery ended."""

    delivery: DeliveryId
    state: State
    detail: str = ""
    """The server's words, or where the file went."""
    retry_at: datetime | None = None
    """With ``deferred``: not before this."""
