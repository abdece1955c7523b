"""Wires the packages together for one command."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from digest import config, ledger, private_files, tokens
from digest.cli.dry import DryPublisher, DryTransport
from digest.delivery.outbox import Outbox
from digest.ledger import Ledger
from digest.ledger.leases import Mode
from digest.model import Claim, Digest, Message, Problem, Subscriber, SubscriberId
from digest.pipeline.beside import forked, put_off
from digest.pipeline.context import RunContext
from digest.pipeline.protocols import Publisher, Track, Transport, untracked
from digest.public.folder import FolderPublisher
from digest.render import templates
from digest.render.email.compose import EmailComposer
from digest.render.pages import Pages
from digest.render.site import HELP, Links, Site, archive_index_path, archive_path
from digest.scheduling import liveness
from digest.sources.inbox import Inbox

if TYPE_CHECKING:
    from digest.delivery.connection import Server
    from digest.delivery.dkim import Signer
    from digest.pipeline.report import Published

MANY = 20
"""Subscribers whose feeds and pages are worth a process of its own."""


@dataclass(frozen=True, slots=True)
class Home:
    """A home folder, and what its settings say."""

    path: Path
    settings: config.Settings
    inbox: Path
    """Where dumps are put."""

    @property
    def state(self) -> Path:
        """The program's own files."""
        return self.path / "state"

    @property
    def public(self) -> Path:
        """What a web server may hand out."""
        return self.path / "public"

    @property
    def heartbeat(self) -> Path:
        """Touched by a service that runs."""
        return self.state / "heartbeat"

    @property
    def failure(self) -> Path:
        """There while the passes of the service fail."""
        return self.state / "failure"

    @property
    def site(self) -> Site:
        """The public folder and its address."""
        return Site(self.public, self.settings.base_url, self.settings.sender)


def open_home(path: Path, *, inbox: Path | None = None) -> Home:
    """Read the settings; ``inbox`` overrides theirs. Raises ConfigError."""
    settings = config.load(path, os.environ)
    return Home(path, settings, inbox or path / settings.inbox)


def unknown_variables() -> tuple[Problem, ...]:
    """``DIGEST_`` variables that nothing reads, misspelt perhaps."""
    return config.unknown_variables(os.environ)


def open_ledger(home: Home) -> Ledger:
    """The ledger of a home. Raises LedgerError."""
    return ledger.open(home.settings.database_url)


@contextmanager
def look_into_ledger(home: Home) -> Iterator[Ledger]:
    """The ledger for questions; one that does not exist yet is not created by asking."""
    with open_ledger(home) as book:
        if book.exists:
            yield book
        else:
            with book.rehearsal() as empty:
                yield empty


@contextmanager
def open_context(
    home: Home,
    *,
    now: datetime,
    dry: bool = False,
    inbox: Inbox | None = None,
    stopping: Callable[[], bool] = lambda: False,
    track: Track = untracked,
    subscribers: int = 0,
) -> Iterator[RunContext]:
    """The context of one pass; with ``dry``, one that changes nothing.

    ``inbox`` is one that was used before and knows what it has seen. For many ``subscribers``, a
    process of its own publishes while mail goes out; only where no other threads are running.
    """
    with ExitStack() as stack:
        book = stack.enter_context(open_ledger(home))
        owner = liveness.new_owner()
        if dry:
            book = stack.enter_context(book.rehearsal())
            keys = tokens.TokenSigner({0: os.urandom(32)})
        else:
            private_files.make_folder(home.state)
            private_files.restrict_tree(home.state)
            stack.enter_context(liveness.hold(home.state / "owners", owner))
            keys = signing_keys(home)
        loaded = templates.load(home.path)
        mail = DryTransport() if dry else transport(home, stopping)
        many = subscribers >= MANY and (os.cpu_count() or 1) > 1
        context = RunContext(
            inbox=inbox or Inbox(home.inbox),
            ledger=book,
            transport=mail,
            publisher=publisher(home, dry=dry),
            composer=lambda people: Letters(
                home, EmailComposer(loaded, home.site), book.ensure_subscribers(people), keys
            ),
            pages=Pages(loaded, home.site),
            site=home.site,
            clock=clock_from(now),
            stopping=stopping,
            owner=owner,
            lease=home.settings.delivery.lease,
            expire_after=home.settings.delivery.expire_after,
            keep=home.settings.delivery.uncertain == "resend" and not mail.repeatable,
            expect=home.settings.expect,
            feed_entries=home.settings.feeds.entries,
            track=track,
            beside=partial(_beside, book) if many and not dry else put_off,
        )
        if not dry:
            take_over(home, book, mail, now=now)
            stack.callback(book.release, [owner], now=context.clock(), mode=mode(home, mail))
        yield context


