"""Digests that nobody gets: templates are tried on them before real ones need them."""

from dataclasses import replace
from datetime import UTC, date, datetime

from digest.model import (
    Coverage,
    Digest,
    Paper,
    PaperId,
    PaperKey,
    Period,
    Pick,
    Profile,
    Reason,
    Subscriber,
    SubscriberId,
    Why,
)
from digest.render.site import Links

_DAY = datetime(2026, 5, 4, 8, tzinfo=UTC)
PAPER = Paper(
    key=PaperKey(1),
    id=PaperId("trial"),
    title='A paper that was never written & says "so"',
    abstract="It says <this>.\n\nAnd it says that.",
    arrived=_DAY,
    listed=_DAY.date(),
    authors=("نور الهاشمي", "Ada Lovelace"),
    comments=3,
)
_BARE = replace(PAPER, abstract="", authors=(), comments=None, listed=None)
_REASONS = (Reason("says", "says", "abstract", 1.0, 0.4), Reason("a & b", "A", "title", 1.0, 0.1))
READER = Subscriber(
    SubscriberId("trial"), "trial@example.org", Profile(()), channels=("email", "feed")
)
FULL = Digest(
    READER.id,
    Period(date(2026, 4, 27), "week"),
    _DAY,
    PAPER.key,
    tuple(
        Pick(PAPER if number % 3 else _BARE, 0.5, _REASONS[: 1 + number % 2], late=number % 4 == 0)
        for number in range(9)
    ),
    Coverage(1, 10, {Why.OVER_LIMIT: 1}),
)
ONE = replace(FULL, picks=(Pick(_BARE, 1.0, _REASONS[1:]),), coverage=Coverage(1, 1))
EMPTY = replace(FULL, picks=(), coverage=Coverage(1, 0))
LINKS = Links(
    feed="https://digest.example/feed?x=1&y=2",
    archive="https://digest.example/archive",
    help="https://digest.example/help",
    unsubscribe="mailto:digest@digest.example?subject=unsubscribe",
    unsubscribe_mailto="mailto:digest@digest.example?subject=unsubscribe",
)
