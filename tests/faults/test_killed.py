"""``digest run`` killed or stopped at every step, then taken up again: who got what.

A few of the cases run by default; ``DIGEST_FAULTS=all`` runs every one.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from digest.model import State
from tests.faults import homes, killing
from tests.faults.conftest import READERS
from tests.faults.homes import DUE_AGAIN, NOW, Home
from tests.faults.workers import Strike, Worker, injecting, recipients

T = TypeVar("T")
SHIPPED = Path(__file__).parents[2] / "templates"
LATER = NOW + DUE_AGAIN
EVERYBODY_ONCE = Counter(f"r{n}@example.org" for n in range(READERS))
LEASE_IS_OVER = timedelta(minutes=6)


KILL_AT_THE_DOT = injecting("sendto", "signal=KILL:when=4")
"""A connection sends EHLO, then MAIL, RCPT and DATA at once, the body and the dot: its fourth send
is the dot."""


def some_of(cases: Sequence[T], few: int) -> Sequence[T]:
    """Evenly spread ones, or all where all are asked for."""
    if os.environ.get("DIGEST_FAULTS") == "all":
        return cases
    return cases[:: max(1, len(cases) // few)]


@pytest.fixture(scope="session")
def strace() -> None:
    """Skip where no process can be traced."""
    path = shutil.which("strace") or pytest.skip("needs strace")
    if subprocess.run([path, "-qq", "true"], capture_output=True, check=False).returncode:  # noqa: S603 - found above
        pytest.skip("processes cannot be traced here")


def recover(
    home: Home, after: timedelta = timedelta(minutes=1), passes: int = 1
) -> tuple[Worker, ...]:
    """A pass a little later, or several side by side."""
    if passes == 1:
        return (Worker(home).run(LATER + after),)
    workers = tuple(Worker(home).start(LATER + after) for _ in range(passes))
    for worker in workers:
        assert "Traceback" not in worker.finish()
    return workers


def killed(home: Home, *strikes: Strike, under: tuple[str, ...] = ()) -> Worker:
    """A pass that was killed."""
    worker = Worker(home, *strikes).start(LATER, under=under)
    worker.finish()
    assert worker.process.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL)
    return worker


# --- killed ------------------------------------------------------------------------------


MODES = ("hold", "resend")
BEFORE = [(point, mode) for point in ("connect", "ehlo", "mail", "rcpt", "data") for mode in MODES]
AFTER = [(point, passes) for point in ("dot", "replied") for passes in (1, 2)]


@pytest.mark.parametrize(("point", "uncertain"), some_of(BEFORE, 2))
def test_killed_before_the_body_everybody_gets_one(home: Home, point: str, uncertain: str) -> None:
    home = replace(home, uncertain=uncertain)
    first = killed(home, Strike(point, 1, Worker.kill))
    assert recipients(first) == {}
    assert recipients(*recover(home)) == EVERYBODY_ONCE
    assert set(home.states().values()) == {State.SENT}


@pytest.mark.parametrize("uncertain", some_of(MODES, 1))
def test_killed_with_the_body_sent_and_nothing_committed_everybody_gets_one(
    home: Home, uncertain: str
) -> None:
    home = replace(home, uncertain=uncertain)
    with ExitStack() as stack:
        # A ledger that is locked holds the commit up, so the dot cannot follow the body.
        lock = Strike("rcpt", 1, lambda _: stack.enter_context(home.locked()))
        first = killed(home, lock, Strike("body", 1, Worker.kill))
    assert recipients(first) == {}
    assert recipients(*recover(home)) == EVERYBODY_ONCE
    assert set(home.states().values()) == {State.SENT}


@pytest.mark.usefixtures("strace")
def test_killed_between_commit_and_dot_is_uncertain_and_held(home: Home) -> None:
    first = killed(home, under=KILL_AT_THE_DOT)
    assert recipients(first) == {}
    mailed = recipients(*recover(home))
    assert sorted(mailed.values()) == [1] * (READERS - 1)
    states = home.states()
    assert {address for address, state in states.items() if state is State.SENT} == set(mailed)
    assert Counter(states.values())[State.UNCERTAIN] == 1


@pytest.mark.usefixtures("strace")
def test_killed_between_commit_and_dot_is_sent_with_resend(home: Home) -> None:
    home = replace(home, uncertain="resend")
    killed(home, under=KILL_AT_THE_DOT)
    assert recipients(*recover(home)) == EVERYBODY_ONCE
    assert set(home.states().values()) == {State.SENT}


@pytest.mark.parametrize(("point", "passes"), some_of(AFTER, 2))
def test_killed_after_the_dot_nobody_gets_two_with_hold(
    home: Home, point: str, passes: int
) -> None:
    first = killed(home, Strike(point, 1, Worker.kill))
    (victim,) = recipients(first)
    assert recipients(first, *recover(home, passes=passes)) == EVERYBODY_ONCE
    states = home.states()
    assert states.pop(victim) is State.UNCERTAIN or point == "replied"
    assert set(states.values()) == {State.SENT}


@pytest.mark.parametrize(("point", "passes"), some_of(AFTER, 1))
def test_killed_after_the_dot_nobody_gets_none_with_resend(
    home: Home, point: str, passes: int
) -> None:
    home = replace(home, uncertain="resend")
    first = killed(home, Strike(point, 1, Worker.kill))
    (victim,) = recipients(first)
    template = home.path / "templates" / "email.txt.j2"
    template.parent.mkdir()
    template.write_text(SHIPPED.joinpath("email.txt.j2").read_text() + "Edited.\n")
    second = recover(home, passes=passes)
    twice = recipients(first, *second)
    assert EVERYBODY_ONCE <= twice <= EVERYBODY_ONCE + Counter([victim])
    assert set(home.states().values()) == {State.SENT}
    accepted = [one for worker in (first, *second) for one in worker.server.accepted]
    edited = {one.recipient for one in accepted if b"Edited." in one.content}
    assert edited == EVERYBODY_ONCE.keys() - {victim}
    assert len({one.content for one in accepted if one.recipient == victim}) == 1


@pytest.mark.usefixtures("strace")
@pytest.mark.parametrize("nth", some_of(range(1, 9), 1))
def test_killed_at_a_write_to_disk_nobody_gets_two_and_nothing_is_lost(
    home: Home, nth: int
) -> None:
    under = injecting("fdatasync,fsync", f"signal=KILL:when={nth}")
    first = Worker(home).start(LATER, under=under)
    first.finish()  # killed, unless fewer writes were needed
    mailed = recipients(first, *recover(home))
    assert mailed <= EVERYBODY_ONCE
    for address, state in home.states().items():
        assert state is State.UNCERTAIN or (state is State.SENT and address in mailed)


@pytest.mark.usefixtures("strace")
@pytest.mark.parametrize("nth", some_of(range(1, 60, 4), 2))
def test_killed_at_a_write_of_a_first_pass_the_next_one_makes_up_for_it(
    fresh: Home, nth: int
) -> None:
    """While it reads dumps, decides, mails or publishes; at most one email is uncertain."""
    under = injecting("fdatasync,fsync", f"signal=KILL:when={nth}")
    first = Worker(fresh).start(LATER, under=under)
    first.finish()
    mailed = recipients(first, *recover(fresh))
    assert mailed <= EVERYBODY_ONCE
    states = fresh.states()
    assert Counter(states.values())[State.UNCERTAIN] <= 1
    assert {one for one, state in states.items() if state is State.SENT} <= set(mailed)
    assert fresh.feeds() == {State.SENT}
    assert fresh.public() == fresh.published_anew()


@pytest.mark.usefixtures("strace")
@pytest.mark.parametrize("nth", some_of(range(1, 18, 2), 2))
def test_killed_while_it_publishes_the_next_pass_puts_all_files_in_place(
    fresh: Home, nth: int
) -> None:
    killed(fresh, under=injecting("/^rename", f"signal=KILL:when={nth}"))
    assert fresh.feeds() == {State.PENDING}
    assert recipients(*recover(fresh)) == {}
    assert fresh.feeds() == {State.SENT}
    assert fresh.public() == fresh.published_anew()


@pytest.mark.usefixtures("strace")
def test_killed_while_it_publishes_another_machine_takes_over_once_the_lease_is_over(
    fresh: Home, tmp_path: Path
) -> None:
    killed(fresh, under=injecting("/^rename", "signal=KILL:when=8"))
    elsewhere = homes.empty(tmp_path / "elsewhere", READERS, fresh.database)
    recover(elsewhere)
    assert elsewhere.feeds() == {State.PENDING}
    recover(elsewhere, after=LEASE_IS_OVER)
    assert elsewhere.feeds() == {State.SENT}
    assert elsewhere.public() == elsewhere.published_anew()


# --- stopped -----------------------------------------------------------------------------


def test_terminated_finishes_what_is_in_flight_and_leaves_the_rest(home: Home) -> None:
    with ExitStack() as stack:

        def terminate(worker: Worker) -> None:
            worker.terminate()
            time.sleep(0.3)  # until the signal has been handled, while the commit is held up
            stack.close()

        lock = Strike("rcpt", 1, lambda _: stack.enter_context(home.locked()))
        first = Worker(home, lock, Strike("body", 1, terminate)).start(LATER)
        assert "Traceback" not in first.finish()
    assert recipients(first).total() == 1
    assert Counter(home.states().values())[State.UNCERTAIN] == 0
    assert recipients(first, *recover(home)) == EVERYBODY_ONCE
    assert set(home.states().values()) == {State.SENT}


@pytest.mark.usefixtures("strace")
@pytest.mark.parametrize("nth", [1, 12])
def test_terminated_while_it_publishes_it_finishes_its_readers_and_gives_up_none(
    fresh: Home, nth: int
) -> None:
    first = Worker(fresh).start(LATER, under=injecting("/^rename", f"signal=TERM:when={nth}"))
    assert "Traceback" not in first.finish()
    assert first.process.returncode == 0
    assert recipients(first, *recover(fresh)) == EVERYBODY_ONCE
    assert fresh.feeds() == {State.SENT}
    assert fresh.public() == fresh.published_anew()


def test_stopped_past_its_lease_and_woken_it_does_not_send_the_dot(home: Home) -> None:
    with ExitStack() as stack:
        lock = Strike("rcpt", 1, lambda _: stack.enter_context(home.locked()))
        sleeper = Worker(home, lock, Strike("body", 1, Worker.stop)).start(LATER)
        while not sleeper.stopped():
            time.sleep(0.01)
    assert recipients(*recover(home, after=LEASE_IS_OVER)) == EVERYBODY_ONCE
    sleeper.wake()
    assert "Traceback" not in sleeper.finish()
    assert recipients(sleeper) == {}
    assert set(home.states().values()) == {State.SENT}


def test_two_at_once_share_the_work(home: Home) -> None:
    assert recipients(*recover(home, passes=2)) == EVERYBODY_ONCE
    assert set(home.states().values()) == {State.SENT}


@pytest.mark.parametrize("jump", some_of([timedelta(days=-1), timedelta(days=366)], 1))
def test_a_clock_that_jumps_doubles_and_loses_nothing(home: Home, jump: timedelta) -> None:
    first = killed(home, Strike("mail", 2, Worker.kill))
    others = Worker(home).start(LATER + jump), Worker(home).start(LATER + timedelta(minutes=1))
    for worker in others:
        assert "Traceback" not in worker.finish()
    mailed = recipients(first, *others, *recover(home))
    assert mailed <= EVERYBODY_ONCE
    for address, state in home.states().items():
        assert address in mailed or state in (State.UNCERTAIN, State.EXPIRED)


# --- the ledger's disk -------------------------------------------------------------------


def test_a_ledger_that_is_locked_for_a_while_only_delays(home: Home) -> None:
    with ExitStack() as stack:
        lock = Strike("rcpt", 1, lambda _: stack.enter_context(home.locked()))
        let_go = Strike("body", 1, lambda _: stack.close())
        worker = Worker(home, lock, let_go).start(LATER)
        worker.finish()
    assert recipients(worker) == EVERYBODY_ONCE
    assert set(home.states().values()) == {State.SENT}


@pytest.mark.usefixtures("strace")
@pytest.mark.parametrize("error", some_of(["ENOSPC", "EIO", "EROFS"], 1))
def test_a_disk_that_takes_no_more_stops_the_mail_and_resumes(home: Home, error: str) -> None:
    under = injecting("pwrite64", f"error={error}:when=12+")
    first = Worker(home).start(LATER, under=under)
    first.finish()
    assert first.process.returncode == 1
    mailed = recipients(first, *recover(home, after=LEASE_IS_OVER))
    assert mailed <= EVERYBODY_ONCE
    for address, state in home.states().items():
        assert state is State.UNCERTAIN or (state is State.SENT and address in mailed)


@pytest.mark.parametrize("uncertain", some_of(MODES, 1))
def test_killed_at_random_every_promise_holds(uncertain: str) -> None:
    assert killing.run("sqlite", uncertain, deliveries=6, kills=3, seed=7) == []
