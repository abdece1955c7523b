"""The outside world of one pass, as the command line wires it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.model import SubscriberId
from digest.pipeline.beside import put_off
from digest.pipeline.protocols import (
    Composer,
    Inbox,
    Ledger,
    Publisher,
    Track,
    Transport,
    untracked,
)
from digest.pipeline.report import Published
from digest.render.pages import Pages
from digest.render.site import Site
from digest.selection.window import Expect

BATCH = 500
"""Subscribers decided, or deliveries by feed claimed, at a time."""
MEND_TEMPLATE = "mend the template, or remove it to use the shipped one"


@dataclass(frozen=True, slots=True)
class RunContext:
    """What a pass reads from, writes to and goes by."""

    inbox: Inbox
    ledger: Ledger
    transport: Transport
    publisher: Publisher
    composer: Callable[[Collection[SubscriberId]], Composer]
    """Called once a pass with all subscribers, when there is mail to send."""
    pages: Pages
    site: Site
    clock: Callable[[], datetime]
    """For leases and retries while mail goes out; decisions use ``now``."""
    stopping: Callable[[], bool]
    """Whether to finish what is in flight and begin nothing more."""
    owner: str
    """Names this process in claims; no other one ever had the same."""
    lease: timedelta
    expire_after: timedelta
    """A mail that could not be sent within this after its digest was made is given up."""
    keep: bool
    """Whether mail that may have arrived is sent again, and its bytes are kept for that."""
    expect: Expect
    feed_entries: int
    track: Track = untracked
    beside: Callable[[Callable[[], Published]], Callable[[], Published]] = put_off
    """Has feeds and pages published while mail goes out, or after it."""
