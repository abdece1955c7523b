"""Papers made up for the tests of ranking."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from digest.model import Interest, Paper, PaperId, PaperKey, Profile
from digest.ranking import Corpus, Ranking, Scored

FILLER = (
    "The harbour town keeps a lighthouse whose keeper counts gulls every morning. "
    "Visitors arrive by ferry, eat soup near the pier and leave before dusk."
)


def paper(number: int, title: str, abstract: str = FILLER, authors: Sequence[str] = ()) -> Paper:
    return Paper(
        PaperKey(number),
        PaperId(f"title:{number:016x}"),
        title,
        abstract,
        datetime(2025, 1, 6, tzinfo=UTC),
        authors=tuple(authors),
    )


def papers(*texts: tuple[str, str] | str) -> list[Paper]:
    return [
        paper(i, *((text,) if isinstance(text, str) else text)) for i, text in enumerate(texts, 1)
    ]


def profile(*interests: str | Interest, exclude: Sequence[str | Interest] = ()) -> Profile:
    return Profile(
        tuple(Interest(i) if isinstance(i, str) else i for i in interests),
        tuple(Interest(e) if isinstance(e, str) else e for e in exclude),
    )


def scored(week: Sequence[Paper], wishes: Profile) -> Scored:
    return ranking_of(week).rank(wishes)


def ranking_of(week: Sequence[Paper], archive: Sequence[Paper] = ()) -> Ranking:
    """A ranking whose corpus is the archive with the week, as in a pass."""
    return Ranking(Corpus.learn([*archive, *week]), week)
