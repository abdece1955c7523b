"""``digest feedback``: what a subscriber says of a paper is recorded."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.command import digest
from tests.cli.sample_home import PROFILES

TITLE = "The lighthouse at the end of the world"


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
