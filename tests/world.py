"""A home small enough for a test: dumps in memory; a real ledger, outbox and public folder."""

from __future__ import annotations

import email
import email.policy
import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from functools import cache
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any, cast

import digest.ledger
from digest.delivery.outbox import Outbox
from digest.ledger import Draft, Ledger
from digest.model import (
    Channel,
    Claim,
    DumpHash,
    Expect,
    Expected,
    Interest,
    Message,
    Problem,
    Profile,
    Schedule,
    Source,
    StoredSubscriber,
    Subscriber,
    SubscriberId,
)
from digest.pipeline.context import RunContext
from digest.pipeline.protocols import Composer, PassLedger
from digest.pipeline.report import RunReport
from digest.pipeline.run import run
from digest.public.folder import FolderPublisher
from digest.render import templates
from digest.render.email.compose import EmailComposer
from digest.render.pages import Pages
from digest.render.site import Links, Site
from digest.sources.parts import Part
from tests.ledger.samples import feed_tokens

MEMORY = next((each for each in ["/dev/shm"] if Path(each).is_dir()), None)  # noqa: S108  for folders of our own
"""Where many small homes are made without waiting for a disk; None: the usual place."""
SENDER = "Paper Digest <digest@example.org>"
LEASE, EXPIRE_AFTER = timedelta(minutes=5), timedelta(days=2)
LINKS = Links(
    feed="https://digest.example.org/feed",
    archive="https://digest.example.org/archive",
    help="https://digest.example.org/help",
    unsubscribe="https://digest.example.org/unsubscribe",
    unsubscribe_mailto="mailto:digest@example.org?subject=unsubscribe",
)
LATE = re.compile(r"^ +From the page of .*, late$", re.MULTILINE)
_ENTRY = re.compile(r"^\d+\. (.+)$", re.MULTILINE)
_OWNERS = count(1)


def utc(text: str) -> datetime:
    """``2026-11-23T08:00`` and the like, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def person(  # noqa: PLR0917  who, what and when are read in that order
    name: str,
    interests: Collection[str | Interest] = ("lighthouse",),
    schedule: Schedule = Schedule("week"),  # noqa: B008  frozen
    zone: str = "UTC",
    channels: tuple[Channel, ...] = ("email",),
    exclude: Collection[str] = (),
    **changes: Any,
) -> Subscriber:
    """A subscriber; by default one who reads about lighthouses on Mondays at eight."""
    wishes = tuple(Interest(each) if isinstance(each, str) else each for each in interests)
    return Subscriber(
        id=SubscriberId(name),
        email=f"{name}@example.org" if "email" in channels else None,
        profile=Profile(wishes, tuple(map(Interest, exclude))),
        schedule=schedule,
        timezone=zone,
        channels=channels,
        **changes,
    )


# --- dumps -------------------------------------------------------------------------------


def answer(*titles: str, listed: date | None = None) -> bytes:
    """An answer of the daily-papers API that lists papers with these titles."""
    day = {"submittedOnDailyAt": f"{listed}T00:00:00.000Z"} if listed else {}
    papers = [{"title": title, "summary": abstract(title), **day} for title in titles]
    return json.dumps([{"paper": paper} for paper in papers], indent=1).encode()


def abstract(title: str) -> str:
    """Some lines that say no more than the title."""
    return f"Nothing is said here that is not said in the title, which is {len(title)} long."


@dataclass(frozen=True)
class File:
    """A finished file; fulfils ``ingest.InboxFile``."""

    name: str
    data: bytes
    source: str = ""
    day: date | None = None
    listed: date | None = None

    @property
    def hash(self) -> DumpHash:
        """Of its bytes."""
        return DumpHash(sha256(self.data).hexdigest())

    def parts(self) -> Iterator[Part]:
        """Its bytes."""
        yield Part(self.hash, self.data)


@dataclass(frozen=True)
class Look:
    """What one look finds; fulfils ``ingest.Scan``."""

    found: tuple[File, ...]
    waiting: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass
class Drawer:
    """An inbox in memory; fulfils ``ingest.Inbox``."""

    files: dict[str, File] = field(default_factory=dict)

    def scan(self) -> Look:
        """Every file, in order of their names."""
        return Look(tuple(file for _, file in sorted(self.files.items())))


# --- the home ----------------------------------------------------------------------------


class World:
    """A home in a folder. Every pass gets a context of its own, as every process would."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        self.inbox = Drawer()
        self.site = Site(folder / "public", None, SENDER)

    def put(self, name: str, *titles: str, listed: date | None = None) -> None:
        """Lay a dump that lists papers with these titles into the inbox."""
        self.inbox.files[name] = File(name, answer(*titles, listed=listed))

    @contextmanager
    def context(
        self,
        now: datetime,
        *,
        expect: Expect = "none",
        sources: tuple[Source, ...] = (),
        **changes: Any,
    ) -> Iterator[RunContext[PassLedger]]:
        """The context of one pass; ``changes`` replace parts of it."""
        owner = f"process {next(_OWNERS)}"
        has_own = (self.folder / "templates").is_dir()
        loaded = templates.load(self.folder) if has_own else _shipped()
        with self.ledger() as book:
            context = RunContext(
                inbox=self.inbox,
                ledger=book,
                transport=Outbox(self.folder / "outbox"),
                publisher=FolderPublisher(self.folder / "public"),
                composer=lambda: _composer_of(loaded),
                pages=Pages(loaded, self.site),
                site=self.site,
                clock=lambda: now,
                stopping=lambda: False,
                owner=owner,
                lease=LEASE,
                expire_after=EXPIRE_AFTER,
                keep=False,
                expected=Expected(expect, sources),
                feed_entries=50,
            )
            yield replace(context, **changes)
            book.release([owner], now=now, mode="resend")

    def run(self, people: Sequence[Subscriber], now: str | datetime, **changes: Any) -> RunReport:
        """One pass at a moment, a text being UTC."""
        moment = utc(now) if isinstance(now, str) else now
        self.compile(people, moment)
        with self.context(moment, **changes) as context:
            return run(context, now=moment)

    def compile(self, people: Sequence[Subscriber], now: datetime) -> None:
        """Have exactly these subscribers, as if they stood in the profile files."""
        content = sha256(repr(people).encode()).hexdigest()
        with self.ledger() as book:
            book.follow_clock("as here", now=now)
            if not book.compiled("world", content, now=now):
                book.compile("world", content, people, now=now)

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """The ledger as another process sees it."""
        with digest.ledger.open(self.url) as book:
            yield book

    @contextmanager
    def draft(self) -> Iterator[Draft]:
        """The ledger as questions see it."""
        with digest.ledger.open_draft(self.url) as draft:
            yield draft

    # --- what a person sees --------------------------------------------------------------

    def mail(self) -> dict[str, list[str]]:
        """The titles in each mail of the outbox, by the mail's name (``2026-W47-ada``)."""
        return {path.stem: titles(read_mail(path)) for path in self._mails()}

    def texts(self) -> dict[str, str]:
        """The text part of each mail of the outbox, by the mail's name."""
        return {path.stem: text(read_mail(path)) for path in self._mails()}

    def _mails(self) -> list[Path]:
        return sorted((self.folder / "outbox").glob("*.eml"))

    def feed(self, subscriber: Subscriber) -> list[str]:
        """The titles in the subscriber's feed, by the alphabet."""
        with self.ledger() as book:
            token = feed_tokens(book, subscriber.id)[subscriber.id]
        content = (self.folder / "public" / "feeds" / f"{token}.json").read_bytes()
        return sorted(entry["title"] for entry in json.loads(content)["items"])

    def public(self) -> dict[str, bytes]:
        """Every file in the public folder."""
        return snapshot(self.folder / "public")


