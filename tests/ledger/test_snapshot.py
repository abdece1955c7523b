"""A dry run changes nothing, keeps nobody waiting, and sees all it would have written."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import digest.ledger
from digest.errors import LedgerError
from digest.ledger import Ledger
from digest.model import State
from tests.conftest import MakeUrl
from tests.ledger.samples import (
    ADA,
    BOB,
    BOTH,
    EMAIL,
    NEXT_WEEK,
    arrive,
    claim,
    deliver,
    digest_of,
    states,
)


def files(folder: Path) -> dict[str, bytes]:
    """Everything in a folder, by path."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_is_written_in_a_rehearsal_is_seen_there_and_nowhere_else(
    ledger: Ledger, other: Ledger
) -> None:
    deliver(ledger, "a")
    before = ledger.status()

    with ledger.rehearsal() as rehearsal:
        papers = arrive(rehearsal, "b", "c")
        rehearsal.record([digest_of(papers, period=NEXT_WEEK)], {ADA: BOTH})
        rehearsal.ensure_subscribers([BOB])
        assert len(claim(rehearsal)) == 2
        assert len(rehearsal.digests(ADA, limit=9)) == 2
        assert other.status() == before

    assert ledger.status() == before
    assert [paper.title for paper in arrive(ledger, "d", name="after")] == ["d"]
    assert ledger.papers()[-1].key == 2


def test_others_write_while_a_rehearsal_goes_on(ledger: Ledger, other: Ledger) -> None:
    deliver(ledger, "a")

    with ledger.rehearsal() as rehearsal:
        arrive(rehearsal, "b")
        arrive(other, "b")
        assert len(claim(rehearsal)) == 1
        assert len(claim(other)) == 1
        assert states(rehearsal) == states(other) == [State.CLAIMED]


def test_a_rehearsal_begins_from_what_another_process_has_just_written(
    ledger: Ledger, other: Ledger
) -> None:
    arrive(ledger, "a")
    arrive(other, "b", name="other")

    with ledger.rehearsal() as rehearsal:
        assert [paper.title for paper in rehearsal.papers()] == ["a", "b"]


def test_a_rehearsal_of_what_was_never_opened(blank_url: str, tmp_path: Path) -> None:
    with digest.ledger.open(blank_url) as blank:
        with blank.rehearsal() as rehearsal:
            deliver(rehearsal, "a")
            assert len(claim(rehearsal)) == 1
        assert list(tmp_path.iterdir()) == []
        assert blank.papers() == []


def test_a_rehearsal_of_a_file_at_rest_leaves_every_byte_and_no_file_beside_it(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path / 'digest.db'}"
    with digest.ledger.open(url) as ledger:
        deliver(ledger, "a")
    before = files(tmp_path)
    assert [Path(name).name for name in before] == ["digest.db"]

    with digest.ledger.open(url) as ledger, ledger.rehearsal() as rehearsal:
        deliver(rehearsal, "b", period=NEXT_WEEK)
        assert len(claim(rehearsal)) == 2

    assert files(tmp_path) == before


def test_a_rehearsal_of_a_file_in_use_sees_what_is_not_in_it_yet(tmp_path: Path) -> None:
    path = tmp_path / "digest.db"
    with digest.ledger.open(f"sqlite:///{path}") as serving:
        deliver(serving, "a")
        before = path.read_bytes()
        with (
            digest.ledger.open(f"sqlite:///{path}") as dry,
            dry.rehearsal() as rehearsal,
        ):
            assert len(claim(rehearsal)) == 1
            deliver(rehearsal, "b", period=NEXT_WEEK)
        assert path.read_bytes() == before
        assert len(claim(serving)) == 1


def test_a_rehearsal_does_not_wait_for_a_writer(tmp_path: Path) -> None:
    path = tmp_path / "digest.db"
    with digest.ledger.open(f"sqlite:///{path}") as ledger:
        deliver(ledger, "a")
        with closing(sqlite3.connect(path, isolation_level=None)) as writer:
            writer.execute("BEGIN IMMEDIATE")
            writer.execute("DELETE FROM delivery")
            with ledger.rehearsal() as rehearsal:
                assert len(claim(rehearsal)) == 1
            writer.execute("ROLLBACK")


def test_an_error_inside_ends_the_rehearsal(ledger: Ledger) -> None:
    def fail() -> None:
        with ledger.rehearsal() as rehearsal:
            arrive(rehearsal, "a")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert ledger.papers() == []


def test_a_file_that_is_no_database_fails_in_words(tmp_path: Path) -> None:
    (tmp_path / "digest.db").write_text("Mixtures of experts\n" * 100)

    def rehearse() -> None:
        with (
            digest.ledger.open(f"sqlite:///{tmp_path / 'digest.db'}") as ledger,
            ledger.rehearsal() as rehearsal,
        ):
            rehearsal.papers()

    with pytest.raises(LedgerError, match="not a database of this program"):
        rehearse()


def test_a_rehearsal_on_a_server_is_not_rehearsed_again(emptied: MakeUrl) -> None:
    with (
        digest.ledger.open(emptied()) as ledger,
        ledger.rehearsal() as rehearsal,
        pytest.raises(LedgerError, match="cannot be rehearsed once more"),
        rehearsal.rehearsal(),
    ):
        pass


def test_a_ledger_in_memory() -> None:
    with digest.ledger.open("sqlite://") as ledger:
        deliver(ledger, "a")
        with ledger.rehearsal() as rehearsal:
            assert len(claim(rehearsal)) == 1
            with rehearsal.rehearsal() as deeper:
                assert states(deeper) == [State.CLAIMED]
                deliver(deeper, "b", period=NEXT_WEEK)
            assert states(rehearsal) == [State.CLAIMED]
        assert states(ledger) == [State.PENDING]
        ledger.record([digest_of(ledger.papers(), subscriber=BOB)], {BOB: EMAIL})
