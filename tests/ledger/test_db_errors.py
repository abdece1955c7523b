"""A database that cannot be used says why, and what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, event, make_url, text

import digest.ledger
from digest.errors import LedgerError
from tests.conftest import MakeUrl, disposing
from tests.ledger.samples import arrive, deliver

IMPATIENT = timedelta(milliseconds=50)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("digest.db", "cannot be used"),
        ("", "cannot be used"),
        ("oracle://scott@host/db", "oracle is no database that this program can use"),
        ("nosuch://host/db", "cannot be used"),
        ("postgresql+nosuch://host/db", "cannot be used"),
    ],
)
def test_a_wrong_url_names_right_ones(url: str, words: str) -> None:
    with pytest.raises(LedgerError, match=words) as caught:
        digest.ledger.open(url)
    assert "sqlite:///state/digest.db" in str(caught.value)


def test_a_password_in_a_url_is_not_shown() -> None:
    with pytest.raises(LedgerError) as wrong:
        digest.ledger.open("oracle://scott:tiger@host/db")
    with (
        digest.ledger.open("postgresql+psycopg://ada:tiger@127.0.0.1:1/db") as ledger,
        pytest.raises(LedgerError, match="cannot be reached") as unreachable,
    ):
        ledger.papers()

    assert "tiger" not in f"{wrong.value} {unreachable.value}"
    assert "127.0.0.1" in str(unreachable.value)


def test_a_damaged_file(tmp_path: Path) -> None:
    path = tmp_path / "digest.db"
    with digest.ledger.open(f"sqlite:///{path}") as ledger:
        arrive(ledger, *(f"Paper {n}" for n in range(500)))
    content = bytearray(path.read_bytes())
    content[4096:-4096] = b"\xff" * (len(content) - 8192)
    path.write_bytes(content)

    with (
        digest.ledger.open(f"sqlite:///{path}") as ledger,
        pytest.raises(LedgerError, match=f"the ledger {path} is damaged; restore a backup"),
    ):
        ledger.papers()


def test_a_file_of_something_else(tmp_path: Path) -> None:
    path = tmp_path / "digest.db"
    path.write_text("Mixtures of experts\n" * 100)

    with (
        digest.ledger.open(f"sqlite:///{path}") as ledger,
        pytest.raises(LedgerError, match="not a database of this program; move it away"),
    ):
        ledger.papers()
    assert path.read_text().startswith("Mixtures")


def test_a_folder_in_the_place_of_the_file(tmp_path: Path) -> None:
    with (
        digest.ledger.open(f"sqlite:///{tmp_path}") as ledger,
        pytest.raises(LedgerError, match="cannot be opened; check that its folder exists"),
    ):
        ledger.papers()


def test_a_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")

    with (
        digest.ledger.open(f"sqlite:///{tmp_path / 'state' / 'digest.db'}") as ledger,
        pytest.raises(LedgerError, match="File exists"),
    ):
        ledger.papers()


def test_a_file_that_may_not_be_written(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'digest.db'}"
    with digest.ledger.open(url) as ledger:
        arrive(ledger, "a")
    with sqlite_setting("query_only = ON"), digest.ledger.open(url) as ledger:
        with pytest.raises(LedgerError, match="cannot be written; check the permissions"):
            arrive(ledger, "b")
        assert [paper.title for paper in ledger.papers()] == ["a"]


def test_a_database_that_another_process_holds(tmp_path: Path) -> None:
    path = tmp_path / "digest.db"
    with digest.ledger.open(f"sqlite:///{path}", patience=IMPATIENT) as ledger:
        deliver(ledger, "a")
        with holding(path), pytest.raises(LedgerError, match="locked by another process"):
            arrive(ledger, "b")
        assert [paper.title for paper in arrive(ledger, "b")] == ["b"]


def test_a_server_whose_tables_another_process_holds(emptied: MakeUrl) -> None:
    url = emptied()
    with (
        disposing(create_engine(url)) as engine,
        engine.begin() as holder,
        digest.ledger.open(url, patience=IMPATIENT) as ledger,
    ):
        holder.execute(text("LOCK TABLE dump"))
        with pytest.raises(LedgerError, match="locked by another process"):
            arrive(ledger, "a")


def test_what_goes_to_the_driver_as_it_is_fails_in_the_same_words(emptied: MakeUrl) -> None:
    url = emptied()
    locked = "locked by another process"
    with (
        disposing(create_engine(url)) as engine,
        digest.ledger.open(url, patience=IMPATIENT) as ledger,
    ):
        arrive(ledger, "a")
        with engine.begin() as holder:
            holder.execute(text("LOCK TABLE decision"))
            with pytest.raises(LedgerError, match=locked):
                ledger.feed_reader("its token")
        with engine.begin() as holder:
            holder.execute(text("LOCK TABLE decision IN EXCLUSIVE MODE"))  # others may read
            with pytest.raises(LedgerError, match=locked):
                deliver(ledger, "b")
        deliver(ledger, "c")


def test_a_server_without_that_database(server: str) -> None:
    url = make_url(server).set(database="nosuch").render_as_string(hide_password=False)
    with (
        digest.ledger.open(url) as ledger,
        pytest.raises(LedgerError, match=r'cannot be reached; .*"nosuch" does not exist'),
    ):
        ledger.papers()


def test_a_full_disk_loses_nothing_that_was_recorded(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'digest.db'}"
    with digest.ledger.open(url) as ledger:
        arrive(ledger, "a")
    with (
        sqlite_setting("max_page_count = 1"),
        digest.ledger.open(url) as ledger,
        pytest.raises(LedgerError, match="the disk is full; make room"),
    ):
        arrive(ledger, *(f"Paper {n}" for n in range(2000)))
    with digest.ledger.open(url) as ledger:
        assert [paper.title for paper in ledger.papers()] == ["a"]
        assert [paper.title for paper in arrive(ledger, "b")] == ["b"]


@contextmanager
def sqlite_setting(pragma: str) -> Iterator[None]:
    """Open SQLite files with a setting that makes them fail as a disk would."""

    def apply(connection: sqlite3.Connection, record: object) -> None:
        connection.execute(f"PRAGMA {pragma}")

    event.listen(Engine, "connect", apply)
    yield
    event.remove(Engine, "connect", apply)


@contextmanager
def holding(path: Path) -> Iterator[None]:
    """Hold the write lock as another process would."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
