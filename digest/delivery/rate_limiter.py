"""How many messages may go out in a second."""

from collections import defaultdict


class RateLimiter:
    """Spaces messages evenly, over all and for each recipient domain; the caller gives the time."""

    def __init__(self, per_second: float | None = None, per_domain: float | None = None) -> None:
        self._gap = 1 / per_second if per_second else 0.0
        self._domain_gap = 1 / per_domain if per_domain else 0.0
        self._next = 0.0
        self._next_of: defaultdict[str, float] = defaultdict(float)

    def reserve(self, domain: str, now: float) -> float:
        """Reserve a domain's next time slot; returns its time, in seconds of the caller's clock."""
        if not self._domain_gap:
            return now
        slot = max(now, self._next_of[domain])
        self._next_of[domain] = slot + self._domain_gap
        return slot

    def wait(self, now: float) -> float:
        """The seconds until the next message to any domain may go."""
        return max(0.0, self._next - now)

    def spend(self, now: float) -> None:
        """Count a message that goes out now."""
        self._next = max(now, self._next) + self._gap
