"""Processes that mail, each through a server of its own that can kill or stop them by step."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from digest.model import State
from tests.delivery.server import Accepted, Act, Server, Step
from tests.faults.homes import Home

HELD = "since a process was killed"
"""A pass that says so found mail that may have arrived, and ends with status 1."""
POINTS = ("connect", "ehlo", "mail", "rcpt", "data", "body", "dot", "replied")
"""Where a server can strike: at its turn in each step, or once it has sent the last 250."""


@dataclass(frozen=True)
class Strike:
    """Something done to the process when its server comes to a point for the ``nth`` time."""

    point: str
    nth: int
    act: Callable[[Worker], object]


class Worker:
    """``digest run`` as a process, with the server it mails through."""

    def __init__(self, home: Home, *strikes: Strike) -> None:
        self.home, self._strikes = home, strikes
        self._passed: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._started = threading.Event()
        self.server = Server(self._behave, replied=self._replied)
        self.process: subprocess.Popen[str]

    def start(
        self,
        now: datetime,
        *,
        under: tuple[str, ...] = (),
        environ: Mapping[str, str] | None = None,
    ) -> Self:
        """Start a pass at ``now``."""
        self.process = self.home.start(self.server.port, now, under=under, environ=environ)
        self._started.set()
        return self

    def run(self, now: datetime) -> Self:
        """A pass from its beginning to its end, for which this process will do."""
        self._started.set()
        ended = self.home.digest(self.server.port, "run", "--now", now.isoformat())
        self.server.stop()
        holds_mail = HELD in ended.err
        assert ended.code == holds_mail, ended.err
        assert not holds_mail or State.UNCERTAIN in self.home.states().values()
        return self

    def finish(self) -> str:
        """Wait for the end of the pass, however it comes; what it said on stderr."""
        _, errors = self.process.communicate(timeout=120)
        self.server.stop()
        return errors

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """SIGSTOP."""
        self.process.send_signal(signal.SIGSTOP)

    def stopped(self) -> bool:
        """Whether it stands still."""
        status = Path(f"/proc/{self.process.pid}/stat").read_text()
        return status.rpartition(")")[2].split()[0] == "T"

    def wake(self) -> None:
        """SIGCONT."""
        self.process.send_signal(signal.SIGCONT)

    def terminate(self) -> None:
        """SIGTERM."""
        self.process.terminate()

    def _behave(self, step: Step) -> str | Act | None:
        self._pass(step.name)
        return None

    def _replied(self, _: Accepted) -> None:
        self._pass("replied")

    def _pass(self, point: str) -> None:
        self._started.wait()
        with self._lock:
            self._passed[point] += 1
            passed = self._passed[point]
        for strike in self._strikes:
            if strike.point == point and strike.nth == passed:
                strike.act(self)


def recipients(*workers: Worker) -> Counter[str]:
    """How often each address was mailed, by all of them together."""
    return sum((worker.server.recipients() for worker in workers), Counter())


def injecting(calls: str, fault: str) -> tuple[str, ...]:
    """A command that runs another one and injects a fault into these system calls."""
    what = ("-e", f"trace={calls}", "-e", f"inject={calls}:{fault}")
    return ("strace", "-f", "-qq", "-o", "/dev/null", *what)
