"""``digest suggest``: interests learned from liked papers or a library; nothing is changed."""

from __future__ import annotations

from pathlib import Path

from tests.cli.command import digest
from tests.cli.sample_home import SECOND, put
from tests.world import snapshot

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
    assert shown.err == "library.bib:3: this entry has a brace that is not closed – mend it\n"
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
    assert "export your library as BibTeX, RIS or CSL JSON" in ended.err
