"""A damaged database says so."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copyfile

import pytest

import digest.ledger
from digest.errors import LedgerError
from digest.ledger import Ledger
from digest.ledger.schema import HEAD
from tests.conftest import MakeUrl
from tests.ledger.samples import DAY, NOW, arrive, claim, deliver


def test_a_sound_ledger_has_no_faults(ledger: Ledger) -> None:
    assert ledger.examine().newest is None
    deliver(ledger, "a")
    claim(ledger, now=NOW + DAY)
    found = ledger.examine()
    assert (found.faults, found.schema, found.newest) == ((), HEAD, NOW + DAY)
    assert found.engine.startswith(("SQLite 3.", "PostgreSQL "))


def test_a_server_tells_its_time(emptied: MakeUrl) -> None:
    with digest.ledger.open(emptied()) as ledger:
        clock = ledger.examine().clock
    assert clock is not None
    assert abs(clock - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_row_that_belongs_to_nothing_is_a_fault(tmp_path: Path, sqlite_template: Path) -> None:
    path = tmp_path / "digest.db"
    copyfile(sqlite_template, path)
    with digest.ledger.open(f"sqlite:///{path}") as ledger:
        arrive(ledger, "a")
        with closing(sqlite3.connect(path)) as raw, raw:
            raw.execute("DELETE FROM paper")
        assert "a row of sighting belongs to a row of paper that is gone" in ledger.examine().faults


def test_a_damaged_file_is_a_fault_or_an_error_in_words(
    tmp_path: Path, sqlite_template: Path
) -> None:
    path = tmp_path / "digest.db"
    copyfile(sqlite_template, path)
    with digest.ledger.open(f"sqlite:///{path}") as ledger:
        arrive(ledger, *(f"paper {number} {'x' * 500}" for number in range(200)))
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 20_000] = b"\xa5" * 20_000
    path.write_bytes(content)
    with digest.ledger.open(f"sqlite:///{path}") as ledger:
        try:
            faults = ledger.examine().faults
        except LedgerError as error:
            assert "is damaged; restore a backup" in str(error)  # noqa: PT017  either will do
        else:
            assert faults


def test_what_is_no_database_is_told_so(tmp_path: Path) -> None:
    path = tmp_path / "digest.db"
    path.write_bytes(b"not a database at all, but long enough" * 100)
    with (
        digest.ledger.open(f"sqlite:///{path}") as ledger,
        pytest.raises(LedgerError, match="is not a database of this program"),
    ):
        ledger.examine()
