"""Decides the digests that are due, and records the decisions."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache, partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from digest import selection
from digest.model import (
    Digest,
    Interest,
    PaperKey,
    Period,
    Profile,
    Skip,
    Subscriber,
    SubscriberId,
    Verdicts,
)
from digest.pipeline.context import BATCH
from digest.pipeline.protocols import Ledger, Track, untracked
from digest.scheduling import periods
from digest.selection.diversity import NearDuplicates

if TYPE_CHECKING:
    from digest.ranking import Ranking, Scored

BACKGROUND = 5000
"""How many of the newest papers teach the ranking which words are common."""


def decide(
    ledger: Ledger,
    subscribers: Sequence[Subscriber],
    *,
    expect: selection.Expect,
    now: datetime,
    track: Track = untracked,
) -> tuple[Skip, ...]:
    """Record a decision for everybody whose digest is due; those that made none, and why."""
    due = {subscriber.id: periods.due_period(subscriber, now) for subscriber in subscribers}
    channels = {subscriber.id: subscriber.channels for subscriber in subscribers}
    ledger.add_channels(due, channels, now=now)
    skips: list[Skip] = []
    batch: list[Digest | Skip] = []
    planned = plans(ledger, subscribers, due, expect=expect, now=now)
    for plan in track(planned, "Choosing papers", len(subscribers)):
        batch.append(plan.decision)
        if isinstance(plan.decision, Skip):
            skips.append(plan.decision)
        if len(batch) == BATCH:
            ledger.record(batch, channels)
            batch.clear()
    ledger.record(batch, channels)
    return tuple(skips)


def plans(
    ledger: Ledger,
    subscribers: Sequence[Subscriber],
    due: Mapping[SubscriberId, Period],
    *,
    expect: selection.Expect,
    now: datetime,
) -> Iterator[selection.Plan]:
    """What to decide for each subscriber whose period is not decided yet. Records nothing."""
    progress = ledger.progress(due)
    cursor = lru_cache(ledger.cursor)  # many begin at the same instant
    cursors: dict[SubscriberId, PaperKey] = {}
    for subscriber in subscribers:
        standing = progress[subscriber.id]
        if not standing.decided:
            begin = partial(periods.first_window, subscriber, due[subscriber.id], now=now)
            after = standing.until
            cursors[subscriber.id] = cursor(begin()) if after is None else after
    waiting = [subscriber for subscriber in subscribers if subscriber.id in cursors]
    if waiting:
        yield from plan_all(ledger, waiting, due, cursors, expect=expect, now=now)


def plan_all(
    ledger: Ledger,
    subscribers: Sequence[Subscriber],
    due: Mapping[SubscriberId, Period],
    cursors: Mapping[SubscriberId, PaperKey],
    *,
    expect: selection.Expect,
    now: datetime,
    until: PaperKey | None = None,
) -> Iterator[selection.Plan]:
    """Plans over the papers that came after each subscriber's cursor.

    With ``until``, a window of the past is planned again: neither its papers nor what they are
    compared with go beyond, and what its own digest sent does not count as sent before.
    """
    # SciPy takes long to import, and most passes have nobody to rank for.
    from digest.ranking import Corpus, Ranking  # noqa: PLC0415

    papers = ledger.papers(after=min(cursors.values()), until=until)
    keys = [paper.key for paper in papers]
    first_day = min(due[subscriber.id].start for subscriber in subscribers)
    begin = datetime.combine(first_day, time(), UTC) - timedelta(days=1)
    # Papers may have come before the period: a backfill, or a service that stood still.
    dumps = ledger.dumps(since=min([begin, *(paper.arrived for paper in papers)]))
    verdicts = ledger.verdicts([subscriber.id for subscriber in subscribers if subscriber.learn])
    corpus = Corpus.learn(ledger.papers(until=until, limit=BACKGROUND))
    judged = [paper for each in verdicts.values() for paper in (*each.liked, *each.disliked)]
    ranking = Ranking(corpus, papers, judged)
    profiles = [_with_verdicts(subscriber, verdicts) for subscriber in subscribers]
    sent = ledger.sent(cursors) if until is None else {}
    alike = NearDuplicates()
    for subscriber, profile, scored in zip(
        subscribers, profiles, ranking.rank_many(profiles), strict=True
    ):
        period, after = due[subscriber.id], cursors[subscriber.id]
        start = bisect_right(keys, after)
        window = selection.window(
            papers[start:],
            dumps,
            after=after,
            period=period,
            expect=expect,
            today=now.astimezone(ZoneInfo(subscriber.timezone)).date(),
        )
        yield selection.plan(
            subscriber,
            period,
            window,
            _of_window(ranking, profile, scored, start),
            sent=sent.get(subscriber.id, ()),
            alike=alike,
            now=now,
        )


def _with_verdicts(subscriber: Subscriber, verdicts: Mapping[SubscriberId, Verdicts]) -> Profile:
    if subscriber.id not in verdicts:
        return subscriber.profile
    judged = verdicts[subscriber.id]
    return replace(
        subscriber.profile,
        liked=tuple(paper.id for paper in judged.liked),
        disliked=tuple(paper.id for paper in judged.disliked),
    )


def _of_window(ranking: Ranking, profile: Profile, scored: Scored, start: int) -> selection.Ranked:
    """What a ranking says of its papers from ``start`` on."""

    def later(indices: Iterable[int]) -> list[int]:
        return [index - start for index in indices if index >= start]

    def holding(interest: Interest) -> list[int]:
        # As an exclusion it rules out exactly the papers that hold it.
        return later(ranking.rank(Profile((), (interest,))).excluded)

    return selection.Ranked(
        scores=scored.scores[start:],
        excluded={index - start: term for index, term in scored.excluded.items() if index >= start},
        reasons=lambda index: ranking.reasons(profile, start + index),
        alone=lambda interest: ranking.rank(Profile((interest,))).scores[start:],
        holding=holding,
    )
