"""Homes with mail that is due, and what their ledgers say afterwards."""

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
from digest.model import State
from tests.cli.command import Ended
from tests.cli.command import digest as command

NOW = datetime(2026, 3, 20, 8, tzinfo=UTC)
DUE_AGAIN = timedelta(hours=1)
"""After this, mail that was deferred at ``NOW`` is due."""
DUMPS = Path(__file__).parents[2] / "examples" / "dumps"


@dataclass(frozen=True)
class Home:
    """A home folder whose every reader has one email waiting."""

    path: Path
    database: str
    uncertain: str = "hold"

    def environ(self, port: int, **more: str) -> dict[str, str]:
        """For a process that mails through this port."""
        inherited = {key: value for key, value in os.environ.items() if "DIGEST" not in key}
        return inherited | {
            "DIGEST_DATABASE_URL": self.database,
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

    def states(self) -> dict[str, State]:
        """Each reader's address and where its delivery stands."""
        with digest.ledger.open(self.database) as book:
            rows = book.deliveries(channel="email")
        assert len({row.subscriber for row in rows}) == len(rows)
        return {f"{row.subscriber}@example.org": row.state for row in rows}

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


def make(path: Path, readers: int, database: str, uncertain: str = "hold") -> Home:
    """A home where a first pass has decided on everybody's digest and reached no server."""
    home = Home(path, database, uncertain)
    shutil.copytree(DUMPS, path / "inbox")
    for dump in (path / "inbox").iterdir():
        os.utime(dump, (0, 0))  # else one just checked out would seem to be still written
    (path / "subscribers.yaml").write_text(
        "defaults: {schedule: {every: week}, limit: 1}\nsubscribers:\n"
        + "".join(
            f"  - {{id: r{n}, email: r{n}@example.org, interests: [language models]}}\n"
            for n in range(readers)
        )
    )
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    first = home.digest(port, "run", "--now", NOW.isoformat())
    assert first.code == 1, first.err
    assert list(home.states().values()) == [State.DEFERRED] * readers, first.err
    return home


def copy(home: Home, path: Path, uncertain: str = "hold") -> Home:
    """A home on SQLite once more, to be spoilt."""
    shutil.copytree(home.path, path)
    return Home(path, f"sqlite:///{path / 'state' / 'digest.db'}", uncertain)
