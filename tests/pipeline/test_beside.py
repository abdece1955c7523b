"""Work done by a second process."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from digest.pipeline.beside import forked


def test_it_goes_on_in_another_process_while_this_one_does_something_else(tmp_path: Path) -> None:
    sign = tmp_path / "sign"

    def work() -> int:
        give_up = time.monotonic() + 30
        while not sign.exists() and time.monotonic() < give_up:
            time.sleep(0.01)
        return os.getpid()

    result = forked(work)
    sign.touch()
    assert result() != os.getpid()


def test_what_a_process_left_undone_is_done_here() -> None:
    here = os.getpid()

    def work() -> str:
        if os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return "done"

    assert forked(work)() == "done"


def test_where_no_process_is_to_be_had_the_work_is_done_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fork() -> int:
        raise BlockingIOError

    monkeypatch.setattr(os, "fork", fork)
    assert forked(os.getpid)() == os.getpid()


def test_what_fails_there_is_tried_here_and_raised() -> None:
    def work() -> None:
        raise LookupError("no such page")

    with pytest.raises(LookupError, match="no such page"):
        forked(work)()
