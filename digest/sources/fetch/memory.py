"""What the fetcher remembers of a source from one attempt to the next."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from datetime import date

from digest.sources.fetch.exchange import Step, Validators


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a page has come."""

    day: date
    pending: tuple[str, ...]  # the addresses that are still to be requested
    done: tuple[str, ...] = ()  # those that were answered; the first one began the page
    papers: int = 0  # in the answers so far

    def after(self, step: Step) -> Progress:
        """The progress when the first of the pending addresses was answered."""
        answered, *pending = self.pending
        done = (*self.done, answered)
        new = (url for url in dict.fromkeys(step.following) if url not in (*done, *pending))
        return Progress(self.day, (*pending, *new), done, self.papers + step.papers)


@dataclass(slots=True)
class Memory:
    """What is remembered of a source."""

    progress: Progress | None = None  # of the page that was interrupted
    answers: dict[date, dict[str, tuple[Validators, Step]]] = field(default_factory=dict)
    """What was answered last for pages that may still change, by day and address: the validators
    for a conditional request, and what the answer meant."""

    def begin(self, day: date, url: str) -> Progress:
        """How far a page that begins with this address has come."""
        at = self.progress
        is_it = at is not None and at.day == day and at.done[:1] == (url,)
        return at if at and is_it else Progress(day, (url,))

    def answered(self, day: date, url: str, validators: Validators, step: Step) -> None:
        """Remember an answer that a conditional request can be made from."""
        if validators != Validators():
            self.answers.setdefault(day, {})[url] = validators, step

    def forget_but(self, days: Collection[date]) -> None:
        """Forget the answers of all other days."""
        self.answers = {day: found for day, found in self.answers.items() if day in days}

    def as_json(self) -> str:
        """The text that ``from_json`` reads."""
        answers = {
            day.isoformat(): {url: (asdict(one), asdict(step)) for url, (one, step) in own.items()}
            for day, own in self.answers.items()
        }
        progress = self.progress and asdict(self.progress)
        return json.dumps({"progress": progress, "answers": answers}, default=str)

    @classmethod
    def from_json(cls, text: str | None) -> Memory:
        """What an earlier attempt has remembered; nothing where there was none."""
        memory = cls()
        found = json.loads(text) if text else {"progress": None, "answers": {}}
        if at := found["progress"]:
            day, pending, done = date.fromisoformat(at["day"]), at["pending"], at["done"]
            memory.progress = Progress(day, tuple(pending), tuple(done), at["papers"])
        for day, answers in found["answers"].items():
            for url, (validators, step) in answers.items():
                meant = Step(step["papers"], tuple(step["following"]))
                memory.answered(date.fromisoformat(day), url, Validators(**validators), meant)
        return memory
