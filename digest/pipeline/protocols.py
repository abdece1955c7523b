"""What the pipeline needs of the outside: a ledger, an inbox, a transport, a publisher."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from digest.model import (
    Channel,
    Claim,
    Decided,
    DeliveryId,
    Digest,
    Dump,
    DumpHash,
    DumpSeen,
    Match,
    Matcher,
    Message,
    Outcome,
    Paper,
    PaperKey,
    Period,
    Problem,
    Progress,
    Skip,
    Subscriber,
    SubscriberId,
    Verdicts,
)

T = TypeVar("T")


class Ledger(Protocol):
    """The database of papers, decisions and deliveries. Every method is one transaction."""

    def seen(self, hashes: Collection[DumpHash], *, readers: str) -> set[DumpHash]:
        """Of these, the dumps already read, and the files rejected by this version of readers."""

    def record_dump(
        self, read: Dump, keys: Collection[int], match: Matcher, *, now: datetime
    ) -> Sequence[Match]:
        """Match the dump's records with the papers that share one of ``keys`` (each handed over
        with those it shares in ``Paper.keys``), and store them; empty, and nothing stored, if
        the dump has already been read."""

    def record_rejected(
        self, name: str, content: DumpHash, reason: str, *, readers: str, now: datetime
    ) -> None:
        """Remember that this version of the readers can make no dump of this content."""

    def papers(
        self,
        *,
        after: PaperKey | None = None,
        until: PaperKey | None = None,
        limit: int | None = None,
    ) -> list[Paper]:
        """Papers with keys beyond ``after`` up to ``until``, oldest first; with ``limit``, the
        newest so many of them."""

    def paper(self, name: str) -> Paper:
        """A paper by id, arXiv number or part of its title. Raises NotFound."""

    def cursor(self, before: datetime) -> PaperKey:
        """The newest paper that arrived before this instant; 0: none did."""

    def dumps(self, *, since: datetime) -> list[DumpSeen]:
        """Dumps that arrived at or after ``since``, oldest first."""

    def ensure_subscribers(self, names: Collection[SubscriberId]) -> Mapping[SubscriberId, str]:
        """Each one's feed token (22 or more URL-safe characters), made when first seen."""

    def progress(self, due: Mapping[SubscriberId, Period]) -> Mapping[SubscriberId, Progress]:
        """What is known of each subscriber for the period that is due."""

    def sent(self, after: Mapping[SubscriberId, PaperKey]) -> Mapping[SubscriberId, set[PaperKey]]:
        """The papers beyond each cursor that a digest of that subscriber already holds."""

    def record(
        self,
        decisions: Sequence[Digest | Skip],
        channels: Mapping[SubscriberId, tuple[Channel, ...]],
    ) -> int:
        """Store decisions, one pending delivery for each channel of each digest; how many were
        stored: one whose (subscriber, period) another run has decided meanwhile is dropped."""

    def digests(self, name: SubscriberId, *, limit: int) -> list[Digest]:
        """Its digests, newest first."""

    def archives(self, names: Collection[SubscriberId], *, limit: int) -> Iterator[list[Digest]]:
        """The digests of each of them, newest first; read a few subscribers at a time."""

    def decided(self, name: SubscriberId, *, limit: int) -> list[Decided]:
        """Its decisions, digests and closed skips, newest first."""

    def verdicts(self, names: Collection[SubscriberId]) -> Mapping[SubscriberId, Verdicts]:
        """The papers that each of these liked and disliked; who gave no verdict is left out."""

    def claim(
        self, channel: Channel, owner: str, *, now: datetime, lease: timedelta, limit: int
    ) -> list[Claim]:
        """Take up to ``limit`` deliveries that are pending, deferred until now or earlier, or
        claimed under a lease that has lapsed."""

    def claimable(self, channel: Channel, *, now: datetime) -> int:
        """How many deliveries ``claim`` would find."""

    def refused(self, people: Mapping[SubscriberId, str | None]) -> Mapping[SubscriberId, str]:
        """Of these people, each with an address, those whose mail ``commit`` would refuse for
        their sake, with the reason in words."""

    def add_channels(
        self,
        due: Mapping[SubscriberId, Period],
        channels: Mapping[SubscriberId, tuple[Channel, ...]],
        *,
        now: datetime,
    ) -> int:
        """Deliver the digests of these periods also on channels that were switched on since."""

    def commit(
        self,
        claims: Collection[tuple[DeliveryId, int]],
        *,
        now: datetime,
        expire_after: timedelta | None = None,
        recipients: Mapping[DeliveryId, str | None] | None = None,
        keep: Collection[Message] = (),
        outcomes: Collection[tuple[Outcome, int]] = (),
    ) -> set[DeliveryId]:
        """Durably mark (delivery, fence) pairs as about to be accepted; those that may go on.
        Of these, the messages in ``keep`` are kept for a second try, and ``outcomes`` of other
        deliveries are settled, in the same transaction.

        Refused, with the reason recorded: a fence that is old, a delivery decided longer than
        ``expire_after`` ago, a subscriber who has left, a recipient who is suppressed.
        """

    def settle(self, outcomes: Collection[tuple[Outcome, int]], *, now: datetime) -> None:
        """Durably record outcomes with their fences; one whose fence is old changes nothing."""

    def renew(self, owner: str, *, now: datetime, lease: timedelta) -> int:
        """Extend the lease of everything an owner has in hand; how many deliveries that is."""

    def expire(self, *, now: datetime, expire_after: timedelta) -> int:
        """End what has waited longer than ``expire_after`` without being accepted; how many."""

    def rehearsal(self) -> AbstractContextManager[Ledger]:
        """A ledger whose writes are seen inside the block and undone at its end."""


