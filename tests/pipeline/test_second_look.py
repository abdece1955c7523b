"""A paper that was passed over comes back once, to who asked for it, when its upvotes jump."""

import json
from dataclasses import replace

import pytest

from digest import sources
from digest.dedup.jumps import with_jump
from digest.dedup.merge import united
from digest.model import Interest, PaperKey, Schedule, Subscriber
from digest.pipeline.ingest import ingest
from tests.dedup.papers import known, record
from tests.world import File, World, person, utc

DAY = Schedule("day")
TITLE = "Robots that fold laundry"


def reader(name: str = "ada", *, threshold: float, second_look: bool = True) -> Subscriber:
    return person(
        name, [Interest("robots", weight=0.5)], DAY, threshold=threshold, second_look=second_look
    )


def lay(world: World, name: str, upvotes: int, title: str = TITLE) -> None:
    """A dump in which a paper has so many upvotes, and another one is of no interest."""
    text = f"{title}, with a long story of how they learned it from a person at home."
    papers = [
        {"title": title, "summary": text, "upvotes": upvotes},
        {"title": f"Soil in {name}", "summary": "A survey of soil and water in a valley."},
    ]
    world.inbox.files[name] = File(name, json.dumps([{"paper": one} for one in papers]).encode())


@pytest.mark.parametrize(
    ("before", "now", "jumped"),
    [
        (None, 90, False),  # nothing is known of before
        (0, 19, False),
        (0, 20, True),
        (5, 25, True),
        (10, 29, False),
        (10, 30, True),
        (40, 119, False),
        (40, 120, True),
        (40, 12, False),
        (40, None, False),
    ],
)
def test_upvotes_jump_when_there_are_twenty_more_and_three_times_as_many(
    before: int | None, now: int | None, jumped: bool
) -> None:
    paper = replace(known(record(TITLE)), upvotes=now, base_upvotes=before)
    found, was = with_jump(paper)
    assert was == (before if jumped else None)
    assert found.base_upvotes == (now if jumped or before is None else before)


def test_a_paper_passed_over_comes_back_when_its_upvotes_jump_and_says_why(world: World) -> None:
    people = [reader(threshold=0.9), reader("bob", threshold=0.9, second_look=False)]
    lay(world, "1.json", upvotes=3)
    world.run(people, "2026-11-24T09:00")
    lay(world, "2.json", upvotes=48)
    world.run(people, "2026-11-25T09:00")
    lay(world, "3.json", upvotes=200)
    world.run(people, "2026-11-26T09:00")
    assert world.mail() == {"2026-11-24-ada": [TITLE]}
    said = world.texts()["2026-11-24-ada"].replace("\n", " ")
    assert "A second look: 48 upvotes now, 3 when it was passed over" in said


def test_a_paper_that_was_sent_or_is_new_has_no_second_look(either: World) -> None:
    eager, late = reader(threshold=0.1), reader("bob", threshold=0.9)
    lay(either, "1.json", upvotes=3)
    either.run([eager], "2026-11-24T09:00")
    lay(either, "2.json", upvotes=48)
    either.run([eager, late], "2026-11-25T09:00")
    lay(either, "3.json", upvotes=49, title="Robots that sort waste")
    either.run([eager, late], "2026-11-26T09:00")
    assert either.mail() == {
        "2026-11-23-ada": [TITLE],
        "2026-11-25-ada": ["Robots that sort waste"],
    }


def test_a_jump_alone_neither_opens_nor_ends_a_period_of_others(either: World) -> None:
    """Nothing new came but the upvotes: the day stays open for those who do not ask for them."""
    people = [reader(threshold=0.9), reader("bob", threshold=0.1, second_look=False)]
    papers = [{"title": TITLE, "summary": TITLE, "upvotes": n} for n in (3, 48)]
    for number, one in enumerate(papers, 1):
        content = json.dumps([{"paper": one}]).encode()
        either.inbox.files[f"{number}.json"] = File(f"{number}.json", content)
        either.run(people, f"2026-11-{23 + number}T09:00")
    either.put("late.json", "Robots that came at noon")
    either.run(people, "2026-11-25T12:00")
    mails = either.mail()
    assert mails["2026-11-24-ada"] == [TITLE]
    assert mails["2026-11-24-bob"] == ["Robots that came at noon"]


def test_dumps_that_newer_readers_read_again_bring_no_second_look(
    either: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [reader(threshold=0.9)]
    for number, upvotes in enumerate((3, 48), 1):
        lay(either, f"{number}.json", upvotes)
        either.run(people, f"2026-11-{23 + number}T09:00")
    lay(either, "alone.json", 30, title="Robots that sort waste")
    either.run(people, "2026-11-26T09:00")
    before = either.mail()
    monkeypatch.setattr(sources, "VERSION", "newer")
    report = either.run(people, "2026-11-27T09:00")
    assert (len(report.ingested.dumps), report.ingested.new) == (3, 0)
    lay(either, "later.json", 48)
    either.run(people, "2026-11-28T09:00")
    assert either.mail() == before
    with either.ledger() as book:
        base = {one.title: one.base_upvotes for one in book.papers()}
    assert (base[TITLE], base["Robots that sort waste"]) == (48, 30)


def test_a_dry_run_shows_a_second_look_and_records_none(world: World) -> None:
    lay(world, "1.json", upvotes=3)
    people = [reader(threshold=0.9)]
    world.run(people, "2026-11-24T09:00")
    lay(world, "2.json", upvotes=48)
    with world.draft() as draft, world.context(utc("2026-11-25T09:00"), ledger=draft) as context:
        ingest(context.inbox, context.ledger, now=utc("2026-11-25T09:00"))
        (look,) = draft.second_looks(after=PaperKey(0), until=draft.newest_key())
        assert (look.paper.title, look.paper.upvotes, look.upvotes_before) == (TITLE, 48, 3)
    with world.ledger() as book:
        assert not book.second_looks(after=PaperKey(0), until=PaperKey(99))
    world.run(people, "2026-11-25T09:00")
    assert world.mail() == {"2026-11-24-ada": [TITLE]}


def test_the_pages_and_the_feed_say_that_it_is_a_second_look(world: World) -> None:
    one = replace(reader(threshold=0.9), channels=("email", "feed"))
    lay(world, "1.json", upvotes=3)
    world.run([one], "2026-11-24T09:00")
    lay(world, "2.json", upvotes=48)
    world.run([one], "2026-11-25T09:00")
    said = b"A second look: 48 upvotes now, 3 when it was passed over"
    holding = {name.rpartition(".")[2] for name, data in world.public().items() if said in data}
    assert holding == {"html", "atom", "rss", "json"}


@pytest.mark.parametrize(("one", "two"), [(5, 2), (None, 2), (5, None)])
def test_papers_that_turn_out_to_be_one_jump_from_what_the_older_one_had(
    one: int | None, two: int | None
) -> None:
    older = replace(known(record(TITLE)), base_upvotes=one)
    newer = replace(known(record(TITLE)), base_upvotes=two)
    assert united(older, newer).base_upvotes == (two if one is None else one)
