"""The straight line from dump to inbox: take in, decide, deliver, publish."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache, partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from digest import identity, periods, planner, sources
from digest.balance import Likeness
from digest.contracts import Found, Inbox, Ledger, Track, untracked
from digest.dispatch import deliver, settle_feeds
from digest.errors import DumpError
from digest.house import BATCH, House
from digest.model import (
    Digest,
    Dump,
    Interest,
    PaperKey,
    Period,
    Problem,
    Profile,
    Skip,
    Subscriber,
    SubscriberId,
    Verdicts,
)
from digest.publication import publish
from digest.report import DumpRow, Intake, RunReport

if TYPE_CHECKING:
    from digest.ranking import Ranking, Scored

BACKGROUND = 5000
"""How many of the newest papers teach the ranking which words are common."""
REPORT = "report this fault together with the file, or save the file in another form"


def run_once(house: House, subscribers: Sequence[Subscriber], *, now: datetime) -> RunReport:
    """One pass. Whatever is interrupted is taken up by the next one."""
    intake = take_in(house.inbox, house.ledger, now=now, track=house.track)
    skips = decide(house.ledger, subscribers, expect=house.expect, now=now, track=house.track)
    publishing = house.beside(partial(publish, house, subscribers))
    deliveries = deliver(house, subscribers)
    published = publishing()
    settle_feeds(house)
    return RunReport(now, intake, skips, deliveries, published)


# --- take in -----------------------------------------------------------------------------


def take_in(inbox: Inbox, ledger: Ledger, *, now: datetime, track: Track = untracked) -> Intake:
    """Read every finished file of the inbox that the ledger does not know.

    A file that a reader fails on is rejected like one that is no dump. A file that the disk or
    the memory fails on is not recorded, so that the next pass tries it again.
    """
    scan = inbox.scan()
    found = list(scan.found)
    known = ledger.seen([file.hash for file in found], readers=sources.VERSION)
    rows: list[DumpRow] = []
    rejected: list[str] = []
    problems = list(scan.problems)
    for file in track(found, "Reading dumps", len(found)):
        if file.hash in known:
            continue
        known.add(file.hash)
        try:
            dump, keys = _read(file, now=now)
        except DumpError as error:
            ledger.record_rejected(
                file.name, file.hash, error.reason, readers=sources.VERSION, now=now
            )
            rejected.append(file.name)
            where = f"{file.name}:{error.line}" if error.line else file.name
            problems.append(Problem(where, error.reason, error.remedy))
        except OSError as error:
            problems.append(Problem(file.name, f"cannot be read: {error.strerror or error}"))
        except MemoryError:
            problems.append(Problem(file.name, "cannot be read: there is not enough memory"))
        else:
            rows.append(_store(dump, keys, ledger, now=now))
            problems.extend(dump.problems)
    unchanged = len(found) - len(rows) - len(rejected)
    return Intake(tuple(rows), unchanged, scan.waiting, tuple(rejected), tuple(problems))


def _read(file: Found, *, now: datetime) -> tuple[Dump, frozenset[int]]:
    """The dump that a file holds, and the keys of its records.

    Raises:
        DumpError: The file is no dump, or a reader failed on it.
        OSError, MemoryError: The file cannot be read at present.
    """
    content = file.content()
    try:
        dump = sources.read(file.name, content, hash=file.hash, arrived=now)
        return dump, frozenset().union(*map(identity.keys, dump.records))
    except (DumpError, OSError, MemoryError):
        raise
    except Exception as error:  # whatever a reader raises must not keep the other files waiting
        raise DumpError(f"its reader failed: {type(error).__name__}: {error}", REPORT) from error


def _store(dump: Dump, keys: frozenset[int], ledger: Ledger, *, now: datetime) -> DumpRow:
    match = partial(identity.match, listed=dump.listed, arrived=now)
    matches = ledger.record_dump(dump, keys, match, now=now)
    read = sum(len(match.records) for match in matches)
    new = sum(match.is_new for match in matches)
    return DumpRow(dump.name, dump.format, read, new, read - new, len(dump.problems))


# --- decide ------------------------------------------------------------------------------


def decide(
    ledger: Ledger,
    subscribers: Sequence[Subscriber],
    *,
    expect: planner.Expect,
    now: datetime,
    track: Track = untracked,
) -> tuple[Skip, ...]:
    """Record a decision for everybody whose digest is due; those that made none, and why."""
    due = {subscriber.id: due_period(subscriber, now) for subscriber in subscribers}
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
    expect: planner.Expect,
    now: datetime,
) -> Iterator[planner.Plan]:
    """What to decide for each subscriber whose period is not decided yet. Records nothing."""
    standings = ledger.standings(due)
    cursor = lru_cache(ledger.cursor)  # many begin at the same instant
    cursors: dict[SubscriberId, PaperKey] = {}
    for subscriber in subscribers:
        standing = standings[subscriber.id]
        if not standing.decided:
            begin = partial(periods.first_window, subscriber, due[subscriber.id], now=now)
            after = standing.upto
            cursors[subscriber.id] = cursor(begin()) if after is None else after
    waiting = [subscriber for subscriber in subscribers if subscriber.id in cursors]
    if waiting:
        yield from plan_all(ledger, waiting, due, cursors, expect=expect, now=now)


def due_period(subscriber: Subscriber, now: datetime) -> Period:
    """The period of the subscriber's digest that fell due last."""
    schedule, zone = subscriber.schedule, subscriber.timezone
    return periods.period(schedule, zone, periods.occurrence(schedule, zone, now))


