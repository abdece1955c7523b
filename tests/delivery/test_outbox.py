"""What lies in the outbox after a run, a rerun and a crash."""

from __future__ import annotations

import os
import resource
import signal
import stat
import subprocess
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from digest.delivery import outbox
from digest.delivery.outbox import Outbox, file_name
from digest.errors import LedgerError
from digest.model import DeliveryId, Message, Outcome, State


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
    assert {path.name: path.read_bytes() for path in folder.glob("*.eml")} == {
        "2026-W46-ada.eml": b"a\r\n",
        "2026-W46-grace.eml": b"b\r\n",
    }
    assert stat.S_IMODE((folder / "2026-W46-ada.eml").stat().st_mode) == 0o600
    for each in (folder, folder / outbox.UNFINISHED):
        assert stat.S_IMODE(each.stat().st_mode) == 0o700


def test_a_message_sent_again_replaces_its_file(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    list(outbox.send([message()], set))
    list(outbox.send([message(content=b"again\r\n")], set))
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.eml")} == {
        "2026-W46-ada.eml": b"again\r\n"
    }


def test_nothing_is_written_when_the_ledger_says_no(tmp_path: Path) -> None:
    (outcome,) = Outbox(tmp_path).send([message()], lambda _: ())
    assert outcome.state is State.CANCELLED
    assert names(tmp_path) | unfinished(tmp_path) == set()


def test_the_ledger_is_asked_before_the_file_appears(tmp_path: Path) -> None:
    present: list[bool] = []

    def commit(deliveries: Collection[DeliveryId]) -> Collection[DeliveryId]:
        present.append((tmp_path / "2026-W46-ada.eml").exists())
        return deliveries

    list(Outbox(tmp_path).send([message()], commit))
    assert present == [False]


def test_what_a_crash_left_half_written_is_cleared_away(tmp_path: Path) -> None:
    aside = tmp_path / outbox.UNFINISHED
    aside.mkdir()
    (aside / "2026-W46-ada.eml.4711-1.tmp").write_bytes(b"ha")
    (aside / "2026-W46-bob.eml.4712-2.tmp").write_bytes(b"of a process that is at work")
    list(Outbox(tmp_path).send([message()], set))
    assert names(tmp_path) == {"2026-W46-ada.eml"}
    assert unfinished(tmp_path) == {"2026-W46-bob.eml.4712-2.tmp"}


def test_a_folder_that_cannot_be_written_defers_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file where the folder should be")
    outcomes = list(Outbox(tmp_path / "outbox").send([message(1), message(2)], set))
    assert [o.state for o in outcomes] == [State.DEFERRED, State.DEFERRED]
    assert outcomes[0].detail == f"{tmp_path / 'outbox'}: File exists"


def test_a_ledger_that_cannot_be_written_defers_and_leaves_no_file(tmp_path: Path) -> None:
    def commit(_: Collection[DeliveryId]) -> set[DeliveryId]:
        raise LedgerError("database is locked")

    (outcome,) = Outbox(tmp_path).send([message()], commit)
    assert (outcome.state, outcome.detail) == (State.DEFERRED, "not written: database is locked")
    assert names(tmp_path) | unfinished(tmp_path) == set()


# --- blocks ------------------------------------------------------------------------------


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "BLOCK", 4)


def several(numbers: range) -> Iterator[Message]:
    return (message(number, f"2026-W46-r{number}") for number in numbers)


def states(outcomes: list[Outcome]) -> dict[int, str]:
    return {outcome.delivery: outcome.state.value for outcome in outcomes}


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {outbox.UNFINISHED}


def unfinished(folder: Path) -> set[str]:
    return {path.name for path in (folder / outbox.UNFINISHED).iterdir()}


def files(*numbers: int) -> set[str]:
    return {f"2026-W46-r{number}.eml" for number in numbers}


@pytest.mark.usefixtures("small_blocks")
def test_a_block_is_written_then_committed_at_once_then_named(tmp_path: Path) -> None:
    asked: list[tuple[list[int], int]] = []

    def commit(deliveries: Collection[DeliveryId]) -> Collection[DeliveryId]:
        asked.append(([*deliveries], len(unfinished(tmp_path))))
        return deliveries

    outcomes = list(Outbox(tmp_path).send(several(range(10)), commit))
    assert asked == [([0, 1, 2, 3], 4), ([4, 5, 6, 7], 4), ([8, 9], 2)]
    assert [outcome.delivery for outcome in outcomes] == list(range(10))
    assert names(tmp_path) == files(*range(10))
    assert unfinished(tmp_path) == set()


