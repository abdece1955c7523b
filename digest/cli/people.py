"""``digest subscribers``: who is mailed, who is not, and taking either back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from digest.cli.options import json_option, moment, now_option, pass_home
from digest.errors import ConfigError, NotFound

if TYPE_CHECKING:
    from digest.ledger import Ledger
    from digest.ledger.suppressions import Suppression
    from digest.model import Problem, Subscriber, SubscriberId

Standing = Literal["active", "unsubscribed", "suppressed"]
STANDINGS = click.Choice(["active", "unsubscribed", "suppressed"])
_COLOURS = {"active": "green", "unsubscribed": "yellow", "suppressed": "red"}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom a profile lists, or who has unsubscribed, and why no mail is sent."""

    id: SubscriberId
    profile: Subscriber | None
    """None: no profile lists this id any more."""
    off: datetime | None = None
    """Since when there is no mail, by the subscriber's own wish."""
    suppressed: Suppression | None = None

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


def everybody(listed: Iterable[Subscriber], ledger: Ledger) -> list[Person]:
    """The people of the profiles in their order, then others who must not be mailed."""
    from digest.ledger.suppressions import folded

    profiles = {profile.id: profile for profile in listed}
    off = {one.subscriber: one.since for one in ledger.unsubscriptions()}
    suppressed = {one.address: one for one in ledger.suppressions()}
    people = []
    for name in dict.fromkeys([*profiles, *off]):
        profile = profiles.get(name)
        address = folded(profile.email or "") if profile else ""
        people.append(Person(name, profile, off.get(name), suppressed.get(address)))
    return people


def notes(listed: Iterable[Subscriber], ledger: Ledger) -> list[Problem]:
    """Of the people whose profile asks for mail, those who get none, and how to change it."""
    from digest.model import Problem

    return [
        Problem(
            person.profile.source or person.id,
            f"{person.id} gets no mail: {reason}",
            f"to send it again on purpose: digest subscribers resubscribe {person.id}",
        )
        for person in everybody(listed, ledger)
        if person.profile and "email" in person.profile.channels and person.standing != "active"
        for reason in person.reasons
    ]


@click.group()
def subscribers() -> None:
    """Show who is mailed, and turn mail off or on by hand."""


@subscribers.command("list")
@click.option("--state", "progress", multiple=True, type=STANDINGS, help="Only these states.")
@json_option
@pass_home
def list_(home: Path, progress: tuple[str, ...], as_json: bool) -> None:
    """List subscribers: active, unsubscribed, or suppressed because mail came back.

    \b
    Examples:
      digest subscribers list
      digest subscribers list --state suppressed --json
    """
    from digest import subscribers as profiles
    from digest.cli import app

    listed = profiles.load(home)
    with app.look_into_ledger(app.open_home(home)) as ledger:
        people = everybody(listed, ledger)
    wanted = [one for one in people if not progress or one.standing in progress]
    if as_json:
        click.echo(json.dumps([_as_json(one) for one in wanted], indent=2))
    else:
        _show(wanted)


@subscribers.command()
@click.argument("subscriber")
@now_option
@pass_home
def unsubscribe(home: Path, subscriber: str, now: datetime | None) -> None:
    """Send SUBSCRIBER no more mail, whatever the profiles say. Feeds go on.

    \b
    Example:
      digest subscribers unsubscribe ada
    """
    from digest import subscribers as profiles
    from digest.cli import app

    try:
        listed = profiles.load(home)
    except ConfigError as error:  # whoever wants no more mail need not wait until it is mended
        click.echo(str(error), err=True)
        listed = ()
    with app.open_ledger(app.open_home(home)) as ledger:
        name = _known(subscriber, listed, ledger)
        if ledger.unsubscribe(name, now=moment(now)):
            click.echo(f"{name}: unsubscribed; no more mail is sent.")
        else:
            click.echo(f"{name}: was unsubscribed already.")


@subscribers.command()
@click.argument("subscriber")
@pass_home
def resubscribe(home: Path, subscriber: str) -> None:
    """Send mail to SUBSCRIBER again, who has unsubscribed or is suppressed.

    Do this only when the subscriber has asked for it, or the address is known to work again.
    Digests that were cancelled meanwhile stay cancelled; `digest deliveries resend` sends one.

    \b
    Example:
      digest subscribers resubscribe ada
    """
    from digest import subscribers as profiles
    from digest.cli import app

    listed = profiles.load(home)
    with app.open_ledger(app.open_home(home)) as ledger:
        name = _known(subscriber, listed, ledger)
        found = {one.id: one for one in everybody(listed, ledger)}
        person = found.get(name) or Person(name, None)
        ledger.resubscribe(name, person.profile.email if person.profile else None)
    for reason in person.reasons:
        click.echo(f"{name}: no longer {reason}")
    click.echo(f"{name}: gets mail again." if person.reasons else f"{name}: was active already.")


@subscribers.command()
@json_option
@pass_home
def suppressions(home: Path, as_json: bool) -> None:
    """List the addresses to which no mail is sent, with the reasons.

    \b
    Example:
      digest subscribers suppressions
    """
    from digest.cli import app, terminal

    with app.look_into_ledger(app.open_home(home)) as ledger:
        found = ledger.suppressions()
    if as_json:
        listed = [
            {
                "address": one.address,
                "since": one.since.isoformat(),
                "reason": one.reason,
            }
            for one in found
        ]
        click.echo(json.dumps(listed, indent=2))
    elif found:
        rows = terminal.table("Address", "Since", "Reason")
        for one in found:
            rows.add_row(
                terminal.escape(one.address), f"{one.since:%Y-%m-%d}", terminal.escape(one.reason)
            )
        terminal.console().print(rows)
    else:
        click.echo("Nobody is suppressed.")


def _known(name: str, listed: Sequence[Subscriber], ledger: Ledger) -> SubscriberId:
    """The id of somebody whom a profile lists or a delivery was made for. Raises NotFound."""
    from digest.config.messages import nearest
    from digest.model import SubscriberId

    wanted = SubscriberId(name)
    known = [person.id for person in everybody(listed, ledger)]
    if wanted in known or ledger.deliveries(subscribers=[wanted], limit=1):
        return wanted
    raise NotFound("subscriber", name, nearest(name, known))


def _as_json(person: Person) -> dict[str, Any]:
    profile = person.profile
    return {
        "id": person.id,
        "listed": profile is not None,
        "email": profile.email if profile else None,
        "channels": list(profile.channels) if profile else [],
        "state": person.standing,
        "reasons": list(person.reasons),
    }


def _show(people: Sequence[Person]) -> None:
    from digest.cli import terminal

    if not people:
        click.echo("No such subscribers.")
        return
    rows = terminal.table("Subscriber", "Address", "Channels", "State", "")
    for person in people:
        profile = person.profile
        colour = _COLOURS[person.standing]
        rows.add_row(
            person.id,
            terminal.escape(profile.email or "–") if profile else "–",
            ", ".join(profile.channels) if profile else "in no profile",
            f"[{colour}]{person.standing}[/{colour}]",
            terminal.escape("; ".join(person.reasons)),
        )
    terminal.console().print(rows)
