"""The straight line from dump to inbox: take in, decide, deliver, publish."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from digest import identity, periods, planner, sources
from digest.contracts import Composer, Found, Inbox, Ledger, Publisher, Transport
from digest.delivery.gate import Gate
from digest.delivery.pacing import retry_after
from digest.errors import DumpError, TemplateError
from digest.model import (
    Claim,
    DeliveryId,
    Digest,
    Message,
    Outcome,
    PaperKey,
    Period,
    Problem,
    Profile,
    Reason,
    Skip,
    State,
    Subscriber,
    SubscriberId,
)
from digest.render import feeds
from digest.render.pages import Pages
from digest.render.site import Site, archive_path
from digest.report import Delivered, Deliveries, DumpRow, Intake, Published, RunReport

if TYPE_CHECKING:
    from digest.ranking import Ranking

BACKGROUND = 5000
"""How many of the newest papers teach the ranking which words are common."""
BATCH = 500
"""Subscribers decided, or deliveries claimed, at a time."""
RETRY_TEMPLATE = timedelta(minutes=15)
"""A mail that a broken template holds up is tried again after this."""
MEND_TEMPLATE = "mend the template, or remove it to use the shipped one"
NEWEST = 200
"""Papers in the feed of all papers and on the start page."""


@dataclass(frozen=True, slots=True)
class House:
    """The outside world of one pass, as the command line wires it."""

    inbox: Inbox
    ledger: Ledger
    transport: Transport
    publisher: Publisher
    composer: Callable[[], Composer]
    """Called once a pass, when there is mail to send."""
    pages: Pages
    site: Site
    clock: Callable[[], datetime]
    """For leases and retries while mail goes out; decisions use ``now``."""
    stopping: Callable[[], bool]
    """Whether to finish what is in flight and begin nothing more."""
    owner: str
    """Names this process in claims; no other one ever had the same."""
    lease: timedelta
    expire_after: timedelta
    """A mail that could not be sent within this after its digest was made is given up."""
    expect: planner.Expect
    feed_entries: int


def run_once(house: House, subscribers: Sequence[Subscriber], *, now: datetime) -> RunReport:
    """One pass. Whatever is interrupted is taken up by the next one."""
    intake = take_in(house.inbox, house.ledger, now=now)
    skips = decide(house.ledger, subscribers, expect=house.expect, now=now)
    deliveries = deliver(house, subscribers)
    published = publish(house, subscribers)
    return RunReport(now, intake, skips, deliveries, published)


# --- take in -----------------------------------------------------------------------------


def take_in(inbox: Inbox, ledger: Ledger, *, now: datetime) -> Intake:
    """Read every finished file of the inbox that the ledger does not know."""
    scan = inbox.scan()
    found = list(scan.found)
    known = ledger.seen([file.hash for file in found])
    rows: list[DumpRow] = []
    rejected: list[str] = []
    problems = list(scan.problems)
    for file in found:
        if file.hash in known:
            continue
        known.add(file.hash)
        try:
            row, bad = _take_in_file(file, ledger, now=now)
        except DumpError as error:
            ledger.record_rejected(file.name, file.hash, str(error), now=now)
            rejected.append(file.name)
            where = f"{file.name}:{error.line}" if error.line else file.name
            problems.append(Problem(where, error.reason, error.remedy))
        except OSError as error:
            problems.append(Problem(file.name, f"cannot be read: {error.strerror or error}"))
        else:
            rows.append(row)
            problems.extend(bad)
    unchanged = len(found) - len(rows) - len(rejected)
    return Intake(tuple(rows), unchanged, scan.waiting, tuple(rejected), tuple(problems))


def _take_in_file(
    file: Found, ledger: Ledger, *, now: datetime
) -> tuple[DumpRow, tuple[Problem, ...]]:
    dump = sources.read(file.name, file.content(), hash=file.hash, arrived=now)
    keys = frozenset().union(*map(identity.keys, dump.records))
    match = partial(identity.match, listed=dump.listed, arrived=now)
    matches = ledger.record_dump(dump, keys, match, now=now)
    read = sum(len(match.records) for match in matches)
    new = sum(match.is_new for match in matches)
    bad = len(dump.problems)
    return DumpRow(dump.name, dump.format, read, new, read - new, bad), dump.problems


# --- decide ------------------------------------------------------------------------------


def decide(
    ledger: Ledger, subscribers: Sequence[Subscriber], *, expect: planner.Expect, now: datetime
) -> tuple[Skip, ...]:
    """Record a decision for everybody whose digest is due; those that made none, and why."""
    skips: list[Skip] = []
    for start in range(0, len(subscribers), BATCH):
        batch = subscribers[start : start + BATCH]
        channels = {subscriber.id: subscriber.channels for subscriber in batch}
        due = {subscriber.id: due_period(subscriber, now) for subscriber in batch}
        ledger.add_channels(due, channels, now=now)
        decisions = [plan.decision for plan in plans(ledger, batch, due, expect=expect, now=now)]
        ledger.record(decisions, channels)
        skips.extend(decision for decision in decisions if isinstance(decision, Skip))
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
    cursors: dict[SubscriberId, PaperKey] = {}
    for subscriber in subscribers:
        standing = standings[subscriber.id]
        if not standing.decided:
            begin = partial(periods.first_window, subscriber, due[subscriber.id], now=now)
            after = standing.upto
            cursors[subscriber.id] = ledger.cursor(begin()) if after is None else after
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

    With ``upto``, a window of the past is planned again: it ends there, and what its own digest
    sent does not count as sent before.
    """
    # scikit-learn takes most of a second to import, and most passes have nobody to rank for.
    from digest.ranking import Background, Ranking  # noqa: PLC0415

    papers = ledger.papers(after=min(cursors.values()))
    if upto is not None:
        papers = [paper for paper in papers if paper.key <= upto]
    keys = [paper.key for paper in papers]
    earliest = min(due[subscriber.id].start for subscriber in subscribers)
    dumps = ledger.dumps(since=datetime.combine(earliest, time(), UTC) - timedelta(days=1))
    ranking = Ranking(papers, Background.learn(ledger.papers(limit=BACKGROUND)))
    profiles = [subscriber.profile for subscriber in subscribers]
    for subscriber, scored in zip(subscribers, ranking.rank_many(profiles), strict=True):
        period, after = due[subscriber.id], cursors[subscriber.id]
        start = bisect_right(keys, after)
        window = planner.window(papers[start:], dumps, after=after, period=period, expect=expect)
        scores = scored.scores[start:]
        excluded = {i - start: term for i, term in scored.excluded.items() if i >= start}
        wanted = [window.papers[i].key for i in planner.passing(subscriber, scores, excluded)]
        asked = {subscriber.id: wanted} if wanted and upto is None else {}
        yield planner.plan(
            subscriber,
            period,
            window,
            scores,
            excluded,
            sent=ledger.sent(asked).get(subscriber.id, ()) if asked else (),
            reasons=partial(_reasons, ranking, subscriber.profile, start),
            now=now,
        )


