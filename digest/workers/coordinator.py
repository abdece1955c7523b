"""The part of a pass that runs in the process that was asked for it: it divides the work among
workers, and adds up their reports."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import repeat

from distributed import Client

from digest.ledger import Ledger
from digest.model import PaperKey, Problem, State
from digest.pipeline.context import RunContext
from digest.pipeline.deliver import give_up
from digest.pipeline.planning import Planner
from digest.pipeline.protocols import PassLedger
from digest.pipeline.report import DecideReport, DeliverReport
from digest.workers.shards import Done, Open, Pass
from digest.workers.team import SMALLEST, STEPS, Part, Team

ROUNDS = 3  # how often what is left is given to workers
_ENDS = (State.SENT, State.DEFERRED, State.FAILED, State.UNCERTAIN, State.CANCELLED)


@dataclass(slots=True)
class Coordinator:
    """Decides and delivers by workers: what ``digest.pipeline.run.run`` takes for ``work``."""

    connect: Callable[[], AbstractContextManager[Client]]
    """Connects to a scheduler, where there is something to do. Raises ConfigError."""
    describe: Callable[[PaperKey, bool], Pass]
    """Describes the pass to workers, by its newest paper and whether papers came."""
    opener: Open
    ledger: Ledger
    take_over: Callable[[], object]  # frees what dead processes of this machine have in hand

    def __call__(
        self, context: RunContext[PassLedger], *, until: PaperKey, papers_came: bool, now: datetime
    ) -> tuple[DecideReport, DeliverReport]:
        """Have the shards done. What a worker leaves undone is done again by others."""
        decided, delivered = DecideReport(), DeliverReport(problems=give_up(context))
        left = partial(self.ledger.shards, now, reopened=papers_came, size=SMALLEST)
        if not (parts := left(clock=context.clock())):
            return decided, delivered
        others = set(self.ledger.owners())
        of = self.describe(until, papers_came)
        if self.ledger.count_due(now, reopened=papers_came):
            planner = Planner(self.ledger, until=until, expected=context.expected, now=now)
            of = replace(of, corpus=planner.corpus)
        with (
            self.connect() as client,
            Team(client, of, self.opener, context.stopping) as team,
        ):
            for _ in range(ROUNDS):
                steps = self._steps(team, parts, decided, delivered)
                total = STEPS * sum(number for _, number in parts)
                for _step in context.track(steps, "Choosing and sending", total):
                    pass
                parts = left(clock=context.clock())
                if not parts or team.is_over or context.stopping():
                    break
        if team.gone:  # what they had done before they left is in no report
            ended = self.ledger.outcomes(since=now)
            delivered.counts.update({one: ended[one] - delivered.counts[one] for one in _ENDS})
        if not context.stopping():
            mailing = set(self.ledger.owners()) - others
            delivered.problems += tuple(_undone(team, parts, sorted(mailing)))
        return decided, delivered

    def _steps(
        self, team: Team, parts: list[Part], decided: DecideReport, delivered: DeliverReport
    ) -> Iterator[None]:
        """Have these parts done, and add to the reports; yields once a step."""
        for step in team.do(parts, self.take_over):
            if isinstance(step, Done):
                decided.merge(step.decided)
                delivered.merge(step.delivered)
            else:
                yield from repeat(None, step)
        self.take_over()


def _undone(team: Team, parts: list[Part], owners: list[str]) -> Iterator[Problem]:
    """What the workers left undone, and why."""
    if number := sum(number for _, number in parts):
        yield from team.problems
        what = f"workers left the digests of {number:,} subscribers undone"
        yield Problem("workers", what, "the next pass goes on with them")
    if owners:
        what = f"mail is in the hands of {', '.join(owners)}, and did not come back"
        remedy = "a pass takes it up when their leases have ended: see `lease` under [delivery]"
        yield Problem("workers", what, remedy)
