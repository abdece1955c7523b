"""Digests on their way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from digest.model.digests import Digest
from digest.model.identifiers import Channel, DeliveryId


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