def _reasons(ranking: Ranking, profile: Profile, start: int, index: int) -> tuple[Reason, ...]:
    return ranking.reasons(profile, start + index)


# --- deliver -----------------------------------------------------------------------------


def deliver(house: House, subscribers: Sequence[Subscriber]) -> Deliveries:
    """Send every email that is pending, deferred until now, or was left half done."""
    by_id = {subscriber.id: subscriber for subscriber in subscribers}
    composer: Composer | None = None
    rows: list[Delivered] = []
    problems: list[Problem] = []
    while not house.stopping() and (
        claims := house.ledger.claim(
            "email", house.owner, now=house.clock(), lease=house.lease, limit=BATCH
        )
    ):
        composer = composer or house.composer()
        digests = {claim.delivery: claim.digest for claim in claims}
        for outcome in _deliver_batch(house, claims, by_id, composer, problems):
            digest = digests[outcome.delivery]
            rows.append(Delivered(digest.subscriber, digest.period, len(digest.picks), outcome))
    return Deliveries(tuple(rows), tuple(problems))


def _deliver_batch(
    house: House,
    claims: Sequence[Claim],
    subscribers: Mapping[SubscriberId, Subscriber],
    composer: Composer,
    problems: list[Problem],
) -> Iterator[Outcome]:
    """Every claim's outcome, once the ledger is told of it; template errors go to ``problems``."""
    fences = {claim.delivery: claim.fence for claim in claims}
    recipients: dict[DeliveryId, str] = {}
    unsent: list[Outcome] = []

    def messages() -> Iterator[Message]:
        for claim in claims:
            if house.stopping():
                return
            subscriber = subscribers.get(claim.digest.subscriber)
            if subscriber is None or subscriber.email is None:
                detail = "no longer a subscriber by email"
                unsent.append(Outcome(claim.delivery, State.CANCELLED, detail))
                continue
            try:
                message = composer(claim, subscriber)
                recipients[claim.delivery] = message.recipient
                yield message
            except TemplateError as error:
                problems.append(Problem(error.where, error.what, MEND_TEMPLATE))
                retry_at = house.clock() + RETRY_TEMPLATE
                unsent.append(Outcome(claim.delivery, State.DEFERRED, str(error), retry_at))

    def commit_all(pairs: Collection[tuple[DeliveryId, int]]) -> set[DeliveryId]:
        return house.ledger.commit(
            pairs, now=house.clock(), expire_after=house.expire_after, recipients=recipients
        )

    def commit(delivery: DeliveryId) -> bool:
        return gate.commit(delivery, fences[delivery])

    attempts = {claim.delivery: claim.attempt for claim in claims}
    with Gate(commit_all, partial(_settle, house)) as gate:
        for outcome in chain(house.transport.send(messages(), commit), unsent):
            if outcome.state is State.DEFERRED and outcome.retry_at is None:
                wait = retry_after(outcome.delivery, attempts[outcome.delivery])
                outcome = replace(outcome, retry_at=house.clock() + wait)  # noqa: PLW2901
            gate.settle(outcome, fences[outcome.delivery])
            yield outcome