@cache
def _shipped() -> templates.Templates:
    return templates.load()


@cache
def _composer(loaded: templates.Templates) -> EmailComposer:
    return EmailComposer(loaded, Site(Path("/public"), None, SENDER))


def _composer_of(loaded: templates.Templates) -> Composer:
    composer = _composer(loaded)

    def compose(claim: Claim, reader: StoredSubscriber) -> Message:
        return composer.compose(claim.delivery, claim.digest, reader.subscriber, LINKS)

    return compose


def read_mail(path: Path) -> EmailMessage:
    """A mail as a mail program reads it; any defect fails the test."""
    return parsed(path.read_bytes())


@cache
def parsed(content: bytes) -> EmailMessage:
    """A mail as a mail program reads it; any defect fails the test."""
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not [defect for part in message.walk() for defect in part.defects]
    return message


@cache
def text(message: EmailMessage) -> str:
    """The text part of a mail."""
    body = message.get_body(("plain",))
    assert body is not None
    return cast("str", body.get_content()).replace("\r\n", "\n")


def titles(message: EmailMessage) -> list[str]:
    """The titles of the papers in a mail, by the alphabet."""
    return sorted(_ENTRY.findall(text(message)))


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its path there."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


# --- what goes wrong ---------------------------------------------------------------------


class Around:
    """A ledger whose every call is passed on by ``pass_on(method name, call)``."""

    def __init__(self, book: PassLedger, pass_on: Callable[[str, Callable[[], Any]], Any]) -> None:
        self._book, self._pass_on = book, pass_on

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._book, name)
        return lambda *args, **named: self._pass_on(name, lambda: method(*args, **named))


def around(book: PassLedger, pass_on: Callable[[str, Callable[[], Any]], Any]) -> PassLedger:
    """The ledger with ``pass_on`` between it and its caller."""
    return cast("PassLedger", Around(book, pass_on))


def picked(book: Ledger, subscribers: Collection[SubscriberId]) -> Mapping[str, list[str]]:
    """The titles of every digest that the ledger holds, by the name that its mail has."""
    return {
        f"{made.period}-{who}": sorted(pick.paper.title for pick in made.picks)
        for who in subscribers
        for made in book.digests(who, limit=1000)
    }
