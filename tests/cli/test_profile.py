"""``digest profile``: a profile as it is understood; nothing is changed."""

from __future__ import annotations

from pathlib import Path

from tests.cli.command import digest
from tests.cli.sample_home import SECOND, make, put
from tests.world import snapshot

PROFILE = """\
subscribers:
  - id: ada
    name: Ada Example
    email: ada@example.org
    schedule: {every: month, on: 3, at: "07:30"}
    timezone: Europe/Berlin
    limit: 5
    interests:
      - lighthouse: 2
      - {match: "/soups?/", in: title, must_see: true}
    exclude: [pier]
"""


def test_profile_shows_what_is_understood_and_how_often_it_occurs(home: Path) -> None:
    (home / "subscribers.yaml").write_text(PROFILE)
    before = snapshot(home)
    shown = digest(home, "profile", "ada")
    assert (shown.code, shown.err) == (0, "")
    assert [" ".join(line.split()) for line in shown.out.splitlines() if line] == [
        "ada (Ada Example) subscribers.yaml:2",
        "Every month on day 3 at 07:30, Europe/Berlin, by email; at most 5 papers, from 0.2 on",
        "Interest Kind Where Weight Papers",
        "lighthouse phrase 2 1 50%",
        "/soups?/ pattern title 1 1 50% must see",
        "pier phrase – 1 50% rules out",
        "Papers: those of 2 in the archive that hold it.",
    ]
    assert snapshot(home) == before


def test_profile_shows_what_was_learned_unless_it_is_switched_off(home: Path) -> None:
    (home / "subscribers.yaml").write_text(PROFILE)
    put(home, "third", "Moth traps", "Building moth traps", "More soup", "Soup again", "No soup")
    digest(home, "run", "--now", SECOND)
    for title, verdict in (
        ("Building moth traps", "like"),
        ("Moth traps", "like"),
        ("No soup", "dislike"),
    ):
        digest(home, "feedback", "ada", title, verdict)

    shown = digest(home, "profile", "ada").out
    assert "Likes     Moth traps\nLikes     Building moth traps\nDislikes  No soup\n" in shown
    assert shown.endswith("Learned; copy what fits:\n      - moth traps: 2  # in 2 liked papers\n")
    answer = digest(home, "profile", "ada", "--json").json
    assert answer["learned"] == [{"text": "moth traps", "weight": 2.0, "liked": 2}]
    assert [paper["title"] for paper in answer["disliked"]] == ["No soup"]
    assert answer["interests"][1] == {
        "text": "soups?",
        "kind": "pattern",
        "in": "title",
        "weight": 1.0,
        "must_see": True,
        "papers": 4,
    }

    (home / "subscribers.yaml").write_text(PROFILE + "    learn: false\n")
    shown = digest(home, "profile", "ada").out
    assert "moth traps:" not in shown
    assert shown.endswith("Learns nothing from them: the profile says `learn: false`.\n")


def test_profile_of_a_home_without_a_ledger_shows_the_profile_and_creates_nothing(
    tmp_path: Path,
) -> None:
    home = make(tmp_path)
    before = snapshot(home)
    shown = digest(home, "profile", "bob")
    assert "lighthouse" in shown.out
    assert "those of 0 in the archive" in shown.out
    assert snapshot(home) == before
