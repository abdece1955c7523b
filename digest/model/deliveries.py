"""Deliveries: digests on their way to subscribers."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from digest.model.digests import Digest, Period
from digest.model.identifiers import Channel, DeliveryId, SubscriberId
from digest.model.subscribers import StoredSubscriber, Subscriber


class State(StrEnum):
    """The state of a delivery. See docs/delivery.md for the transitions."""

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
    """A delivery that one process may work on until its lease ends."""

    delivery: DeliveryId
    channel: Channel
    digest: Digest
    fence: int
    """It grows with every claim of the delivery; a write with an older fence changes nothing."""
    attempt: int  # the number of the attempt, from 1
    reader: StoredSubscriber | None = None  # None: the subscriber has left
    kept: Message | None = None  # the message of an earlier attempt whose outcome is uncertain


@dataclass(frozen=True, slots=True)
class Message:
    """A composed email (RFC 5322, with CRLF line ends) with its envelope."""

    delivery: DeliveryId
    sender: str
    recipient: str
    content: bytes
    name: str = ""  # its name in file names and logs, as ``2026-W46-ada``


@dataclass(frozen=True, slots=True)
class Refusal:
    """A server's permanent refusal that counts against the address of the recipient."""

    address: str
    is_unknown: bool  # the address does not exist


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one attempt at a delivery."""

    delivery: DeliveryId
    state: State
    detail: str = ""  # the reply of the server, or the path of the file
    retry_at: datetime | None = None
    """With the state ``deferred``: when to try again at the earliest."""
    refusal: Refusal | None = None  # with the state ``failed``, if the server has refused the mail


CommitAll = Callable[[Collection[DeliveryId]], Collection[DeliveryId]]
"""Durably commits deliveries that are about to be accepted; returns those that may go on."""


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A delivery as the ledger lists it."""

    id: DeliveryId
    subscriber: SubscriberId
    channel: Channel
    period: Period
    state: State
    attempts: int
    detail: str
    """The reply of the server, or why it ended as it did; empty if there is nothing to say."""
    updated: datetime
    composed: datetime
    due: datetime | None
    """When it is tried next (pending, deferred) or its owner's lease ends; None: never."""
    owner: str | None  # the process that has claimed it
    papers: int | None  # None: what the digest held is no longer kept


@dataclass(frozen=True, slots=True)
class Publication:
    """A reader whose published files are behind, claimed by one publisher."""

    key: int  # the ledger's key of the subscriber
    name: SubscriberId
    subscriber: Subscriber | None  # None: the subscriber has left, and the files go
    feed_token: str
    since: datetime  # pages of digests composed at this instant or later are not in place
    version: int
    """Grows with every change; a publisher settles only the version that it has claimed."""


@dataclass(frozen=True, slots=True)
class FeedReader:
    """Whose feeds and pages are asked for, and the version that they have now."""

    feed_token: str
    version: str  # changes with the profile and with every decision
    changed: datetime | None  # when the last decision was made; None: there is none
    subscriber: Callable[[], Subscriber]
    """Reads the profile, which is needed only where something is rendered."""
