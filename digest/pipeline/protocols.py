"""What the stages of a pass need of the outside: the parts of the ledger, and the rest."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from digest.model import (
    Channel,
    Claim,
    Decision,
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
    Publication,
    StoredSubscriber,
    SubscriberId,
    Verdicts,
)

T = TypeVar("T")


class Track(Protocol):
    """Shows the progress of a long piece of work."""

    def __call__(self, items: Iterable[T], what: str, total: int) -> Iterator[T]:
        """Yield the items as they are; ``total`` is how many there are, at most."""


class InboxFile(Protocol):
    """A finished file in the inbox."""

    @property
    def name(self) -> str:
        """The path of the file, relative to the inbox."""

    @property
    def hash(self) -> DumpHash:
        """The hash of the bytes that ``content`` returns."""

    def content(self) -> bytes:
        """Return the bytes of the file.

        Raises:
            OSError: The file is gone or has changed meanwhile.
        """


class Scan(Protocol):
    """What lies in the inbox at one moment."""

    @property
    def found(self) -> Iterable[InboxFile]:
        """The finished files, in order of their names."""

    @property
    def waiting(self) -> tuple[str, ...]:
        """The names of files that are still being written."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The files that cannot be read at all."""


class Inbox(Protocol):
    """The folder that dumps are put into."""

    def scan(self) -> Scan:
        """Look at the folder once."""


class PaperLedger(Protocol):
    """The part of the ledger that papers are read into."""

    def seen(self, hashes: Collection[DumpHash], *, readers: str) -> set[DumpHash]:
        """Of these, the dumps that were read, or rejected by this version of the readers."""

    def record_dump(
        self,
        dump: Dump,
        keys: Collection[int],
        match: Matcher,
        *,
        now: datetime,
    ) -> Sequence[Match]:
        """Match the records of a dump with the papers that share a key, and store both."""

    def record_rejected(
        self, name: str, content: DumpHash, reason: str, *, readers: str, now: datetime
    ) -> None:
        """Remember that this version of the readers could not read this content."""


class PlanningLedger(Protocol):
    """The part of the ledger that a plan is made from."""

    def papers(
        self,
        *,
        after: PaperKey | None = None,
        until: PaperKey | None = None,
        limit: int | None = None,
    ) -> list[Paper]:
        """The newest ``limit`` papers with keys beyond ``after``, up to ``until``, oldest first."""

    def cursor(self, before: datetime) -> PaperKey:
        """The newest paper that arrived before this instant; 0 where none did."""

    def newest_paper(self) -> PaperKey:
        """The key of the paper that arrived last; 0 where there is none."""

    def dumps(self, *, since: datetime) -> list[DumpSeen]:
        """The dumps that arrived at or after ``since``, oldest first."""

    def sent(self, after: Mapping[SubscriberId, PaperKey]) -> Mapping[SubscriberId, set[PaperKey]]:
        """The papers beyond each cursor that a digest of that subscriber already holds."""

    def verdicts(self, subscribers: Collection[SubscriberId]) -> Mapping[SubscriberId, Verdicts]:
        """The papers that each of these liked and disliked; who gave no verdict is left out."""


class DecisionLedger(PlanningLedger, Protocol):
    """The part of the ledger that decisions are read from and recorded in."""

    def count_due(self, now: datetime, *, reopened: bool) -> int:
        """How many subscribers ``due`` returns in all."""

    def due(
        self, now: datetime, *, reopened: bool, after: int = 0, limit: int
    ) -> list[StoredSubscriber]:
        """The subscribers whose next digest is due, by key from beyond ``after``.

        With ``reopened``, also those whose period is open because nothing had come.
        """

    def decided(self, due: Mapping[int, Period]) -> set[int]:
        """Of these subscribers, by key, those whose period has a decision already."""

    def record(self, decisions: Sequence[Decision], *, now: datetime) -> int:
        """Store a batch of decisions in one transaction; return how many were new."""


