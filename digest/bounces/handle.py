"""Suppresses and unsubscribes by reports, if they are proved to be about a message of ours."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from digest.bounces.parse import Report
from digest.delivery.causes import Cause
from digest.model import Channel, DeliveryId, DeliveryRow, Period, SubscriberId
from digest.tokens import TokenSigner

EFFECTS = ("suppressed", "counted", "unsubscribed", "nothing")

_SENDER = re.compile(r"bounces\+[a-z2-7]{20,48}@[^\s<>,;:\"]+", re.IGNORECASE)


class Counted(Protocol):
    """How often digests to an address have failed in a row, and what became of that."""

    @property
    def digests(self) -> int: ...
    @property
    def since(self) -> datetime: ...
    @property
    def suppressed(self) -> bool: ...


class BounceLedger(Protocol):
    """The part of the ledger that reports are checked against and recorded in."""

    def deliveries(
        self,
        *,
        subscribers: Collection[SubscriberId] = (),
        channel: Channel | None = None,
        numbers: Collection[DeliveryId] = (),
    ) -> Sequence[DeliveryRow]: ...
    def returned(
        self,
        number: DeliveryId,
        fence: int | None,
        *,
        address: str,
        reason: str,
        at_once: bool,
        now: datetime,
    ) -> Counted | None: ...
    def unsubscribe(self, subscriber: SubscriberId, *, now: datetime) -> bool: ...


@dataclass(frozen=True, slots=True)
class HandledReport:
    """The result of handling one report."""

    subscriber: SubscriberId | None  # None: not proved to be about a message of ours
    changed: bool
    what: str  # a description without any address; if it changed anything, its effect comes first

    @property
    def effect(self) -> str:
        """One of ``EFFECTS``."""
        return self.what.partition(":")[0] if self.changed else "nothing"


@dataclass(frozen=True, slots=True)
class BounceHandler:
    """Handles reports."""

    register: BounceLedger
    tokens: TokenSigner
    bounce_domain: str | None
    address_of: Callable[[SubscriberId], str | None]  # their present e-mail address, if any
    message_id: Callable[[SubscriberId, Period], str]  # of a digest, in angle brackets

    def handle(self, report: Report, *, now: datetime) -> HandledReport:
        """Handle a report; one that is proved to be about a message of ours takes effect once. An
        address that does not exist and a complaint suppress the address that the message went to;
        every other failure is counted, and suppresses it where failures persist; a request
        unsubscribes. Every other report changes nothing."""
        if report.kind == "unsubscribe":
            for subscriber in self._links(report):
                changed = self.register.unsubscribe(subscriber, now=now)
                return HandledReport(subscriber, changed, "unsubscribed")
            return HandledReport(None, False, "a request that is not signed by us")
        found = self._posted(report) or self._claimed(report)
        if found is None:
            return HandledReport(None, False, "not proved to be about a message of ours")
        row, fence, address = found
        report = report.about(address)
        if report.kind not in ("failed", "complaint"):
            return HandledReport(row.subscriber, False, f"{report.kind}: {report.words}")
        return self._failed(report, row, fence, address, now=now)

    def _failed(
        self, report: Report, row: DeliveryRow, fence: int | None, address: str, *, now: datetime
    ) -> HandledReport:
        at_once = report.kind == "complaint" or report.cause is Cause.ADDRESS
        counted = self.register.returned(
            row.id, fence, address=address, reason=report.words, at_once=at_once, now=now
        )
        if counted is None:
            return HandledReport(row.subscriber, False, "known already, or out of date")
        if counted.suppressed:
            return HandledReport(row.subscriber, True, f"suppressed: {report.words}")
        failed = f"{counted.digests} in a row since {counted.since:%Y-%m-%d}"
        what = f"counted: {report.cause}, {failed}: {report.words}"
        return HandledReport(row.subscriber, True, what)

    def _posted(self, report: Report) -> tuple[DeliveryRow, int, str] | None:
        """Find the delivery to whose envelope sender the report was sent. Returns the delivery, the
        fence of the attempt, and the address that it went to."""
        if self.bounce_domain is None:
            return None
        for text in report.reached:
            for sender in _SENDER.findall(text):
                attempt = self.tokens.read_envelope_sender(sender, self.bounce_domain)
                if attempt is None:
                    continue
                for row in self.register.deliveries(numbers=[attempt.delivery]):
                    address = self.address_of(row.subscriber)
                    if address is not None and self.tokens.is_address(attempt, address):
                        return row, attempt.fence, address
        return None

    def _claimed(self, report: Report) -> tuple[DeliveryRow, None, str] | None:
        """Find the delivery that the returned message names, if it also contains our token."""
        for subscriber in self._links(report):
            address = self.address_of(subscriber)
            # A complaint may name nobody.
            nobody = report.kind == "complaint" and not report.recipients
            if address is None or not (nobody or address.casefold() in report.recipients):
                continue
            for row in self.register.deliveries(subscribers=[subscriber], channel="email"):
                if self.message_id(subscriber, row.period) in report.message_ids:
                    return row, None, address
        return None

    def _links(self, report: Report) -> list[SubscriberId]:
        read = (self.tokens.read_link("unsubscribe", token) for token in report.tokens)
        return [link for link in read if link is not None]
