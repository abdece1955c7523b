"""When a delivery that was deferred is tried again."""

from datetime import timedelta
from hashlib import sha256

from digest.model import DeliveryId

FIRST_RETRY = timedelta(minutes=5)
LONGEST_RETRY = timedelta(hours=4)
JITTER = 0.25  # a wait is up to this share shorter or longer: the retries of a batch spread out


def retry_after(delivery: DeliveryId, attempt: int) -> timedelta:
    """How long to wait after the ``attempt``-th try (from 1) was deferred. The wait doubles from
    five minutes to four hours (RFC 5321, 4.5.4.1, asks for growing intervals). The jitter is a hash
    of delivery and attempt, so the result is always the same."""
    wait = min(FIRST_RETRY * (1 << min(attempt - 1, 16)), LONGEST_RETRY)
    digest = sha256(f"{delivery}/{attempt}".encode()).digest()
    chance = int.from_bytes(digest[:4], "big") / 2**32
    return wait * (1 - JITTER + 2 * JITTER * chance)
