"""Decides the digests that are due, a batch of subscribers at a time, and records the decisions."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache

from digest.model import (
    Coverage,
    Decision,
    PaperKey,
    Period,
    Schedule,
    Skip,
    SkipReason,
    StoredSubscriber,
)
from digest.pipeline.context import RunContext
from digest.pipeline.planning import Planner, Waiting
from digest.pipeline.protocols import DecisionLedger, PassLedger
from digest.pipeline.report import DecideReport
from digest.scheduling import periods

Cursor = Callable[[datetime], PaperKey]  # the newest paper that arrived before an instant
BATCH = 1000  # subscribers that are decided together
DAILY_GRACE, GRACE = timedelta(hours=6), timedelta(hours=24)
"""How long a period stays open while no paper comes, of a daily digest and of others."""


def decide(
    context: RunContext[PassLedger],
    *,
    until: PaperKey,
    papers_came: bool,
    now: datetime,
    planner: Planner | None = None,
) -> DecideReport:
    """Record a decision for everybody of the shard whose digest is due. A pass draws on the papers
    up to ``until``: what another process reads meanwhile is left to the next pass. A ``planner`` is
    that of another shard of the same pass, which has ranked before."""
    report = DecideReport()
    total = context.ledger.count_due(now, reopened=papers_came, shard=context.shard)
    if total:
        if planner is None:
            planner = Planner(context.ledger, until=until, expected=context.expected, now=now)
        decisions = _recorded(context, planner, reopened=papers_came, now=now)
        for decision in context.track(decisions, "Choosing papers", total):
            if isinstance(decision.outcome, Skip):
                report.add(decision.outcome)
        report.problems = planner.problems
    return report


def _recorded(
    context: RunContext[PassLedger], planner: Planner, *, reopened: bool, now: datetime
) -> Iterator[Decision]:
    """The decisions for everybody who is due, each recorded with its batch."""
    ledger, cursor = context.ledger, cache(context.ledger.cursor)
    after: StoredSubscriber | None = None
    while batch := ledger.due(
        now, reopened=reopened, after=after, limit=BATCH, shard=context.shard
    ):
        after = batch[-1]
        decisions = list(_decisions(planner, ledger, batch, cursor, grace=context.grace, now=now))
        ledger.record(decisions, now=now, serves=context.serves)
        yield from decisions
        if context.stopping():
            return


def _decisions(
    planner: Planner,
    ledger: DecisionLedger,
    batch: Sequence[StoredSubscriber],
    cursor: Cursor,
    *,
    grace: timedelta | None,
    now: datetime,
) -> Iterator[Decision]:
    due = {one.key: periods.due_period(one.subscriber, now) for one in batch}
    decided = ledger.decided(due)
    waiting: list[tuple[StoredSubscriber, Waiting]] = []
    for one in batch:
        after = _after(cursor, one, due[one.key], now=now)
        open_since = _open_since(one, now=now)
        ends = open_since + _grace(one.subscriber.schedule, grace)
        if one.key in decided:
            yield Decision(one, None, periods.next_due(one.subscriber, now))
        elif now >= ends or not planner.has_papers(after, one.subscriber):
            yield _without_papers(one, due[one.key], after, open_since, ends, now=now)
        else:
            first = one.until is None
            waiting.append((one, Waiting(one.subscriber, due[one.key], after, first)))
    if waiting:
        plans = planner.plans([window for _, window in waiting])
        for (one, _), plan in zip(waiting, plans, strict=True):
            yield Decision(one, plan.decision, periods.next_due(one.subscriber, now))


def _after(cursor: Cursor, stored: StoredSubscriber, period: Period, *, now: datetime) -> PaperKey:
    """Where the papers of the subscriber's next digest begin: after the last one, or, in a first
    digest, at the start of its period."""
    if stored.until is not None:
        return stored.until
    return cursor(periods.first_window(stored.subscriber, period, now=now))


def _open_since(one: StoredSubscriber, *, now: datetime) -> datetime:
    """The pass that first found the period due and empty; ``now`` where none did before."""
    schedule, zone = one.subscriber.schedule, one.subscriber.timezone
    if one.open_since is None or periods.occurrence(schedule, zone, now) > one.open_since:
        return now
    return one.open_since


def _grace(schedule: Schedule, setting: timedelta | None) -> timedelta:
    if setting is not None:
        return setting
    return DAILY_GRACE if schedule.cron or schedule.every in ("day", "weekday") else GRACE


def _without_papers(
    one: StoredSubscriber,
    period: Period,
    after: PaperKey,
    open_since: datetime,
    ends: datetime,
    *,
    now: datetime,
) -> Decision:
    """Leave a period in which nothing came open until its grace ends, then close it."""
    coverage = Coverage(pages=0, papers=0)
    skip = Skip(one.subscriber.id, period, now, after, SkipReason.NOTHING_NEW, coverage)
    following = periods.next_due(one.subscriber, now)
    if now >= ends:
        return Decision(one, skip, following)
    return Decision(one, skip, min(ends, following), open_since)
