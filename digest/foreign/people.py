"""Readers of another program, and a report of what of them has no place here."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from digest.errors import ConfigError
from digest.foreign import words
from digest.model import Problem, Subscriber
from digest.subscribers.reading import Reading
from digest.subscribers.rows import Row
from digest.subscribers.yaml_document import Plain

Kind = Literal["arxiv-sanity", "zotero-arxiv-daily", "opml", "listmonk", "csv"]
LARGEST = 64 * 2**20  # bytes of a file that is read as a whole
MOST_TOLD = 1000  # different things of a report that are told one by one
_READERS: dict[str, str] = {
    "arxiv-sanity": "arxiv_sanity",
    "zotero-arxiv-daily": "zotero_arxiv_daily",
    "opml": "opml",
    "listmonk": "mailing_list",
    "csv": "mailing_list",
}
"""The module of each kind, with a function ``people``."""


@dataclass(frozen=True, slots=True)
class Person:
    """A reader of another program."""

    where: str  # ``file:line``, or ``file`` and what the other program calls the reader
    name: str  # what an id is made of: a name or an address
    entry: Mapping[str, Any]  # the keys of a profile that are known, without ``id``
    liked: tuple[str, ...] = ()  # arXiv numbers of papers that the reader has kept


@dataclass(slots=True)
class Report:
    """What could not be carried over, and the ``[[sources]]`` that the other program reads."""

    file: str
    sources: list[dict[str, Any]] = field(default_factory=list)
    untold: int = 0  # how many further problems there are
    _told: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)

    def tell(self, where: int | str, what: str, remedy: str = "") -> None:
        """Add what could not be carried over, at a line of the file (0: it has none). The same of
        several lines is told once, with their number."""
        place = where if isinstance(where, str) else f"{self.file}:{where}" if where else self.file
        first, others = self._told.get((what, remedy), (place, -1))
        if others >= 0 or len(self._told) < MOST_TOLD:
            self._told[what, remedy] = first, others + 1
        else:
            self.untold += 1

    @property
    def problems(self) -> Iterator[Problem]:
        """What was told, each with the place where it was found first."""
        for (what, remedy), (place, others) in self._told.items():
            also = f" (and {others:,} more like it)" if others else ""
            yield Problem(place, what + also, remedy)
        if self.untold:
            yield Problem(self.file, f"{self.untold:,} more could not be carried over")


def read(
    kind: Kind, path: Path, report: Report, *, interests: Sequence[str] = (), email: str = ""
) -> Iterator[Person]:
    """The readers in a file of another program. ``interests`` are for those of whom the file tells
    none; ``email`` is for the only one of a program that has one.

    Raises:
        ConfigError: It is no such file.
    """
    reader: Callable[[Path, Report], Iterator[Person]]
    reader = import_module(f"digest.foreign.{_READERS[kind]}").people
    for person in reader(path, report):
        entry = dict(person.entry)
        entry.setdefault("interests", list(interests))
        if not entry["interests"]:
            what = "left out: nothing tells what this reader is interested in"
            report.tell(person.where, what, 'give some for all: --interests "one; another"')
            continue
        if email:
            entry.setdefault("email", email)
        if "email" not in entry:
            entry["channels"] = ["feed"]
            remedy = "add `email:` to the profile, and `channels: [email]`"
            report.tell(person.where, "there is no address: the digest is a feed", remedy)
        yield replace(person, entry=entry)


def profiles(
    people: Iterator[Person], report: Report
) -> Iterator[tuple[Subscriber, tuple[str, ...]]]:
    """The people with profiles, checked as `subscribers.yaml` is, each with what the reader liked.
    Who has none that is right is left out and reported. Ids are unique among them."""
    reading, ids, addresses = Reading(), words.Ids(), dict[str, str]()
    for person in people:
        address = str(person.entry.get("email", "")).casefold()
        if address and (first := addresses.setdefault(address, person.where)) != person.where:
            report.tell(person.where, f"left out: the address is that of {first}", "")
            continue
        entry = {"id": ids.unused(person.name), **person.entry}
        faults = list(reading.entry(Row(1, _plain(entry)), (), person.where))
        for fault in faults:
            report.tell(person.where, f"left out: {fault.what}", fault.remedy)
        if not faults:
            yield replace(reading.subscribers[0], source=person.where), person.liked
        reading.subscribers.clear()


def content(path: Path) -> bytes:
    """The bytes of a file that is read as a whole.

    Raises:
        ConfigError: It is too large.
    """
    if path.stat().st_size > LARGEST:
        what = f"larger than {LARGEST // 2**20} MiB"
        raise ConfigError([Problem(path.name, what, "give the file of the other program")])
    return path.read_bytes()


def not_this(path: Path, what: str, remedy: str) -> ConfigError:
    """The error that a file is not what ``--from`` says."""
    return ConfigError([Problem(path.name, what, remedy)])


def _plain(value: Any) -> Any:
    """A value as an entry of a profile file has it."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value if isinstance(value, str) else Plain(str(value), value)
