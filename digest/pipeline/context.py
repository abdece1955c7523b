"""What a pass works with: the ledger, the inbox, the transport, the publisher and the limits."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from digest.model import EVERYBODY, Expected, Shard
from digest.pipeline.protocols import (
    Composer,
    Inbox,
    PassLedger,
    Publisher,
    Track,
    Transport,
    untracked,
)
from digest.render.pages import Pages
from digest.render.site import Site

MEND_TEMPLATE = "mend the template, or remove it to use the shipped one"
LedgerT_co = TypeVar("LedgerT_co", bound=PassLedger, covariant=True)


@dataclass(frozen=True, slots=True)
class RunContext(Generic[LedgerT_co]):
    """What a pass reads from, writes to and goes by."""

    inbox: Inbox
    ledger: LedgerT_co
    transport: Transport
    publisher: Publisher
    composer: Callable[[], Composer]
    """Called once a pass, when there is mail to send. Raises TemplateError."""
    pages: Pages
    site: Site
    clock: Callable[[], datetime]
    """For leases and retries while mail goes out; decisions use ``now``."""
    stopping: Callable[[], bool]  # whether to finish what is in flight and begin nothing more
    owner: str  # names this process in claims; no other process ever had the same name
    lease: timedelta
    expire_after: timedelta
    """A mail that could not be sent within this after its digest was made is given up."""
    keep: bool  # whether mail that may have arrived is sent again, and its bytes are kept for that
    expected: Expected
    feed_entries: int
    grace: timedelta | None = None
    """How long a period without new papers stays open; None: 6 h for a daily digest, else 24 h."""
    shard: Shard = EVERYBODY  # the only subscribers who are decided and mailed here
    serves: bool = False
    """Whether feeds and pages are rendered on demand: no file is written for readers."""
    lost: int = 0  # mails held since this pass began, which may have arrived: a process was killed
    track: Track = untracked
