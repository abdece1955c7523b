"""What a change of profiles means for the ledger's rows, and above all when a digest is due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import count

import pytest

from digest.model import (
    Channel,
    Interest,
    Origin,
    PaperKey,
    Profile,
    Schedule,
    StoredSubscriber,
    Subscriber,
    SubscriberId,
)
from digest.subscribers import changes
from digest.subscribers.changes import Changes, Former, Known, New
from tests.world import utc

NOW = utc("2026-11-18T12:00")
"""A Wednesday."""
MONDAY, NEXT_MONDAY = utc("2026-11-16T08:00"), utc("2026-11-23T08:00")


def person(
    name: str = "ada",
    *,
    email: str | None = "ada@example.org",
    on: int = 1,
    zone: str = "UTC",
    paused: date | None = None,
    channels: tuple[Channel, ...] = ("email",),
    line: int = 3,
) -> Subscriber:
    return Subscriber(
        SubscriberId(name),
        email,
        Profile((Interest("LoRA"),)),
        channels=channels,
        schedule=Schedule("week", on),
        timezone=zone,
        paused=paused,
        source=f"subscribers.yaml:{line}",
    )


def row(
    subscriber: Subscriber, due: datetime | None = NEXT_MONDAY, origin: Origin = "file"
) -> StoredSubscriber:
    return StoredSubscriber(1, subscriber, origin, PaperKey(7), due, None, "token")


def former(name: str = "ada", address: str | None = "ada@example.org", *, left: bool) -> Former:
    return Former(4, SubscriberId(name), address, left, PaperKey(9), "old token")


def new() -> New:
    tokens = count(1)
    return New(11, lambda: f"token {next(tokens)}")


def compiled(known: Sequence[Known], *listed: Subscriber, now: datetime = NOW) -> Changes:
    return changes.compiled(known, listed, now=now, new=new())


def imported(known: Sequence[Known], *given: Subscriber, first: changes.First = "next") -> Changes:
    return changes.saved(known, given, "database", now=NOW, new=replace(new(), first=first))


def due_after(before: StoredSubscriber, after: Subscriber, now: datetime = NOW) -> datetime | None:
    ((_, changed),) = compiled([before], after, now=now).changed
    return changed.next_due


def told(found: Changes) -> str:
    return "\n".join(map(str, found.problems))


def test_who_is_new_in_the_file_is_due_at_once() -> None:
    found = compiled([], person("ada"), person("bob"))
    assert [(one.key, one.feed_token, one.next_due) for one in found.added] == [
        (11, "token 1", MONDAY),
        (12, "token 2", MONDAY),
    ]
    assert {one.origin for one in found.added} == {"file"}


def test_who_is_imported_begins_with_the_next_period_unless_told_otherwise() -> None:
    (ada,) = imported([], person()).added
    assert (ada.origin, ada.next_due) == ("database", NEXT_MONDAY)
    (ada,) = imported([], person(), first="now").added
    assert ada.next_due == MONDAY


def test_the_same_profiles_again_change_nothing() -> None:
    found = compiled([row(person(line=3))], person(line=9))
    assert found == Changes(unchanged=(row(person()),))
    assert imported([row(person(), origin="database")], person()).changed == ()


def test_who_is_no_longer_listed_is_removed_and_the_database_is_left_alone() -> None:
    bob = row(person("bob"), origin="database")
    found = compiled([row(person()), bob], person("cyd", email="cyd@example.org"))
    assert [one.subscriber.id for one in found.removed] == ["ada"]


@pytest.mark.parametrize(
    ("after", "due"),
    [
        (person(on=5), utc("2026-11-20T08:00")),
        (person(on=3), utc("2026-11-25T08:00")),  # today's 08:00 is over: nothing is sent at once
        (person(zone="America/New_York"), utc("2026-11-23T13:00")),
        (person(on=2, zone="Asia/Tokyo"), utc("2026-11-23T23:00")),
        (replace(person(), limit=3), NEXT_MONDAY),
    ],
)
def test_another_schedule_or_zone_never_sends_at_once(after: Subscriber, due: datetime) -> None:
    assert due_after(row(person()), after) == due


def test_what_was_due_already_stays_due_when_the_schedule_moves() -> None:
    assert due_after(row(person(), MONDAY), person(on=5)) == MONDAY


def test_a_paused_subscriber_is_due_on_the_first_occurrence_from_that_local_day_on() -> None:
    pause = date(2027, 1, 11)
    assert due_after(row(person()), person(paused=pause)) == utc("2027-01-11T08:00")
    auckland = person(zone="Pacific/Auckland", paused=pause)
    assert due_after(row(person()), auckland) == utc("2027-01-10T19:00")
    # What was due already, or open, waits as well.
    waiting = replace(row(person(), MONDAY), open_since=MONDAY)
    ((_, after),) = compiled([waiting], person(paused=pause)).changed
    assert (after.next_due, after.open_since) == (utc("2027-01-11T08:00"), None)
    # The pause is over: neither setting nor deleting it sends anything.
    assert due_after(row(person()), person(paused=date(2026, 11, 1))) == NEXT_MONDAY
    assert due_after(row(person(paused=pause), utc("2027-01-11T08:00")), person()) == NEXT_MONDAY
    (ada,) = compiled([], person(paused=pause)).added
    assert ada.next_due == utc("2027-01-11T08:00")


def test_a_subscriber_who_left_comes_back_with_the_same_address() -> None:
    (ada,) = compiled([former(left=True)], person(email="Ada@Example.org")).returned
    assert (ada.key, ada.feed_token, ada.until) == (4, "old token", 9)
    assert ada.next_due == MONDAY


def test_an_id_is_never_given_to_somebody_else() -> None:
    found = compiled([former(left=True)], person(email="eve@example.org"), person("bob", line=5))
    assert told(found) == (
        "subscribers.yaml:3: the id 'ada' was somebody else's, with another address "
        "(choose another: links in mails sent before name the id)"
    )


def test_an_id_from_before_there_was_a_store_is_taken_over() -> None:
    (ada,) = compiled([former(address=None, left=False)], person()).returned
    assert (ada.key, ada.until, ada.next_due) == (4, 9, MONDAY)


def test_ids_are_unique_across_the_file_and_the_database() -> None:
    found = compiled([row(person(), origin="database")], person())
    assert told(found) == (
        "subscribers.yaml:3: the id 'ada' is taken by a subscriber in the database "
        "(choose another, or first: digest subscribers remove ada)"
    )
    assert imported([row(person())], person()).problems == ()
    found = imported([row(person())], replace(person(on=4), source="people.csv:2"))
    assert told(found) == (
        "people.csv:2: the id 'ada' is in subscribers.yaml, with another profile "
        "(change it there, or remove it from there first)"
    )


def test_the_rows_as_they_would_be() -> None:
    known: list[Known] = [row(person("ada")), row(person("bob")), former("cyd", left=True)]
    after = compiled(
        known, person("ada", on=2), person("bob"), person("cyd"), person("dan")
    ).present
    assert sorted((one.key, one.subscriber.id) for one in after) == [
        (1, "ada"), (1, "bob"), (4, "cyd"), (11, "dan"),
    ]  # fmt: skip
