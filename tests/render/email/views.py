"""Made-up digests, from telling to hostile."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

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
    Schedule,
    Subscriber,
    SubscriberId,
    Why,
)
from digest.render.site import Links, Site

NOW = datetime(2026, 11, 23, 13, tzinfo=UTC)
SITE = Site(Path("/srv/public"), "https://digest.example.org", "Paper Digest <digest@example.org>")
LINKS = Links(
    feed="https://digest.example.org/feeds/Zx81kQ0aB7cD3eF5gH9jKl.atom",
    archive="https://digest.example.org/archive/Zx81kQ0aB7cD3eF5gH9jKl/2026-W47.html",
    help="https://digest.example.org/help.html",
    unsubscribe="https://digest.example.org/u/Zx81kQ0aB7cD3eF5gH9jKl",
    unsubscribe_mailto="mailto:digest@example.org?subject=unsubscribe%20Zx81kQ0a",
    one_click="https://digest.example.org/u/Zx81kQ0aB7cD3eF5gH9jKl",
)
ADA = Subscriber(
    id=SubscriberId("ada"),
    email="ada@example.org",
    name="Ada Example",
    profile=Profile((Interest("low-rank adaptation"), Interest("mixture of experts", weight=2.5))),
    schedule=Schedule("week", on=1, at=time(8)),
    timezone="America/New_York",
)
WEEK = Period(date(2026, 11, 16), "week")


def paper(key: int = 1, **changes: object) -> Paper:
    """A paper of which everything is known, with some of it changed."""
    values: dict[str, object] = {
        "key": PaperKey(key),
        "id": PaperId(f"title:{key:016x}"),
        "title": "Thin Adapters, Thick Models: LoRA at a Hundredth of the Memory",
        "abstract": "Fine-tuning a large model needs more memory than running it. "
        "We keep the weights in four bits and train only a low-rank adaptation of each layer, "
        "whose rank follows the spectrum of its gradient. On eleven tasks this loses less than a "
        "third of a point against full tuning, and fits a 70-billion model on one card.",
        "arrived": NOW - timedelta(days=3),
        "listed": date(2026, 11, 18),
        "authors": ("Mira Holt", "Jonas Weidmann", "Chioma Adeyemi", "Lea Brandt"),
        "published": date(2026, 11, 17),
        "comments": 4,
        "url": f"https://papers.example.org/{key}",
    }
    return Paper(**(values | changes))  # type: ignore[arg-type]  # the fields are named above


def reason(term: str = "LoRA", **changes: object) -> Reason:
    """Why a paper was picked: its title has a term."""
    values: dict[str, object] = {
        "interest": "low-rank adaptation",
        "term": term,
        "place": "title",
        "weight": 1.0,
        "contribution": 0.4,
    }
    return Reason(**(values | changes))  # type: ignore[arg-type]  # the fields are named above


def pick(key: int = 1, *reasons: Reason, score: float = 0.82, **changes: object) -> Pick:
    """A pick of a paper that has some of its fields changed."""
    found = reasons or (
        reason(via="acronym"),
        reason("low-rank adaptation", place="abstract", contribution=0.3),
    )
    late = bool(changes.pop("late", False))
    return Pick(paper(key, **changes), score, found, late)


def digest(picks: Iterable[Pick], **changes: object) -> Digest:
    """A week's digest of these picks."""
    values: dict[str, object] = {
        "subscriber": ADA.id,
        "period": WEEK,
        "composed": NOW,
        "until": PaperKey(900),
        "picks": tuple(picks),
        "coverage": Coverage(
            pages=4,
            papers=212,
            left_out={Why.BELOW_THRESHOLD: 180, Why.RULED_OUT: 14, Why.OVER_LIMIT: 11},
            missing=(Missing(date(2026, 11, 17)),),
            expected=5,
        ),
    }
    return Digest(**(values | changes))  # type: ignore[arg-type]  # the fields are named above


def _moe(**changes: object) -> Reason:
    return reason("mixture of experts", interest="mixture of experts", weight=2.5, **changes)


WEEK_OF_SEVEN = digest(
    [
        pick(1),
        pick(
            2,
            _moe(contribution=0.5),
            reason("experts", interest="mixture of experts", place="abstract", contribution=0.24),
            score=0.74,
            title="Three Routers Walk into a Mixture of Experts: What Load Balancing Costs",
            abstract="Routers that keep every expert equally busy also keep them from becoming "
            "experts. We train the same model with three routers and follow single tokens "
            "through it. Without a balancing loss, experts settle on topics within the first tenth "
            "of training; with it, they never do. A penalty that fades out gives both: even load "
            "early and specialists at the end. The cost is one line of code. We release all "
            "checkpoints, the traces of 40 billion tokens, and a viewer that shows which expert "
            "read which word.",
            authors=("Tomás Ibarra", "نور الهاشمي", "Wei-Lin Chao"),
            comments=12,
        ),
        pick(
            3,
            reason("scaling laws", interest="/scaling laws?/", via="pattern", contribution=0.35),
            reason("learning rate", interest="learning rate", place="abstract", contribution=0.26),
            score=0.61,
            title="Why Loss Curves Bend: Scaling Laws that Know the Schedule",
            abstract="A scaling law fitted to final losses forgets how the loss got there. Ours "
            "predicts the whole curve from the area under the learning rate and the area annealed "
            "away. Two short runs are enough to fit it; it then foretells any schedule at any step "
            "to within one percent.",
            authors=(),
            author_count=3,
            comments=None,
        ),
        pick(
            4,
            reason("adapter", via="related", place="abstract", contribution=0.52),
            score=0.52,
            title="Merging without Regret",
            abstract="Adding up fine-tuned adapters usually hurts all of them. Where two of them "
            "disagree in sign, we keep the one whose gradient was surer.",
            authors=("Ingrid Sølvberg",),
            listed=date(2026, 11, 3),
            published=date(2026, 11, 2),
            late=True,
            comments=1,
        ),
        pick(
            5,
            reason("Yann LeCun", interest="Yann LeCun", place="authors", via="author"),
            score=0.4,
            title="Predicting What a Picture Leaves Out: Joint Embeddings for the Parts of a Scene "
            "That No Camera Has Seen, and Why Reconstructing Every Pixel of Them "
            "Was Never the Point",
            authors=("Yann LeCun", "Priya Raman"),
            abstract="",
        ),
        pick(
            6,
            reason("LoRA", contribution=0.31, via="acronym"),
            score=0.31,
            title="LoRA for Weather: Local Forecasts from a Global Model",
            authors=(),
            author_count=None,
            published=None,
            comments=None,
        ),
        pick(
            7,
            _moe(place="abstract", contribution=0.22),
            score=0.22,
            title="Speech Recognition on a Watch Battery",
            abstract="A recogniser that sleeps between syllables. It wakes one small network of a "
            "mixture of experts for each sound and runs for nine days on a coin cell.",
        ),
    ]
)