class Track(Protocol):
    """Tells a person how far a long piece of work has come."""

    def __call__(self, items: Iterable[T], what: str, total: int) -> Iterator[T]:
        """The items as they are; ``total`` is how many there are, at most."""


def untracked(items: Iterable[T], what: str, total: int) -> Iterator[T]:
    """Tell nobody."""
    del what, total
    return iter(items)


class Composer(Protocol):
    """Turns a claimed delivery into the bytes that go out."""

    def __call__(self, claim: Claim, subscriber: Subscriber) -> Message:
        """The message; the same bytes for the same claim. Raises TemplateError."""


class Transport(Protocol):
    """Takes composed messages to their recipients, or to files."""

    @property
    def repeatable(self) -> bool:
        """Whether a message that is sent twice arrives once."""

    def send(
        self, messages: Iterable[Message], commit: Callable[[DeliveryId], bool]
    ) -> Iterator[Outcome]:
        """Deliver each message; call ``commit`` right before the step that cannot be undone and
        stop that message if it says no. One outcome for each message, in any order."""


class Publisher(Protocol):
    """Puts files where a web server finds them."""

    def publish(self, files: Mapping[str, bytes]) -> tuple[int, int]:
        """Write paths relative to the public folder; how many were written and were unchanged."""

    def has(self, path: str) -> bool:
        """Whether there is such a file."""


class InboxFile(Protocol):
    """A finished file in the inbox."""

    @property
    def name(self) -> str:
        """Relative to the inbox."""

    @property
    def hash(self) -> DumpHash:
        """Of the bytes that ``content`` returns."""

    def content(self) -> bytes:
        """The file's bytes; OSError where it is gone or has changed meanwhile."""


class Scan(Protocol):
    """What lies in the inbox now."""

    @property
    def found(self) -> Iterable[InboxFile]:
        """Finished files, in order of their names."""

    @property
    def waiting(self) -> tuple[str, ...]:
        """Names of files that are still being written."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Files that cannot be read at all."""


class Inbox(Protocol):
    """The folder that dumps are put into."""

    def scan(self) -> Scan:
        """Look once."""
