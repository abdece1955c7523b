"""Wires the packages together for one command."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from digest import config, ledger, private_files, subscribers, tokens
from digest.cli.dry import DryPublisher, DryTransport
from digest.delivery import dkim
from digest.delivery.connection import Server
from digest.delivery.outbox import Outbox
from digest.delivery.smtp import SmtpTransport
from digest.ledger import Draft, Ledger
from digest.ledger.leases import Mode
from digest.model import Problem
from digest.pipeline.context import RunContext
from digest.pipeline.protocols import Composer, Publisher, Track, Transport, untracked
from digest.public.folder import FolderPublisher
from digest.render import templates
from digest.render.brand import Brand
from digest.render.email.personal import PersonalComposer
from digest.render.pages import Pages
from digest.render.site import Site
from digest.scheduling import liveness
from digest.sources.inbox import FETCHED, Inbox
from digest.subscribers.changes import Saved
from digest.subscribers.compile import follow_file, host_id

AnyLedger = TypeVar("AnyLedger", Ledger, Draft)


@dataclass(frozen=True, slots=True)
class Home:
    """A home folder, and what its settings say."""

    path: Path
    settings: config.Settings
    inbox: Path

    @property
    def state(self) -> Path:
        """The folder of the program's own files."""
        return self.path / "state"

    @property
    def fetched(self) -> Path:
        """The folder of dumps that were fetched."""
        return self.state / FETCHED

    @property
    def public(self) -> Path:
        """The folder that a web server may hand out."""
        return self.path / "public"

    @property
    def site(self) -> Site:
        """The public folder, its address, and who publishes it."""
        settings = self.settings
        brand = Brand(**settings.brand.model_dump())
        return Site(self.public, settings.base_url, settings.sender, settings.reply_to or "", brand)


def open_home(path: Path) -> Home:
    """Read the settings of a home. Raises ConfigError."""
    settings = config.load(path, os.environ)
    return Home(path, settings, path / settings.inbox)


def unknown_variables() -> tuple[Problem, ...]:
    """``DIGEST_`` variables that nothing reads, misspelt perhaps."""
    return config.unknown_variables(os.environ)


def open_ledger(home: Home) -> Ledger:
    """The ledger of a home. Raises LedgerError."""
    return ledger.open(home.settings.database_url)


def read_ledger(home: Home) -> Ledger:
    """The ledger for reading; one that does not exist yet is not created. Raises LedgerError."""
    book = open_ledger(home)
    return book if book.exists else ledger.open_draft(home.settings.database_url)


@contextmanager
def open_context(
    home: Home,
    *,
    now: datetime,
    inbox: Inbox | None = None,
    stopping: Callable[[], bool] = lambda: False,
    track: Track = untracked,
) -> Iterator[RunContext[Ledger]]:
    """The context of one pass. ``inbox`` is one that was used before and knows what it has seen.

    Raises:
        ConfigError: The profiles of a new home are wrong.
    """
    if not open_ledger(home).exists:
        subscribers.load(home.path)  # a first start that is wrong leaves nothing behind
    with open_shared_context(home, now=now, stopping=stopping, track=track) as context:
        private_files.restrict_tree(home.state)
        lost = take_over(home, context)
        yield replace(context, inbox=inbox or context.inbox, lost=lost)


@contextmanager
def open_shared_context(
    home: Home,
    *,
    now: datetime,
    stopping: Callable[[], bool] = lambda: False,
    track: Track = untracked,
) -> Iterator[RunContext[Ledger]]:
    """The context of a process that does a part of a pass."""
    private_files.make_folder(home.state)
    owner = liveness.new_owner()
    with open_ledger(home) as book, liveness.hold(home.state / "owners", owner):
        mail, publisher = transport(home, stopping), FolderPublisher(home.public)
        context = _context(home, book, owner, mail, publisher, signer(home), now=now, track=track)
        try:
            yield replace(context, stopping=stopping)
        finally:
            release(home, context)
            book.release_publications([owner])


@contextmanager
def open_dry_context(
    home: Home, *, now: datetime, track: Track = untracked
) -> Iterator[RunContext[Draft]]:
    """The context of a pass that changes nothing: it works on a draft of the ledger."""
    owner, keys = liveness.new_owner(), tokens.TokenSigner({0: os.urandom(32)})
    mail, publisher = DryTransport(), DryPublisher(home.public)
    with ledger.open_draft(home.settings.database_url) as draft:
        yield _context(home, draft, owner, mail, publisher, keys, now=now, track=track)


