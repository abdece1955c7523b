"""What the stages of a pass need of the outside: the parts of the ledger, and the rest. The methods
of ``digest.ledger.Ledger`` say what those of the ledger do."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol, TypeVar

from digest.model import (
    EVERYBODY,
    Channel,
    Claim,
    CommitAll,
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
    Pages,
    Paper,
    PaperKey,
    Period,
    Problem,
    Publication,
    SecondLook,
    Shard,
    SourceState,
    StoredSubscriber,
    SubscriberId,
    Verdicts,
)
from digest.sources.parts import Part

T = TypeVar("T")


class Track(Protocol):
    """Shows the progress of a long piece of work."""

    def __call__(self, items: Iterable[T], what: str, total: int) -> Iterator[T]:
        """Yield the items as they are; ``total`` is how many there are, at most."""


class InboxFile(Protocol):
    """A finished file with a dump; ``name`` is its path in its folder, ``hash`` that of its bytes.
    One that was fetched has the ``source`` and the ``day`` of its page, and the day on which what
    is new in it was ``listed`` at the earliest."""

    @property
    def name(self) -> str: ...
    @property
    def hash(self) -> DumpHash: ...
    @property
    def source(self) -> str: ...
    @property
    def day(self) -> date | None: ...
    @property
    def listed(self) -> date | None: ...
    def parts(self) -> Iterator[Part]:
        """Yield what is in the file, in one part or several.

        Raises:
            OSError: The file is gone or has changed meanwhile.
            DumpError: The file is too large, or damaged.
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

    def scan(self) -> Scan: ...


class PaperLedger(Protocol):
    """The part of the ledger that papers are read into."""

    def seen(self, hashes: Collection[DumpHash], *, readers: str) -> set[DumpHash]: ...
    def record_dump(
        self, dump: Dump, keys: Collection[int], match: Matcher, *, now: datetime
    ) -> Sequence[Match]: ...
    def record_rejected(
        self,
        name: str,
        content: DumpHash,
        reason: str,
        *,
        readers: str,
        now: datetime,
        source: str = "",
        day: date | None = None,
    ) -> None: ...


class ArchiveLedger(Protocol):
    """The part of the ledger that papers and dumps are read from."""

    def papers(
        self, *, after: int = 0, until: PaperKey | None = None, limit: int | None = None
    ) -> list[Paper]: ...
    def dumps(self, *, since: datetime) -> list[DumpSeen]: ...


class PlanningLedger(ArchiveLedger, Protocol):
    """The part of the ledger that a plan is made from."""

    def cursor(self, before: datetime) -> PaperKey: ...
    def newest_paper(self) -> PaperKey: ...
    def newest_key(self) -> PaperKey: ...
    def second_looks(self, *, after: PaperKey, until: PaperKey) -> list[SecondLook]: ...
    def source_states(self) -> Mapping[str, SourceState]: ...
    def pages_read(self, *, since: date) -> Pages: ...
    def sent(
        self, after: Mapping[SubscriberId, PaperKey]
    ) -> Mapping[SubscriberId, set[PaperKey]]: ...
    def verdicts(
        self, subscribers: Collection[SubscriberId]
    ) -> Mapping[SubscriberId, Verdicts]: ...


class DecisionLedger(PlanningLedger, Protocol):
    """The part of the ledger that decisions are read from and recorded in."""

    def count_due(self, now: datetime, *, reopened: bool, shard: Shard = EVERYBODY) -> int: ...
    def due(
        self,
        now: datetime,
        *,
        reopened: bool,
        after: StoredSubscriber | None = None,
        limit: int,
        shard: Shard = EVERYBODY,
    ) -> list[StoredSubscriber]: ...
    def decided(self, due: Mapping[int, Period]) -> set[int]: ...
    def record(
        self, decisions: Sequence[Decision], *, now: datetime, serves: bool = False
    ) -> int: ...


class DeliveryLedger(Protocol):
    """The part of the ledger that deliveries are claimed from and settled in."""

    def waiting(self, channel: Channel, *, now: datetime, shard: Shard = EVERYBODY) -> int: ...
    def claim(
        self,
        channel: Channel,
        owner: str,
        *,
        now: datetime,
        lease: timedelta,
        limit: int,
        shard: Shard = EVERYBODY,
    ) -> list[Claim]: ...
    def refused(self, people: Mapping[SubscriberId, str | None]) -> Mapping[SubscriberId, str]: ...
    def commit(
        self,
        claims: Collection[tuple[DeliveryId, int]],
        *,
        now: datetime,
        expire_after: timedelta | None = None,
        recipients: Mapping[DeliveryId, str | None] | None = None,
        keep: Collection[Message] = (),
        outcomes: Collection[tuple[Outcome, int]] = (),
    ) -> set[DeliveryId]: ...
    def settle(self, outcomes: Collection[tuple[Outcome, int]], *, now: datetime) -> None: ...
    def renew(self, owner: str, *, now: datetime, lease: timedelta) -> int: ...
    def expire(self, *, now: datetime, expire_after: timedelta) -> int: ...


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

    def send(self, messages: Iterable[Message], commit: CommitAll) -> Iterator[Outcome]:
        """Deliver each message; yield one outcome for each, in any order. ``commit`` is called
        right before the step that cannot be undone, for one message or for several; those that it
        does not return go no further."""


class PublicationLedger(ArchiveLedger, Protocol):
    """The part of the ledger that knows whose published files are behind."""

    def newest_dump(self) -> int: ...
    def newest_digests(
        self, subscribers: Collection[SubscriberId], *, limit: int
    ) -> Mapping[SubscriberId, Sequence[Digest]]: ...
    def count_publications(self) -> int: ...
    def publish_everybody(self) -> None: ...
    def claim_publications(
        self, owner: str, *, now: datetime, lease: timedelta, limit: int
    ) -> list[Publication]: ...
    def renew_publications(self, owner: str, *, now: datetime, lease: timedelta) -> set[int]: ...
    def settle_publications(
        self, done: Collection[Publication], owner: str, *, now: datetime
    ) -> None: ...
    def release_publications(self, owners: Collection[str]) -> None: ...
    def settle_served(self, *, now: datetime) -> None: ...


class Publisher(Protocol):
    """Puts files where a web server finds them."""

    def read_marker(self) -> str | None: ...
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
