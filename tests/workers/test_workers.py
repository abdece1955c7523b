"""``digest run --workers``: the same as one process does, by several."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from shutil import copytree
from unittest.mock import patch

import pytest

import digest.ledger
from digest.model import State
from tests.cli.command import Ended
from tests.cli.command import digest as command
from tests.conftest import MakeUrl
from tests.delivery.server import Accepted, Server
from tests.workers.conftest import READERS
from tests.world import snapshot

NOW = "2026-03-20T08:00Z"
RUN = ("run", "--json", "--workers", "2", "--now", NOW)
SECRET = {"DIGEST_SECRET": "a secret of this test alone"}


@pytest.fixture(scope="module")
def alone(template: Path, folder: Path) -> tuple[Path, Ended]:
    """What one process makes of the home."""
    return run(copytree(template, folder / "alone"))


@pytest.fixture(scope="module")
def together(template: Path, folder: Path) -> tuple[Path, Ended]:
    """What two workers make of it."""
    return run(copytree(template, folder / "together"), "--workers", "2")


def run(home: Path, *arguments: str) -> tuple[Path, Ended]:
    with patch.dict(os.environ, SECRET):
        return home, command(home, "run", "--json", "--now", NOW, *arguments)


def decisions(home: Path) -> list[tuple[object, ...]]:
    """Every decision as the ledger keeps it, by subscriber."""
    query = "SELECT s.name, d.* FROM decision d JOIN subscriber s ON s.id = d.subscriber ORDER BY 1"
    with sqlite3.connect(home / "state" / "digest.db") as connection:
        cursor = connection.execute(query)
        kept = [n for n, (name, *_) in enumerate(cursor.description) if name != "id"]
        return [tuple(row[n] for n in kept) for row in cursor]


def test_workers_decide_what_one_process_decides(
    alone: tuple[Path, Ended], together: tuple[Path, Ended]
) -> None:
    assert len(decisions(alone[0])) == READERS
    assert decisions(together[0]) == decisions(alone[0])


def test_the_report_is_that_of_one_process(
    alone: tuple[Path, Ended], together: tuple[Path, Ended]
) -> None:
    assert (together[1].code, together[1].err) == (0, "")
    assert together[1].json == alone[1].json
    assert together[1].json["digests"]["sent"] == READERS


def test_everybody_has_one_mail_and_no_worker_leaves_anything_behind(
    alone: tuple[Path, Ended], together: tuple[Path, Ended]
) -> None:
    mails = [
        {Path(name).name for name in snapshot(home / "outbox")} for home, _ in (alone, together)
    ]
    assert len(mails[0]) == READERS
    assert mails[0] == mails[1]
    assert list((together[0] / "state" / "owners").iterdir()) == []


def test_a_pass_without_work_starts_no_worker(together: tuple[Path, Ended]) -> None:
    home = together[0]
    with patch("digest.workers.clusters.local", side_effect=AssertionError):
        _, ended = run(home, "--workers", "2")
    assert ended.code == 0, ended.err
    assert set(ended.json["digests"].values()) == {0}


# --- workers that die, and passes that are stopped -----------------------------------------


class Pass:
    """A pass by two workers, as a process, with the server that it mails through."""

    def __init__(self, home: Path, at: int, act: Callable[[Pass], object], **environ: str) -> None:
        """Have ``act`` done once the server has accepted the mail with number ``at``."""
        self.home, self._at, self._act = home, at, act
        self.server = Server(replied=self._replied)
        self.process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "digest", "--home", str(home), *RUN],
            env=os.environ
            | SECRET
            | {
                "DIGEST_SMTP__HOST": "127.0.0.1",
                "DIGEST_SMTP__PORT": str(self.server.port),
                "DIGEST_SMTP__SECURITY": "none",
            }
            | environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def _replied(self, _: Accepted) -> None:
        if len(self.server.accepted) == self._at:
            self._act(self)

    def workers(self) -> list[int]:
        """The process ids of its workers."""
        names = (path.name for path in (self.home / "state" / "owners").iterdir())
        return [
            pid for pid in (int(name.split("-")[-2]) for name in names) if pid != self.process.pid
        ]

    def finish(self) -> Ended:
        out, err = self.process.communicate(timeout=120)
        self.server.stop()
        return Ended(self.process.returncode, out, err)


def kill_one(of: Pass) -> None:
    os.kill(of.workers()[0], signal.SIGKILL)


def states(url: str) -> Mapping[str, State]:
    with digest.ledger.open(url) as book:
        rows = book.deliveries(channel="email", limit=10 * READERS)
    assert len(rows) == len({row.subscriber for row in rows})
    return {f"{row.subscriber}@example.org": row.state for row in rows}


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'digest.db'}"
    empty: MakeUrl = request.getfixturevalue("emptied")
    return empty()


def test_what_a_killed_worker_leaves_is_done_by_others_and_nobody_gets_two(
    template: Path, tmp_path: Path, url: str
) -> None:
    home = copytree(template, tmp_path / "home")
    # So slow that the end of each mail is on record before its connection has the next one.
    slowly = {"DIGEST_DELIVERY__PER_SECOND": "40"}
    running = Pass(home, READERS // 2, kill_one, DIGEST_DATABASE_URL=url, **slowly)
    ended = running.finish()
    mailed, found = running.server.recipients(), states(url)
    assert set(mailed.values()) == {1}
    assert len(found) == READERS
    # At most one mail a connection was at its dot: whether it arrived nobody can know.
    uncertain = {name for name, state in found.items() if state is State.UNCERTAIN}
    assert len(uncertain) <= 4
    assert {name for name, state in found.items() if state is State.SENT} | uncertain == set(found)
    assert set(mailed) | uncertain == set(found)
    figures = ended.json["digests"]
    assert (figures["sent"], figures["uncertain"]) == (READERS - len(uncertain), len(uncertain))
    assert ended.code == bool(uncertain), ended.err


def test_a_pass_that_is_told_to_stop_ends_after_the_mail_in_flight(
    template: Path, tmp_path: Path
) -> None:
    home, url = copytree(template, tmp_path / "home"), f"sqlite:///{tmp_path / 'digest.db'}"

    def stop(of: Pass) -> None:
        # A terminal, or a service manager, tells every process.
        for pid in of.workers():
            os.kill(pid, signal.SIGINT)
            os.kill(pid, signal.SIGTERM)
        of.process.terminate()

    running = Pass(home, 40, stop, DIGEST_DATABASE_URL=url, DIGEST_DELIVERY__PER_SECOND="200")
    ended = running.finish()
    assert (ended.code, ended.err) == (0, "")
    mailed, found = running.server.recipients(), states(url)
    assert 40 <= mailed.total() < READERS
    assert Counter(found.values())[State.SENT] == mailed.total() == ended.json["digests"]["sent"]
    assert set(found.values()) == {State.SENT, State.PENDING}
    assert list((home / "state" / "owners").iterdir()) == []