def follow_profiles(home: Home, store: Ledger, *, now: datetime) -> Saved | None:
    """Compile the profile files into the ledger if they have changed; what that changed.

    Raises:
        ConfigError: The files are wrong, or lost their subscribers; nothing is changed.
    """
    may_create = not isinstance(store, Draft)
    host = host_id(home.state) if may_create or (home.state / "host").exists() else "draft"
    return follow_file(home.path, store, host, now=now)


def _context(  # noqa: PLR0917  each has another type
    home: Home,
    book: AnyLedger,
    owner: str,
    mail: Transport,
    publisher: Publisher,
    keys: tokens.TokenSigner,
    *,
    now: datetime,
    track: Track,
) -> RunContext[AnyLedger]:
    settings, loaded = home.settings, templates.load(home.path)
    started = time.monotonic()
    return RunContext(
        inbox=inbox_of(home, book),
        ledger=book,
        transport=mail,
        publisher=publisher,
        composer=lambda: personal_composer(home, loaded, keys),
        pages=Pages(loaded, home.site),
        site=home.site,
        clock=lambda: now + timedelta(seconds=time.monotonic() - started),
        stopping=lambda: False,
        owner=owner,
        lease=settings.delivery.lease,
        expire_after=settings.delivery.expire_after,
        keep=settings.delivery.uncertain == "resend" and not mail.repeatable,
        expected=settings.expected,
        grace=settings.grace,
        feed_entries=settings.feeds.entries,
        serves=settings.public.mode == "serve",
        track=track,
    )


def inbox_of(home: Home, book: Ledger) -> Inbox:
    """The folders of dumps; hashes of files are kept in the ledger."""
    return Inbox(home.inbox, home.fetched, lambda: nullcontext(book))


def release(home: Home, context: RunContext[Ledger]) -> None:
    """Give back the mail that this process has in hand."""
    mode = _mode(home, context)
    context.ledger.release([context.owner], now=context.clock(), mode=mode)


def take_over(home: Home, context: RunContext[Ledger]) -> int:
    """Free what killed processes of this machine had in hand, and what leases have lapsed of.
    Returns how many mails are held now, since they may have arrived."""
    book, owners = context.ledger, home.state / "owners"
    now, mode = context.clock(), _mode(home, context)
    gone = liveness.stale(owners, {*book.owners(), *book.publication_owners()})
    lost = 0
    if gone:
        lost = book.release(gone, now=now, mode=mode)
        book.release_publications(gone)
        liveness.forget(owners, gone)
    lost += book.recover(now=now, mode=mode)
    return lost if mode == "hold" else 0


def _mode(home: Home, context: RunContext[Ledger]) -> Mode:
    """What becomes of deliveries with an unknown fate."""
    return "resend" if context.transport.repeatable else home.settings.delivery.uncertain


def transport(home: Home, stopping: Callable[[], bool] = lambda: False) -> Transport:
    """The SMTP server of the settings, or the outbox."""
    settings = home.settings
    if settings.smtp is None:
        return Outbox(home.path / "outbox")
    return SmtpTransport(
        mail_server(home, settings.smtp),
        connections=settings.delivery.connections,
        per_second=settings.delivery.per_second,
        per_domain=settings.delivery.per_domain,
        lease=settings.delivery.lease,
        sign=dkim_signer(home, settings.dkim) if settings.dkim else bytes,
        stopping=stopping,
    )


def mail_server(home: Home, smtp: config.Smtp) -> Server:
    """The account that mail goes out by."""
    password = smtp.password.get_secret_value() if smtp.password else None
    ca_file = str(home.path / smtp.ca_file) if smtp.ca_file else None
    return Server(smtp.host, smtp.port, smtp.security, smtp.username, password, ca_file)


def dkim_signer(home: Home, settings: config.Dkim) -> dkim.Signer:
    """What signs messages. Raises ConfigError where the key is none, or anybody's."""
    key = home.path / settings.key_file
    return dkim.load(key, domain=settings.domain, selector=settings.selector)


def signer(home: Home) -> tokens.TokenSigner:
    """What signs links: by ``DIGEST_SECRET``, or by keys that this home made for itself."""
    if home.settings.secret:
        secret = home.settings.secret.get_secret_value()
        return tokens.TokenSigner({0: sha256(secret.encode()).digest()})
    return tokens.load(home.state / "keys")


def personal_composer(
    home: Home, loaded: templates.Templates, keys: tokens.TokenSigner, *, test: str = ""
) -> Composer:
    """What composes messages with each reader's own links. ``test`` marks messages that are only
    sent to try things out; see ``PersonalComposer``."""
    domain = home.settings.delivery.bounce_domain
    return PersonalComposer(loaded, home.site, keys, bounce_domain=domain, test=test)
