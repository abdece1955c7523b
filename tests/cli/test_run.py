"""``digest run``: what it prints, what it leaves, and how it ends."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import pytest

from tests.cli import sample_home
from tests.cli.command import digest
from tests.cli.sample_home import FIRST, SECOND, mails
from tests.world import File, answer, snapshot

TITLE = "The lighthouse at the end of the world"
SAILORS = "Soup for sailors"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return sample_home.make(tmp_path / "home")


def rows(text: str) -> list[str]:
    """Each line with one space between its columns."""
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def everything(folder: Path) -> tuple[list[str], dict[str, bytes]]:
    """Every folder and file below, and what the files hold."""
    return sorted(str(path) for path in folder.rglob("*")), snapshot(folder)


# --- what it prints ----------------------------------------------------------------------


def test_the_summary_tells_what_came_in_and_where_it_went(home: Path) -> None:
    sample_home.put(home, "second", SAILORS, f"{TITLE} ")

    ended = digest(home, "run", "--now", FIRST)

    assert (ended.code, ended.err) == (0, "")
    assert rows(ended.out) == [
        "Dump papers new merged skipped",
        "first.json 1 1 – –",
        "second.json 2 1 1 –",
        "Subscriber Digest for papers Outcome",
        f"ada 2026-W46 1 sent {home}/outbox/2026-W46-ada.eml",
        f"bob 2026-W46 1 sent {home}/outbox/2026-W46-bob.eml",
        "Dumps 2 read",
        "Papers 3 read, 2 new, 1 merged",
        "Digests 2 sent",
        "Feeds 6 written",
        f"Public {home}/public",
    ]
    assert mails(home) == ["2026-W46-ada", "2026-W46-bob"]


def test_as_json_it_is_one_object_of_the_promised_shape(home: Path) -> None:
    (home / "inbox" / "notes.txt").write_text("Dear all,\nthe meeting is at ten.\n")
    finish(home / "inbox" / "notes.txt")
    (home / "inbox" / "half.part").write_text("")

    ended = digest(home, "run", "--now", "2026-11-16T09:00+01:00", "--json")

    assert ended.code == 1
    assert ended.json == {
        "now": "2026-11-16T08:00:00+00:00",
        "dumps": {"read": 1, "unchanged": 0, "waiting": 1, "rejected": 1},
        "papers": {"read": 1, "new": 1, "merged": 0, "bad": 0},
        "digests": {
            "sent": 2,
            "skipped": 0,
            "deferred": 0,
            "failed": 0,
            "uncertain": 0,
            "cancelled": 0,
            "held": 0,
        },
        "feeds": {"written": 6, "unchanged": 0},
        "problems": [
            {
                "where": "notes.txt",
                "what": "it is text, but not that of a papers page",
                "remedy": (
                    "put in a saved papers page, a feed, an answer of an API, a table or a library:"
                    " docs/inbox.md lists them"
                ),
            }
        ],
    }


def test_a_second_run_sends_nothing_and_changes_no_public_file(home: Path) -> None:
    digest(home, "run", "--now", FIRST)
    public, outbox = everything(home / "public"), everything(home / "outbox")

    ended = digest(home, "run", "--now", FIRST)

    assert ended.code == 0
    assert rows(ended.out)[:4] == [
        "Dumps 1 unchanged",
        "Papers nothing new",
        "Digests nothing new",
        "Feeds nothing new",
    ]
    assert (everything(home / "public"), everything(home / "outbox")) == (public, outbox)


def test_a_digest_that_is_not_made_says_why(home: Path) -> None:
    digest(home, "run", "--now", FIRST)
    assert "ada 2026-W47 – skipped nothing new has arrived" in rows(
        digest(home, "run", "--now", SECOND).out
    )
    sample_home.put(home, "second", SAILORS)
    assert "ada 2026-W47 – skipped no paper matched" in rows(
        digest(home, "run", "--now", SECOND).out
    )


def finish(path: Path) -> None:
    """Make a file look as if it had been written a minute ago."""
    finished = time.time() - 60
    os.utime(path, (finished, finished))


# --- a dry run ---------------------------------------------------------------------------


@pytest.mark.parametrize("used", [False, True], ids=["a fresh home", "a home in use"])
def test_a_dry_run_tells_what_a_run_would_do_and_changes_no_byte(home: Path, used: bool) -> None:
    now = SECOND if used else FIRST
    if used:
        digest(home, "run", "--now", FIRST)
        sample_home.put(home, "second", "A lighthouse keeper's log", SAILORS)
    before = everything(home)

    shown = digest(home, "run", "--now", now, "--dry-run")
    told = digest(home, "run", "--now", now, "--dry-run", "--json")

    assert everything(home) == before
    assert (shown.code, told.code) == (0, 0)
    assert "Dry run: nothing was written, sent or recorded." in shown.out
    assert "would go to ada@example.org" in shown.out
    real = digest(home, "run", "--now", now, "--json").json
    assert real["digests"]["sent"] == 2
    assert told.json == real


# --- where it reads from -----------------------------------------------------------------


def test_dumps_can_be_read_from_another_folder(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    sample_home.put(tmp_path, "elsewhere", "Lamps for a lighthouse")
    (tmp_path / "inbox").rename(other)
    ended = digest(home, "run", "--inbox", other, "--now", FIRST)
    assert "elsewhere.json 1 1 – –" in rows(ended.out)
    assert "first.json" not in ended.out


# --- what goes wrong ---------------------------------------------------------------------


def test_what_is_wrong_with_one_file_is_told_and_the_rest_is_done(home: Path) -> None:
    broken = File("broken.json", answer(TITLE, "", SAILORS))
    (home / "inbox" / broken.name).write_bytes(broken.data)
    (home / "inbox" / "page.html").write_text("<!doctype html><p>Papers</p>")
    for path in (home / "inbox").iterdir():
        finish(path)

    ended = digest(home, "run", "--now", FIRST)

    assert ended.code == 1
    assert "2 to look at:" in ended.out
    assert ended.err.splitlines() == [
        "broken.json:8: a paper without a title – fetch the answer again if the paper is missing",
        (
            "page.html: it is an HTML page, but no papers page – save the papers page"
            " (huggingface.co/papers) as HTML or text when it has loaded"
        ),
    ]
    assert mails(home) == ["2026-W46-ada", "2026-W46-bob"]


def test_a_bad_record_alone_is_no_failure(home: Path) -> None:
    (home / "inbox" / "first.json").write_bytes(answer(TITLE, ""))
    finish(home / "inbox" / "first.json")
    ended = digest(home, "run", "--now", FIRST)
    assert (ended.code, "a paper without a title" in ended.err) == (0, True)


@pytest.mark.parametrize("json", [[], ["--json"]])
def test_an_inbox_that_is_not_there_is_a_failure(home: Path, json: list[str]) -> None:
    (home / "inbox" / "first.json").unlink()
    (home / "inbox").rmdir()
    ended = digest(home, "run", "--now", FIRST, *json)
    assert ended.code == 1
    assert f"{home}/inbox" in (ended.out if json else ended.err)
    assert "the inbox does not exist" in (ended.out if json else ended.err)


def test_a_broken_template_holds_mail_back_and_is_named_with_its_line(home: Path) -> None:
    template = home / "templates" / "email.txt.j2"
    template.parent.mkdir()
    template.write_text("{{ brand }}\n{% if %}")
    ended = digest(home, "run", "--now", FIRST)
    assert ended.code == 1
    assert f"{template}:2: " in ended.err
    assert re.search(r"^Digests +2 held", ended.out, re.MULTILINE)
    assert mails(home) == []
    template.unlink()
    assert digest(home, "run", "--now", FIRST).code == 0
    assert mails(home) == ["2026-W46-ada", "2026-W46-bob"]


def test_a_broken_page_keeps_no_other_page_back(home: Path) -> None:
    template = home / "templates" / "index.html.j2"
    template.parent.mkdir()
    template.write_text("{{ 1 / 0 }}")
    ended = digest(home, "run", "--now", FIRST)
    assert (ended.code, f"{template}:1: " in ended.err) == (1, True)
    assert mails(home) == ["2026-W46-ada", "2026-W46-bob"]
    assert (home / "public" / "help.html").exists()


@pytest.mark.parametrize(
    ("name", "content", "said", "code"),
    [
        ("digest.toml", "from = 3", "digest.toml:1: 'from' is not text", 2),
        ("digest.toml", "[log]\nformt = 'json'", "digest.toml:2: ", 2),
        ("subscribers.yaml", "subscribers:\n\t- id: ada", "subscribers.yaml:2: ", 2),
        ("state/digest.db", "garbage\n" * 200, "is not a database of this program", 1),
    ],
)
def test_what_makes_a_run_impossible_is_one_line_and_nothing_is_done(
    home: Path, name: str, content: str, said: str, code: int
) -> None:
    (home / name).parent.mkdir(exist_ok=True)
    (home / name).write_text(content)
    ended = digest(home, "run", "--now", FIRST)
    assert (ended.code, ended.out) == (code, "")
    assert said in ended.err.splitlines()[0]
    assert "Traceback" not in ended.err
    assert mails(home) == []
    assert not (home / "public").exists()


def test_a_home_without_subscribers_is_told_what_to_do(tmp_path: Path) -> None:
    ended = digest(tmp_path, "run")
    assert ended.code == 2
    assert ended.err == (
        "subscribers.yaml: there is no list of subscribers"
        " (write one, or make a new home with `digest init`)\n"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "--now", "yesterday"], "'yesterday' is not like 2026-11-16T08:00+01:00"),
        (["run", "--inbox", "/nowhere/at/all"], "does not exist"),
        (["rnu"], "No such command 'rnu'."),
        (["run", "--fast"], "No such option"),
    ],
)
def test_a_wrong_command_line_is_explained(home: Path, arguments: list[str], said: str) -> None:
    ended = digest(home, *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert "Traceback" not in ended.err
