"""Who is in a home, from the profile files and the ledger, and who of them gets no mail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from rich.text import Text

from digest.cli import output
from digest.cli.app import Home
from digest.config.messages import nearest
from digest.errors import ConfigError, NotFound
from digest.ledger import Ledger
from digest.ledger.suppressions import Suppression
from digest.model import Origin, Problem, StoredSubscriber, Subscriber, SubscriberId
from digest.render.site import FEED_TYPES, archive_index_path, feed_path
from digest.subscribers import compile as compiling
from digest.subscribers.changes import folded

Standing = Literal["active", "unsubscribed", "suppressed"]
_COLOURS = {"active": "green", "unsubscribed": "yellow", "suppressed": "red"}
BATCH = 1000
"""Subscribers that are read from the ledger at a time."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A subscriber as the files or the ledger have it."""

    profile: Subscriber
    origin: Origin
    stored: StoredSubscriber | None = None
    """None: the file has changed and was not compiled since."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who has a profile, or who has unsubscribed, and why no mail is sent."""

    id: SubscriberId
    listed: Listed | None
    """None: there is no profile under this id any more."""
    off: datetime | None = None
    """Since when there is no mail, by the subscriber's own wish."""
    suppressed: Suppression | None = None

    @property
    def profile(self) -> Subscriber | None:
        """The profile, if there is one."""
        return self.listed.profile if self.listed else None

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
        if self.suppressed:
            since = f"{self.suppressed.since:%Y-%m-%d}"
            words.append(f"suppressed on {since}: {self.suppressed.reason}")
        return tuple(words)


def listed(home: Home, ledger: Ledger) -> Iterator[Listed]:
    """Everybody with a profile, read in batches, as a pass would find them now.

    Raises:
        ConfigError: The profile files are wrong, and the ledger has no profiles to go on with.
    """
    files = _changed_files(home, ledger)
    if files is not None:
        yield from (Listed(one, "file") for one in files)
    for row in stored(ledger):
        if files is None or row.origin == "database":
            yield Listed(row.subscriber, row.origin, row)


def stored(ledger: Ledger) -> Iterator[StoredSubscriber]:
    """Everybody whom the ledger has with a profile, read in batches."""
    after = 0
    while batch := ledger.subscribers(after=after, limit=BATCH):
        after = batch[-1].key
        yield from batch


def _changed_files(home: Home, ledger: Ledger) -> tuple[Subscriber, ...] | None:
    """The subscribers of files that were not compiled yet; None: the ledger has everybody.

    Where the files are wrong their problems are printed, and what was compiled last holds.
    """
    if compiling.is_compiled(home.path, ledger, home.state):
        return None
    try:
        return compiling.listed(home.path, ledger)
    except ConfigError as error:
        if not ledger.count_subscribers():
            raise
        output.print_problems(error.problems)
        return None


def everybody(people: Iterable[Listed], ledger: Ledger) -> Iterator[Person]:
    """These people, then others who must not be mailed."""
    off = {one.subscriber: one.since for one in ledger.unsubscriptions()}
    suppressed = {one.address: one for one in ledger.suppressions()}
    for one in people:
        yield _person(one, off.pop(one.profile.id, None), suppressed)
    for name, since in off.items():
        yield Person(name, None, since)


def notes(people: Iterable[Listed], ledger: Ledger) -> list[Problem]:
    """Of the people whose profile asks for mail, those who get none, and how to change it."""
    return [
        Problem(
            person.profile.source or person.id,
            f"{person.id} gets no mail: {reason}",
            f"to send it again on purpose: digest subscribers resubscribe {person.id}",
        )
        for person in everybody(people, ledger)
        if person.profile and "email" in person.profile.channels and person.standing != "active"
        for reason in person.reasons
    ]


def profile(home: Home, ledger: Ledger, name: str) -> Listed:
    """The profile under an id, as a pass would find it now.

    Raises:
        ConfigError: The profile files are wrong, and the ledger has no profiles to go on with.
        NotFound: There is none; it names the ids nearest to it.
    """
    files = _changed_files(home, ledger)
    if files is not None:
        for one in files:
            if one.id == name:
                return Listed(one, "file")
    try:
        found = ledger.subscriber(name)
    except NotFound as error:
        near = nearest(name, [one.id for one in files or ()])
        raise NotFound("subscriber", name, (*near, *error.nearest)) from error
    if files is not None and found.origin == "file":
        raise NotFound("subscriber", name)
    where = "subscribers.yaml" if found.origin == "file" else "in the database"
    return Listed(replace(found.subscriber, source=where), found.origin, found)


def find(home: Home, ledger: Ledger, name: str) -> Person:
    """Somebody who has a profile, has unsubscribed, or was sent something. Raises NotFound."""
    wanted = SubscriberId(name)
    off = {one.subscriber: one.since for one in ledger.unsubscriptions()}.get(wanted)
    try:
        found = profile(home, ledger, name)
    except (ConfigError, NotFound) as error:
        if off is None and not ledger.deliveries(subscribers=[wanted], limit=1):
            raise
        if isinstance(error, ConfigError):  # who wants no more mail need not wait for the mending
            output.print_problems(error.problems)
        return Person(wanted, None, off)
    return _person(found, off, {one.address: one for one in ledger.suppressions()})


def _person(listed: Listed, off: datetime | None, suppressed: Mapping[str, Suppression]) -> Person:
    address = folded(listed.profile.email) or ""
    return Person(listed.profile.id, listed, off, suppressed.get(address))


def as_json(home: Home, person: Person) -> dict[str, Any]:
    """What is printed of a person as JSON, with the addresses of the feeds."""
    profile, listed = person.profile, person.listed
    stored = listed.stored if listed else None
    token = stored.feed_token if stored else None
    has_feed = profile is not None and "feed" in profile.channels
    feeds = {
        kind: home.site.url(feed_path(token, kind)) for kind in FEED_TYPES if token and has_feed
    }
    return {
        "id": person.id,
        "listed": profile is not None,
        "origin": listed.origin if listed else None,
        "name": profile.name if profile else "",
        "email": profile.email if profile else None,
        "channels": list(profile.channels) if profile else [],
        "state": person.standing,
        "reasons": list(person.reasons),
        "next_due": stored.next_due if stored else None,
        "feeds": feeds,
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
