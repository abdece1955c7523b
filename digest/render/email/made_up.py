"""Digests that nobody gets: templates are tried on them before real ones need them."""

from dataclasses import replace
from datetime import UTC, date, datetime

from digest import model
from digest.render.site import Links

_DAY = datetime(2026, 5, 4, 8, tzinfo=UTC)
PAPER = model.Paper(
    key=model.PaperKey(1),
    id=model.PaperId("trial"),
    title='A paper that was never written & says "so"',
    abstract="It says <this>.\n\nAnd it says that.",
    arrived=_DAY,
    listed=_DAY.date(),
    authors=("نور الهاشمي", "Ada Lovelace"),
    comments=3,
    arxiv_id="2605.00001",
    code="https://code.example/trial?a=1&b=2",
)
_BARE = model.Paper(PAPER.key, PAPER.id, PAPER.title, "", _DAY)
_REASONS = (
    model.Reason("says", "says", "abstract", 1.0, 0.4),
    model.Reason("a & b", "A", "title", 1.0, 0.1),
)
READER = model.Subscriber(
    model.SubscriberId("trial"), "trial@example.org", model.Profile(()), channels=("email", "feed")
)
FULL = model.Digest(
    READER.id,
    model.Period(date(2026, 4, 27), "week"),
    _DAY,
    PAPER.key,
    tuple(
        model.Pick(
            PAPER if number % 3 else _BARE, 0.5, _REASONS[: 1 + number % 2], late=number % 4 == 0
        )
        for number in range(9)
    ),
    model.Coverage(1, 10, {model.Why.OVER_LIMIT: 1}),
)
ONE = replace(FULL, picks=(model.Pick(_BARE, 1.0, _REASONS[1:]),), coverage=model.Coverage(1, 1))
EMPTY = replace(FULL, picks=(), coverage=model.Coverage(1, 0))
LINKS = Links(
    feed="https://digest.example/feed?x=1&y=2",
    archive="https://digest.example/archive",
    help="https://digest.example/help",
    unsubscribe="mailto:digest@digest.example?subject=unsubscribe",
    unsubscribe_mailto="mailto:digest@digest.example?subject=unsubscribe",
    bibtex="https://digest.example/2026-W47.bib",
    ris="https://digest.example/2026-W47.ris",
)
