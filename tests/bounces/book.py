"""What reports are judged against in tests: two readers, each with a digest that was sent."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from digest.bounces import parse
from digest.bounces.handle import BounceHandler, HandledReport
from digest.ledger.failures import Failing
from digest.model import Channel, DeliveryId, DeliveryRow, Period, State, SubscriberId
from digest.tokens import TokenSigner

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ADA, BOB = SubscriberId("ada"), SubscriberId("bob")
WEEK = Period(date(2026, 11, 9), "week")
TOKENS = TokenSigner({1: b"k" * 32})
DOMAIN = "bounces.example.org"
SENDER = TOKENS.envelope_sender(DeliveryId(1), 1, "ada@example.org", DOMAIN)
LINK = TOKENS.link("unsubscribe", ADA)


def sent(number: int, subscriber: SubscriberId, fence: int = 1) -> DeliveryRow:
    """A delivery that was sent at its only attempt, whose fence is kept as their number."""
    return DeliveryRow(
        id=DeliveryId(number),
        subscriber=subscriber,
        channel="email",
        period=WEEK,
        state=State.SENT,
        attempts=fence,
        detail="",
        updated=NOW,
        composed=NOW,
        due=None,
        owner=None,
        papers=1,
    )


@dataclass
class Book:
    """What the reports are judged against."""

    rows: list[DeliveryRow] = field(default_factory=lambda: [sent(1, ADA), sent(2, BOB)])
    suppressed: dict[str, str] = field(default_factory=dict)
    counted: list[str] = field(default_factory=list)
    off: set[SubscriberId] = field(default_factory=set)

    def deliveries(
        self,
        *,
        subscribers: Collection[SubscriberId] = (),
        channel: Channel | None = None,
        numbers: Collection[DeliveryId] = (),
    ) -> Sequence[DeliveryRow]:
        return [
            row
            for row in self.rows
            if (not subscribers or row.subscriber in subscribers)
            and (not numbers or row.id in numbers)
        ]

    def returned(
        self,
        delivery: DeliveryId,
        fence: int | None,
        *,
        address: str,
        reason: str,
        at_once: bool,
        now: datetime,
    ) -> Failing | None:
        for row in self.deliveries(numbers=[delivery]):
            if row.state is State.SENT and fence in (None, row.attempts):
                self.rows[self.rows.index(row)] = replace(row, state=State.FAILED)
                if at_once:
                    self.suppressed[address] = reason
                else:
                    self.counted.append(reason)
                return Failing(row.subscriber, address, 1, now, now, reason, at_once)
        return None

    def unsubscribe(self, subscriber: SubscriberId, *, now: datetime) -> bool:
        new = subscriber not in self.off
        self.off.add(subscriber)
        return new


def message_id(subscriber: SubscriberId, period: Period) -> str:
    return f"<{subscriber}.{period}@example.org>"


def handle(raw: bytes, book: Book, domain: str | None = DOMAIN) -> HandledReport | None:
    addresses = {ADA: "ada@example.org", BOB: "bob@example.org"}
    office = BounceHandler(book, TOKENS, domain, addresses.get, message_id)
    report = parse.parse(raw)
    return None if report is None else office.handle(report, now=NOW)