def plan_all(
    ledger: Ledger,
    subscribers: Sequence[Subscriber],
    due: Mapping[SubscriberId, Period],
    cursors: Mapping[SubscriberId, PaperKey],
    *,
    expect: planner.Expect,
    now: datetime,
    upto: PaperKey | None = None,
) -> Iterator[planner.Plan]:
    """Plans over the papers that came after each subscriber's cursor.

    With ``upto``, a window of the past is planned again: neither its papers nor what they are
    compared with go beyond, and what its own digest sent does not count as sent before.
    """
    # SciPy takes long to import, and most passes have nobody to rank for.
    from digest.ranking import Ranking  # noqa: PLC0415

    papers = ledger.papers(after=min(cursors.values()), upto=upto)
    keys = [paper.key for paper in papers]
    first_day = min(due[subscriber.id].start for subscriber in subscribers)
    begin = datetime.combine(first_day, time(), UTC) - timedelta(days=1)
    # Papers may have come before the period: a backfill, or a service that stood still.
    dumps = ledger.dumps(since=min([begin, *(paper.arrived for paper in papers)]))
    verdicts = ledger.verdicts([subscriber.id for subscriber in subscribers if subscriber.learn])
    archive = {paper.id: paper for paper in ledger.papers(upto=upto, limit=BACKGROUND)}
    for each in verdicts.values():
        archive.update((paper.id, paper) for paper in (*each.liked, *each.disliked))
    ranking = Ranking(papers, archive.values())
    profiles = [_with_taste(subscriber, verdicts) for subscriber in subscribers]
    sent = ledger.sent(cursors) if upto is None else {}
    alike = Likeness()
    for subscriber, profile, scored in zip(
        subscribers, profiles, ranking.rank_many(profiles), strict=True
    ):
        period, after = due[subscriber.id], cursors[subscriber.id]
        start = bisect_right(keys, after)
        window = planner.window(
            papers[start:],
            dumps,
            after=after,
            period=period,
            expect=expect,
            today=now.astimezone(ZoneInfo(subscriber.timezone)).date(),
        )
        yield planner.plan(
            subscriber,
            period,
            window,
            _of_window(ranking, profile, scored, start),
            sent=sent.get(subscriber.id, ()),
            alike=alike,
            now=now,
        )


def _with_taste(subscriber: Subscriber, verdicts: Mapping[SubscriberId, Verdicts]) -> Profile:
    if subscriber.id not in verdicts:
        return subscriber.profile
    judged = verdicts[subscriber.id]
    return replace(
        subscriber.profile,
        liked=tuple(paper.id for paper in judged.liked),
        disliked=tuple(paper.id for paper in judged.disliked),
    )


def _of_window(ranking: Ranking, profile: Profile, scored: Scored, start: int) -> planner.Ranked:
    """What a ranking says of its papers from ``start`` on."""

    def later(indices: Iterable[int]) -> list[int]:
        return [index - start for index in indices if index >= start]

    def holding(interest: Interest) -> list[int]:
        # As an exclusion it rules out exactly the papers that hold it.
        return later(ranking.rank(Profile((), (interest,))).excluded)

    return planner.Ranked(
        scores=scored.scores[start:],
        excluded={index - start: term for index, term in scored.excluded.items() if index >= start},
        reasons=lambda index: ranking.reasons(profile, start + index),
        alone=lambda interest: ranking.rank(Profile((interest,))).scores[start:],
        holding=holding,
    )
