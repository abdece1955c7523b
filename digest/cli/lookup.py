"""Looks up subscribers in the profile files and the ledger, and who of them gets no mail."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from rich.text import Text

from digest import subscribers
from digest.cli import app, output
from digest.config.messages import nearest
from digest.errors import ConfigError, LedgerError, NotFound
from digest.ledger import Ledger
from digest.ledger.suppressions import Standing, Suppression
from digest.model import Origin, Problem, StoredSubscriber, Subscriber, SubscriberId
from digest.render.site import FEED_TYPES, archive_index_path, feed_path, opml_path
from digest.subscribers import compile as compiling
from digest.subscribers.changes import folded

Listed = tuple[Subscriber, StoredSubscriber | None]
"""A profile and its row, or None where the file has changed and was not compiled since."""
_COLOURS = {"active": "green", "unsubscribed": "yellow", "suppressed": "red"}
IN_DATABASE = "in the database"  # the ``source`` of a profile that stands in no file
BATCH = 1000  # subscribers that are read from the ledger at a time


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who has a profile, has unsubscribed, or was sent something."""

    id: SubscriberId
    profile: Subscriber | None = None
    stored: StoredSubscriber | None = None
    off: datetime | None = None  # since when there is no mail, by the subscriber's own wish
    suppressed: Suppression | None = None

    @property
    def origin(self) -> Origin | None:
        """Where the profile is kept."""
        return self.stored.origin if self.stored else "file" if self.profile else None

    @property
    def standing(self) -> Standing:
        """Whether mail is sent."""
        if self.off:
            return "unsubscribed"
        return "suppressed" if self.suppressed else "active"

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why no mail is sent, in words."""
        words = [f"unsubscribed on {self.off:%Y-%m-%d}"] if self.off else []
        if one := self.suppressed:
            words.append(f"suppressed on {one.since:%Y-%m-%d}: {one.reason}")
        return tuple(words)


def listed(home: app.Home, ledger: Ledger) -> Iterator[Listed]:
    """Everybody with a profile, read in batches, as a pass would find them now.

    Raises:
        ConfigError: The profile files are wrong, and the ledger has no profiles to go on with.
    """
    files = changed_files(home, ledger)
    yield from ((one, None) for one in files or ())
    for row in stored(ledger):
        if files is None or row.origin == "database":
            yield row.subscriber, row


def stored(ledger: Ledger) -> Iterator[StoredSubscriber]:
    """Everybody whom the ledger has with a profile, read in batches."""
    after = 0
    while batch := ledger.subscribers(after=after, limit=BATCH):
        after = batch[-1].key
        yield from batch


def checked(folder: Path, home: app.Home | None, limit: int) -> tuple[list[Subscriber], int]:
    """Subscribers of the files, ``limit`` of the database at most, and how many there are in all.

    Raises:
        ConfigError: The files are wrong by themselves or against the ledger.
    """
    if home is not None:
        # An error of the ledger is told by whoever asks for it next.
        with suppress(LedgerError), app.read_ledger(home) as ledger:
            files = compiling.listed(folder, ledger)
            if problems := ledger.planned(files, "file", now=datetime.now(UTC)).problems:
                raise ConfigError(problems)
            count = ledger.count_subscribers(origin="database")
            rows = (row for row in stored(ledger) if row.origin == "database")
            others = islice(rows, min(limit, count))
            return [*files, *map(_with_source, others)], len(files) + count
    found = subscribers.load(folder)
    return list(found), len(found)


def _with_source(row: StoredSubscriber) -> Subscriber:
    where = "subscribers.yaml" if row.origin == "file" else IN_DATABASE
    return replace(row.subscriber, source=where)


def changed_files(home: app.Home, ledger: Ledger) -> tuple[Subscriber, ...] | None:
    """The subscribers of files that were not compiled yet; None: the ledger has everybody. Where
    the files are wrong their problems are printed, and what was compiled last holds."""
    if compiling.is_compiled(home.path, ledger, home.state):
        return None
    try:
        return compiling.listed(home.path, ledger)
    except ConfigError as error:
        if not ledger.subscribers(limit=1):
            raise
        output.print_problems(error.problems)
        return None


def everybody(people: Iterable[Listed], ledger: Ledger) -> Iterator[Person]:
    """These people, then others who have unsubscribed."""
    others = {one.subscriber: one.since for one in ledger.unsubscriptions(have_left=True)}
    for person in persons(people, ledger):
        others.pop(person.id, None)
        yield person
    yield from (Person(name, off=since) for name, since in others.items())


def persons(people: Iterable[Listed], ledger: Ledger) -> Iterator[Person]:
    """These people with their standing, which is read in batches."""
    remaining = iter(people)
    while batch := list(islice(remaining, BATCH)):
        names, addresses = [one.id for one, _ in batch], {folded(one.email) for one, _ in batch}
        off = {one.subscriber: one.since for one in ledger.unsubscriptions(of=names)}
        suppressed = {one.address: one for one in ledger.suppressions(of=addresses)}
        for one, row in batch:
            yield Person(one.id, one, row, off.get(one.id), suppressed.get(folded(one.email)))


def notes(profiles: Iterable[Subscriber], ledger: Ledger) -> list[Problem]:
    """Of those whose profile asks for mail, who gets none, and how to change it."""
    return [
        Problem(
            person.profile.source or person.id,
            f"{person.id} gets no mail: {reason}",
            f"to send it again on purpose: digest subscribers resubscribe {person.id}",
        )
        for person in persons(((one, None) for one in profiles), ledger)
        if person.profile and "email" in person.profile.channels
        for reason in person.reasons
    ]


def profile(home: app.Home, ledger: Ledger, name: str) -> Subscriber:
    """The profile under an id, as a pass would find it now.

    Raises:
        ConfigError: The profile files are wrong, and the ledger has no profiles to go on with.
        NotFound: There is none; it names the ids nearest to it.
    """
    return _profile(home, ledger, name)[0]


def _profile(home: app.Home, ledger: Ledger, name: str) -> Listed:
    files = changed_files(home, ledger)
    for one in files or ():
        if one.id == name:
            return one, None
    try:
        found = ledger.subscriber(name)
    except NotFound as error:
        near = nearest(name, [one.id for one in files or ()])
        raise NotFound("subscriber", name, (*near, *error.nearest)) from error
    if files is not None and found.origin == "file":
        raise NotFound("subscriber", name)
    return _with_source(found), found


def find(home: app.Home, ledger: Ledger, name: str) -> Person:
    """Somebody who has a profile, has unsubscribed, or was sent something. Raises NotFound."""
    wanted = SubscriberId(name)
    try:
        (person,) = persons([_profile(home, ledger, name)], ledger)
    except (ConfigError, NotFound) as error:
        off = ledger.unsubscriptions(of=[wanted])
        if not off and not ledger.deliveries(subscribers=[wanted], limit=1):
            raise
        if isinstance(error, ConfigError):  # who wants no more mail need not wait for the mending
            output.print_problems(error.problems)
        return Person(wanted, off=off[0].since if off else None)
    return person


def as_json(home: app.Home, person: Person) -> dict[str, Any]:
    """What is printed of a person as JSON, with the addresses of the feeds."""
    profile, token = person.profile, person.stored.feed_token if person.stored else None
    has_feeds = profile is not None and "feed" in profile.channels
    kinds = FEED_TYPES if has_feeds else ()
    feeds = {kind: home.site.url(feed_path(token, kind)) for kind in kinds if token}
    return {
        "id": person.id,
        "listed": profile is not None,
        "origin": person.origin,
        "name": profile.name if profile else "",
        "email": profile.email if profile else None,
        "channels": list(profile.channels) if profile else [],
        "state": person.standing,
        "reasons": list(person.reasons),
        "next_due": person.stored.next_due if person.stored else None,
        "feeds": feeds,
        "opml": home.site.url(opml_path(token)) if feeds and token else None,
        "archive": home.site.url(archive_index_path(token)) if token else None,
    }


def row(person: Person) -> tuple[str | Text, ...]:
    """The cells of a person's line in a table."""
    profile = person.profile
    return (
        person.id,
        profile.email or "–" if profile else "–",
        ", ".join(profile.channels) if profile else "in no profile",
        Text(person.standing, _COLOURS[person.standing]),
        "; ".join(person.reasons),
    )
