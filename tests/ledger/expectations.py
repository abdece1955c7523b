"""What the ledger must be after each step, as plain dictionaries."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from digest.model import Channel, DeliveryId, Digest, Period, Skip, State, SubscriberId
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
    off: set[tuple[SubscriberId, Channel]] = field(default_factory=set)
