"""A database as the ledger uses it: transactions that are durable, short and fail in words. SQLite
runs in WAL mode with ``synchronous=FULL``; a transaction that writes begins with BEGIN IMMEDIATE,
so two never meet half-way. PostgreSQL reads at REPEATABLE READ and writes at READ COMMITTED; what
must not run twice at once takes an advisory lock."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import QueuePool

from digest import private_files
from digest.errors import LedgerError
from digest.ledger import schema
from digest.ledger.db_errors import FAILURES, in_words, wrong_url

_CREATING = threading.Lock()
"""Held while a database file is created: closing it would take the locks of SQLite from another
thread that has the file open already."""

_PAUSE = timedelta(milliseconds=10)

SCHEMA = 0x64696703
"""The advisory lock of migrating; the others stand with ``Aggregate``."""


class Database:
    """An engine that connects, and creates or upgrades its tables, when first used."""

    def __init__(
        self, url: sa.URL, engine: sa.Engine, *, patience: timedelta, path: Path | None = None
    ) -> None:
        self.url, self.patience, self.path = url, patience, path
        # The path is that of the SQLite file; None: PostgreSQL, or a private SQLite database.
        self.is_sqlite = engine.dialect.name == "sqlite"
        self._engine = engine
        one_state = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        self._reading = engine.execution_options(digest_reads=True, **one_state)
        # Threads of one process queue here; SQLite's own waiting is sleep and retry.
        self._turn = threading.Lock() if self.is_sqlite else nullcontext()
        self._preparing = threading.Lock()
        # Statements that go to the driver as they are raise its own errors.
        own: Any = engine.dialect.loaded_dbapi
        self._failures: tuple[type[Exception], ...] = (*FAILURES, own.Error)
        self._ready = False
        self._only_reads = False

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that sees one state of the ledger and changes nothing."""
        with self._in_words():
            self._prepare()
            with self._reading.connect() as connection:
                yield connection

    @contextmanager
    def writing(self, *locks: int) -> Iterator[sa.Connection]:
        """A transaction that is durable when the block ends, undone when it raises.

        Raises:
            LedgerError: The database was connected to for reading.
        """
        if self._only_reads:
            raise LedgerError("this ledger is open for questions, which change nothing")
        with self._in_words():
            self._prepare()
            with self._turn, self._engine.begin() as connection:
                self.lock(connection, *locks)
                yield connection

    def lock(self, connection: sa.Connection, *locks: int, shared: bool = False) -> None:
        """Hold advisory locks until the transaction ends; SQLite has a single writer anyway."""
        if not self.is_sqlite:
            function = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
            for key in locks:
                connection.execute(sa.text(f"SELECT {function}(:key)"), {"key": key})

    def close(self) -> None:
        """Give back all connections; the next use connects again."""
        self._engine.dispose()

    def only_read(self) -> bool:
        """Refuse to write from now on; False, and nothing is created, where there is no ledger."""
        self._only_reads = True
        if self.path is not None and not self.path.exists():
            return False
        with self._in_words(), self._reading.connect() as connection:
            return schema.version(connection) is not None

    def raw(self) -> Any:
        """The driver's connection, checked out of the pool."""
        return self._engine.raw_connection()

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except self._failures as error:
            raise in_words(error, self.url) from error

    def _prepare(self) -> None:
        if self._ready:
            return
        with self._preparing:
            if not self._ready:
                self._create_or_upgrade()
                self._ready = True

    def _create_or_upgrade(self) -> None:
        if self.path is not None and not self._only_reads:
            _make_private(self.path.resolve())
        with self._reading.connect() as connection:
            version = schema.version(connection)
        if version == schema.HEAD:
            return
        if self._only_reads:
            raise LedgerError(
                f"the ledger's tables are at version {version}, and this program needs "
                f"{schema.HEAD}: `digest run` brings them up to date"
            )
        with self._engine.begin() as connection:
            self.lock(connection, SCHEMA)
            if schema.version(connection) != schema.HEAD:
                schema.upgrade(connection)


