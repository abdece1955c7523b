"""``digest db``: a home moves to another database, is backed up, and comes back from a backup."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from shutil import copytree

import pytest

import digest.ledger
from tests.cli import sample_home
from tests.cli.command import digest as command
from tests.cli.sample_home import FIRST, SECOND, mails
from tests.conftest import MakeUrl
from tests.world import utc


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that has sent its first digests."""
    made = sample_home.make(tmp_path_factory.mktemp("used"))
    assert command(made, "run", "--now", FIRST).code == 0
    return made


@pytest.fixture
def home(used: Path, tmp_path: Path) -> Path:
    """Such a home once more."""
    return copytree(used, tmp_path / "home")


def ledger_file(home: Path) -> Path:
    return home / "state" / "digest.db"


def listed(home: Path) -> list[tuple[str, str]]:
    rows = command(home, "deliveries", "list", "--channel", "email", "--json").json
    return sorted((f"{row['period']}-{row['subscriber']}", row["state"]) for row in rows)


def test_a_home_moves_to_postgresql_and_back(
    home: Path, emptied: MakeUrl, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = emptied()
    there = command(home, "db", "copy", url, "--json")
    assert there.code == 0
    assert {each["table"]: each["rows"] for each in there.json}["delivery"] == 3

    monkeypatch.setenv("DIGEST_DATABASE_URL", url)
    ledger_file(home).rename(home / "old.db")
    sample_home.put(home, "second", "A lighthouse keeper's log")
    assert command(home, "run", "--now", SECOND).code == 0
    assert mails(home) == ["2026-W46-ada", "2026-W46-bob", "2026-W47-ada", "2026-W47-bob"]
    assert not ledger_file(home).exists()
    before = listed(home)

    back = command(home, "db", "copy", "sqlite:///state/digest.db")
    assert (back.code, "The copy holds the same rows." in back.out) == (0, True)
    monkeypatch.delenv("DIGEST_DATABASE_URL")
    assert listed(home) == before
    again = command(home, "run", "--now", SECOND, "--json").json
    assert (again["digests"]["sent"], again["dumps"]["unchanged"]) == (0, 2)


def test_a_database_in_use_by_a_ledger_is_refused(home: Path, emptied: MakeUrl) -> None:
    url = emptied()
    assert command(home, "db", "copy", url).code == 0
    again = command(home, "db", "copy", url)
    assert (again.code, "the target holds a ledger already" in again.err) == (1, True)
    itself = command(home, "db", "copy", "sqlite:///state/digest.db")
    assert (itself.code, "the target holds a ledger already" in itself.err) == (1, True)


def test_a_url_that_names_no_database_is_refused_without_its_password(home: Path) -> None:
    for url in ("postgresql://digest:sesame@localhost/digest", "mysql://digest:sesame@localhost/x"):
        ended = command(home, "db", "copy", url)
        assert ended.code == 2
        assert "Invalid value for URL" in ended.err
        assert "sesame" not in ended.err


def test_a_server_that_cannot_be_reached_is_told_without_the_password(home: Path) -> None:
    ended = command(home, "db", "copy", "postgresql+psycopg://digest:sesame@127.0.0.1:1/digest")
    assert ended.code == 1
    assert "cannot be reached" in ended.err
    assert "sesame" not in ended.err


def test_nothing_is_copied_while_mail_is_on_its_way(home: Path) -> None:
    sample_home.put(home, "second", "A lighthouse keeper's log")
    with digest.ledger.open(f"sqlite:///{ledger_file(home)}") as ledger:
        newest = ledger.deliveries(channel="email", limit=1)[0].id
        ledger.returned(
            newest,
            None,
            address="x@example.org",
            reason="5.1.1",
            at_once=True,
            now=utc("2026-11-17"),
        )
        ledger.resend(newest, now=utc("2026-11-17"))
        ledger.claim(
            "email", "another host", now=utc("2026-11-17"), lease=timedelta(minutes=5), limit=1
        )
    ended = command(home, "db", "copy", "sqlite:///copy.db")
    assert (ended.code, "another host is sending mail" in ended.err) == (1, True)


def test_a_backup_is_not_replaced_by_accident(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "backup.db"
    assert command(home, "db", "backup", path).code == 0
    first = path.read_bytes()
    refused = command(home, "db", "backup", path)
    assert (refused.code, "exists" in refused.err) == (1, True)
    sample_home.put(home, "second", "A lighthouse keeper's log")
    command(home, "run", "--now", SECOND)
    assert path.read_bytes() == first
    assert command(home, "db", "backup", "--force", path).code == 0
    assert path.read_bytes() != first


def test_what_was_sent_since_the_backup_is_held_not_sent_again(home: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup.db"
    command(home, "db", "backup", backup)
    sample_home.put(home, "second", "A lighthouse keeper's log")
    command(home, "run", "--now", SECOND)
    for path in (home / "outbox").glob("*.eml"):
        path.unlink()

    ended = command(home, "db", "restore", backup, "--now", "2026-11-24T12:00Z")
    assert ended.code == 0
    aside = home / "state" / "digest.db.before-20261124T120000"
    assert f"Put {backup} back. The old ledger is {aside}.\n0 emails are held" in ended.out
    assert aside.exists()
    command(home, "run", "--now", "2026-11-24T12:05Z")
    assert mails(home) == []
    assert listed(home)[2:] == [("2026-W47-ada", "uncertain"), ("2026-W47-bob", "uncertain")]

    numbers = [
        row["id"]
        for row in command(home, "deliveries", "list", "--state", "uncertain", "--json").json
    ]
    command(home, "deliveries", "mark-sent", str(numbers[0]))
    command(home, "deliveries", "resend", str(numbers[1]), "--now", "2026-11-24T12:08Z")
    command(home, "run", "--now", "2026-11-24T12:10Z")
    assert len(mails(home)) == 1

    # Periods that end after the restore go out as ever.
    sample_home.put(home, "third", "Painting a lighthouse white")
    command(home, "run", "--now", "2026-12-01T08:00Z")
    assert [name for name in mails(home) if "W48" in name] == ["2026-W48-ada", "2026-W48-bob"]


def test_a_ledger_that_does_not_exist_is_neither_backed_up_nor_made(tmp_path: Path) -> None:
    home = sample_home.make(tmp_path / "home")
    assert command(home, "db", "backup", tmp_path / "backup.db").code == 1
    assert command(home, "db", "restored").code == 1
    assert command(home, "db", "restore", tmp_path / "backup.db").code == 2
    assert not ledger_file(home).exists()
    assert not (tmp_path / "backup.db").exists()


def test_mail_on_its_way_is_held_when_another_copy_was_put_back(home: Path) -> None:
    with digest.ledger.open(f"sqlite:///{ledger_file(home)}") as ledger:
        newest = ledger.deliveries(channel="email", limit=1)[0].id
        ledger.returned(
            newest,
            None,
            address="x@example.org",
            reason="5.1.1",
            at_once=True,
            now=utc("2026-11-17"),
        )
        ledger.resend(newest, now=utc("2026-11-17"))
    ended = command(home, "db", "restored", "--now", "2026-11-17T01:00Z")
    assert (ended.code, ended.out.startswith("1 emails are held")) == (0, True)
    assert [state for _, state in listed(home)] == ["sent", "uncertain"]
