"""Made-up papers, as sources list them from a certain time on."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

SYLLABLES = ("ka", "lo", "mi", "ter", "nal", "vos", "rin", "du", "pel", "sha", "gor", "bex")


@cache
def made_up_words(seed: int, count: int) -> tuple[str, ...]:
    """Words that mean nothing; other seeds give other words."""
    chance = random.Random(seed)  # noqa: S311 - chance needs no secrecy here
    return tuple("".join(chance.choices(SYLLABLES, k=3)) for _ in range(count))


@dataclass(frozen=True)
class Made:
    """A made-up paper. All sources list it under the same day."""

    number: int
    day: date
    at: datetime | None = None
    """When sources begin to list it; None: at noon of its day."""
    upvotes: tuple[tuple[datetime, int], ...] = ()  # from when on it has how many
    categories: tuple[str, ...] = ("cs.LG",)
    keywords: tuple[str, ...] = ()  # which the sources gave it
    code: str = ""
    title: str = ""
    abstract: str = ""

    @property
    def arxiv(self) -> str:
        """Its arXiv id."""
        return f"{self.day:%y%m}.{self.number:05}"

    @property
    def doi(self) -> str:
        """Its DOI."""
        return f"10.5555/made.up.{self.number}"

    @property
    def named(self) -> str:
        """Its title, which no other paper has."""
        first, second, third, fourth = made_up_words(self.number, 4)
        return self.title or f"{first.title()} {second} by {third} {fourth}"

    @property
    def text(self) -> str:
        """Its abstract."""
        words = made_up_words(self.number + 1_000_000, 30)
        sentences = (" ".join(words[each : each + 10]).capitalize() for each in (0, 10, 20))
        return self.abstract or "We " + ". ".join(sentences) + "."

    @property
    def people(self) -> list[tuple[str, str]]:
        """Given name and surname of its authors."""
        return [("Ada", f"Example{chr(97 + self.number % 26)}"), ("Bo", "Sample")]

    def is_out(self, now: datetime) -> bool:
        """Whether sources list it."""
        return now >= (self.at or datetime.combine(self.day, time(12), UTC))

    def votes(self, now: datetime) -> int:
        """How many upvotes it has."""
        return max((votes for since, votes in self.upvotes if since <= now), default=0)


@dataclass
class Shelf:
    """What the sources have: made-up papers, of which an answer has at most ``most``."""

    papers: Sequence[Made]
    most: int = 1000

    def out(self, day: date | str, now: datetime, wanted: Sequence[str] = ()) -> list[Made]:
        """The papers that are listed for a day, of some categories if any are named."""
        papers = [each for each in self.papers if str(each.day) == str(day) and each.is_out(now)]
        return [each for each in papers if not wanted or set(wanted) & set(each.categories)]

    def part(self, papers: Sequence[Made], start: int, size: int) -> Sequence[Made]:
        """The papers of one answer."""
        return papers[start : start + min(size, self.most)]


def weeks(first: date, days: int, each: int) -> list[Made]:
    """So many days of made-up papers, ``each`` a weekday and none on weekends."""
    made: list[Made] = []
    for day in (first + timedelta(days=number) for number in range(days)):
        if day.weekday() < 5:
            made += [Made(len(made) + number + 1, day) for number in range(each)]
    return made
