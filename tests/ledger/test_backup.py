"""Copies of a ledger: into another database and back, and while others write to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from shutil import copyfile

import pytest
from sqlalchemy import Connection, Table

import digest.ledger
from digest.errors import LedgerError
from digest.ledger import Ledger
from digest.ledger import backup as backups
from digest.ledger.backup import PutBack
from digest.ledger.database import connect
from digest.ledger.tables import metadata
from digest.model import DeliveryId, DumpHash, Message, State
from tests.conftest import MakeUrl
from tests.ledger.samples import (
    ADA,
    BOB,
    BOTH,
    DAY,
    NEXT_WEEK,
    NOW,
    arrive,
    claim,
    deliver,
    digest_of,
    recorded,
    states,
)


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger of the other kind, or of the same."""
    if request.param == "sqlite":
        copyfile(request.getfixturevalue("sqlite_template"), tmp_path / "target.db")
        url = f"sqlite:///{tmp_path / 'target.db'}"
    else:
        empty: MakeUrl = request.getfixturevalue("emptied")
        url = empty()
    with digest.ledger.open(url) as opened:
        yield opened


@pytest.fixture
def source(tmp_path: Path, sqlite_template: Path) -> Iterator[Ledger]:
    """A SQLite ledger with something in every table."""
    copyfile(sqlite_template, tmp_path / "source.db")
    with digest.ledger.open(f"sqlite:///{tmp_path / 'source.db'}") as opened:
        fill(opened)
        yield opened


KEPT = Message(DeliveryId(1), "f@example.org", "ada@example.org", b"\0\xff bytes", "name")


def fill(ledger: Ledger) -> None:
    deliver(ledger, "a", "b ✓ \N{SNOWMAN}", channels=BOTH)
    claim(ledger)
    ledger.commit([(KEPT.delivery, 1)], now=NOW, keep=[KEPT])
    ledger.record_rejected("x.bin", DumpHash("f" * 64), "no dump", readers="1", now=NOW)
    ledger.unsubscribe(BOB, now=NOW)
    ledger.suppress("old@example.org", reason="5.1.1 gone \udc80", now=NOW)
    ledger.restored(now=NOW - 30 * DAY)


def test_everything_is_copied_and_nothing_else(source: Ledger, target: Ledger) -> None:
    copied = source.copy_into(target)
    rows = {one.table: one.rows for one in copied}
    assert set(rows) == set(metadata.tables)
    assert rows["paper"] == 2
    assert rows["delivery"] == 2
    assert target.deliveries() == source.deliveries()
    target.resend(KEPT.delivery, now=NOW)
    assert [one.kept for one in claim(target)] == [KEPT]
    assert target.suppressions() == source.suppressions()
    assert target.unsubscriptions() == source.unsubscriptions()
    assert target.papers() == source.papers()
    assert target.digests(ADA, limit=9) == source.digests(ADA, limit=9)


def test_a_copy_goes_on_where_the_original_stood(source: Ledger, target: Ledger) -> None:
    source.copy_into(target)
    following = digest_of(arrive(target, "c"), period=NEXT_WEEK)
    assert recorded(target, [following], {ADA: BOTH}) == 1
    assert [row.id for row in target.deliveries()] == [4, 3, 2, 1]


def test_there_and_back_gives_the_same_hashes(
    source: Ledger, target: Ledger, tmp_path: Path
) -> None:
    there = source.copy_into(target)
    with digest.ledger.open(f"sqlite:///{tmp_path / 'back.db'}") as back:
        assert target.copy_into(back) == there


def test_a_target_with_anything_in_it_is_refused_and_left_alone(
    source: Ledger, target: Ledger
) -> None:
    target.suppress("by@hand.example", reason="by hand", now=NOW)
    with pytest.raises(LedgerError, match=r"holds a ledger already.*suppression.*empty database"):
        source.copy_into(target)
    assert target.papers() == []
    assert len(target.suppressions()) == 1


