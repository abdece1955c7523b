"""The subscriber store: profiles of the file and of the database, and who is due."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import select

from digest.errors import ConfigError, NotFound
from digest.ledger import Ledger
from digest.ledger.tables import publication, subscriber
from digest.model import (
    Channel,
    Decision,
    Interest,
    Outcome,
    Period,
    Profile,
    Schedule,
    Shard,
    State,
    StoredSubscriber,
    Subscriber,
    SubscriberId,
)
from digest.subscribers import codec
from tests.ledger.samples import (
    ADA,
    BOB,
    BOTH,
    DAY,
    EMAIL,
    NOW,
    WEEK,
    arrive,
    claim,
    deliver,
    digest_of,
    feed_tokens,
    states,
)

MONDAY = datetime(2025, 11, 17, 8, tzinfo=UTC)
"""When a digest of the usual profile fell due last; ``NOW`` is the Thursday after."""
NEXT_MONDAY = MONDAY + 7 * DAY
FEED: tuple[Channel, ...] = ("feed",)
CYD = SubscriberId("cyd")


def person(
    who: SubscriberId = ADA,
    *,
    channels: tuple[Channel, ...] = EMAIL,
    email: str | None = None,
    **more: object,
) -> Subscriber:
    made = Subscriber(
        who,
        email or f"{who}@example.org",
        Profile((Interest("LoRA"),)),
        channels=channels,
        schedule=Schedule("week", 1),
        source=f"subscribers.yaml:{len(who)}",
    )
    return replace(made, **more)  # type: ignore[arg-type]


def compile_(ledger: Ledger, *people: Subscriber, now: datetime = NOW) -> None:
    ledger.compile("host", f"content of {now} {people}"[:64], people, now=now)


def due(ledger: Ledger, now: datetime = NOW, *, reopened: bool = False) -> list[str]:
    return [one.subscriber.id for one in ledger.due(now, reopened=reopened, limit=100)]


def everybody(ledger: Ledger) -> dict[str, str]:
    return {one.subscriber.id: one.origin for one in ledger.subscribers(limit=100)}


def next_due(ledger: Ledger, name: SubscriberId = ADA) -> datetime | None:
    return ledger.subscriber(name).next_due


def behind(ledger: Ledger) -> list[str]:
    """Whose published files are to be made anew, or removed."""
    query = select(subscriber.c.name).join_from(publication, subscriber).order_by("name")
    with ledger._database.reading() as connection:
        return list(connection.scalars(query))


# --- what is stored ------------------------------------------------------------------------


def test_profiles_come_back_as_they_were(ledger: Ledger) -> None:
    ada = person(
        name="Ada\u2003Lovelace",
        schedule=Schedule("month", 31, time(7, 30)),
        timezone="Asia/Tokyo",
        channels=BOTH,
        backfill=timedelta(days=30),
        paused=date(2026, 1, 10),
        profile=Profile((Interest("a.*b", "pattern", "title", 2.5, must_see=True),), comments=0.3),
    )
    compile_(ledger, ada)
    ledger.save([person(BOB)], now=NOW)
    assert ledger.subscriber("ada").subscriber == ada
    assert everybody(ledger) == {"ada": "file", "bob": "database"}
    assert list(ledger.stored([BOB, CYD])) == ["bob"]
    assert ledger.subscriber("bob").feed_token != ledger.subscriber("ada").feed_token
    assert (ledger.count_subscribers(), ledger.count_subscribers(origin="file")) == (2, 1)


def test_an_unknown_id_is_told_with_the_nearest(ledger: Ledger) -> None:
    compile_(ledger, person(), person(BOB))
    with pytest.raises(NotFound) as error:
        ledger.subscriber("bobb")
    assert error.value.nearest == ("bob",)


def test_what_is_recorded_under_an_id(ledger: Ledger) -> None:
    compile_(ledger, person())
    ledger.save([person(BOB), person(CYD)], now=NOW)
    ledger.remove([CYD], now=NOW)
    found = ledger.recorded([ADA, BOB, CYD, SubscriberId("nobody")])
    assert found == {
        ADA: ("file", codec.encode(person())),
        BOB: ("database", codec.encode(person(BOB))),
        CYD: (None, None),
    }


def test_standings_are_counted_and_who_is_due_next_is_found(ledger: Ledger) -> None:
    compile_(ledger, person(), person(CYD, schedule=Schedule("day")))
    ledger.save([person(BOB), person(SubscriberId("dan"))], now=NOW)
    assert ledger.count_standings() == {"active": 4}
    ledger.unsubscribe(ADA, now=NOW)
    for address in ("ada@example.org", "Bob@example.org", "elsewhere@example.org"):
        ledger.suppress(address, reason="550", now=NOW)
    assert ledger.count_standings() == {"active": 2, "unsubscribed": 1, "suppressed": 1}
    assert ledger.count_standings(origin="database") == {"active": 1, "suppressed": 1}
    assert [one.subscriber for one in ledger.unsubscriptions(of=[ADA, BOB])] == [ADA]
    assert ledger.unsubscriptions(have_left=True) == []
    assert [one.address for one in ledger.suppressions(of=["bob@example.org", "x"])] == [
        "bob@example.org"
    ]
    when = {name: next_due(ledger, name) for name in (ADA, BOB, CYD)}
    first = ledger.upcoming(limit=3)
    assert [name for _, name in first] == [*sorted([ADA, CYD], key=lambda one: str(when[one])), BOB]
    assert all(due == when[name] for due, name in first)
    assert ledger.upcoming(limit=1, origin="database") == [(when[BOB], BOB)]
    ledger.remove([ADA], now=NOW)
    assert [one.subscriber for one in ledger.unsubscriptions(have_left=True)] == [ADA]
    assert ledger.count_standings() == {"active": 2, "suppressed": 1}


def test_everybody_is_read_in_batches(ledger: Ledger) -> None:
    people = [person(SubscriberId(f"reader-{n}")) for n in range(7)]
    ledger.save(people, now=NOW)
    found: list[str] = []
    after = 0
    while batch := ledger.subscribers(after=after, limit=3):
        assert len(batch) <= 3
        found += [one.subscriber.id for one in batch]
        after = batch[-1].key
    assert found == [one.id for one in people]


# --- who is due ----------------------------------------------------------------------------


def test_who_is_due_is_asked_in_batches(ledger: Ledger) -> None:
    compile_(ledger, *(person(SubscriberId(f"reader-{n}")) for n in range(5)))
    ledger.save([person(BOB)], now=NOW)
    first = ledger.due(NOW, reopened=False, limit=3)
    rest = ledger.due(NOW, reopened=False, after=first[-1], limit=3)
    assert [one.subscriber.id for one in (*first, *rest)] == [f"reader-{n}" for n in range(5)]
    assert due(ledger, NEXT_MONDAY)[-1] == "bob"
    assert ledger.next_due() == MONDAY


def test_periods_that_stay_open_are_due_only_when_asked_for(ledger: Ledger) -> None:
    ledger.save([person()], now=NOW)
    with ledger._database.writing() as connection:
        connection.execute(subscriber.update().values(open_since=NOW))
    assert (due(ledger), due(ledger, reopened=True)) == ([], ["ada"])


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 9])
def test_everybody_who_is_due_comes_once_though_due_times_change(
    ledger: Ledger, limit: int
) -> None:
    """Two are due, those with a period that stays open are looked at first, and of each of them one
    is decided while the others are asked for."""
    ledger.save([person(SubscriberId(f"reader-{n}")) for n in range(6)], now=NOW)
    hour = timedelta(hours=1)
    for which, values in {
        ("reader-0", "reader-4"): {"next_due": MONDAY},
        ("reader-5",): {"next_due": MONDAY - hour},
        ("reader-1", "reader-3"): {"open_since": NOW - hour, "next_due": NOW + hour},
        ("reader-2",): {"open_since": NOW - hour, "next_due": MONDAY},
    }.items():
        with ledger._database.writing() as connection:
            theirs = subscriber.c.name.in_(which)
            connection.execute(subscriber.update().where(theirs).values(**values))
    found: list[str] = []
    after: StoredSubscriber | None = None
    while batch := ledger.due(NOW, reopened=True, after=after, limit=limit):
        found += [one.subscriber.id for one in batch]
        after = batch[-1]
        stay_open = [Decision(one, None, NOW + hour, NOW) for one in batch[::2]]
        decided = [Decision(one, None, NEXT_MONDAY) for one in batch[1::2]]
        ledger.record([*stay_open, *decided], now=NOW)
    assert found == [f"reader-{n}" for n in (1, 2, 3, 5, 0, 4)]


def test_only_those_of_a_shard_are_due(ledger: Ledger) -> None:
    compile_(ledger, *(person(SubscriberId(f"reader-{n}")) for n in range(5)))
    keys = [one.key for one in ledger.subscribers(limit=9)]
    shard = Shard(keys[1], keys[3])
    assert [one.key for one in ledger.due(NOW, reopened=True, limit=9, shard=shard)] == keys[1:4]
    assert ledger.count_due(NOW, reopened=False, shard=shard) == 3
    assert ledger.count_due(NOW, reopened=True) == 5


def test_nobody_is_due_in_an_empty_ledger(ledger: Ledger) -> None:
    assert (due(ledger, reopened=True), ledger.next_due()) == ([], None)


def test_a_schedule_moved_to_another_day_and_zone_sends_nothing_at_once(ledger: Ledger) -> None:
    ledger.save([person()], now=NOW)
    tuesday = person(schedule=Schedule("week", 2), timezone="America/New_York")
    ledger.save([tuesday], now=NOW)
    assert next_due(ledger) == datetime(2025, 11, 25, 13, tzinfo=UTC)
    # This morning's time is over already.
    ledger.save([person(schedule=Schedule("week", 4, time(6)))], now=NOW)
    assert next_due(ledger) == datetime(2025, 11, 27, 6, tzinfo=UTC)
    assert due(ledger) == []


def test_what_was_due_already_stays_due_when_the_schedule_moves(ledger: Ledger) -> None:
    compile_(ledger, person())
    compile_(ledger, person(schedule=Schedule("week", 2)))
    assert due(ledger) == ["ada"]


def test_who_is_paused_is_not_due_before_that_day(ledger: Ledger) -> None:
    compile_(ledger, person())
    compile_(ledger, person(paused=date(2025, 12, 2)))
    assert next_due(ledger) == datetime(2025, 12, 8, 8, tzinfo=UTC)
    assert due(ledger, NEXT_MONDAY) == []
    compile_(ledger, person())
    assert next_due(ledger) == NEXT_MONDAY


def test_other_zone_data_moves_what_is_not_due_yet(ledger: Ledger) -> None:
    ledger.save([person(SubscriberId(f"reader-{n}")) for n in range(3)], now=NOW)
    assert ledger.follow_clock("2025a", now=NOW) == 0
    with ledger._database.writing() as connection:  # as older data would have had it
        late = subscriber.c.name != "reader-0"
        old = subscriber.update().where(late).values(next_due=NEXT_MONDAY + timedelta(hours=1))
        connection.execute(old)
        was_due = subscriber.update().where(subscriber.c.name == "reader-2").values(next_due=MONDAY)
        connection.execute(was_due)
    assert ledger.follow_clock("2025a", now=NOW) == 0
    assert ledger.follow_clock("2025b", now=NOW) == 1
    assert [one.next_due for one in ledger.subscribers(limit=9)] == [
        NEXT_MONDAY,
        NEXT_MONDAY,
        MONDAY,
    ]


# --- a file that changes -------------------------------------------------------------------


def test_a_file_adds_changes_and_removes(ledger: Ledger) -> None:
    first = ledger.compile("host", "one", [person(), person(BOB)], now=NOW)
    assert (first.added, first.changed, first.removed) == (("ada", "bob"), (), ())
    second = ledger.compile("host", "two", [person(limit=3), person(CYD)], now=NOW)
    assert (second.added, second.changed, second.removed) == (("cyd",), ("ada",), ("bob",))
    assert ledger.subscriber("ada").subscriber.limit == 3
    assert everybody(ledger) == {"ada": "file", "cyd": "file"}
    with pytest.raises(NotFound):
        ledger.subscriber("bob")


def test_a_file_leaves_the_database_alone(ledger: Ledger) -> None:
    ledger.save([person(BOB)], now=NOW)
    compile_(ledger, person())
    compile_(ledger, person(CYD))
    assert everybody(ledger) == {"bob": "database", "cyd": "file"}


def test_a_plan_is_what_compiling_makes_and_changes_nothing(ledger: Ledger) -> None:
    compile_(ledger, person(), person(BOB))
    listed = [person(limit=3), person(CYD)]
    plan = ledger.planned(listed, "file", now=NOW)
    assert everybody(ledger) == {"ada": "file", "bob": "file"}
    compile_(ledger, *listed)
    tokens = {one.feed_token for one in plan.present}
    after = ledger.subscribers(limit=9)
    assert [replace(one, feed_token="") for one in after] == sorted(
        (replace(one, feed_token="") for one in plan.present), key=lambda one: one.key
    )
    assert len(tokens) == 2


def test_mail_of_who_left_is_cancelled_and_the_files_are_withdrawn(ledger: Ledger) -> None:
    compile_(ledger, person(channels=BOTH))
    deliver(ledger, "LoRA", channels=BOTH)
    (mine,) = claim(ledger)
    compile_(ledger, person(BOB))
    rows = ledger.deliveries()
    assert {(row.channel, row.state, row.detail) for row in rows} == {
        ("email", State.CANCELLED, "no longer a subscriber by email"),
        ("feed", State.CANCELLED, "no longer a subscriber by feed"),
    }
    assert behind(ledger) == ["ada"]
    # Its sender finds its claim gone.
    recipients = {mine.delivery: "ada@example.org"}
    assert not ledger.commit([(mine.delivery, mine.fence)], now=NOW, recipients=recipients)
    ledger.settle([(Outcome(mine.delivery, State.SENT), mine.fence)], now=NOW)
    assert states(ledger) == [State.CANCELLED, State.CANCELLED]


@pytest.mark.parametrize(
    "edit",
    [
        {"limit": 3},
        {"channels": BOTH},
        {"schedule": Schedule("day")},
        {"timezone": "Asia/Tokyo"},
        {"paused": date(2026, 1, 5)},
        {"who": BOB},
    ],
    ids=str,
)
def test_what_is_decided_by_a_profile_that_has_changed_meanwhile_is_dropped(
    ledger: Ledger, edit: dict[str, object]
) -> None:
    compile_(ledger, person(), now=MONDAY)
    (read,) = ledger.due(NOW, reopened=False, limit=10)
    made = Decision(read, digest_of(arrive(ledger, "a")), NEXT_MONDAY)
    compile_(ledger, person(**edit))  # type: ignore[arg-type]
    before = ledger.subscribers(limit=10)
    assert ledger.record([made], now=NOW) == 0
    assert (ledger.subscribers(limit=10), ledger.deliveries()) == (before, [])
    # Unchanged, or edited and put back, it counts.
    if "who" not in edit:
        compile_(ledger, person(), now=NOW + DAY)
        assert ledger.record([made], now=NOW) == 1


def test_mail_that_is_being_accepted_is_not_cancelled(ledger: Ledger) -> None:
    compile_(ledger, person())
    deliver(ledger, "LoRA")
    (mine,) = claim(ledger)
    recipients = {mine.delivery: "ada@example.org"}
    assert ledger.commit([(mine.delivery, mine.fence)], now=NOW, recipients=recipients)
    compile_(ledger, person(BOB))
    assert states(ledger) == [State.COMMITTED]


def test_a_channel_switched_off_takes_its_waiting_mail_with_it(ledger: Ledger) -> None:
    compile_(ledger, person(channels=BOTH), person(BOB))
    deliver(ledger, "LoRA", channels=BOTH)
    compile_(ledger, person(channels=FEED), person(BOB))
    assert {(row.channel, row.state) for row in ledger.deliveries()} == {
        ("email", State.CANCELLED),
        ("feed", State.PENDING),
    }
    assert behind(ledger) == ["ada"]


def test_a_channel_switched_on_delivers_the_digest_of_the_period_that_is_due(
    ledger: Ledger,
) -> None:
    compile_(ledger, person())
    deliver(ledger, "LoRA")
    compile_(ledger, person(channels=BOTH))
    assert {(row.channel, row.state) for row in ledger.deliveries()} == {
        ("email", State.PENDING),
        ("feed", State.PENDING),
    }
    # A week later that digest is of the past, and nothing is added for it.
    compile_(ledger, person())
    deliver(ledger, "QLoRA", channels=EMAIL, period=replace_week(1))
    compile_(ledger, person(channels=BOTH), now=NOW + 21 * DAY)
    assert len(ledger.deliveries()) == 3


def replace_week(weeks: int) -> Period:
    return Period(WEEK.start + timedelta(weeks=weeks), "week")


def test_what_shows_in_published_files_has_them_made_anew(ledger: Ledger) -> None:
    compile_(ledger, person(), person(BOB), person(CYD))
    assert behind(ledger) == []
    compile_(ledger, person(limit=3), person(BOB, name="Bob"), person(CYD, feed_entries="digests"))
    assert behind(ledger) == ["bob", "cyd"]


def test_the_feed_of_somebody_new_in_the_file_is_made_at_once(ledger: Ledger) -> None:
    compile_(ledger, person(channels=FEED))
    ledger.save([person(BOB, channels=FEED)], now=NOW)
    assert behind(ledger) == ["ada"]


def test_who_comes_back_has_the_same_feed_and_is_sent_nothing_twice(ledger: Ledger) -> None:
    compile_(ledger, person(channels=BOTH), person(BOB))
    before = ledger.subscriber("ada")
    digest = deliver(ledger, "LoRA", channels=BOTH)
    compile_(ledger, person(BOB))
    compile_(ledger, person(channels=BOTH), person(BOB))
    after = ledger.subscriber("ada")
    assert (after.key, after.feed_token) == (before.key, before.feed_token)
    assert after.until == digest.until
    assert states(ledger) == [State.CANCELLED, State.CANCELLED]


def test_an_id_is_never_used_again_by_somebody_else(ledger: Ledger) -> None:
    compile_(ledger, person(), person(BOB))
    compile_(ledger, person(BOB))
    with pytest.raises(ConfigError) as refused:
        compile_(ledger, person(email="eve@example.org"), person(BOB, limit=3), person(CYD))
    assert str(refused.value) == (
        "subscribers.yaml:3: the id 'ada' was somebody else's, with another address "
        "(choose another: links in mails sent before name the id)"
    )
    # The file changes nothing, in its other lines neither.
    assert everybody(ledger) == {"bob": "file"}
    assert ledger.subscriber("bob").subscriber.limit == 12


def test_an_id_of_the_database_is_refused_in_the_file_and_the_other_way_round(
    ledger: Ledger,
) -> None:
    compile_(ledger, person())
    ledger.save([person(BOB)], now=NOW)
    with pytest.raises(ConfigError, match="'bob' is taken by a subscriber in the database"):
        compile_(ledger, person(), person(BOB))
    with pytest.raises(ConfigError, match=r"'ada' is in subscribers\.yaml, with another profile"):
        ledger.save([person(limit=3), person(CYD)], now=NOW)
    assert everybody(ledger) == {"ada": "file", "bob": "database"}
    # As the file has it, it is no problem: an export of everybody can be imported again.
    assert ledger.save([person(), person(CYD)], now=NOW).unchanged == ("ada",)


def test_a_subscriber_moves_from_the_file_to_the_database(ledger: Ledger) -> None:
    compile_(ledger, person(), person(BOB))
    compile_(ledger, person(BOB))
    ledger.save([person()], now=NOW)
    assert everybody(ledger) == {"ada": "database", "bob": "file"}
    assert next_due(ledger) == NEXT_MONDAY


def test_who_is_known_from_before_there_was_a_store_is_taken_over(ledger: Ledger) -> None:
    token = feed_tokens(ledger, ADA)[ADA]
    assert everybody(ledger) == {}
    compile_(ledger, person())
    assert ledger.subscriber("ada").feed_token == token


# --- which host has compiled what ----------------------------------------------------------


def compiled(ledger: Ledger, host: str, content: str | None) -> bool:
    return ledger.compiled(host, content, now=NOW)


def test_a_host_compiles_only_what_it_has_not_compiled_last(ledger: Ledger) -> None:
    assert not compiled(ledger, "one", "A")
    ledger.compile("one", "A", [person()], now=NOW)
    assert compiled(ledger, "one", "A")
    ledger.compile("one", "B", [person()], now=NOW)
    assert not compiled(ledger, "one", "A")
    ledger.compile("one", "A", [person()], now=NOW - DAY)  # whatever its clock says
    assert compiled(ledger, "one", "A")


def test_an_older_copy_on_another_host_never_flips_back(ledger: Ledger) -> None:
    ledger.compile("one", "A", [person()], now=NOW)
    ledger.compile("one", "B", [person(limit=3)], now=NOW)
    assert compiled(ledger, "two", "A")
    assert compiled(ledger, "two", "A")
    # Once the file of that host changes, it counts.
    assert not compiled(ledger, "two", "C")


def test_a_host_without_files_needs_none_where_there_are_subscribers(ledger: Ledger) -> None:
    assert not compiled(ledger, "worker", None)
    ledger.compile("one", "A", [person()], now=NOW)
    assert compiled(ledger, "worker", None)
    assert not compiled(ledger, "one", None)


# --- the database's own --------------------------------------------------------------------


def test_an_import_begins_with_the_next_period_unless_told_otherwise(ledger: Ledger) -> None:
    ledger.save([person()], now=NOW)
    ledger.save([person(BOB)], now=NOW, first="now")
    assert due(ledger) == ["bob"]
    # That is for who is new: a repeated import makes nobody due.
    ledger.save([person()], now=NOW, first="now")
    ledger.save([person(limit=3)], now=NOW, first="now")
    assert due(ledger) == ["bob"]


def test_an_import_can_be_repeated(ledger: Ledger) -> None:
    people = [person(), person(BOB)]
    assert ledger.save(people, now=NOW).added == ("ada", "bob")
    before = ledger.subscribers(limit=9)
    again = ledger.save(people, now=NOW + DAY)
    assert (again.added, again.changed, again.unchanged) == ((), (), ("ada", "bob"))
    assert ledger.subscribers(limit=9) == before


def test_an_import_never_resubscribes(ledger: Ledger) -> None:
    ledger.save([person()], now=NOW)
    ledger.unsubscribe(ADA, now=NOW)
    ledger.save([person(limit=3)], now=NOW)
    ledger.remove([ADA], now=NOW)
    ledger.save([person()], now=NOW)
    assert ledger.refused({ADA: "ada@example.org"}) == {"ada": "unsubscribed"}


def test_removing_does_what_leaving_the_file_does(ledger: Ledger) -> None:
    ledger.save([person()], now=NOW)
    deliver(ledger, "LoRA")
    assert ledger.remove([ADA, BOB], now=NOW) == ("ada",)
    assert (everybody(ledger), states(ledger)) == ({}, [State.CANCELLED])
    assert (behind(ledger), due(ledger, NEXT_MONDAY)) == (["ada"], [])


def test_subscribers_are_found_by_address(ledger: Ledger) -> None:
    ledger.save([person(email="Ada@Example.org"), person(BOB)], now=NOW)
    found = ledger.subscribers_at(["ada@example.org", "nobody@example.org"])
    assert ids(found["ada@example.org"]) == ["ada"]
    assert len(found) == 1


def ids(found: Iterable[StoredSubscriber]) -> list[str]:
    return [one.subscriber.id for one in found]