def connect(url: str, *, patience: timedelta) -> Database:
    """The database that ``url`` names; nothing is opened or created yet.

    Raises:
        LedgerError: the URL is wrong.
    """
    try:
        parsed = sa.make_url(url)
        backend = parsed.get_backend_name()
        if backend == "sqlite":
            return _sqlite(parsed, patience)
        if backend == "postgresql":
            options = postgresql_options(parsed, patience)
            engine = sa.create_engine(parsed, connect_args=options, pool_pre_ping=True)
            return Database(parsed, engine, patience=patience)
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise wrong_url(url, error) from error
    raise wrong_url(url, LedgerError(f"{backend} is no database that this program can use"))


def connect_for_reading(url: str, *, patience: timedelta) -> Database:
    """The database that ``url`` names, for questions; an empty one in memory where it has no
    ledger yet.

    Raises:
        LedgerError: The URL is wrong, or the database cannot be read.
    """
    database = connect(url, patience=patience)
    if database.only_read():
        return database
    database.close()
    return private(database.url, patience=patience)


def _sqlite(url: sa.URL, patience: timedelta) -> Database:
    if url.database is None or url.database in ("", ":memory:"):
        return private(url, patience=patience)
    # A connection drops the pages that it has read when another one writes: so the last goes first.
    options: Any = {"connect_args": {"timeout": patience.total_seconds()}, "pool_use_lifo": True}
    engine = sa.create_engine(url, **options)
    return Database(url, _with_events(engine, patience), patience=patience, path=Path(url.database))


def _make_private(path: Path) -> None:
    """Create the file of a SQLite database, where there is none, for its owner alone. SQLite gives
    its other files the mode of this one."""
    private_files.make_folder(path.parent)
    with _CREATING:
        private_files.create(path)
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        private_files.restrict(path.with_name(name))


def private(url: sa.URL, *, patience: timedelta) -> Database:
    """A SQLite database of one connection that nobody else sees and that leaves nothing behind. It
    lives in memory and moves to an unnamed temporary file where it outgrows that."""
    only = sqlite3.connect("", check_same_thread=False, isolation_level=None)
    # One connection, handed out to one thread at a time.
    one: Any = {"poolclass": QueuePool, "pool_size": 1, "max_overflow": 0}
    one["pool_timeout"] = patience.total_seconds()
    engine = sa.create_engine("sqlite://", creator=lambda: only, **one)
    database = Database(url, _with_events(engine, patience), patience=patience)
    try:
        engine.connect().close()  # from here on the pool owns it, and closes it
    except BaseException:
        only.close()
        raise
    return database


def _with_events(engine: sa.Engine, patience: timedelta) -> sa.Engine:
    sa.event.listen(engine, "connect", partial(_configure, patience=patience))
    sa.event.listen(engine, "begin", _begin)
    return engine


def _configure(connection: sqlite3.Connection, record: object, *, patience: timedelta) -> None:
    connection.isolation_level = None  # transactions begin where ``_begin`` says so
    _switch_to_wal(connection, tries=1 + patience // _PAUSE)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _switch_to_wal(connection: sqlite3.Connection, tries: int) -> None:
    # The one statement for which SQLite does not wait, where others open a new file, too.
    for left in reversed(range(tries)):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or not left:
                raise
            time.sleep(_PAUSE.total_seconds())
        else:
            return


def _begin(connection: sa.Connection) -> None:
    reads = connection.get_execution_options().get("digest_reads")
    driver = connection.connection.driver_connection
    assert driver is not None  # noqa: S101  it has just connected
    driver.execute("BEGIN" if reads else "BEGIN IMMEDIATE")


def postgresql_options(url: sa.URL, patience: timedelta) -> dict[str, Any]:
    """How to connect: commits are durable, waiting for server and locks ends after ``patience``."""
    wait = max(1, patience // timedelta(milliseconds=1))
    settings = f"-c synchronous_commit=on -c lock_timeout={wait}ms"
    given = url.query.get("options", "")
    return {
        "connect_timeout": max(1, round(patience.total_seconds())),
        "options": f"{given} {settings}".strip(),
    }


def restart_keys(connection: sa.Connection) -> None:
    """Let the keys that the database gives go on behind the greatest in use. The sequences of
    PostgreSQL do not notice keys that come with their rows."""
    if connection.dialect.name == "postgresql":
        for table in ("decision", "delivery"):
            sequence = f"pg_get_serial_sequence('{table}', 'id')"
            newest = f"SELECT coalesce(max(id), 0) + 1 FROM {table}"  # noqa: S608 — names of ours
            connection.execute(sa.text(f"SELECT setval({sequence}, ({newest}), false)"))