class DeliveryLedger(Protocol):
    """The part of the ledger that deliveries are claimed from and settled in."""

    def waiting(self, channel: Channel, *, now: datetime) -> int:
        """How many deliveries ``claim`` would find."""

    def claim(
        self, channel: Channel, owner: str, *, now: datetime, lease: timedelta, limit: int
    ) -> list[Claim]:
        """Take up to ``limit`` deliveries that may be worked on, those due longest first."""

    def stored(self, names: Collection[SubscriberId]) -> Mapping[SubscriberId, StoredSubscriber]:
        """Of these subscribers, those who have a profile."""

    def refused(self, people: Mapping[SubscriberId, str | None]) -> Mapping[SubscriberId, str]:
        """Of these people, each with an address, those who must not be mailed, and why."""

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

        The messages in ``keep`` are kept for a second try, and ``outcomes`` of other deliveries
        are settled, in the same transaction. Refused, with the reason recorded: a fence that is
        old, a delivery decided longer than ``expire_after`` ago, a subscriber who has
        unsubscribed, a recipient who is suppressed.
        """

    def settle(self, outcomes: Collection[tuple[Outcome, int]], *, now: datetime) -> None:
        """Durably record outcomes with their fences; one whose fence is old changes nothing."""

    def renew(self, owner: str, *, now: datetime, lease: timedelta) -> int:
        """Extend the lease of everything an owner has in hand; how many deliveries that is."""

    def expire(self, *, now: datetime, expire_after: timedelta) -> int:
        """End the mail that has waited longer than ``expire_after``; how many deliveries."""


class Composer(Protocol):
    """Turns a claimed delivery into the bytes that go out."""

    def __call__(self, claim: Claim, reader: StoredSubscriber) -> Message:
        """Return the message; the same bytes for the same claim.

        Raises:
            TemplateError: A template fails on this digest.
        """


class Transport(Protocol):
    """Takes composed messages to their recipients, or to files."""

    @property
    def repeatable(self) -> bool:
        """Whether a message that is sent twice arrives once."""

    def send(
        self, messages: Iterable[Message], commit: Callable[[DeliveryId], bool]
    ) -> Iterator[Outcome]:
        """Deliver each message; yield one outcome for each, in any order.

        ``commit`` is called right before the step that cannot be undone; where it returns False,
        that message goes no further.
        """


class PublicationLedger(Protocol):
    """The part of the ledger that knows whose published files are behind."""

    def papers(
        self,
        *,
        after: PaperKey | None = None,
        until: PaperKey | None = None,
        limit: int | None = None,
    ) -> list[Paper]:
        """The newest ``limit`` papers, oldest first."""

    def dumps(self, *, since: datetime) -> list[DumpSeen]:
        """The dumps that arrived at or after ``since``, oldest first."""

    def newest_dump(self) -> int:
        """The key of the dump that was read last; 0 where there is none."""

    def count_publications(self) -> int:
        """How many readers have files that are behind."""

    def publish_everybody(self, *, now: datetime) -> None:
        """Have the files of every reader made anew."""

    def claim_publications(
        self, owner: str, *, now: datetime, lease: timedelta, limit: int
    ) -> list[Publication]:
        """Take up to ``limit`` readers whose files are behind, those behind longest first."""

    def newest_digests(
        self, subscribers: Collection[SubscriberId], *, limit: int
    ) -> Mapping[SubscriberId, Sequence[Digest]]:
        """The newest ``limit`` digests of each of these, newest first."""

    def renew_publications(self, owner: str, *, now: datetime, lease: timedelta) -> set[int]:
        """Extend the lease of the readers that an owner has in hand; their keys."""

    def settle_publications(
        self, done: Collection[Publication], owner: str, *, now: datetime
    ) -> None:
        """Record that these readers' files are in place: their deliveries by feed are sent."""

    def release_publications(self, owners: Collection[str]) -> None:
        """Let others take what these owners have claimed and not settled."""


class Publisher(Protocol):
    """Puts files where a web server finds them."""

    def read_marker(self) -> str | None:
        """What ``write_marker`` wrote last; None in a folder that is new."""

    def write_marker(self, newest: str) -> None:
        """Record that everything up to the dump ``newest`` has been published to this folder.

        Raises:
            OSError: The folder cannot be written.
        """

    def publish(self, files: Mapping[str, bytes]) -> tuple[int, int]:
        """Write paths relative to the public folder; how many were written and were unchanged.

        Raises:
            OSError: A file cannot be written; the others are.
        """

    def remove(self, paths: Collection[str]) -> None:
        """Remove files, and folders with all that they hold; what is not there is no error.

        Raises:
            OSError: Something cannot be removed.
        """


class PassLedger(PaperLedger, DecisionLedger, DeliveryLedger, PublicationLedger, Protocol):
    """What the four stages together need of the ledger."""


def untracked(items: Iterable[T], what: str, total: int) -> Iterator[T]:
    """Yield the items and show nothing."""
    del what, total
    return iter(items)
