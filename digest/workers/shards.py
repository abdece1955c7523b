"""What the processes of a pass tell each other. No password and no key is in it, so that a
scheduler, and whoever can read what passes through it, learns none; reports have the ids of
subscribers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from digest.model import PaperKey, Problem, Shard
from digest.pipeline.context import RunContext
from digest.pipeline.protocols import PassLedger, Transport
from digest.pipeline.report import DecideReport, DeliverReport

if TYPE_CHECKING:
    from digest.ranking import Corpus


@dataclass(frozen=True, slots=True)
class Pass:
    """What a worker has to know of a pass."""

    name: str  # no other pass ever had the same one
    home: Path
    """The home on the coordinator's machine; where it lies on others, they know themselves."""
    terms: Mapping[str, str]
    """What has to be the same on all machines, by the names of settings: hashes of their values."""
    now: datetime
    ahead: timedelta  # how far the pass's clock is ahead of the machines'
    until: PaperKey
    papers_came: bool
    corpus: Corpus | None
    """What the ranking knows of the archive, learned once for all workers; None: nobody is due."""
    is_local: bool  # whether the workers are processes that the coordinator itself has started

    @property
    def topic(self) -> str:
        """Under this name workers tell how far they are."""
        return f"progress of {self.name}"


@dataclass(frozen=True, slots=True)
class Task:
    """A part of a pass, for one worker at a time."""

    shard: Shard
    size: int  # how many subscribers have something to be done, at most
    share: float  # the worker's part of what all workers may send at once and in a second


@dataclass(slots=True)
class Done:
    """What came of a task."""

    worker: str  # its address
    decided: DecideReport = field(default_factory=DecideReport)
    delivered: DeliverReport = field(default_factory=DeliverReport)
    problems: tuple[Problem, ...] = ()  # why the task was not done to its end
    is_fit: bool = True  # whether the worker's settings agree with the coordinator's


@dataclass(frozen=True, slots=True)
class Opened:
    """What a worker keeps open until the pass ends."""

    context: RunContext[PassLedger]
    transport: Callable[[float], Transport]
    """Makes the transport for a share of what all workers may send."""
    release: Callable[[], None]  # gives back what was claimed and not sent


Open = Callable[[Pass, Callable[[], bool]], AbstractContextManager[Opened]]
"""Opens what a worker needs, by its own settings; the second argument is whether it has to stop.
Raises ConfigError where they do not agree with the coordinator's."""
