"""Papers, picks and digests to render."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from digest.model import (
    Coverage,
    Digest,
    Interest,
    Missing,
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
from digest.render.site import Site

TOKEN = "Zr8wXq2nV5tK0aLmPc7-_A"
NOW = datetime(2026, 11, 23, 8, 0, 0, 123456, tzinfo=UTC)
SERVED = Site(
    Path("/srv/digest/public"), "https://digest.example.org", "Paper Digest <d@example.org>"
)
LOCAL = Site(Path("/srv/my digest/public"), None, "Paper Digest <d@example.org>")
ADA = Subscriber(
    id=SubscriberId("ada"),
    email="ada@example.org",
    name="Ada Example",
    channels=("email", "feed"),
    profile=Profile(interests=(Interest("low-rank adaptation"), Interest("pruning"))),
)


def paper(key: int = 1, **changes: Any) -> Paper:
    """A paper whose every field is known; its key tells it from others."""
    fields: dict[str, Any] = {
        "key": PaperKey(key),
        "id": PaperId(f"arxiv:2401.{key:05}"),
        "title": f"Pruning While Tuning, Part {key}",
        "abstract": "We prune with low-rank adaptation (LoRA).\n\nIt saves a quarter.",
        "arrived": NOW,
        "listed": date(2026, 11, 20),
        "authors": ("Grace Hopper", "Alan Turing"),
        "author_count": 2,
        "published": date(2026, 11, 19),
        "comments": 3,
        "arxiv_id": f"2401.{key:05}",
    }
    return Paper(**(fields | changes))


def pick(key: int = 1, score: float = 0.75, *, late: bool = False, **changes: Any) -> Pick:
    """A pick with two reasons that add up to its score."""
    reasons = (
        Reason("pruning", "Pruning", "title", 1.0, round(score * 2 / 3, 4)),
        Reason("low-rank adaptation", "LoRA", "abstract", 1.0, round(score / 3, 4), "acronym"),
    )
    return Pick(paper(key, **changes), score, reasons, late)


def digest(*picks: Pick, week: int = 47, **changes: Any) -> Digest:
    """The digest of one week of 2026, composed on the Monday after."""
    period = Period(date.fromisocalendar(2026, week, 1), "week")
    fields: dict[str, Any] = {
        "subscriber": ADA.id,
        "period": period,
        "composed": NOW + timedelta(weeks=week - 47),
        "until": PaperKey(1000 + week),
        "picks": picks,
        "coverage": Coverage(
            pages=4,
            papers=212,
            left_out={Why.BELOW_THRESHOLD: 200, Why.RULED_OUT: 3},
            missing=(Missing(period.start),),
            expected=5,
        ),
    }
    return Digest(**(fields | changes))
