"""What the ledger must be after each step, as plain dictionaries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from digest.ledger.leases import Mode
from digest.model import (
    Channel,
    DeliveryId,
    Digest,
    Period,
    Skip,
    SkipReason,
    State,
    SubscriberId,
)
from tests.ledger.samples import HOUR

P, CL, CO, S = State.PENDING, State.CLAIMED, State.COMMITTED, State.SENT
D, F, U, CA, E = (
    State.DEFERRED,
    State.FAILED,
    State.UNCERTAIN,
    State.CANCELLED,
    State.EXPIRED,
)
EDGES: dict[State, set[State]] = {
    P: {CL, S, D, F, U, CA, E},
    CL: {CL, CO, P, S, D, F, U, CA, E},
    CO: {P, S, D, F, U, CA, E},
    D: {CL, P, CA, S, E},
    U: {S, D, F, P, CA, E},
    F: {P, S},
    CA: {P},
    E: {P, S},
    S: set(),
}
"""Every step that a delivery may take in one transaction."""


@dataclass
class Expected:
    """What the model knows of one delivery."""

    subscriber: SubscriberId
    channel: Channel
    period: Period
    since: datetime
    updated: datetime
    due: datetime | None
    state: State = State.PENDING
    fence: int = 0
    owner: str | None = None

    def rest(self, state: State, now: datetime) -> None:
        """End here, for now."""
        self.state, self.due, self.owner, self.updated = state, None, None, now

    def wait(self, state: State, due: datetime, now: datetime) -> None:
        """Be due again."""
        self.state, self.due, self.owner, self.updated = state, due, None, now

    def give_up(self, mode: Mode, now: datetime) -> None:
        """What a dead owner leaves behind."""
        if self.state is CL or mode == "resend":
            self.wait(P, min(self.since, now), now)
        else:
            self.rest(U, now)

    def lapsed(self, now: datetime) -> bool:
        """Its time has come, or was written by a clock that has been put back since."""
        return self.due is not None and (self.due <= now or self.updated > now + HOUR)


@dataclass
class Model:
    """The ledger as a few dictionaries."""

    dumps: set[str] = field(default_factory=set)
    papers: list[str] = field(default_factory=list)
    cursors: dict[SubscriberId, int] = field(default_factory=dict)
    decided: dict[tuple[SubscriberId, Period], Digest | Skip] = field(default_factory=dict)
    sent: set[tuple[SubscriberId, int]] = field(default_factory=set)
    deliveries: dict[DeliveryId, Expected] = field(default_factory=dict)
    off: set[SubscriberId] = field(default_factory=set)

    def decide(self, decision: Digest | Skip, channels: Sequence[Channel]) -> bool:
        """Keep a decision; whether it was new and not in the way of another."""
        who = decision.subscriber
        picks = decision.picks if isinstance(decision, Digest) else ()
        pairs = {(who, pick.paper.key) for pick in picks}
        stays_open = isinstance(decision, Skip) and decision.reason is SkipReason.NOTHING_NEW
        if stays_open or (who, decision.period) in self.decided or pairs & self.sent:
            return False
        self.decided[who, decision.period] = decision
        self.sent |= pairs
        self.cursors[who] = max(self.cursors.get(who, 0), decision.until)
        if isinstance(decision, Digest):
            at = decision.composed
            for channel in channels:
                number = DeliveryId(len(self.deliveries) + 1)
                self.deliveries[number] = Expected(who, channel, decision.period, at, at, at)
        return True

    def free(self, channel: Channel, now: datetime) -> list[DeliveryId]:
        """What can be claimed, in the order in which it is."""
        found = [
            (one.due, number)
            for number, one in self.deliveries.items()
            if one.channel == channel
            and one.due is not None
            and (one.state is P or (one.state in (CL, D) and one.lapsed(now)))
        ]
        return [number for _, number in sorted(found)]

    def commit(
        self, number: DeliveryId, fence: int, expire_after: timedelta | None, now: datetime
    ) -> bool:
        """Whether the dot may be sent."""
        one = self.deliveries[number]
        if one.state is not CL or one.fence != fence:
            return False
        email = one.channel == "email"
        if email and one.subscriber in self.off:
            one.rest(CA, now)
        elif email and expire_after is not None and one.since + expire_after <= now:
            one.rest(E, now)
        else:
            one.state, one.updated = CO, now
        return one.state is CO
