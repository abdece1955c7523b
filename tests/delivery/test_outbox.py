"""What lies in the outbox after a run, a rerun and a crash."""

from __future__ import annotations

import stat
from collections.abc import Collection
from pathlib import Path

import pytest

from digest.delivery.outbox import Outbox, file_name
from digest.errors import LedgerError
from digest.model import DeliveryId, Message, State


def message(number: int = 1, name: str = "2026-W46-ada", content: bytes = b"a\r\n") -> Message:
    return Message(DeliveryId(number), "digest@example.org", "ada@example.org", content, name)


def test_each_message_becomes_a_private_file_with_a_telling_name(tmp_path: Path) -> None:
    folder = tmp_path / "outbox"
    messages = [message(1), message(2, "2026-W46-grace", b"b\r\n")]
    outcomes = list(Outbox(folder).send(messages, set))
    assert [(o.delivery, o.state, o.detail) for o in outcomes] == [
        (1, State.SENT, str(folder / "2026-W46-ada.eml")),
        (2, State.SENT, str(folder / "2026-W46-grace.eml")),
    ]
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        "2026-W46-ada.eml": b"a\r\n",
        "2026-W46-grace.eml": b"b\r\n",
    }
    assert stat.S_IMODE((folder / "2026-W46-ada.eml").stat().st_mode) == 0o600


def test_a_message_sent_again_replaces_its_file(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    list(outbox.send([message()], set))
    list(outbox.send([message(content=b"again\r\n")], set))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "2026-W46-ada.eml": b"again\r\n"
    }


def test_nothing_is_written_when_the_ledger_says_no(tmp_path: Path) -> None:
    (outcome,) = Outbox(tmp_path).send([message()], lambda _: ())
    assert outcome.state is State.CANCELLED
    assert list(tmp_path.iterdir()) == []


def test_the_ledger_is_asked_before_the_file_appears(tmp_path: Path) -> None:
    present: list[bool] = []

    def commit(deliveries: Collection[DeliveryId]) -> Collection[DeliveryId]:
        present.append((tmp_path / "2026-W46-ada.eml").exists())
        return deliveries

    list(Outbox(tmp_path).send([message()], commit))
    assert present == [False]


def test_what_a_crash_left_half_written_is_cleared_away(tmp_path: Path) -> None:
    (tmp_path / ".2026-W46-ada.eml.4711.tmp").write_bytes(b"ha")
    list(Outbox(tmp_path).send([message()], set))
    assert [path.name for path in tmp_path.iterdir()] == ["2026-W46-ada.eml"]


def test_a_folder_that_cannot_be_written_defers_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file where the folder should be")
    outcomes = list(Outbox(tmp_path / "outbox").send([message(1), message(2)], set))
    assert [o.state for o in outcomes] == [State.DEFERRED, State.DEFERRED]
    assert "File exists" in outcomes[0].detail


def test_a_ledger_that_cannot_be_written_defers_and_leaves_no_file(tmp_path: Path) -> None:
    def commit(_: Collection[DeliveryId]) -> set[DeliveryId]:
        raise LedgerError("database is locked")

    (outcome,) = Outbox(tmp_path).send([message()], commit)
    assert (outcome.state, outcome.detail) == (State.DEFERRED, "not written: database is locked")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("2026-W46-ada", "2026-W46-ada.eml"),
        ("", "delivery-7.eml"),
        ("../../etc/passwd", "_._.._etc_passwd-7.eml"),
        (".hidden", "_hidden-7.eml"),
        ("a/b\x00c\nd", "a_b_c_d-7.eml"),
        ("Zoë", "Zo_-7.eml"),
        ("x" * 500, "x" * 120 + "-7.eml"),
    ],
)
def test_file_names_stay_in_the_folder_and_stay_apart(name: str, expected: str) -> None:
    assert file_name(message(7, name)) == expected
