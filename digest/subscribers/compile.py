"""Has the ledger follow the profile files: they are compiled into it when they change."""

import hashlib
import secrets
import zoneinfo
from collections.abc import Sequence
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Protocol

from digest import private_files
from digest.errors import ConfigError
from digest.model import Origin, Problem, StoredSubscriber, Subscriber
from digest.subscribers.changes import Saved
from digest.subscribers.profile_files import FILE, load, profile_files


class Store(Protocol):
    """What following the files asks of the ledger; see the methods of ``digest.ledger.Ledger``."""

    def compiled(self, host: str, content: str | None, *, now: datetime) -> bool: ...
    def is_compiled(self, host: str, content: str | None) -> bool: ...
    def compile(
        self, host: str, content: str | None, listed: Sequence[Subscriber], *, now: datetime
    ) -> Saved: ...
    def subscribers(self, *, limit: int) -> Sequence[StoredSubscriber]: ...
    def count_subscribers(self, *, origin: Origin) -> int: ...
    def follow_clock(self, zone_data: str, *, now: datetime) -> int: ...


def follow_file(home: Path, ledger: Store, host: str, *, now: datetime) -> Saved | None:
    """Compile the profile files of a home if they have changed; None: they have not.

    Raises:
        ConfigError: The files are wrong, or empty or missing though they had subscribers. The
            ledger stays as it is.
    """
    ledger.follow_clock(zone_data_version(), now=now)
    content = content_hash(home)
    if ledger.compiled(host, content, now=now):
        return None
    return ledger.compile(host, content, listed(home, ledger), now=now)


def listed(home: Path, ledger: Store) -> tuple[Subscriber, ...]:
    """The subscribers of the profile files. A home needs no file if the database has subscribers.

    Raises:
        ConfigError: The files are wrong, or empty or missing though they had subscribers.
    """
    has_file = content_hash(home) is not None
    has_others = bool(ledger.subscribers(limit=1))
    found = load(home, may_be_empty=has_others) if has_file or not has_others else ()
    if not found and (lost := ledger.count_subscribers(origin="file")):
        what = "the file has no subscribers any more" if has_file else "the file is missing"
        people = "1 subscriber" if lost == 1 else f"{lost:,} subscribers"
        what += f", and the ledger has {people} from it: nothing is changed"
        remedy = "put them back; to remove them on purpose: digest subscribers remove --unlisted"
        raise ConfigError([Problem(FILE, what, remedy)])
    return found


def is_compiled(home: Path, ledger: Store, state: Path) -> bool:
    """Whether the ledger has what the profile files say. Nothing is written."""
    host = host_id(state) if (state / "host").exists() else ""
    return ledger.is_compiled(host, content_hash(home))


def content_hash(home: Path) -> str | None:
    """SHA-256 of the names and contents of the profile files, in hex; None: there are none."""
    files = profile_files(home)
    if not files:
        return None
    found = hashlib.sha256()
    for path in files:
        try:
            content = path.read_bytes()
        except OSError:
            content = b""  # loading the files will say why
        name = path.relative_to(home).as_posix()
        found.update(f"{name}\0{len(content)}\0".encode() + content)
    return found.hexdigest()


def zone_data_version() -> str:
    """The version of the time zone data in use, as ``2026b``: the system's, else the package's."""
    for folder in zoneinfo.TZPATH:
        try:
            with (Path(folder) / "tzdata.zi").open(encoding="ascii") as file:
                return file.readline().removeprefix("# version ").strip()
        except (OSError, UnicodeDecodeError):
            continue
    return str(import_module("tzdata").IANA_VERSION)


def host_id(state: Path) -> str:
    """The random name of this host, kept in a file of the state folder."""
    path = state / "host"
    if not path.exists():
        private_files.make_folder(state)
        with private_files.open_to_write(path) as file:
            file.write(secrets.token_hex(16))
    return path.read_text(encoding="ascii").strip()
