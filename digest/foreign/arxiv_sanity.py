"""Tags of arxiv-sanity-lite: its ``dict.db``, or the same as JSON. A user's tags become interests,
and the papers under them papers that the user likes."""

import json
import re
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from digest.foreign import words
from digest.foreign.people import Person, Report, content, not_this
from digest.foreign.plain_pickle import NotPlain, load

_LARGEST = 16 * 2**20  # bytes of what one user has, unpacked
_STEPS = 50_000_000  # of SQLite's machine for all
_WANTED = "give data/dict.db of arxiv-sanity-lite, or JSON as {user: {tag: [arXiv numbers]}}"
_NUMBER = re.compile(r"(\d{4}\.\d{4,5}|[a-z-]{2,12}(?:\.[A-Z]{2})?/\d{7})(?:v\d{1,3})?", re.ASCII)
_COMPUTED = re.compile(r"\b(?:VIRTUAL|AS)\b", re.IGNORECASE)
_LIMIT = 20  # papers in one of its mails
Tags = dict[str, list[str]]


def people(path: Path, report: Report) -> Iterator[Person]:
    """The users who have tags. Raises ConfigError where it is no such file."""
    with path.open("rb") as file:
        is_database = file.read(16) == b"SQLite format 3\0"
    tags, addresses = _from_database(path, report) if is_database else _from_json(path)
    for user, given in sorted(tags.items()):
        yield _person(user, given, addresses.get(user, ""), report)


def _person(user: str, tags: Tags, address: str, report: Report) -> Person:
    where = f"{report.file} (user {words.shown(user)})"
    interests, left = words.phrases(tags)
    for tag in left:
        what = f"the tag {words.shown(tag)} names no subject: its papers count as liked"
        report.tell(where, what)
    numbers: dict[str, None] = {}
    for name in dict.fromkeys(each for ids in tags.values() for each in ids):
        if found := _NUMBER.fullmatch(name):
            numbers[found[1]] = None
        else:
            report.tell(where, f"{words.shown(name)} under a tag is no arXiv number")
    entry: dict[str, Any] = {"schedule": {"every": "day"}, "limit": _LIMIT}
    entry |= {"email": address} if address else {}
    entry |= {"interests": interests} if interests else {}
    return Person(where, user, {"name": user, **entry}, tuple(numbers))


def _from_json(path: Path) -> tuple[dict[str, Tags], dict[str, str]]:
    try:
        found = json.loads(content(path))
    except (ValueError, RecursionError) as error:
        raise not_this(path, f"neither SQLite nor JSON: {error}", _WANTED) from error
    if not isinstance(found, dict) or not found:
        raise not_this(path, "JSON without users", _WANTED)
    if all(isinstance(value, list) for value in found.values()):
        found = {path.stem: found}  # of one user alone
    users = {user: tags for user, given in found.items() if (tags := _tags(given))}
    if not users:
        raise not_this(path, "JSON without tags", _WANTED)
    return users, {}


def _tags(given: object) -> Tags | None:
    """Tags with their papers; None where the value is of another form."""
    if not isinstance(given, dict):
        return None
    return {
        str(tag): [each for each in papers if isinstance(each, str)]
        for tag, papers in given.items()
        if isinstance(papers, list | set)
    }


def _from_database(path: Path, report: Report) -> tuple[dict[str, Tags], dict[str, str]]:
    tags: dict[str, Tags] = {}
    addresses: dict[str, str] = {}
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            _bound(database)
            for user, blob in _table(database, "tags"):
                try:
                    found = _tags(load(_unpacked(blob)))
                except NotPlain as error:
                    report.tell(f"{report.file} (user {words.shown(user)})", f"left out: {error}")
                    continue
                if found:
                    tags[user] = {tag: sorted(papers) for tag, papers in found.items()}
            for user, blob in _table(database, "email"):
                try:
                    address = load(blob)
                except NotPlain:
                    address = None
                if isinstance(address, str) and address:
                    addresses[user] = address
    except sqlite3.Error as error:
        raise not_this(path, f"cannot be read as a database: {error}", _WANTED) from error
    if not tags:
        raise not_this(path, "a database without tags", _WANTED)
    return tags, addresses


def _bound(database: sqlite3.Connection) -> None:
    """Let a hostile database neither run for long nor make large values."""
    steps = iter(range(_STEPS // 100_000))
    database.set_progress_handler(lambda: next(steps, None) is None, 100_000)
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LARGEST)
    database.execute("PRAGMA trusted_schema = OFF")
    database.execute("PRAGMA query_only = ON")


def _table(database: sqlite3.Connection, name: str) -> Iterator[tuple[str, bytes]]:
    """The rows of a table of keys and values; nothing where it is no plain table."""
    query = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?"
    made = database.execute(query, (name,)).fetchone()
    if made is None or _COMPUTED.search(str(made[0])):
        return
    for key, value in database.execute(f'SELECT key, value FROM "{name}"'):  # noqa: S608  our names
        if isinstance(key, str) and isinstance(value, bytes):
            yield key, value


def _unpacked(blob: bytes) -> bytes:
    """Tags are compressed, but by some forks. Raises NotPlain."""
    if blob.startswith(b"\x80"):  # as a pickle begins, and no zlib data
        return blob
    unpacker = zlib.decompressobj()
    try:
        found = unpacker.decompress(blob, _LARGEST)
    except zlib.error as error:
        raise NotPlain(f"its tags cannot be unpacked: {error}") from error
    if unpacker.unconsumed_tail:
        raise NotPlain(f"more than {_LARGEST // 2**20} MiB of tags")
    return found
