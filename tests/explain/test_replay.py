"""What an edited profile would have made of past digests, side by side."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from shutil import copyfile

import pytest

from digest.explain.replay import Replayed
from digest.explain.replay import replay as replayed
from digest.model import Expected, Interest, Subscriber
from tests.world import World, person, snapshot

KEEPERS, LAMPS = "Lighthouse keepers of the north", "Lamps for a lighthouse"
SOUP, GULLS = "Soup near the pier", "Counting gulls at dawn"
ADA = person("ada")


@pytest.fixture
def world(tmp_path: Path, sqlite_template: Path) -> World:
    """A home in which Ada has had two digests about lighthouses."""
    copyfile(sqlite_template, tmp_path / "digest.db")
    made = World(tmp_path, f"sqlite:///{tmp_path / 'digest.db'}")
    made.put("1.json", KEEPERS, SOUP, listed=date(2026, 11, 16))
    made.run([ADA], "2026-11-23T09:00")
    made.put("2.json", LAMPS, GULLS, listed=date(2026, 11, 24))
    made.run([ADA], "2026-11-30T09:00")
    return made


def replay(world: World, subscriber: Subscriber, last: int = 4) -> list[Replayed]:
    with world.ledger() as ledger:
        return list(replayed(ledger, subscriber, last=last, expected=Expected("none")))


def told(digests: list[Replayed]) -> list[tuple[str, list[str], list[str], list[str]]]:
    """Each digest's period and the titles gained, lost and kept."""
    return [
        (
            str(each.window.period),
            [change.paper.title for change in each.gained],
            [change.paper.title for change in each.lost],
            [change.paper.title for change in each.kept],
        )
        for each in digests
    ]


def test_the_same_profile_gains_and_loses_nothing(world: World) -> None:
    digests = replay(world, ADA)
    assert told(digests) == [("2026-W48", [], [], [LAMPS]), ("2026-W47", [], [], [KEEPERS])]
    for digest in digests:
        for change in digest.kept:
            assert change.then is not None
            assert change.score == change.then.score


def test_an_edited_profile_shows_gains_and_losses_with_scores_and_reasons(world: World) -> None:
    eats = person("ada", ["soup"])
    newest, oldest = replay(world, eats)
    assert told([newest, oldest]) == [
        ("2026-W48", [], [LAMPS], []),
        ("2026-W47", [SOUP], [KEEPERS], []),
    ]
    (gain,), (loss,) = oldest.gained, oldest.lost
    assert gain.then is None
    assert gain.now is not None
    assert gain.score == gain.now.score >= 0.2
    assert [reason.interest for reason in gain.now.reasons] == ["soup"]
    assert loss.then is not None
    assert loss.then.score >= 0.2
    assert (loss.score, loss.now) == (0, None)
    assert loss.why_not == "its score 0.0000 is below your threshold 0.2"


def test_a_period_in_which_nothing_was_picked_can_gain(world: World) -> None:
    world.put("3.json", "Soup on a Sunday", listed=date(2026, 12, 1))
    world.run([ADA], "2026-12-07T09:00")
    both = person("ada", ["lighthouse", "soup"])
    assert told(replay(world, both, last=1)) == [("2026-W49", ["Soup on a Sunday"], [], [])]


def test_limit_and_exclusions_of_now_count(world: World) -> None:
    strict = person("ada", ["lighthouse"], exclude=["keepers"])
    _, oldest = replay(world, strict)
    assert [change.why_not for change in oldest.lost] == ["your exclusion keepers in the title"]
    short = person("ada", ["lighthouse", Interest("soup", weight=9)], limit=1)
    _, oldest = replay(world, short)
    assert [change.why_not for change in oldest.lost] == ["it ranks 2, and your limit is 1"]


def test_a_paper_beyond_the_reach_of_a_changed_backfill_is_lost_without_a_score(
    world: World,
) -> None:
    newcomer = person("zoe", backfill=timedelta(days=30))
    world.run([newcomer], "2026-12-07T09:00")
    (digest,) = replay(world, replace(newcomer, backfill=None))
    assert told([digest]) == [("2026-W49", [], [KEEPERS], [LAMPS])]
    assert digest.lost[0].score is None


def test_replay_changes_nothing_and_needs_no_past(world: World) -> None:
    world.folder.joinpath("outbox").mkdir(exist_ok=True)
    before = snapshot(world.folder)
    assert replay(world, person("nobody")) == []
    replay(world, person("ada", ["soup"]))
    after = snapshot(world.folder)
    assert {name for name in after if not name.startswith("digest.db")} == {
        name for name in before if not name.startswith("digest.db")
    }
    assert told(replay(world, ADA))[0] == ("2026-W48", [], [], [LAMPS])
