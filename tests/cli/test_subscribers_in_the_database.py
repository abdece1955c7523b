"""``digest subscribers import``, ``export``, ``show``, ``edit`` and ``remove``."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Mapping
from pathlib import Path
from unittest.mock import patch

import pytest

import digest.ledger
from digest.ledger import Ledger
from digest.subscribers.compile import follow_file, host_id
from tests.cli import sample_home
from tests.cli.command import Ended
from tests.cli.command import digest as command
from tests.world import utc

NOW = "2026-11-18T12:00Z"
"""A Wednesday."""
ZOE = {"id": "zoe", "email": "zoe@example.org", "interests": ["lighthouse"], "channels": ["email"]}
YAN = {"id": "yan", "email": "yan@example.org", "interests": ["soup"], "channels": ["feed"]}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home whose file was compiled."""
    made = sample_home.make(tmp_path / "home")
    compiled(made)
    return made


def opened(home: Path) -> Ledger:
    return digest.ledger.open(f"sqlite:///{home / 'state' / 'digest.db'}")


def compiled(home: Path) -> None:
    with opened(home) as ledger:
        follow_file(home, ledger, host_id(home / "state"), now=utc("2026-11-18"))


def bring(home: Path, *entries: Mapping[str, object], name: str = "people.jsonl") -> Ended:
    path = home.parent / name
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    return command(home, "subscribers", "import", path, "--now", NOW)


def people(home: Path) -> dict[str, str]:
    return {row["id"]: row["origin"] for row in command(home, "subscribers", "list", "--json").json}


def shown(home: Path, name: str) -> dict[str, object]:
    found: dict[str, object] = command(home, "subscribers", "show", name, "--json").json
    return found


def test_an_import_adds_and_changes_and_can_be_repeated(home: Path) -> None:
    assert bring(home, ZOE, YAN).out == "2 added, 0 changed, 0 unchanged.\n"
    assert bring(home, ZOE, {**YAN, "limit": 3}).out == "0 added, 1 changed, 1 unchanged.\n"
    assert people(home) == {"ada": "file", "bob": "file", "zoe": "database", "yan": "database"}
    assert command(home, "check").out == "All good: 4 subscribers.\n"


def test_an_import_with_a_problem_changes_nothing_and_tells_every_one(home: Path) -> None:
    wrong = {**YAN, "limitt": 3}
    ended = bring(home, ZOE, wrong, {**YAN, "id": "Xi"})
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.splitlines() == [
        "people.jsonl:2: unknown key 'limitt' (did you mean 'limit'?)",
        "people.jsonl:3: bad id 'Xi' (write xi)",
    ]
    ended = bring(home, ZOE, {**YAN, "id": "ada"}, {**YAN, "id": "bob"})
    assert (ended.code, ended.err.count("\n")) == (2, 2)
    assert ended.err.startswith(
        "people.jsonl:2: the id 'ada' is in subscribers.yaml, with another profile"
    )
    assert people(home) == {"ada": "file", "bob": "file"}


def test_who_is_imported_is_known_by_id_or_else_by_address(home: Path) -> None:
    bring(home, ZOE, YAN)
    assert bring(home, {**ZOE, "id": "zoe.new", "email": "Zoe@Example.org"}).out == (
        "0 added, 1 changed, 0 unchanged.\n"
    )
    assert shown(home, "zoe")["email"] == "Zoe@example.org"
    assert bring(home, {**YAN, "email": "yan@example.com"}).out.startswith("0 added, 1 changed")
    assert list(people(home)) == ["ada", "bob", "zoe", "yan"]
    # Whoever is in the file is not taken into the database as well.
    ended = bring(home, {**ZOE, "id": "ada2", "email": "ada@example.org"})
    assert ended.err.startswith("people.jsonl:1: the id 'ada' is in subscribers.yaml")


def test_an_address_that_could_stand_for_two_is_told(home: Path) -> None:
    bring(home, ZOE, {**YAN, "email": "zoe@example.org"})
    assert bring(home, {**ZOE, "id": "new"}).err == (
        "people.jsonl:1: several subscribers have the address zoe@example.org: zoe and yan "
        "(give the id of the one you mean)\n"
    )
    command(home, "subscribers", "remove", "yan")
    assert bring(home, {**ZOE, "id": "new"}, {**ZOE, "id": "newer"}).err == (
        "people.jsonl:2: the address zoe@example.org is that of zoe, whom people.jsonl:1 changes "
        "already (keep one of the two)\n"
    )