@pytest.mark.usefixtures("small_blocks")
def test_of_a_block_only_what_the_ledger_allows_appears(tmp_path: Path) -> None:
    outcomes = list(Outbox(tmp_path).send(several(range(4)), lambda asked: {*asked} - {1, 2}))
    assert states(outcomes) == {0: "sent", 1: "cancelled", 2: "cancelled", 3: "sent"}
    assert names(tmp_path) == files(0, 3)
    assert unfinished(tmp_path) == set()


@pytest.mark.usefixtures("small_blocks")
def test_a_ledger_that_fails_in_between_defers_that_block_only(tmp_path: Path) -> None:
    def commit(deliveries: Collection[DeliveryId]) -> Collection[DeliveryId]:
        if 4 in deliveries:
            raise LedgerError("database is locked")
        return deliveries

    outcomes = list(Outbox(tmp_path).send(several(range(10)), commit))
    assert [one.delivery for one in outcomes if one.state is State.DEFERRED] == [4, 5, 6, 7]
    assert names(tmp_path) == files(0, 1, 2, 3, 8, 9)


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_file_that_cannot_be_written_stops_no_other_and_is_not_committed(tmp_path: Path) -> None:
    messages = [
        *several(range(2)),
        message(2, "2026-W46-big", b"x" * 20_000),
        *several(range(3, 5)),
    ]
    asked: list[int] = []

    def commit(deliveries: Collection[DeliveryId]) -> Collection[DeliveryId]:
        asked.extend(deliveries)
        return deliveries

    with largest_file(10_000):
        outcomes = list(Outbox(tmp_path).send(messages, commit))
    assert states(outcomes) == {0: "sent", 1: "sent", 2: "deferred", 3: "sent", 4: "sent"}
    assert outcomes[2].detail == f"{tmp_path / '2026-W46-big.eml'}: File too large"
    assert asked == [0, 1, 3, 4]
    assert names(tmp_path) == files(0, 1, 3, 4)
    assert unfinished(tmp_path) == set()


def test_a_file_that_cannot_get_its_name_stops_no_other(tmp_path: Path) -> None:
    (tmp_path / "2026-W46-r1.eml").mkdir()
    outcomes = list(Outbox(tmp_path).send(several(range(3)), set))
    assert states(outcomes) == {0: "sent", 1: "deferred", 2: "sent"}
    assert "Is a directory" in outcomes[1].detail
    assert names(tmp_path) == files(0, 1, 2)
    assert unfinished(tmp_path) == set()


def test_files_that_cannot_be_made_durable_are_not_called_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(outbox, "sync_file_system", fails)
    outcomes = list(Outbox(tmp_path).send(several(range(3)), set))
    assert states(outcomes) == dict.fromkeys(range(3), "deferred")
    assert outcomes[0].detail == f"{tmp_path}: Input/output error"
    assert names(tmp_path) | unfinished(tmp_path) == set()


def test_names_that_cannot_be_made_durable_are_not_called_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fails)
    outcomes = list(Outbox(tmp_path).send(several(range(3)), set))
    assert states(outcomes) == dict.fromkeys(range(3), "deferred")


def test_what_was_drawn_before_an_error_is_written_before_it_is_raised(tmp_path: Path) -> None:
    def messages() -> Iterator[Message]:
        yield from several(range(3))
        raise LedgerError("database is locked")

    outcomes: list[Outcome] = []
    with pytest.raises(LedgerError):
        outcomes.extend(Outbox(tmp_path).send(messages(), set))
    assert states(outcomes) == dict.fromkeys(range(3), "sent")
    assert names(tmp_path) == files(0, 1, 2)
    assert unfinished(tmp_path) == set()


KILLED = """
import os, signal, sys
from pathlib import Path
from digest.delivery.outbox import Outbox
from tests.delivery.test_outbox import several

def commit(deliveries):
    if 4 in deliveries:
        os.kill(os.getpid(), signal.SIGKILL)
    return deliveries

import digest.delivery.outbox
digest.delivery.outbox.BLOCK = 4
list(Outbox(Path(sys.argv[1])).send(several(range(10)), commit))
"""


def test_killed_before_a_block_gets_its_names_the_next_pass_writes_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    ended = subprocess.run(command, check=False)  # noqa: S603  our own command
    assert ended.returncode == -signal.SIGKILL
    assert names(tmp_path) == files(0, 1, 2, 3)
    assert len(unfinished(tmp_path)) == 4
    assert set(states(list(Outbox(tmp_path).send(several(range(4, 10)), set))).values()) == {"sent"}
    assert names(tmp_path) == files(*range(10))
    assert unfinished(tmp_path) == set()


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
