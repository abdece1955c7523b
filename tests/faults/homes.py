"""Homes with digests that are due, and what their ledgers say afterwards."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

from sqlalchemy import create_engine, text

import digest.ledger
from digest.model import Channel, DeliveryRow, State, StoredSubscriber
from tests.cli.command import Ended
from tests.cli.command import digest as command
from tests.world import SENDER, snapshot

NOW = datetime(2026, 3, 20, 8, tzinfo=UTC)
DUE_AGAIN = timedelta(hours=1)
"""After this, mail that was deferred at ``NOW`` is due."""
DUMPS = sorted((Path(__file__).parents[2] / "examples" / "dumps").iterdir())
KINDS = ("language models", "segmentation", "robot")
"""The interest of every third reader; each has papers in every dump."""


@dataclass(frozen=True)
class Home:
    """A home folder with readers who get emails and feeds."""

    path: Path
    database: str
    uncertain: str = "hold"

    def environ(self, port: int, **more: str) -> dict[str, str]:
        """For a process that mails through this port."""
        inherited = {key: value for key, value in os.environ.items() if "DIGEST" not in key}
        return inherited | {
            "DIGEST_DATABASE_URL": self.database,
            "DIGEST_FROM": SENDER,
            "DIGEST_SMTP__HOST": "127.0.0.1",
            "DIGEST_SMTP__PORT": str(port),
            "DIGEST_SMTP__SECURITY": "none",
            "DIGEST_DELIVERY__UNCERTAIN": self.uncertain,
            "DIGEST_DELIVERY__CONNECTIONS": "1",
            "DIGEST_DELIVERY__PER_SECOND": "1000",
            **more,
        }

    def digest(self, port: int, *arguments: str, **more: str) -> Ended:
        """A command in this process, which knows no more than a new one."""
        with patch.dict(os.environ, self.environ(port, **more), clear=True):
            return command(self.path, *arguments)

    def start(
        self,
        port: int,
        now: datetime,
        *,
        under: tuple[str, ...] = (),
        environ: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[str]:
        """``digest run`` as a process of its own; ``under``: a command that runs it."""
        command = [sys.executable, "-m", "digest", "--home", str(self.path), "run", "--json"]
        return subprocess.Popen(  # noqa: S603 - our own command
            [*under, *command, "--now", now.isoformat()],
            env=self.environ(port, **(environ or {})),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def put(self, *dumps: Path) -> None:
        """Lay copies of these dumps into the inbox."""
        for dump in dumps:
            copied = self.path / "inbox" / dump.name
            shutil.copyfile(dump, copied)
            os.utime(copied, (0, 0))  # else it would seem to be still written

    def deliveries(self, channel: Channel) -> list[DeliveryRow]:
        """What the ledger says of every delivery by this channel."""
        with digest.ledger.open(self.database) as book:
            return book.deliveries(channel=channel)

    def states(self) -> dict[str, State]:
        """Each reader's address and where the one delivery by email stands."""
        rows = self.deliveries("email")
        assert len({row.subscriber for row in rows}) == len(rows)
        return {f"{row.subscriber}@example.org": row.state for row in rows}

    def subscribers(self) -> list[StoredSubscriber]:
        """Everybody who has a profile."""
        with digest.ledger.open(self.database) as book:
            return book.subscribers(limit=10_000)

    def digests(self) -> dict[str, dict[str, list[str]]]:
        """The titles in each digest, by reader and period."""
        found: dict[str, dict[str, list[str]]] = {}
        readers = [one.subscriber.id for one in self.subscribers()]
        with digest.ledger.open(self.database) as book:
            for name, made in book.newest_digests(readers, limit=100).items():
                found[name] = {
                    str(one.period): sorted(pick.paper.title for pick in one.picks) for one in made
                }
        return found

    def feeds(self) -> set[State]:
        """In which states deliveries by feed are."""
        return {row.state for row in self.deliveries("feed")}

    def public(self) -> dict[str, bytes]:
        """Every published file."""
        return snapshot(self.path / "public")

    def published_anew(self) -> dict[str, bytes]:
        """Every file that ``digest publish --all`` writes to an empty folder."""
        (self.path / "public").rename(self.path / "published before")
        ended = self.digest(9, "publish", "--all", "--now", (NOW + DUE_AGAIN).isoformat())
        assert ended.code == 0, ended.err
        return self.public()

    def check_integrity(self) -> None:
        """Fail if the database is damaged."""
        if self.database.startswith("sqlite"):
            with sqlite3.connect(self.database.removeprefix("sqlite:///")) as connection:
                assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else writes to the ledger inside the block."""
        engine = create_engine(self.database)
        try:
            with engine.connect() as connection:
                if engine.dialect.name == "sqlite":
                    connection.exec_driver_sql("BEGIN EXCLUSIVE")
                else:
                    connection.execute(text("LOCK TABLE delivery IN ACCESS EXCLUSIVE MODE"))
                yield
                connection.rollback()
        finally:
            engine.dispose()


def empty(path: Path, readers: int, database: str, uncertain: str = "hold") -> Home:
    """A new home in this folder, without a dump; a digest is due for every reader."""
    (path / "inbox").mkdir(parents=True)
    (path / "subscribers.yaml").write_text(
        "defaults: {schedule: {every: week}, limit: 2, channels: [email, feed]}\nsubscribers:\n"
        + "".join(
            f"  - {{id: r{n}, email: r{n}@example.org, interests: [{KINDS[n % len(KINDS)]}]}}\n"
            for n in range(readers)
        )
    )
    return Home(path, database, uncertain)


def make(path: Path, readers: int, database: str) -> Home:
    """A home where a first pass has decided on everybody's digest and reached no server."""
    home = empty(path, readers, database)
    home.put(*DUMPS)
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    first = home.digest(port, "run", "--now", NOW.isoformat())
    assert first.code == 1, first.err
    assert list(home.states().values()) == [State.DEFERRED] * readers, first.err
    return home


def copy(home: Home, path: Path) -> Home:
    """A home on SQLite once more, to be spoilt."""
    shutil.copytree(home.path, path)
    return Home(path, f"sqlite:///{path / 'state' / 'digest.db'}")
