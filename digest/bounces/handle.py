"""What reports by mail change: who is suppressed, who unsubscribed. Proof comes first."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from digest.bounces.parse import Report
from digest.model import Channel, DeliveryId, Period, SubscriberId
from digest.tokens import Tokens

_SENDER = re.compile(r"bounces\+[a-z2-7]{20,48}@[^\s<>,;:\"]+", re.IGNORECASE)


class Row(Protocol):
    """A delivery as the ledger lists it."""

    @property
    def id(self) -> DeliveryId:
        """Its number."""

    @property
    def subscriber(self) -> SubscriberId:
        """For whom."""

    @property
    def period(self) -> Period:
        """For when."""


class Register(Protocol):
    """The part of the ledger that reports change."""

    def deliveries(
        self,
        *,
        subscribers: Collection[SubscriberId] = (),
        channel: Channel | None = None,
        numbers: Collection[DeliveryId] = (),
    ) -> Sequence[Row]:
        """Deliveries that fit every filter given."""

    def returned(
        self, number: DeliveryId, fence: int | None, *, address: str, reason: str, now: datetime
    ) -> bool:
        """Record that a message that was sent came back, and suppress its address.

        False, and nothing changed: it was not sent, has been returned before, or is an older
        attempt than the one that counts. ``fence``: the attempt's, where it is known."""

    def unsubscribe(self, subscriber: SubscriberId, *, now: datetime) -> bool:
        """Send no more mail; False: it was so already."""


@dataclass(frozen=True, slots=True)
class Handled:
    """What came of one report."""

    subscriber: SubscriberId | None
    """None: it could not be proved to be about a message of ours."""
    changed: bool
    what: str
    """In words, without any address."""


@dataclass(frozen=True, slots=True)
class BounceHandler:
    """What is needed to judge reports."""

    register: Register
    tokens: Tokens
    bounce_domain: str | None
    addresses: Mapping[SubscriberId, str]
    """Where each subscriber is mailed now."""
    message_id: Callable[[SubscriberId, Period], str]
    """The Message-ID of a subscriber's digest for a period, in its angle brackets."""

    def handle(self, report: Report, *, now: datetime) -> Handled:
        """Act on a report that is proved to be about a message of ours, once.

        Permanent failures and complaints suppress the address that the message went to;
        requests unsubscribe. Everything else changes nothing.
        """
        if report.kind == "unsubscribe":
            return self._unsubscribe(report, now=now)
        found = self._posted(report) or self._claimed(report)
        if found is None:
            return Handled(None, changed=False, what="not proved to be about a message of ours")
        row, fence, address = found
        if report.kind not in ("failed", "complaint"):
            return Handled(row.subscriber, changed=False, what=f"{report.kind}: {report.words}")
        if self.register.returned(row.id, fence, address=address, reason=report.words, now=now):
            return Handled(row.subscriber, changed=True, what=f"suppressed: {report.words}")
        return Handled(row.subscriber, changed=False, what="known already, or out of date")

    def _unsubscribe(self, report: Report, *, now: datetime) -> Handled:
        for subscriber in self._links(report):
            changed = self.register.unsubscribe(subscriber, now=now)
            return Handled(subscriber, changed=changed, what="unsubscribed")
        return Handled(None, changed=False, what="a request that is not signed by us")

    def _posted(self, report: Report) -> tuple[Row, int, str] | None:
        """The delivery whose envelope sender the report reached, the attempt's fence, and the
        address it went to."""
        if self.bounce_domain is None:
            return None
        for text in report.reached:
            for sender in _SENDER.findall(text):
                posting = self.tokens.read_envelope_sender(sender, self.bounce_domain)
                if posting is None:
                    continue
                for row in self.register.deliveries(numbers=[posting.delivery]):
                    address = self.addresses.get(row.subscriber)
                    if address is not None and self.tokens.is_address(posting, address):
                        return row, posting.fence, address
        return None

    def _claimed(self, report: Report) -> tuple[Row, None, str] | None:
        """The delivery that the returned message names, where it also holds a token of ours."""
        for subscriber in self._links(report):
            address = self.addresses.get(subscriber)
            if address is None or not _names(report, address):
                continue
            for row in self.register.deliveries(subscribers=[subscriber], channel="email"):
                if self.message_id(subscriber, row.period) == report.message_id:
                    return row, None, address
        return None

    def _links(self, report: Report) -> list[SubscriberId]:
        read = (self.tokens.read_link("unsubscribe", token) for token in report.tokens)
        return [link for link in read if link is not None]


def _names(report: Report, address: str) -> bool:
    """Whether the report is about this address; a complaint may keep its sender's to itself."""
    named = {one.strip("<> ").casefold() for one in report.recipients if "@" in one}
    return address.casefold() in named or (report.kind == "complaint" and not named)