def test_an_import_mails_nobody_at_once_unless_asked_to(home: Path) -> None:
    bring(home, ZOE)
    assert shown(home, "zoe")["next_due"] == "2026-11-23T08:00:00+00:00"
    path = home.parent / "now.csv"
    path.write_text("id,email,interests\nyan,yan@example.org,lighthouse\n")
    ended = command(home, "subscribers", "import", path, "--first", "now", "--now", NOW, "--json")
    assert ended.json == {"added": 1, "changed": 0, "unchanged": 0}
    assert shown(home, "yan")["next_due"] == "2026-11-16T08:00:00+00:00"


def test_the_defaults_of_the_file_govern_only_the_file(home: Path) -> None:
    path = home.parent / "more.yaml"
    path.write_text(
        "defaults: {timezone: Asia/Tokyo, limit: 3}\nsubscribers:\n"
        "  - {id: zoe, email: zoe@example.org, interests: [lighthouse]}\n"
    )
    assert command(home, "subscribers", "import", path, "--now", NOW).code == 0
    file = home / "subscribers.yaml"
    file.write_text(file.read_text().replace("timezone: UTC", "timezone: Europe/Paris"))
    compiled(home)
    profile = shown(home, "zoe")["profile"]
    assert isinstance(profile, dict)
    assert (profile["timezone"], profile["limit"]) == ("Asia/Tokyo", 3)
    ada = shown(home, "ada")["profile"]
    assert isinstance(ada, dict)
    assert (ada["timezone"], ada.get("limit")) == ("Europe/Paris", None)


def test_an_import_never_resubscribes(home: Path) -> None:
    bring(home, ZOE)
    command(home, "subscribers", "unsubscribe", "zoe", "--now", NOW)
    bring(home, {**ZOE, "limit": 3})
    assert shown(home, "zoe")["state"] == "unsubscribed"


@pytest.mark.parametrize("kind", ["yaml", "jsonl", "csv", "parquet"])
def test_what_is_exported_can_be_imported_elsewhere_and_here(
    home: Path, tmp_path: Path, kind: str
) -> None:
    if kind == "parquet":
        pytest.importorskip("pyarrow")
    bring(home, ZOE, YAN)
    path = tmp_path / f"export.{kind}"
    assert command(home, "subscribers", "export", path).code == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert command(home, "subscribers", "export", path).code == 1
    here = command(home, "subscribers", "import", path, "--json").json
    assert here == {"added": 0, "changed": 0, "unchanged": 4}
    there = tmp_path / "there"
    there.mkdir()
    assert command(there, "subscribers", "import", path, "--json").json["added"] == 4
    export = command(home, "subscribers", "export").out
    assert command(there, "subscribers", "export").out == export
    assert export.startswith("subscribers:\n- id: ada\n  email: ada@example.org\n")