def test_a_copy_that_differs_is_not_kept(
    source: Ledger, target: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = backups._content

    def careless(table: Table, old: Connection, into: Connection | None = None) -> backups.Content:
        content = honest(table, old, into)
        return replace(content, hash="0" * 64) if into else content

    monkeypatch.setattr(backups, "_content", careless)
    with pytest.raises(LedgerError, match=r"differs: .* nothing was kept"):
        source.copy_into(target)
    assert target.papers() == []


def test_hashes_tell_any_difference_but_not_the_order(tmp_path: Path) -> None:
    def content(*titles: str) -> list[backups.Content]:
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.db"
        with digest.ledger.open(f"sqlite:///{path}") as ledger:
            for title in titles:
                ledger.suppress(title, reason="r", now=NOW)
        database = connect(f"sqlite:///{path}", patience=DAY)
        with database.reading() as connection:
            found = backups._content(metadata.tables["suppression"], connection)
        database.close()
        return [found]

    assert content("a", "b") == content("b", "a")
    assert content("a", "b") != content("a", "c")
    assert content("a") != content("a", "b")


# --- backups -----------------------------------------------------------------------------


def test_a_backup_is_one_sound_file_for_its_owner_alone(ledger: Ledger, tmp_path: Path) -> None:
    fill(ledger)
    folder = tmp_path / "backups"
    folder.mkdir()
    path = folder / "monday.db"
    ledger.back_up(path)
    assert [each.name for each in folder.iterdir()] == ["monday.db"]
    assert path.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    with digest.ledger.open(f"sqlite:///{path}") as copy:
        assert copy.deliveries() == ledger.deliveries()
        assert copy.papers() == ledger.papers()


def test_a_backup_does_not_disturb_who_is_writing(source: Ledger, tmp_path: Path) -> None:
    with source._database.writing() as connection:
        connection.execute(metadata.tables["mark"].delete())
        with digest.ledger.open(str(source._database.url)) as other:
            other.back_up(tmp_path / "backup.db")
    with digest.ledger.open(f"sqlite:///{tmp_path / 'backup.db'}") as copy:
        assert copy.papers() == source.papers()


def test_what_is_newer_than_the_backup_is_held_after_restoring_it(
    tmp_path: Path, sqlite_template: Path
) -> None:
    path = tmp_path / "digest.db"
    copyfile(sqlite_template, path)
    with digest.ledger.open(f"sqlite:///{path}") as ledger:
        decided = deliver(ledger, "a")
        ledger.back_up(tmp_path / "backup.db")
        (one,) = claim(ledger)
        ledger.commit([(one.delivery, one.fence)], now=NOW)
    for leftover in tmp_path.glob("digest.db*"):
        leftover.unlink()
    copyfile(tmp_path / "backup.db", path)

    with digest.ledger.open(f"sqlite:///{path}") as restored:
        assert restored.restored(now=NOW + DAY) == 1
        assert states(restored) == [State.UNCERTAIN]
        assert claim(restored, now=NOW + DAY) == []
        assert recorded(restored, [decided], {ADA: BOTH}) == 0


def test_a_backup_that_cannot_be_written_leaves_nothing(source: Ledger, tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="cannot be written: No such file or directory"):
        source.back_up(tmp_path / "nowhere" / "backup.db")
    folder = tmp_path / "taken"
    (folder / "backup.db").mkdir(parents=True)
    with pytest.raises(LedgerError, match="cannot be written"):
        source.back_up(folder / "backup.db")
    assert [each.name for each in folder.iterdir()] == ["backup.db"]


# --- putting a backup back ---------------------------------------------------------------


@pytest.fixture
def backup(source: Ledger, tmp_path: Path) -> Path:
    """A backup of ``source``, in which an email is on its way."""
    source.resend(DeliveryId(1), now=NOW)
    source.back_up(tmp_path / "backup.db")
    return tmp_path / "backup.db"


def put_back(path: Path, backup: Path) -> PutBack:
    with digest.ledger.open(f"sqlite:///{path}") as ledger:
        return ledger.put_back(backup, now=NOW + DAY)


def test_a_backup_takes_the_place_of_a_ledger_and_its_log(
    backup: Path, tmp_path: Path, sqlite_template: Path
) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    copyfile(sqlite_template, folder / "digest.db")
    (folder / "digest.db-wal").write_bytes(b"what another ledger left behind")
    done = put_back(folder / "digest.db", backup)
    assert done == PutBack(1, folder / "digest.db.before-20251121T080000")
    assert (folder / "digest.db").stat().st_mode & 0o777 == 0o600
    with digest.ledger.open(f"sqlite:///{folder / 'digest.db'}") as ledger:
        assert ledger.examine().faults == ()
        assert State.UNCERTAIN in states(ledger)
    assert sorted(path.name for path in folder.iterdir()) == [
        "digest.db",
        "digest.db.before-20251121T080000",
    ]


def test_a_backup_may_come_to_an_empty_place(backup: Path, tmp_path: Path) -> None:
    path = tmp_path / "state" / "digest.db"
    assert put_back(path, backup) == PutBack(1, None)
    with digest.ledger.open(f"sqlite:///{path}") as ledger:
        assert len(ledger.papers()) == 2


def test_a_damaged_ledger_can_be_replaced(backup: Path, tmp_path: Path) -> None:
    path = tmp_path / "damaged.db"
    path.write_bytes(b"no database" * 1000)
    done = put_back(path, backup)
    assert done.aside is not None
    assert done.aside.read_bytes() == b"no database" * 1000
    with digest.ledger.open(f"sqlite:///{path}") as ledger:
        assert len(ledger.papers()) == 2


def test_a_ledger_in_use_is_not_replaced(source: Ledger, backup: Path, tmp_path: Path) -> None:
    before = (tmp_path / "source.db").stat().st_ino
    busy = pytest.raises(LedgerError, match="is in use: stop the service")
    with source._database.reading(), busy:
        put_back(tmp_path / "source.db", backup)
    assert (tmp_path / "source.db").stat().st_ino == before
    assert list(tmp_path.glob("*.tmp*")) == []


@pytest.mark.parametrize("content", [b"", b"no database" * 1000])
def test_what_is_no_backup_replaces_nothing(source: Ledger, tmp_path: Path, content: bytes) -> None:
    source.close()
    (tmp_path / "wrong.db").write_bytes(content)
    with pytest.raises(LedgerError, match=r"is no backup of a ledger|cannot be put back"):
        put_back(tmp_path / "source.db", tmp_path / "wrong.db")
    assert len(source.papers()) == 2


def test_a_backup_is_not_put_into_a_postgresql_database(emptied: MakeUrl, backup: Path) -> None:
    with (
        digest.ledger.open(emptied()) as ledger,
        pytest.raises(LedgerError, match="`digest db copy`"),
    ):
        ledger.put_back(backup, now=NOW)
