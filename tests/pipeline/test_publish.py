"""Published files: settled when they are in place, removed when their reader goes."""

from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from digest.ledger import Ledger
from digest.model import State
from digest.pipeline.publish import publish
from tests.world import World, person, utc

ADA = person("ada", channels=("email", "feed"))
BOB = person("bob", channels=("feed",))
PAPER = "Keepers of the last lighthouse"
DUE, LATER, MONDAY = "2026-11-16T08:00", "2026-11-16T09:00", "2026-11-23T08:00"


def feed_states(book: Ledger) -> list[State]:
    return [row.state for row in book.deliveries(channel="feed")]


@pytest.mark.parametrize("folder", ["feeds", "archive"])
def test_no_feed_is_settled_while_its_files_cannot_be_written_and_the_next_pass_heals(
    either: World, folder: str
) -> None:
    in_the_way = either.folder / "public" / folder
    in_the_way.parent.mkdir()
    in_the_way.write_text("not a folder")
    either.put("1.json", PAPER)

    report = either.run([ADA, BOB], DUE)

    assert report.failed
    assert any(str(in_the_way) in str(problem) for problem in report.problems)
    assert either.mail() == {"2026-W46-ada": [PAPER]}
    with either.ledger() as book:
        assert feed_states(book) == [State.PENDING] * 2
        assert book.count_publications() == 2

    in_the_way.unlink()
    report = either.run([ADA, BOB], LATER)

    assert not report.failed
    assert [either.feed(each) for each in (ADA, BOB)] == [[PAPER]] * 2
    with either.ledger() as book:
        assert feed_states(book) == [State.SENT] * 2
        assert book.count_publications() == 0


def files_of(world: World, token: str) -> dict[str, bytes]:
    """The published files of one reader."""
    return {path: data for path, data in world.public().items() if token in path}


def token_of(world: World, name: str) -> str:
    with world.ledger() as book:
        return book.subscriber(name).feed_token


def test_files_of_who_leaves_go_and_who_comes_back_has_them_again(either: World) -> None:
    either.put("1.json", PAPER)
    either.run([ADA, BOB], DUE)
    ada, bob = token_of(either, "ada"), token_of(either, "bob")
    before = files_of(either, ada)
    assert before

    either.run([BOB], LATER)
    assert files_of(either, ada) == {}
    assert files_of(either, bob)

    either.run([ADA, BOB], LATER)
    assert files_of(either, ada) == before
    assert len(either.mail()) == 1


def test_each_digest_has_its_references(world: World) -> None:
    world.put("1.json", PAPER)
    world.run([ADA], DUE)
    folder = f"archive/{token_of(world, 'ada')}"
    first = world.public()
    assert PAPER in first[f"{folder}/2026-W46.bib"].decode()
    assert PAPER in first[f"{folder}/2026-W46.ris"].decode()

    world.put("2.json", "Another lighthouse")
    world.run([ADA], MONDAY)
    second = world.public()
    assert second[f"{folder}/2026-W46.bib"] == first[f"{folder}/2026-W46.bib"]
    with world.context(utc(MONDAY)) as context:
        report = publish(context, now=utc(MONDAY), everything=True)
    assert (report.problems, world.public()) == ((), second), "made anew they are the same"


def test_feeds_go_with_the_channel_and_come_back_with_it_and_the_pages_stay(
    either: World,
) -> None:
    either.put("1.json", PAPER)
    either.run([ADA], DUE)
    token = token_of(either, "ada")
    before = files_of(either, token)
    feeds = {path for path in before if path.startswith("feeds/") or path.endswith(".opml")}
    assert len(feeds) == 4

    either.run([replace(ADA, channels=("email",))], LATER)
    left = files_of(either, token)
    assert left.keys() == before.keys() - feeds

    either.run([ADA], LATER)
    assert files_of(either, token).keys() == before.keys()
    assert either.feed(ADA) == [PAPER]


def test_a_dry_run_that_publishes_for_longer_than_a_lease_goes_on(world: World) -> None:
    world.put("1.json", PAPER)
    world.run([ADA, BOB], DUE)
    now, minutes = utc(MONDAY), count(step=4)
    with world.draft() as draft, world.context(now) as context:
        slow = replace(context, ledger=draft, clock=lambda: now + timedelta(minutes=next(minutes)))
        report = publish(slow, now=now, everything=True)
    assert report.problems == ()
    assert (report.written, report.unchanged) == (0, 9)


def test_where_readers_are_served_on_demand_their_feeds_are_sent_and_they_have_no_files(
    either: World,
) -> None:
    either.put("1.json", PAPER)
    report = either.run([ADA, BOB], DUE, serves=True)

    assert not report.failed
    assert either.mail() == {"2026-W46-ada": [PAPER]}
    assert {path.partition("/")[0] for path in either.public()} == {
        *("index.html", "help.html", "feeds", ".published"),
    }
    assert {path for path in either.public() if "/" in path} == {
        f"feeds/all.{kind}" for kind in ("atom", "rss", "json")
    }
    with either.ledger() as book:
        assert feed_states(book) == [State.SENT] * 2
        assert book.count_publications() == 0


def test_modes_may_be_switched_either_way(either: World) -> None:
    either.put("1.json", PAPER)
    either.run([ADA, BOB], DUE)
    files = either.public()

    either.put("2.json", "Another lighthouse")
    either.run([ADA, BOB], MONDAY, serves=True)
    kept = {path: data for path, data in either.public().items() if token_of(either, "ada") in path}
    assert kept == {path: data for path, data in files.items() if path in kept}
    with either.ledger() as book:
        assert set(feed_states(book)) == {State.SENT}

    either.run([ADA, BOB], MONDAY)
    assert either.feed(ADA) == either.feed(BOB) == ["Another lighthouse", PAPER]


def test_what_was_behind_when_files_went_is_settled_without_any(either: World) -> None:
    either.put("1.json", PAPER)
    either.run([ADA, BOB], DUE, stopping=lambda: True)
    with either.ledger() as book:
        assert book.count_publications() == 2
    either.run([ADA, BOB], LATER, serves=True)
    with either.ledger() as book:
        assert book.count_publications() == 0
        assert feed_states(book) == [State.SENT] * 2
    assert files_of(either, token_of(either, "ada")) == {}


def test_files_of_who_leaves_go_also_where_readers_are_served_on_demand(either: World) -> None:
    either.put("1.json", PAPER)
    either.run([ADA, BOB], DUE)
    ada = token_of(either, "ada")
    either.run([BOB], LATER, serves=True)
    assert files_of(either, ada) == {}
    assert files_of(either, token_of(either, "bob"))


def test_a_dry_run_on_demand_settles_nothing(world: World) -> None:
    world.put("1.json", PAPER)
    world.run([ADA, BOB], DUE, stopping=lambda: True)
    with world.draft() as draft, world.context(utc(LATER), serves=True) as context:
        publish(replace(context, ledger=draft), now=utc(LATER), everything=True)
    with world.ledger() as book:
        assert feed_states(book) == [State.PENDING] * 2
