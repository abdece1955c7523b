"""``digest init`` and ``digest check``: a home from its first minute, and when it is broken."""

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


# --- init --------------------------------------------------------------------------------


def test_a_new_home_runs_as_it_is(tmp_path: Path) -> None:
    home = tmp_path / "lab"
    ended = digest(tmp_path, "init", home)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines() == [
        f"Made {home}. Next: edit {home / 'subscribers.yaml'}, then",
        f"  digest --home {home} run",
    ]
    assert digest(home, "check").out.splitlines()[-1] == "All good: 4 subscribers."

    run = digest(home, "run", "--now", "2026-11-16T14:00Z", "--json")

    assert run.code == 0
    assert (run.json["dumps"]["read"], run.json["papers"]["read"]) == (3, 54)
    assert run.json["papers"]["bad"] == 0
    assert run.json["problems"] == []
    assert mails(home) == ["2026-11-13-ravi", "2026-W46-ada", "2026-W46-yuki"]


def test_a_home_that_cannot_be_made_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = digest(tmp_path, "init", tmp_path / "file" / "lab")
    assert (ended.code, len(ended.err.splitlines())) == (1, 1)
    assert ended.err.startswith(f"{tmp_path / 'file' / 'lab'}: Not a directory")


def test_init_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "subscribers.yaml").write_text("mine")
    ended = digest(tmp_path, "init", tmp_path)
    assert (ended.code, ended.out) == (1, "")
    assert f"{tmp_path / 'subscribers.yaml'} exists already" in ended.err
    assert snapshot(tmp_path) == {"subscribers.yaml": b"mine"}


def test_init_fills_a_folder_that_has_other_things_in_it(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("mine")
    assert digest(tmp_path, "init", tmp_path).code == 0
    assert (tmp_path / "notes.md").read_text() == "mine"
    assert (tmp_path / "subscribers.yaml").is_file()


# --- check -------------------------------------------------------------------------------


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


def test_sources_that_nothing_fetches_are_noted(tmp_path: Path) -> None:
    sources = '[[sources]]\nkind = "daily-papers"\n'
    home = sample_home.make(tmp_path / "home", sample_home.SETTINGS + sources)
    (note,) = digest(home, "check", "--json").json["notes"]
    assert note["what"] == "`sources` are read by nothing yet"


@pytest.mark.parametrize(
    "name",
    [
        *("archive.html.j2", "archive_index.html.j2", "email.html.j2", "email.txt.j2"),
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
    (own / "style.css").write_text(
        f"{load().source('style.css')}\n.paper + .paper {{ color: #222 }}\n"
    )
    (own / "email.html").write_text("<p>hello")
    (own / "help.html.j2").write_text('{% include "parts/hours.html.j2" %}')
    (own / "parts").mkdir()
    (own / "parts" / "hours.html.j2").write_text("<p>from nine to five")
    (own / ".help.html.j2.swp").write_text("an editor's")

    ended = digest(home, "check")
    assert ended.code == 0, ended.err
    slow, unused = ended.err.splitlines()
    assert slow.startswith("email.html.j2: each message goes through premailer, which is slow")
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
