"""Periods, picks, and the decisions about a subscriber's digest for a period."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Literal, NamedTuple

from digest.model.identifiers import PaperKey, SubscriberId
from digest.model.papers import Paper
from digest.model.sources import Missing
from digest.model.subscribers import Place, StoredSubscriber


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """The local day, week or month of a digest; ``str()`` is its key, as ``2026-W47``."""

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
        """The last day of the period."""
        match self.kind:
            case "day":
                return self.start
            case "week":
                return self.start + timedelta(days=6)
            case "month":
                following = (self.start.replace(day=28) + timedelta(days=4)).replace(day=1)
                return following - timedelta(days=1)


Via = Literal[
    "term",
    "acronym",
    "related",
    "pattern",
    "author",
    "category",
    "venue",
    "code",
    "liked",
    "disliked",
    "signal",
    "several",
]
"""How a term was found, or what else the contribution comes from."""


class Reason(NamedTuple):
    """One addend of a score; a named tuple, since so many are made and hashed."""

    interest: str  # the interest, as the profile writes it
    term: str
    """The term that was found, as the paper writes it (``LoRA`` for ``low-rank adaptation``)."""
    place: Place
    weight: float
    contribution: float
    """Its part of the score. The contributions of a pick add up to its score (to 1e-9)."""
    via: Via = "term"


class Pick(NamedTuple):
    """A paper with its score and the reasons that add up to it; a named tuple, since so many are
    made."""

    paper: Paper
    score: float
    reasons: tuple[Reason, ...]
    late: bool = False  # whether the date of its dump lies before the digest's period
    upvotes_before: int | None = None
    """In a second look: the upvotes that it had when it was passed over."""

    def __hash__(self) -> int:
        # The score tells picks of one paper apart, and is quicker to hash than the reasons.
        return hash((self.paper.key, self.score))


class Why(StrEnum):
    """Why a paper is not in a digest."""

    SENT_BEFORE = "sent before"
    RULED_OUT = "ruled out"
    BELOW_THRESHOLD = "below the threshold"
    OVER_LIMIT = "over the limit"
    DUPLICATE = "duplicate"
    MADE_ROOM = "made room for another interest"
    TOO_EARLY = "arrived too early"
    REVISED = "revised"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A considered paper that was not picked."""

    paper: Paper
    score: float
    why: Why
    detail: str  # the reason in words, with its figure or term, as ``0.1312 is below 0.2``


@dataclass(frozen=True, slots=True)
class Coverage:
    """The pages and papers that a digest was selected from."""

    pages: int
    papers: int  # how many papers were considered
    left_out: Mapping[Why, int] = field(default_factory=dict)
    missing: tuple[Missing, ...] = ()  # the expected pages of the period that did not come
    expected: int = 0  # how many pages of the period should have come


@dataclass(frozen=True, slots=True)
class Digest:
    """What a subscriber gets for a period, the same on every channel."""

    subscriber: SubscriberId
    period: Period
    composed: datetime  # ``now`` of the pass that decided it; also the Date header of the message
    until: PaperKey  # the newest paper considered; the next digest begins after it
    picks: tuple[Pick, ...]
    coverage: Coverage


class SkipReason(StrEnum):
    """Why there is no digest for a period that is due."""

    NOTHING_NEW = "nothing new has arrived"
    """The period stays open for late dumps during its grace, then it is closed."""
    NOTHING_PICKED = "no paper matched"  # the period is closed


@dataclass(frozen=True, slots=True)
class Skip:
    """The decision that there is no digest for a period that is due."""

    subscriber: SubscriberId
    period: Period
    composed: datetime
    until: PaperKey
    reason: SkipReason
    coverage: Coverage


@dataclass(frozen=True, slots=True)
class Decision:
    """What is recorded of a subscriber whose digest was due."""

    reader: StoredSubscriber  # as it was when this was decided
    outcome: Digest | Skip | None  # None: the period had been decided before
    next_due: datetime  # when to look at the subscriber again
    open_since: datetime | None = None
    """Set where the period stays open, and nothing is decided yet; see ``SkipReason``."""

    @property
    def period(self) -> Period | None:
        """The period that is decided."""
        return self.outcome.period if self.outcome else None


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision of the past, digest or closed skip, without its picks."""

    period: Period
    composed: datetime
    after: PaperKey | None
    """The newest paper of the decision before it; None: it is the subscriber's first one."""
    until: PaperKey
    picks: int | None
    """How many; 0 stands for a skip or an empty digest. None: they are no longer kept."""


@dataclass(frozen=True, slots=True)
class DumpSeen:
    """A dump that was read, as far as coverage needs it."""

    name: str
    listed: date | None
    arrived: datetime
    newest: PaperKey  # the newest paper that was known after the dump was read; 0: there was none
    is_incomplete: bool = False  # whether there seem to be more papers in it than were read
    source: str = ""  # the source that it was fetched from; empty: it lay in the inbox
