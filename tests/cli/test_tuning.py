"""Commands that tune a profile: what they print, and that only feedback changes anything."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import pytest

from tests.cli.command import digest
from tests.cli.sample_home import FIRST, PROFILES, SECOND, make, put
from tests.world import snapshot

TITLE = "The lighthouse at the end of the world"


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which Ada and Bob have had a digest with one paper about a lighthouse."""
    made = make(tmp_path_factory.mktemp("used"))
    put(made, "second", "Soup near the pier")
    assert digest(made, "run", "--now", FIRST).code == 0
    return made


@pytest.fixture
def home(used: Path, tmp_path: Path) -> Path:
    """Such a home once more."""
    return copytree(used, tmp_path / "home")


# --- feedback ----------------------------------------------------------------------------


def test_feedback_says_what_was_recorded(home: Path) -> None:
    liked = digest(home, "feedback", "ada", "end of the world", "like")
    assert (liked.code, liked.err) == (0, "")
    assert liked.out == f"ada likes “{TITLE}”.\n1 liked and 0 disliked so far.\n"

    answer = digest(home, "feedback", "ada", TITLE, "dislike", "--json").json
    assert answer["paper"]["title"] == TITLE
    assert answer["paper"]["id"].startswith("title:")
    assert {key: answer[key] for key in ("subscriber", "verdict", "changed")} == {
        "subscriber": "ada",
        "verdict": "dislike",
        "changed": True,
    }
    assert (answer["liked"], answer["disliked"]) == (0, 1)

    cleared = digest(home, "feedback", "ada", TITLE, "clear", "--json").json
    assert (cleared["verdict"], cleared["liked"], cleared["disliked"]) == (None, 0, 0)
    assert not digest(home, "feedback", "ada", TITLE, "clear", "--json").json["changed"]


def test_feedback_of_somebody_who_switched_learning_off_is_kept_with_a_word(home: Path) -> None:
    (home / "subscribers.yaml").write_text(PROFILES.replace("bob,", "bob, learn: false,"))
    said = digest(home, "feedback", "bob", TITLE, "like")
    assert said.code == 0
    assert "1 liked" in said.out
    assert "learn: false" in said.err


@pytest.mark.parametrize(
    ("arguments", "complaint", "code"),
    [
        (("adda", TITLE, "like"), "There is no subscriber 'adda'.\nDid you mean ada?\n", 1),
        (("ada", "chess", "like"), "There is no paper 'chess'.\n", 1),
        (("ada", TITLE, "love"), "'love' is not one of 'like', 'dislike', 'clear'", 2),
    ],
)
def test_feedback_says_what_it_cannot_find(
    home: Path, arguments: tuple[str, ...], complaint: str, code: int
) -> None:
    ended = digest(home, "feedback", *arguments)
    assert (ended.code, ended.out) == (code, "")
    assert complaint in ended.err


# --- replay ------------------------------------------------------------------------------


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
    assert f"{score}  0.0000  {TITLE}" in shown.out[lost:]
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


# --- check -------------------------------------------------------------------------------


def test_check_notes_interests_that_tell_nothing_once_there_is_an_archive(home: Path) -> None:
    (home / "subscribers.yaml").write_text(PROFILES.replace("[lighthouse]", "[lighthuose, soup]"))
    assert digest(home, "check", "--json").json["notes"] == []
    put(home, "third", *(f"Nothing {number}" for number in range(50)))
    digest(home, "run", "--now", SECOND)
    before = snapshot(home)

    checked = digest(home, "check")
    assert checked.code == 0
    assert checked.out == "All good: 2 subscribers.\n"
    assert checked.err.splitlines() == [
        f"subscribers.yaml:{line} ({name}): none of 52 papers has the interest “lighthuose” "
        "– “lighthouse” is in 1"
        for line, name in ((5, "ada"), (6, "bob"))
    ]
    notes = digest(home, "check", "--json").json["notes"]
    assert [note["where"] for note in notes] == [
        "subscribers.yaml:5 (ada)",
        "subscribers.yaml:6 (bob)",
    ]
    assert snapshot(home) == before


def test_check_of_a_home_without_a_ledger_creates_nothing(tmp_path: Path) -> None:
    home = make(tmp_path)
    before = snapshot(home)
    assert digest(home, "check", "--json").json == {"subscribers": 2, "problems": [], "notes": []}
    assert snapshot(home) == before


# --- profile -----------------------------------------------------------------------------

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


# --- suggest -----------------------------------------------------------------------------

LIBRARY = """\
@article{a, title={Tides and tide tables}, keywords={gravity}}
@article{b, title={Tide tables made easy}}
@article{broken, title={Never closed
@article{c, title={Reading tide tables}}
"""


def test_suggest_prints_lines_that_can_be_copied_into_the_profile(home: Path) -> None:
    library = home / "library.bib"
    library.write_text(LIBRARY)
    before = snapshot(home)
    shown = digest(home, "suggest", "ada", "--from", library)
    assert shown.code == 0
    assert shown.out.splitlines() == [
        "# From 3 texts of library.bib, against 2 papers of the archive.",
        "    interests:",
        "      - tide tables: 2  # in 3 of them, 0.0% of the archive",
    ]
    assert shown.err == "library.bib:3: this entry cannot be read – mend it\n"
    assert snapshot(home) == before

    profiles = "subscribers:\n  - id: ada\n    email: ada@example.org\n" + shown.out
    (home / "subscribers.yaml").write_text(profiles)
    assert digest(home, "check").code == 0
    again = digest(home, "suggest", "ada", "--from", library)
    assert again.out.splitlines()[1:] == ["# Nothing stands out that the profile does not name."]


def test_suggest_learns_from_liked_papers_apart_from_the_others(home: Path) -> None:
    put(home, "third", "Moth traps", "Building moth traps", "More soup", "Soup again", "No soup")
    digest(home, "run", "--now", SECOND)
    few = digest(home, "suggest", "ada")
    assert (few.code, few.out) == (1, "")
    assert "ada likes 0 papers; two or more are needed" in few.err
    for title in ("Building moth traps", "Moth traps"):
        digest(home, "feedback", "ada", title, "like")

    answer = digest(home, "suggest", "ada", "--json").json
    assert answer == {
        "subscriber": "ada",
        "papers": 2,
        "archive": 5,
        "suggestions": [{"text": "moth traps", "weight": 2.0, "here": 2, "archive": 0}],
    }


def test_suggest_refuses_what_is_no_library(home: Path) -> None:
    ended = digest(home, "suggest", "ada", "--from", home / "digest.toml")
    assert (ended.code, ended.out) == (1, "")
    assert "neither BibTeX nor RIS" in ended.err
