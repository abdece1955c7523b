"""What an import has read and not saved yet. It lies in a private database, which SQLite keeps in
memory and moves to an unnamed temporary file where it outgrows that: so the memory of an import
does not grow with the file."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import NamedTuple

from digest.model import Subscriber, SubscriberId
from digest.subscribers import codec
from digest.subscribers.changes import folded

_CACHE = 48  # megabytes of the database that are kept in memory
_TABLES = (
    "waiting (number INTEGER PRIMARY KEY, id TEXT, source TEXT, address TEXT, profile TEXT)",
    "place (kind INTEGER, id BLOB, place TEXT, PRIMARY KEY (kind, id)) WITHOUT ROWID",
)


class Waiting(NamedTuple):
    """A subscriber who has been read."""

    number: int
    id: SubscriberId
    source: str
    address: str  # folded; empty where there is none
    profile: str

    def unpacked(self) -> Subscriber:
        """The subscriber."""
        return codec.decode(self.profile, source=self.source)


class Places:
    """Ids, each with the place that named it first."""

    def __init__(self, database: sqlite3.Connection, kind: int) -> None:
        self._database, self._kind = database, kind

    def setdefault(self, name: str, place: str) -> str:
        """The place that named an id first; the given one if none did so far."""
        key = self._kind, name.encode("utf-8", "surrogatepass")
        insert = "INSERT INTO place VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
        if self._database.execute(insert, (*key, place)).rowcount:
            return place
        select = "SELECT place FROM place WHERE kind = ? AND id = ?"
        found: str = self._database.execute(select, key).fetchone()[0]
        return found

    def __contains__(self, name: str) -> bool:
        select = "SELECT 1 FROM place WHERE kind = ? AND id = ?"
        return self._database.execute(select, (self._kind, name.encode())).fetchone() is not None


class Stage:
    """The subscribers of a file, in its order, and who took which id."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        for table in _TABLES:
            database.execute(f"CREATE TABLE {table}")
        self.given = Places(database, 0)
        """The ids that stand in the file."""
        self.matched = Places(database, 1)
        """The ids that the ledger has of people whose addresses stand in the file."""

    def add(self, one: Subscriber) -> None:
        """Let a subscriber wait."""
        row = one.id, one.source, folded(one.email), codec.encode(one)
        insert = "INSERT INTO waiting (id, source, address, profile) VALUES (?, ?, ?, ?)"
        self._database.execute(insert, row)

    def rename(self, one: Waiting, to: SubscriberId) -> Subscriber:
        """Give somebody another id."""
        renamed = replace(one.unpacked(), id=to)
        row = to, codec.encode(renamed), one.number
        self._database.execute("UPDATE waiting SET id = ?, profile = ? WHERE number = ?", row)
        return renamed

    def drop(self, those: Iterable[Waiting]) -> None:
        """Let these wait no longer."""
        numbers = [(one.number,) for one in those]
        self._database.executemany("DELETE FROM waiting WHERE number = ?", numbers)

    def count(self) -> int:
        """How many wait."""
        return int(self._database.execute("SELECT count(*) FROM waiting").fetchone()[0])

    def batches(self, size: int) -> Iterator[list[Waiting]]:
        """Those who wait, in the order of the file; what is done to a batch changes no other."""
        after = 0
        query = "SELECT * FROM waiting WHERE number > ? ORDER BY number LIMIT ?"
        while rows := self._database.execute(query, (after, size)).fetchall():
            after = rows[-1][0]
            yield [Waiting(*row) for row in rows]


@contextmanager
def opened() -> Iterator[Stage]:
    """A stage that leaves nothing behind."""
    with closing(sqlite3.connect("", isolation_level=None)) as database:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{_CACHE << 10}"):
            database.execute(f"PRAGMA {pragma}")
        database.execute("BEGIN")  # one for all: nobody else sees it, and nothing outlives it
        yield Stage(database)