def _beside(book: Ledger, work: Callable[[], Published]) -> Callable[[], Published]:
    book.close()  # both processes connect anew: they cannot share a connection
    return forked(work)


def take_over(home: Home, book: Ledger, mail: Transport, *, now: datetime) -> None:
    """Free what killed processes had in hand."""
    gone = liveness.stale(home.state / "owners", book.owners())
    book.release(gone, now=now, mode=mode(home, mail))
    liveness.forget(home.state / "owners", gone)
    book.recover(now=now, mode=mode(home, mail))


def mode(home: Home, mail: Transport) -> Mode:
    """What becomes of a delivery whose fate is unknown."""
    return "resend" if mail.repeatable else home.settings.delivery.uncertain


def transport(home: Home, stopping: Callable[[], bool] = lambda: False) -> Transport:
    """The SMTP server of the settings, or the outbox."""
    settings = home.settings
    if settings.smtp is None:
        return Outbox(home.path / "outbox")
    from digest.delivery.smtp import SmtpTransport  # noqa: PLC0415  an outbox does without

    extra = {"sign": signer(home, settings.dkim)} if settings.dkim else {}
    return SmtpTransport(
        mail_server(home, settings.smtp),
        connections=settings.delivery.connections,
        per_second=settings.delivery.per_second,
        per_domain=settings.delivery.per_domain,
        lease=settings.delivery.lease,
        stopping=stopping,
        **extra,
    )


def mail_server(home: Home, smtp: config.Smtp) -> Server:
    """The account that mail goes out by."""
    from digest.delivery.connection import Server  # noqa: PLC0415  an outbox does without

    return Server(
        host=smtp.host,
        port=smtp.port,
        security=smtp.security,
        username=smtp.username,
        password=smtp.password.get_secret_value() if smtp.password else None,
        ca_file=str(home.path / smtp.ca_file) if smtp.ca_file else None,
    )


def signer(home: Home, settings: config.Dkim) -> Signer:
    """What signs messages. Raises ConfigError where the key is none, or anybody's."""
    from digest.delivery import dkim  # noqa: PLC0415  most homes do without

    key = home.path / settings.key_file
    return dkim.load(key, domain=settings.domain, selector=settings.selector)


def publisher(home: Home, *, dry: bool) -> Publisher:
    """The public folder, or what only compares with it."""
    return DryPublisher(home.public) if dry else FolderPublisher(home.public)


def signing_keys(home: Home) -> tokens.TokenSigner:
    """``DIGEST_SECRET``, or keys that this home made for itself."""
    if home.settings.secret:
        secret = home.settings.secret.get_secret_value()
        return tokens.TokenSigner({0: sha256(secret.encode()).digest()})
    return tokens.load(home.state / "keys")


@dataclass(frozen=True, slots=True)
class Letters:
    """Composes messages with each subscriber's own links; fulfils ``contracts.Composer``."""

    home: Home
    composer: EmailComposer
    feed_tokens: Mapping[SubscriberId, str]
    keys: tokens.TokenSigner
    trial: str = ""
    """Marks messages that are only sent to try things out; see ``EmailComposer.compose``."""

    def __call__(self, claim: Claim, subscriber: Subscriber) -> Message:
        """The message of a claimed delivery. Raises TemplateError."""
        domain = self.home.settings.delivery.bounce_domain
        address = subscriber.email or ""
        sender = domain and self.keys.envelope_sender(claim.delivery, claim.fence, address, domain)
        return self.composer.compose(
            claim.delivery,
            claim.digest,
            subscriber,
            self.links(subscriber, claim.digest),
            envelope_sender=sender,
            headers={"X-Digest-Test": self.trial} if self.trial else {},
            trial=self.trial,
        )

    def links(self, subscriber: Subscriber, digest: Digest) -> Links:
        """Where the footer and the headers of a message point."""
        site = self.home.site
        token = self.feed_tokens[subscriber.id]
        goodbye = self.keys.link("unsubscribe", subscriber.id)
        address = parseaddr(site.sender)[1]
        mailto = f"mailto:{quote(address, safe='@')}?subject=unsubscribe%20{goodbye}"
        page = f"{site.base_url}/unsubscribe/{goodbye}" if site.base_url else None
        return Links(
            feed=site.url(archive_index_path(token)),
            archive=site.url(archive_path(token, digest.period)),
            help=site.url(HELP),
            unsubscribe=page or mailto,
            unsubscribe_mailto=mailto,
            one_click=page,
        )


def clock_from(now: datetime) -> Callable[[], datetime]:
    """A clock that shows ``now`` at first and then runs on."""
    start = time.monotonic()
    return lambda: now + timedelta(seconds=time.monotonic() - start)
