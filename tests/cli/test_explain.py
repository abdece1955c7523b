"""``digest explain``: answers that add up."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.cli import sample_home
from tests.cli.command import digest
from tests.cli.sample_home import FIRST, SECOND
from tests.world import snapshot

END = "The lighthouse at the end of the world"
LOG, SOUP = "A lighthouse keeper's log", "Soup for sailors"
PROFILES = """\
defaults:
  timezone: UTC
subscribers:
  - id: ada
    email: ada@example.org
    interests: [lighthouse, {match: "/keepers?/", in: title, weight: 0.5}]
    exclude: [soup]
    limit: 2
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return sample_home.make(tmp_path / "home", profiles=PROFILES)


def said(home: Path, *arguments: str) -> list[str]:
    """The lines of a good answer, with one space between columns."""
    ended = digest(home, *arguments)
    assert (ended.code, ended.err) == (0, "")
    return [" ".join(line.split()) for line in ended.out.splitlines() if line.strip()]


def test_an_explanation_shows_the_sum_term_by_term(home: Path) -> None:
    sample_home.put(home, "second", LOG)
    lines = said(home, "explain", "ada", "keeper", "--now", FIRST)
    assert lines[0] == LOG
    assert lines[1].startswith("title:")
    assert lines[2] == "picked: it will be in the digest for 2026-W46"
    assert lines[3] == "Interest Found Where Weight Score"
    assert lines[4].startswith("lighthouse lighthouse title 1 +0.")
    assert lines[5].startswith("/keepers?/ keeper (pattern) title 0.5 +0.")
    addends = [int(line.rpartition("+0.")[2]) for line in lines[4:-2]]
    assert lines[-2] == f"Sum {sum(addends) / 10_000:.4f}"
    assert lines[-1] == "Threshold 0.2000"


def test_what_a_source_says_of_the_paper_is_shown(home: Path) -> None:
    code = "https://github.com/ada/lamp"
    paper = {"title": "A lamp", "abstract": f"Code: {code}", "keywords": ["sea", "cs.RO"]}
    path = home / "inbox" / "lamp.json"
    path.write_text(json.dumps([{**paper, "authors": ["Ada Example"]}]))
    os.utime(path, (10**9, 10**9))
    facts = said(home, "explain", "ada", "a lamp", "--now", FIRST)[1]
    assert facts.split(" · ")[1:] == [code, "cs.RO", "sea"]
    found = digest(home, "explain", "ada", "a lamp", "--now", FIRST, "--json").json["paper"]
    assert (found["code"], found["categories"], found["keywords"]) == (code, ["cs.RO"], ["sea"])


def test_an_explanation_as_json_adds_up_too(home: Path) -> None:
    found = digest(home, "explain", "ada", "end of the world", "--now", FIRST, "--json").json
    assert (found["subscriber"], found["paper"]["title"]) == ("ada", END)
    assert (found["picked"], found["why_not"], found["decided"]) == (True, None, False)
    assert (found["period"], found["threshold"]) == ("2026-W46", 0.2)
    assert sum(round(1e4 * each["contribution"]) for each in found["reasons"]) == round(
        1e4 * found["score"]
    )
    by_id = digest(home, "explain", "ada", found["paper"]["id"], "--now", FIRST, "--json")
    assert by_id.json == found


def test_why_not_is_told_in_a_word_and_a_sentence(home: Path) -> None:
    sample_home.put(home, "second", SOUP, "Counting gulls", LOG, "Lamps for a lighthouse")
    verdicts = [
        said(home, "explain", "ada", paper, "--now", FIRST)[2] for paper in (SOUP, "gulls", LOG)
    ]
    assert verdicts == [
        "ruled out: your exclusion soup in the title",
        "below the threshold: its score 0.0000 is below your threshold 0.2",
        "picked: it will be in the digest for 2026-W46",
    ]
    others = {
        said(home, "explain", "ada", paper, "--now", FIRST)[2] for paper in ("Lamps", "end of")
    }
    assert others == {
        "picked: it will be in the digest for 2026-W46",
        "over the limit: it ranks 3, and your limit is 2",
    }


def test_a_paper_of_a_past_digest_is_explained_as_it_was_then(home: Path) -> None:
    before = said(home, "explain", "ada", "end of the world", "--now", FIRST)
    digest(home, "run", "--now", FIRST)
    (home / "subscribers.yaml").write_text(PROFILES.replace("lighthouse", "gulls"))
    after = said(home, "explain", "ada", "end of the world", "--now", SECOND)
    assert after[2] == "picked: in the digest for 2026-W46, made 2026-11-16"
    assert after[3:] == before[3:]


def test_a_name_that_fits_nothing_or_too_much_is_told_with_what_is_near(home: Path) -> None:
    sample_home.put(home, "second", LOG)
    unknown = digest(home, "explain", "ad", "end of the world")
    assert (unknown.code, unknown.out) == (1, "")
    assert unknown.err == "There is no subscriber 'ad'.\nDid you mean ada?\n"
    vague = digest(home, "explain", "ada", "lighthouse")
    assert vague.code == 1
    assert vague.err.startswith("There is no single paper 'lighthouse'.\n")
    assert END in vague.err
    assert LOG in vague.err


@pytest.mark.parametrize(
    "question",
    [
        ["preview", "ada"],
        ["explain", "ada", "end of the world"],
        ["explain", "ada", "nothing of this name"],
        ["check"],
        ["status"],
        ["deliveries", "list"],
        ["deliveries", "show", "1"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("used", [False, True], ids=["a fresh home", "a home in use"])
def test_questions_change_nothing(home: Path, question: list[str], used: bool) -> None:
    if used:
        digest(home, "run", "--now", FIRST)
        sample_home.put(home, "second", LOG)
    paths, files = sorted(home.rglob("*")), snapshot(home)
    assert digest(home, *question).code in (0, 1)
    assert (sorted(home.rglob("*")), snapshot(home)) == (paths, files)
