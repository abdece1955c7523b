"""``digest check``: every problem of a home at once, with its remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.render.templates import load
from tests.cli import sample_home
from tests.cli.command import digest
from tests.cli.sample_home import FIRST, SECOND, mails
from tests.world import snapshot

BROKEN = """\
defaults:
  timezone: Berlin
  schedule: {every: week, on: monday, at: "25:00"}
subscribers:
  - id: ada
\temail: ada@example.org
    email: ada.two@example.org
    intrests: [lighthouse]
  - id: ada
    email: ada at example.org
    interests: ["/(lighthouse/"]
  - id: bob
    email: bob@example.org
    name: !!python/object/apply:os.system ["touch owned"]
    interests: &a [lighthouse]
    exclude: [*a, *a, *a]
"""


def test_a_broken_list_is_told_line_by_line_with_remedies_and_sends_nothing(tmp_path: Path) -> None:
    home = sample_home.make(tmp_path / "home", profiles=BROKEN)

    ended = digest(home, "check")

    assert (ended.code, ended.out) == (2, "")
    *problems, last = ended.err.splitlines()
    places = [problem.partition(": ")[0] for problem in problems]
    assert places == [f"subscribers.yaml:{line}" for line in (2, 3, 6, 7, 8, 9, 10, 11, 14, 15)]
    assert all(" – " in problem for problem in problems)
    assert last == f"{len(problems)} to mend; until then nothing is sent."
    for words in (
        "'Europe/Berlin'",
        "'25:00' is not a time of day",
        "a tab in the indentation",
        "'email' stands on line 6 already",
        "did you mean 'interests'?",
        "the id 'ada' is taken",
        "is not an e-mail address",
        "bad pattern",
        "the tag '!!python/object/apply:os.system' is not read",
    ):
        assert words in ended.err
    assert [each["where"] for each in digest(home, "check", "--json").json["problems"]] == places

    run = digest(home, "run", "--now", FIRST)

    assert (run.code, run.out) == (2, "")
    assert len(run.err.splitlines()) == len(problems)
    assert sorted(path.name for path in home.iterdir()) == [
        "digest.toml",
        "inbox",
        "subscribers.yaml",
    ]


def test_settings_profiles_and_templates_are_checked_together(tmp_path: Path) -> None:
    home = sample_home.make(tmp_path / "home", "fron = 3\n", BROKEN.replace("Berlin", "UTC"))
    found = digest(home, "check", "--json").json["problems"]
    assert {each["where"].partition(":")[0] for each in found} == {
        "digest.toml",
        "subscribers.yaml",
    }

    home = sample_home.make(tmp_path / "other")
    template = home / "templates" / "email.html.j2"
    template.parent.mkdir()
    template.write_text("<html>\n{% fro %}\n</html>")
    ended = digest(home, "check")
    assert ended.code == 2
    assert ended.err.startswith(f"{template}:2: ")


def test_an_address_to_which_servers_cannot_complain_is_noted(tmp_path: Path) -> None:
    home = sample_home.make(tmp_path / "home", '[[sources]]\nkind = "daily-papers"\n')
    (note,) = digest(home, "check", "--json").json["notes"]
    assert note["what"] == "the servers of the sources are told the address digest@localhost"
    with (home / "digest.toml").open("a") as settings:
        settings.write('[fetch]\ncontact = "ada@example.org"\n')
    assert digest(home, "check", "--json").json["notes"] == []


def test_mistakes_in_sources_are_told(tmp_path: Path) -> None:
    sources = '[[sources]]\nkind = "arxiv"\n[[sources]]\nkind = "feed"\nname = "A b"\n'
    home = sample_home.make(tmp_path / "home", sources)
    ended = digest(home, "check")
    assert ended.code == 2
    assert "digest.toml:1: a source of kind arxiv without `query` or `categories`" in ended.err
    assert "digest.toml:5: 'A b' cannot be the name of a source" in ended.err


@pytest.mark.parametrize(
    "name",
    [
        *("archive.html.j2", "archive_index.html.j2", "card.html.j2", "reason.html.j2"),
        *("email.html.j2", "email.txt.j2"),
        *("help.html.j2", "index.html.j2", "missing.html.j2", "unsubscribe.html.j2"),
    ],
)
def test_every_template_is_tried_before_it_is_needed(tmp_path: Path, name: str) -> None:
    home = sample_home.make(tmp_path / "home")
    template = home / "templates" / name
    template.parent.mkdir()
    template.write_text("\n{{ unheard_of }}\n")
    ended = digest(home, "check")
    assert ended.code == 2
    assert ended.err.startswith(f"{template}:2: ")
    assert "unheard_of" in ended.err


def test_templates_that_are_slow_or_not_used_are_noted(tmp_path: Path) -> None:
    home = sample_home.make(tmp_path / "home")
    own = home / "templates"
    own.mkdir()
    shipped = load().source("style.css")
    (own / "style.css").write_text(f"{shipped}\n.paper + .paper {{ color: #222 }}\n")
    (own / "email.html").write_text("<p>hello")
    (own / "help.html.j2").write_text('{% include "parts/hours.html.j2" %}')
    (own / "parts").mkdir()
    (own / "parts" / "hours.html.j2").write_text("<p>from nine to five")
    (own / ".help.html.j2.swp").write_text("an editor's")

    ended = digest(home, "check")
    assert ended.code == 0, ended.err
    slow, unused = ended.err.splitlines()
    line = shipped.count("\n") + 2
    assert slow.startswith(f"{own / 'style.css'}:{line}: each message is styled by itself")
    assert unused == "templates/email.html: nothing uses this file – did you mean 'email.html.j2'?"


@pytest.mark.parametrize("mended", [True, False])
def test_what_was_broken_goes_on_once_it_is_mended(tmp_path: Path, mended: bool) -> None:
    home = sample_home.make(tmp_path / "home")
    digest(home, "run", "--now", FIRST)
    good = (home / "subscribers.yaml").read_text()
    (home / "subscribers.yaml").write_text(good.replace("interests", "intrests"))
    sample_home.put(home, "second", "A lighthouse keeper's log")
    assert digest(home, "run", "--now", SECOND).code == 2
    if mended:
        (home / "subscribers.yaml").write_text(good)
    digest(home, "run", "--now", SECOND)
    later = ["2026-W47-ada", "2026-W47-bob"] if mended else []
    assert mails(home) == ["2026-W46-ada", "2026-W46-bob", *later]


def test_a_good_home_is_told_to_be_good(tmp_path: Path) -> None:
    home = sample_home.make(tmp_path / "home")
    ended = digest(home, "check")
    assert (ended.code, ended.out, ended.err) == (0, "All good: 2 subscribers.\n", "")
    assert digest(home, "check", "--json").json == {
        "subscribers": 2,
        "problems": [],
        "notes": [],
    }


def test_check_notes_interests_that_tell_nothing_once_there_is_an_archive(home: Path) -> None:
    (home / "subscribers.yaml").write_text(
        sample_home.PROFILES.replace("[lighthouse]", "[lighthuose, soup]")
    )
    assert digest(home, "check", "--json").json["notes"] == []
    sample_home.put(home, "third", *(f"Nothing {number}" for number in range(50)))
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
    home = sample_home.make(tmp_path)
    before = snapshot(home)
    assert digest(home, "check", "--json").json == {"subscribers": 2, "problems": [], "notes": []}
    assert snapshot(home) == before


def test_a_pattern_of_an_earlier_version_is_named_and_stops_nobodys_mail(tmp_path: Path) -> None:
    profiles = """\
subscribers:
  - id: ada
    email: ada@example.org
    interests: [lighthouse, '/lighthouse(?! soup)/']
  - id: bob
    email: bob@example.org
    interests: [lighthouse]
"""
    home = sample_home.make(tmp_path / "home", profiles=profiles)
    ended = digest(home, "check", "--json")
    (problem,) = ended.json["problems"]
    assert ended.code == 2
    assert problem["where"] == "subscribers.yaml:2 (ada)"
    assert problem["what"] == (
        "the pattern /lighthouse(?! soup)/ is switched off: "
        "looking ahead or behind with '(?!', at character 11, is not supported"
    )
    assert problem["remedy"] == "leave it out; to rule papers out, write an exclusion"
    ran = digest(home, "run", "--now", FIRST)
    assert ran.code == 1
    assert "/lighthouse(?! soup)/: the pattern is switched off: " in ran.err
    assert len(mails(home)) == 2
