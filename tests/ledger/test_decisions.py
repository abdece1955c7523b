"""Deciding once: one digest a subscriber and period, and no paper twice."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, timedelta
from threading import Barrier, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

import digest.ledger
from digest.errors import LedgerError
from digest.ledger import Ledger, decision_codec
from digest.ledger.aggregate import INTAKE
from digest.ledger.database import connect
from digest.ledger.decisions import add_channels
from digest.ledger.tables import subscriber
from digest.model import (
    Channel,
    Decided,
    Decision,
    PaperKey,
    Period,
    SkipReason,
    State,
    SubscriberId,
)
from tests.conftest import MakeUrl
from tests.ledger.samples import (
    ADA,
    BOB,
    BOTH,
    DAY,
    EMAIL,
    NEXT_WEEK,
    NOW,
    WEEK,
    Progress,
    arrive,
    claim,
    deliver,
    digest_of,
    feed_tokens,
    progress,
    reader,
    recorded,
    skip,
    states,
)
from tests.world import person


def test_a_feed_token_is_made_once_and_hard_to_guess(ledger: Ledger) -> None:
    first = feed_tokens(ledger, ADA)
    both = feed_tokens(ledger, BOB, ADA)

    assert both[ADA] == first[ADA]
    assert both[BOB] != both[ADA]
    assert all(len(token) >= 22 and token.isascii() for token in both.values())


def test_a_digest_comes_back_as_it_was_decided(ledger: Ledger) -> None:
    decided = digest_of(arrive(ledger, "a", "b"))

    assert recorded(ledger, [decided], {ADA: BOTH}) == 1
    assert ledger.digests(ADA, limit=5) == [decided]
    assert [(row.channel, row.state) for row in ledger.deliveries()] == [
        ("feed", State.PENDING),
        ("email", State.PENDING),
    ]


def test_a_period_is_decided_once(ledger: Ledger) -> None:
    one, two, three = arrive(ledger, "a", "b", "c")
    assert recorded(ledger, [digest_of([one])], {ADA: EMAIL}) == 1

    assert recorded(ledger, [digest_of([two])], {ADA: EMAIL}) == 0
    assert recorded(ledger, [skip(SkipReason.NOTHING_PICKED, until=3)], {}) == 0
    assert (
        recorded(ledger, [digest_of([two], period=NEXT_WEEK), digest_of([three])], {ADA: EMAIL})
        == 1
    )

    assert [one.period for one in ledger.decisions(ADA, limit=9)] == [NEXT_WEEK, WEEK]
    assert len(ledger.deliveries()) == 2


def test_a_digest_with_a_paper_sent_before_is_dropped_whole(ledger: Ledger) -> None:
    one, two = arrive(ledger, "a", "b")
    recorded(ledger, [digest_of([one])], {ADA: EMAIL})

    stale = digest_of([one, two], period=NEXT_WEEK)

    assert recorded(ledger, [stale], {ADA: EMAIL}) == 0
    assert progress(ledger, {ADA: NEXT_WEEK})[ADA] == Progress(False, one.key)
    assert ledger.sent({ADA: PaperKey(0)}) == {ADA: {one.key}}


def test_one_stale_digest_does_not_keep_others_out(ledger: Ledger) -> None:
    one, two = arrive(ledger, "a", "b")
    recorded(ledger, [digest_of([one])], {ADA: EMAIL})
    names = [*(SubscriberId(f"s{n}") for n in range(700)), ADA]
    batch = [digest_of([one, two], subscriber=name, period=NEXT_WEEK) for name in names]

    assert recorded(ledger, batch, dict.fromkeys(names, EMAIL)) == 700
    sent = dict(ledger.sent(dict.fromkeys(names, PaperKey(0))))
    assert sent.pop(ADA) == {one.key}
    assert set(map(frozenset, sent.values())) == {frozenset({one.key, two.key})}
    assert not progress(ledger, {ADA: NEXT_WEEK})[ADA].decided


def test_two_decisions_of_one_subscriber_in_one_call(ledger: Ledger) -> None:
    one, two = arrive(ledger, "a", "b")
    both = [digest_of([one]), digest_of([two], period=NEXT_WEEK)]

    assert (
        recorded(ledger, [*both, digest_of([one], period=Period(date(2025, 12, 1), "day"))], {})
        == 2
    )
    assert ledger.digests(ADA, limit=5) == both[::-1]


def test_nothing_new_leaves_the_period_open(ledger: Ledger) -> None:
    assert recorded(ledger, [skip(SkipReason.NOTHING_NEW)], {ADA: EMAIL}) == 0
    assert progress(ledger, {ADA: WEEK}) == {ADA: Progress(False, None)}


def test_nothing_picked_closes_the_period_and_moves_the_cursor(ledger: Ledger) -> None:
    arrive(ledger, "a", "b")

    assert recorded(ledger, [skip(SkipReason.NOTHING_PICKED, until=2)], {ADA: EMAIL}) == 1
    assert progress(ledger, {ADA: WEEK}) == {ADA: Progress(True, PaperKey(2))}
    assert ledger.digests(ADA, limit=5) == []
    assert ledger.deliveries() == []
    assert ledger.decisions(ADA, limit=5) == [Decided(WEEK, NOW, None, PaperKey(2), 0)]


def test_a_period_decided_out_of_turn_does_not_move_the_cursor_back(ledger: Ledger) -> None:
    one, _, three = arrive(ledger, "a", "b", "c")
    recorded(ledger, [digest_of([three], period=NEXT_WEEK)], {ADA: EMAIL})
    recorded(ledger, [digest_of([one], now=NOW - 30 * DAY)], {ADA: EMAIL})

    assert progress(ledger, {ADA: WEEK})[ADA].until == three.key
    assert ledger.decisions(ADA, limit=1) == [
        Decided(WEEK, NOW - 30 * DAY, three.key, one.key, picks=1)
    ]


def test_sent_tells_subscribers_and_papers_apart(ledger: Ledger) -> None:
    one, two, three = arrive(ledger, "a", "b", "c")
    decisions = [digest_of([one, three]), digest_of([two], subscriber=BOB)]
    recorded(ledger, decisions, {})
    start = PaperKey(0)

    assert ledger.sent({ADA: start, BOB: start, SubscriberId("new"): start}) == {
        ADA: {one.key, three.key},
        BOB: {two.key},
        "new": set(),
    }
    assert ledger.sent({ADA: one.key, BOB: two.key}) == {ADA: {three.key}, BOB: set()}


def test_standings_of_many_with_different_periods(ledger: Ledger) -> None:
    (one,) = arrive(ledger, "a")
    day = Period(date(2025, 11, 19), "day")
    recorded(ledger, [digest_of([one]), digest_of([one], subscriber=BOB, period=day)], {})

    assert progress(ledger, {ADA: day, BOB: day, SubscriberId("new"): WEEK}) == {
        ADA: Progress(False, one.key),
        BOB: Progress(True, one.key),
        "new": Progress(False, None),
    }


def test_a_digest_without_picks_is_a_digest(ledger: Ledger) -> None:
    empty = digest_of([], until=3)

    assert recorded(ledger, [empty], {ADA: EMAIL}) == 1
    assert ledger.digests(ADA, limit=1) == [empty]
    assert [claimed.digest for claimed in claim(ledger)] == [empty]


def test_the_digests_of_many_come_newest_first(ledger: Ledger) -> None:
    one, two, three = arrive(ledger, "a", "b", "c")
    new = SubscriberId("new")
    of_ada = [
        digest_of([paper], period=Period(date(2025, 12, day), "day"))
        for day, paper in enumerate((one, two, three), 1)
    ]
    of_bob = digest_of([two], subscriber=BOB)
    recorded(ledger, [*of_ada, of_bob], {})
    recorded(ledger, [skip(SkipReason.NOTHING_PICKED, until=3)], {})

    found = ledger.newest_digests([BOB, new, ADA], limit=2)
    assert found == {BOB: [of_bob], new: [], ADA: of_ada[:0:-1]}


def switched_on(
    ledger: Ledger,
    due: Mapping[SubscriberId, Period],
    channels: Mapping[SubscriberId, tuple[Channel, ...]],
    *,
    now: datetime = NOW,
) -> int:
    """Have the digests of these periods delivered on further channels; how many deliveries."""
    with ledger._database.writing(INTAKE) as connection:
        return add_channels(connection, due, channels, now=now)


def test_a_channel_switched_on_later_gets_the_same_digest(ledger: Ledger) -> None:
    decided = deliver(ledger, "a")
    due = {ADA: WEEK, BOB: WEEK}
    channels: dict[SubscriberId, tuple[Channel, ...]] = {ADA: BOTH, BOB: BOTH}

    assert switched_on(ledger, due, channels, now=NOW + DAY) == 1
    assert switched_on(ledger, due, channels, now=NOW + DAY) == 0
    (feed,) = ledger.claim("feed", "one", now=NOW + DAY, lease=DAY, limit=9)
    assert feed.digest == decided
    assert switched_on(ledger, {ADA: NEXT_WEEK}, channels) == 0


def test_a_closed_period_without_digest_gets_no_delivery(ledger: Ledger) -> None:
    recorded(ledger, [skip(SkipReason.NOTHING_PICKED)], {ADA: EMAIL})

    assert switched_on(ledger, {ADA: WEEK}, {ADA: BOTH}) == 0
    assert states(ledger) == []


def test_papers_in_a_digest_show_what_is_known_of_them_now(ledger: Ledger) -> None:
    decided = deliver(ledger, "a")
    paper = decided.picks[0].paper
    assert ledger.digests(ADA, limit=1)[0].picks[0].paper == paper
    assert ledger.digests(BOB, limit=1) == []


def test_two_processes_deciding_at_once_store_each_decision_once(url: str) -> None:
    with digest.ledger.open(url) as setup:
        papers = arrive(setup, "a", "b")
    names = [SubscriberId(f"s{n}") for n in range(20)]
    start = Barrier(2)
    counts: list[int] = []

    def process() -> None:
        with digest.ledger.open(url) as own:
            start.wait()
            for name in names:
                mine = digest_of(papers, subscriber=name)
                counts.append(recorded(own, [mine], {name: BOTH}))

    threads = [Thread(target=process) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (sum(counts), len(counts)) == (20, 40)
    with digest.ledger.open(url) as after:
        assert len({(row.subscriber, row.channel) for row in after.deliveries()}) == 40
        assert len(after.deliveries()) == 40


def test_two_processes_deciding_many_at_once_never_send_a_paper_twice(url: str) -> None:
    """Each decides another period for the same people, and lists them in another order."""
    names = [SubscriberId(f"s{n}") for n in range(200)]
    with digest.ledger.open(url) as setup:
        papers = arrive(setup, "a", "b")
        feed_tokens(setup, *names)
    start = Barrier(2)
    counts: list[int] = []

    def process(order: list[SubscriberId], period: Period) -> None:
        with digest.ledger.open(url) as own:
            mine = [digest_of(papers, subscriber=name, period=period) for name in order]
            start.wait()
            counts.append(recorded(own, mine, dict.fromkeys(names, BOTH)))

    threads = [
        Thread(target=process, args=(names, WEEK)),
        Thread(target=process, args=(names[::-1], NEXT_WEEK)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(counts) == [0, 200]
    with digest.ledger.open(url) as after:
        assert len(after.deliveries()) == 400
        assert after.deliveries()[0].id == 400


def test_whoever_decides_for_others_is_not_waited_for(emptied: MakeUrl) -> None:
    """On PostgreSQL; SQLite has one writer."""
    url = emptied()
    with digest.ledger.open(url, patience=timedelta(seconds=1)) as ledger:
        (paper,) = arrive(ledger, "a")
        for name in (ADA, BOB):
            reader(ledger, name)
        for_bob = digest_of([paper], subscriber=BOB)
        with closing(connect(url, patience=DAY)) as other, other.writing() as connection:
            other.lock(connection, INTAKE, shared=True)
            ada = select(subscriber.c.id).where(subscriber.c.name == ADA)
            connection.execute(ada.with_for_update(key_share=True))
            assert recorded(ledger, [for_bob], {BOB: EMAIL}) == 1
            with pytest.raises(LedgerError, match="locked"):
                recorded(ledger, [digest_of([paper])], {ADA: EMAIL})
        assert recorded(ledger, [digest_of([paper])], {ADA: EMAIL}) == 1


def test_more_subscribers_than_one_statement_takes() -> None:
    count = 5001
    ledger = digest.ledger.open("sqlite://")
    (paper,) = arrive(ledger, "a")
    names = [SubscriberId(f"s{n}") for n in range(count)]
    ledger.compile("host", "content", list(map(person, names)), now=NOW)
    made = digest_of([paper])
    decisions = [
        Decision(reader, replace(made, subscriber=name), NOW + DAY)
        for name, reader in ledger.stored(names).items()
    ]

    assert ledger.record(decisions, now=NOW) == count
    known = progress(ledger, dict.fromkeys(names, WEEK))
    assert all(standing.decided for standing in known.values())
    assert len(known) == count


periods = st.dates(date(1900, 1, 1), date(9998, 12, 31)).flatmap(
    lambda day: st.sampled_from(
        [
            Period(day, "day"),
            Period(date.fromisocalendar(*day.isocalendar()[:2], 1), "week"),
            Period(day.replace(day=1), "month"),
        ]
    )
)


@given(periods)
def test_a_period_is_read_back_from_its_key(period: Period) -> None:
    assert decision_codec.period(str(period)) == period
    assert len(str(period)) <= 10


def test_a_feed_that_is_served_is_delivered_when_it_is_decided(ledger: Ledger) -> None:
    ada = reader(ledger, ADA, BOTH)
    decided = Decision(ada, digest_of(arrive(ledger, "One")), NOW + DAY)
    assert ledger.record([decided], now=NOW, serves=True) == 1
    feed, email = sorted(ledger.deliveries(), key=lambda row: row.channel, reverse=True)
    assert (feed.state, feed.detail, feed.due) == (State.SENT, "served on demand", None)
    assert email.state is State.PENDING
    assert ledger.count_publications() == 0
    assert claim(ledger)[0].reader == replace(ada, until=PaperKey(1), next_due=NOW + DAY)
    assert ledger.record([decided], now=NOW, serves=True) == 0


def test_a_digest_for_a_profile_that_changed_meanwhile_is_not_recorded(ledger: Ledger) -> None:
    ada = reader(ledger, ADA)
    decided = Decision(ada, digest_of(arrive(ledger, "One")), NOW + DAY)
    ledger.compile("host", "changed", [replace(ada.subscriber, name="Ada L.")], now=NOW)
    assert ledger.record([decided], now=NOW) == 0
    again = replace(decided, reader=ledger.subscriber(ADA))
    assert ledger.record([again], now=NOW) == 1
