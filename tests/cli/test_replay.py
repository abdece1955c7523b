"""``digest replay``: what an edited profile would have made of past digests; nothing is changed."""

from __future__ import annotations

import re
from pathlib import Path

from tests.cli.command import digest
from tests.cli.sample_home import PROFILES, SECOND, make, put
from tests.world import snapshot

TITLE = "The lighthouse at the end of the world"


def test_replay_shows_an_edit_side_by_side_and_changes_nothing(home: Path) -> None:
    (home / "subscribers.yaml").write_text(PROFILES.replace("[lighthouse]", "[soup]"))
    before = snapshot(home)
    shown = digest(home, "replay", "ada")
    assert shown.code == 0
    assert "Week 46, 9–15 November 2026: 1 gained, 1 lost, 0 as before" in shown.out
    gained, lost = shown.out.index("+ "), shown.out.index("- ")
    score = shown.out[gained:lost].split()[2]
    assert float(score) >= 0.2
    assert shown.out[gained:lost].split() == [
        *("+", "–", score, "Soup", "near", "the", "pier"),
        *("“Soup”", "in", "the", "title"),
    ]
    assert re.search(rf"^- 0\.\d{{4}}  0\.0000  {TITLE}$", shown.out[lost:], re.MULTILINE)
    assert "its score 0.0000 is below your threshold 0.2" in shown.out[lost:]

    (week,) = digest(home, "replay", "ada", "--json").json["digests"]
    assert week["period"] == "2026-W46"
    assert [change["title"] for change in week["gained"]] == ["Soup near the pier"]
    assert week["gained"][0]["score_then"] is None
    assert [change["score_now"] for change in week["lost"]] == [0]
    assert week["kept"] == []
    assert snapshot(home) == before


def test_replay_goes_back_as_far_as_asked(home: Path) -> None:
    put(home, "third", "Keepers of a lighthouse")
    digest(home, "run", "--now", SECOND)
    weeks = digest(home, "replay", "ada", "--json").json["digests"]
    assert [week["period"] for week in weeks] == ["2026-W47", "2026-W46"]
    weeks = digest(home, "replay", "ada", "--last", "1", "--json").json["digests"]
    assert [week["period"] for week in weeks] == ["2026-W47"]


def test_replay_before_the_first_digest_says_so_and_creates_nothing(tmp_path: Path) -> None:
    home = make(tmp_path)
    before = snapshot(home)
    shown = digest(home, "replay", "bob")
    assert shown.code == 0
    assert "bob has had no digest yet" in shown.out
    assert snapshot(home) == before