def _settle(house: House, outcomes: Collection[tuple[Outcome, int]]) -> None:
    house.ledger.settle(outcomes, now=house.clock())


# --- publish -----------------------------------------------------------------------------


def publish(house: House, subscribers: Sequence[Subscriber]) -> Published:
    """Bring the public folder up to date."""
    problems: dict[str, Problem] = {}
    written, unchanged = house.publisher.publish(_common_feeds(house))
    _publish_pages(house, lambda: _common_pages(house), problems)
    tokens = house.ledger.enrol([subscriber.id for subscriber in subscribers])
    for subscriber in subscribers:
        token = tokens[subscriber.id]
        digests = house.ledger.digests(subscriber.id, limit=house.feed_entries)
        pages = partial(_own_pages, house, subscriber, token, digests)
        _publish_pages(house, pages, problems)
        if "feed" in subscriber.channels:
            files = feeds.subscriber_feeds(
                subscriber, token, digests, house.site, entries=house.feed_entries
            )
            counts = house.publisher.publish(files)
            written, unchanged = written + counts[0], unchanged + counts[1]
    _settle_feeds(house)
    return Published(written, unchanged, tuple(problems.values()))


def _common_feeds(house: House) -> Mapping[str, bytes]:
    return feeds.all_papers_feeds(house.ledger.papers(limit=NEWEST), house.site, entries=NEWEST)


def _common_pages(house: House) -> Mapping[str, bytes]:
    papers = house.ledger.papers(limit=NEWEST)
    dumps = house.ledger.dumps(since=papers[0].arrived) if papers else ()
    return house.pages.public(papers, dumps, latest=NEWEST)


def _own_pages(
    house: House, subscriber: Subscriber, token: str, digests: Sequence[Digest]
) -> Mapping[str, bytes]:
    files = house.pages.archive_index(subscriber, token, digests)
    for digest in digests:
        # A digest never changes once it is made, so its page is made once.
        if not house.publisher.has(archive_path(token, digest.period)):
            files |= house.pages.archive(subscriber, token, digest)
    return files


def _publish_pages(
    house: House, pages: Callable[[], Mapping[str, bytes]], problems: dict[str, Problem]
) -> None:
    """Publish pages; a template that fails is reported once and stops nothing else."""
    try:
        house.publisher.publish(pages())
    except TemplateError as error:
        problems[str(error)] = Problem(error.where, error.what, MEND_TEMPLATE)


def _settle_feeds(house: House) -> None:
    """What is published is delivered."""
    while claims := house.ledger.claim(
        "feed", house.owner, now=house.clock(), lease=house.lease, limit=BATCH
    ):
        sent = [(Outcome(claim.delivery, State.SENT, "published"), claim.fence) for claim in claims]
        _settle(house, sent)
