"""What a digest holds, seen on the whole line: must-see papers, near-identical ones, balance."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copyfile

import pytest

from digest.explain import explanation
from digest.model import Expected, Interest, Subscriber, Why
from tests.world import File, World, person, utc

NOW = "2026-11-23T09:00"
LAMPS = [f"Lamps for a lighthouse in the {place}" for place in ("north", "south", "east", "west")]
SOUP = "Soup near the pier"
ABSTRACT = " ".join(f"keepers of lighthouses count word{number}" for number in range(20))


@pytest.fixture
def world(tmp_path: Path, sqlite_template: Path) -> World:
    """A home on SQLite."""
    copyfile(sqlite_template, tmp_path / "digest.db")
    return World(tmp_path, f"sqlite:///{tmp_path / 'digest.db'}")


def explained(world: World, subscriber: Subscriber, title: str) -> tuple[Why | None, str]:
    with world.ledger() as ledger:
        paper = ledger.paper(title)
        answer = explanation.explain(
            ledger, subscriber, paper, expected=Expected("none"), now=utc(NOW)
        )
    return answer.why, answer.detail


def test_what_must_be_seen_is_sent_whatever_the_limit_and_the_threshold(world: World) -> None:
    world.put("1.json", *LAMPS, SOUP)
    soup = Interest("soup", weight=0.01, must_see=True)
    ada = person("ada", ["lighthouse", soup], limit=2)
    world.run([ada], NOW)
    titles = world.mail()["2026-W47-ada"]
    assert len(titles) == 2
    assert SOUP in titles
    keen = person("ada", [Interest("lighthouse", must_see=True)], limit=2)
    with world.ledger() as ledger:
        (past,) = ledger.decisions(keen.id, limit=1)
        plan = explanation.past_plan(ledger, keen, past, expected=Expected("none"))
    assert len(plan.judgement.chosen.picked) == 4


def test_a_paper_in_two_versions_is_sent_once_and_explained(world: World) -> None:
    papers = [
        {"title": "Lighthouse keepers and their words", "summary": ABSTRACT},
        {"title": "Counting in solitude", "summary": f"{ABSTRACT} (Extended version.)"},
        {"title": LAMPS[0], "summary": "Of another kind."},
    ]
    listing = json.dumps([{"paper": paper} for paper in papers]).encode()
    world.inbox.files["1.json"] = File("1.json", listing)
    ada = person("ada", ["lighthouse"])
    report = world.run([ada], NOW)
    assert report.as_json()["papers"]["new"] == 3
    assert sorted(world.mail()["2026-W47-ada"]) == [LAMPS[0], "Lighthouse keepers and their words"]
    assert "1 nearly the same as another" in " ".join(world.texts()["2026-W47-ada"].split())
    assert explained(world, ada, "Counting in solitude") == (
        Why.DUPLICATE,
        "“Lighthouse keepers and their words” is nearly the same and comes before it",
    )


def test_an_interest_with_few_papers_is_not_crowded_out(world: World) -> None:
    world.put("1.json", *LAMPS, SOUP)
    ada = person("ada", [Interest("lighthouse", weight=3), "soup"], limit=3)
    world.run([ada], NOW)
    titles = world.mail()["2026-W47-ada"]
    assert len(titles) == 3
    assert SOUP in titles
    assert "1 made room for another interest" in world.texts()["2026-W47-ada"]
    whys = [explained(world, ada, title) for title in LAMPS if title not in titles]
    assert (Why.MADE_ROOM, "it made room for “soup”") in whys
    assert (Why.OVER_LIMIT, "it ranks 4, and your limit is 3") in whys