def test_parquet_without_its_library_names_the_extra(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "people.parquet"
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    needed = "Parquet needs the library pyarrow: pip install 'papers-digest[parquet]'\n"
    ended = command(home, "subscribers", "export", path)
    assert (ended.code, ended.err, path.exists()) == (1, needed, False)
    path.touch()
    ended = command(home, "subscribers", "import", path)
    assert (ended.code, ended.err) == (1, needed)


def test_a_file_of_another_kind_is_refused(home: Path) -> None:
    path = home.parent / "people.txt"
    path.write_text("zoe\n")
    ended = command(home, "subscribers", "import", path)
    assert (
        ended.code,
        "its name has to end in one of .yaml, .jsonl, .csv, .parquet" in ended.err,
    ) == (
        2,
        True,
    )


def test_a_subscriber_is_shown_with_feeds_and_profile(home: Path) -> None:
    bring(home, YAN)
    out = command(home, "subscribers", "show", "yan").out
    assert "Kept" in out
    assert "database" in out
    assert "2026-11-23 08:00" in out
    assert out.count("/public/feeds/") == 3
    assert out.count("/feeds.opml") == 1
    assert out.endswith(
        "\nid: yan\nemail: yan@example.org\nchannels: [feed]\n"
        "schedule: {every: week, on: monday, at: '08:00'}\ntimezone: UTC\ninterests: [soup]\n"
    )
    ended = command(home, "subscribers", "show", "yann")
    assert ended.err == "There is no subscriber 'yann'.\nDid you mean yan?\n"


# --- editing -------------------------------------------------------------------------------


def editing(home: Path, name: str, *steps: tuple[str, str], again: bool = True) -> Ended:
    """Edit a profile in an editor that makes one replacement each time it is opened."""
    script = home.parent / "editor.py"
    plan = home.parent / "steps.json"
    plan.write_text(json.dumps(steps))
    script.write_text(
        "import json, pathlib, sys\n"
        f"plan = pathlib.Path({str(plan)!r})\n"
        "(old, new), *rest = json.loads(plan.read_text())\n"
        "plan.write_text(json.dumps(rest))\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "path.write_text(path.read_text().replace(old, new) if old else new)\n"
    )
    environment = {"EDITOR": f"{sys.executable} {script}", "VISUAL": ""}
    with (
        patch.dict(os.environ, environment),
        patch("click.confirm", return_value=again),
    ):
        return command(home, "subscribers", "edit", name, "--now", NOW)


def test_a_profile_is_edited_and_nothing_is_sent_at_once(home: Path) -> None:
    bring(home, ZOE)
    ended = editing(home, "zoe", ("monday", "tuesday"))
    assert (ended.code, ended.out) == (0, "zoe: changed.\n")
    assert shown(home, "zoe")["next_due"] == "2026-11-24T08:00:00+00:00"
    assert editing(home, "zoe", ("nothing", "of this")).out == "Nothing is changed.\n"
    assert editing(home, "zoe", ("", "")).out == "Nothing is changed.\n"


def test_a_broken_edit_is_told_with_its_lines_and_edited_again_or_dropped(home: Path) -> None:
    bring(home, ZOE)
    ended = editing(home, "zoe", ("lighthouse", "/(/"), ("/(/", "harbour"))
    assert "zoe:7: bad pattern" in ended.err
    assert ended.out == "zoe: changed.\n"
    dropped = editing(home, "zoe", ("id: zoe", "id: zia"), again=False)
    assert "an id cannot change" in dropped.err
    assert dropped.out == "Nothing is changed.\n"
    assert "harbour" in command(home, "subscribers", "show", "zoe").out


def test_an_import_and_an_edit_tell_which_patterns_are_switched_off(home: Path) -> None:
    told = "the pattern /a(?=b)/ is switched off: looking ahead or behind with '(?='"
    ended = bring(home, YAN, ZOE | {"interests": ["lighthouse", "/a(?=b)/"]})
    assert (ended.code, ended.out) == (1, "2 added, 0 changed, 0 unchanged.\n")
    assert f"people.jsonl:2 (zoe): {told}" in " ".join(ended.err.split())
    ended = editing(home, "zoe", ("monday", "tuesday"))
    assert (ended.code, ended.out) == (1, "zoe: changed.\n")
    assert told in " ".join(ended.err.split())


def test_who_is_kept_in_the_file_is_edited_there(home: Path) -> None:
    ended = editing(home, "ada")
    assert (ended.code, ended.err) == (
        1,
        "Error: ada is kept in subscribers.yaml: edit that file.\n",
    )


# --- removing ------------------------------------------------------------------------------


def test_removing_somebody_of_the_database(home: Path) -> None:
    bring(home, ZOE, YAN)
    assert command(home, "subscribers", "remove", "zoe", "yan").out == "Removed: zoe, yan.\n"
    assert people(home) == {"ada": "file", "bob": "file"}
    ended = bring(home, {**ZOE, "email": "eve@example.org"})
    assert ended.err == (
        "people.jsonl:1: the id 'zoe' was somebody else's, with another address "
        "(choose another: links in mails sent before name the id)\n"
    )
    assert bring(home, ZOE).out.startswith("1 added")


def test_who_stands_in_the_file_is_removed_there(home: Path) -> None:
    ended = command(home, "subscribers", "remove", "ada")
    assert (ended.code, ended.err) == (1, "Error: ada: delete the entry in subscribers.yaml:5.\n")


@pytest.mark.parametrize("emptied", ["subscribers: []\n", ""])
def test_those_of_an_emptied_file_are_removed_on_purpose(home: Path, emptied: str) -> None:
    bring(home, ZOE)
    (home / "subscribers.yaml").write_text(emptied)
    ended = command(home, "check")
    assert ended.code == 2
    assert "the file has no subscribers any more, and the ledger has 2 subscribers" in ended.err
    assert list(people(home)) == ["ada", "bob", "zoe"]
    ended = command(home, "subscribers", "remove", "--unlisted")
    assert ended.out == "Removed: ada, bob.\n"
    assert command(home, "check").code == 0
    assert command(home, "subscribers", "remove").code == 2


def test_the_list_shows_an_edit_that_was_not_compiled_yet(home: Path) -> None:
    bring(home, ZOE)
    file = home / "subscribers.yaml"
    file.write_text(file.read_text().replace("bob@", "robert@"))
    rows = {row["id"]: row["email"] for row in command(home, "subscribers", "list", "--json").json}
    assert rows["bob"] == "robert@example.org"
    assert list(rows) == ["ada", "bob", "zoe"]
    # While it is broken, what was compiled last holds.
    file.write_text(file.read_text().replace("interests", "intrests"))
    ended = command(home, "subscribers", "list", "--json")
    assert [row["email"] for row in ended.json][1] == "bob@example.org"
    assert "intrests" in ended.err


def test_a_long_list_is_read_and_printed_in_batches(home: Path) -> None:
    many = [{**ZOE, "id": f"reader-{n}", "email": f"r{n}@example.org"} for n in range(7)]
    bring(home, *many)
    with patch("digest.cli.lookup.BATCH", 3), patch("digest.cli.subscribers.BATCH", 3):
        out = command(home, "subscribers", "list").out
        assert len(command(home, "subscribers", "list", "--json").json) == 9
    assert out.count("Subscriber") == 1
    assert [line.split()[0] for line in out.splitlines() if "reader" in line] == [
        f"reader-{n}" for n in range(7)
    ]


def test_the_commands_for_tuning_know_subscribers_of_the_database(home: Path) -> None:
    bring(home, ZOE)
    sample_home.put(home, "second", "A lighthouse keeper's log")
    command(home, "run", "--now", NOW)
    assert command(home, "profile", "zoe").code == 0
    assert command(home, "profile", "zoe", "--json").json["source"] == "in the database"
    liked = command(home, "feedback", "zoe", "keeper's log", "like")
    assert (liked.code, liked.err) == (0, "")
    assert command(home, "replay", "zoe").code == 0
    assert "zoe likes 1 papers" in command(home, "suggest", "zoe").err


def test_check_and_doctor_look_at_subscribers_of_the_database(home: Path) -> None:
    bring(home, ZOE | {"interests": ["lighthuose"]}, YAN)
    (home / "subscribers.yaml").unlink()
    assert command(home, "check").code == 2
    assert "fail  profiles" in command(home, "doctor").out
    assert command(home, "subscribers", "remove", "--unlisted").code == 0
    command(home, "subscribers", "unsubscribe", "zoe", "--now", NOW)
    sample_home.put(home, "second", *(f"The lighthouse {number}" for number in range(50)))
    command(home, "run", "--now", NOW)

    ended = command(home, "check")

    assert ended.code == 0
    assert ended.out == "All good: 2 subscribers.\n"
    unsubscribed, *interests = ended.err.splitlines()
    assert unsubscribed.startswith("in the database: zoe gets no mail: unsubscribed on 2026-11-18")
    assert [line.partition(": ")[0] for line in interests] == [
        "in the database (zoe)",
        "in the database (yan)",
    ]
    assert "ok    profiles   2 subscribers" in command(home, "doctor").out


def test_check_looks_at_a_bounded_number_of_subscribers_in_the_database(home: Path) -> None:
    many = [{**ZOE, "id": f"reader-{n}", "email": f"r{n}@example.org"} for n in range(7)]
    bring(home, *many)
    for n in range(7):
        command(home, "subscribers", "unsubscribe", f"reader-{n}", "--now", NOW)
    with patch("digest.cli.check.MOST", 3):
        found = command(home, "check", "--json").json
    assert found["subscribers"] == 9
    assert [note["what"].split()[0] for note in found["notes"]] == [f"reader-{n}" for n in range(3)]
