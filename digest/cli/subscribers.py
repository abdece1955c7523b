"""``digest subscribers``: who there is, who is mailed, and changing either."""

import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import get_args

import click

from digest import private_files
from digest import subscribers as profiles
from digest.cli import app, lookup, output
from digest.cli.lookup import BATCH, IN_DATABASE, Person
from digest.cli.options import file_type, pass_home
from digest.cli.subscribers_import import import_
from digest.errors import ConfigError
from digest.ledger.suppressions import Standing
from digest.model import Subscriber
from digest.subscribers import codec, lists, parquet

_STATES = click.Choice(get_args(Standing))


def _check_kind(_: click.Context, __: click.Parameter, value: Path | None) -> Path | None:
    if value is not None and value.suffix not in lists.KINDS:
        raise click.BadParameter(f"its name has to end in one of {', '.join(lists.KINDS)}")
    return value


@click.group()
def subscribers() -> None:
    """Show, import, edit and remove subscribers; turn their mail off or on."""


subscribers.add_command(import_)


@subscribers.command("list")
@click.option("--state", "states", multiple=True, type=_STATES, help="Only these states.")
@pass_home(
    "digest subscribers list", "digest subscribers list --state suppressed --json", json=True
)
def list_(home: app.Home, states: tuple[str, ...], as_json: bool) -> None:
    """List subscribers: active, unsubscribed, or suppressed because mail came back."""
    with app.read_ledger(home) as ledger:
        found = lookup.everybody(lookup.listed(home, ledger), ledger)
        wanted = (one for one in found if not states or one.standing in states)
        if as_json:
            output.print_json_array(lookup.as_json(home, one) for one in wanted)
        else:
            _print_rows(wanted)


@subscribers.command()
@click.argument("subscriber")
@pass_home("digest subscribers show ada", json=True)
def show(home: app.Home, subscriber: str, as_json: bool) -> None:
    """Show SUBSCRIBER's profile with all its values, where it is kept and its feed addresses."""
    with app.read_ledger(home) as ledger:
        person = lookup.find(home, ledger, subscriber)
    found = lookup.as_json(home, person)
    entry = codec.as_entry(person.profile) if person.profile else None
    if as_json:
        output.print_json({**found, "profile": entry})
        return
    names = {"kept": found["origin"] or "nowhere", "state": person.standing}
    names |= {"why": "; ".join(person.reasons), "next digest": found["next_due"]}
    names |= {f"{kind} feed": address for kind, address in found["feeds"].items()}
    names |= {"all feeds (OPML)": found["opml"], "archive": found["archive"]}
    told = {name: said for name, said in names.items() if said}
    output.console().print(output.named(told))
    if person.profile:
        click.echo("\n" + lists.as_yaml(person.profile), nl=False)


@subscribers.command()
@click.argument("subscriber")
@pass_home("digest subscribers edit ada", now=True)
def edit(home: app.Home, subscriber: str, now: datetime) -> int:
    """Edit the profile of SUBSCRIBER, who is kept in the database, in $EDITOR.

    It is checked as `subscribers.yaml` is. The digest moves to the next due time of the new
    schedule; nothing is sent at once.
    """
    with app.open_ledger(home) as ledger:
        profile = lookup.profile(home, ledger, subscriber)
        if profile.source != IN_DATABASE:
            where = profile.source
            raise click.ClickException(f"{subscriber} is kept in {where}: edit that file.")
        edited = _edited(profile)
        if edited is None:
            click.echo("Nothing is changed.")
            return 0
        changed = ledger.save([edited], now=now).changed
    click.echo(f"{subscriber}: changed." if changed else "Nothing is changed.")
    problems = list(profiles.switched_off([edited]))
    output.print_problems(problems)
    return int(bool(problems))


def _edited(before: Subscriber) -> Subscriber | None:
    """The profile as somebody has edited it; None: it is to stay as it is."""
    head = f"# {before.id}: save it and close the editor. An empty file leaves all as it was.\n"
    text = lists.as_yaml(before)
    while True:
        changed = click.edit(head + text, extension=".yaml", require_save=False)
        lines = (changed or "").splitlines(keepends=True)
        text = "".join(line for line in lines if line != head)
        if not text.strip():
            return None
        try:
            after = lists.edited((changed or "").encode(), str(before.id))
        except ConfigError as error:
            output.print_problems(error.problems)
        else:
            if after.id == before.id:
                return after
            click.echo(f"{before.id}: an id cannot change; links in mails name it.", err=True)
        if not click.confirm("Edit it again?", default=True, err=True):
            return None


@subscribers.command()
@click.argument("file", type=file_type(), callback=_check_kind, required=False)
@pass_home("digest subscribers export people.csv", "digest subscribers export | less")
def export(home: app.Home, file: Path | None) -> None:
    """Write all subscribers to FILE, or as YAML to standard output.

    FILE ends in .yaml, .jsonl, .csv or .parquet, and can be imported.
    """
    if file is not None and file.exists():
        raise click.ClickException(f"{file} exists already; choose another name or move it away.")
    with app.read_ledger(home) as ledger:
        everybody = (profile for profile, _ in lookup.listed(home, ledger))
        if file is None:
            lists.write(sys.stdout, ".yaml", everybody)
            return
        tracked = output.track(everybody, "Writing", ledger.count_subscribers())
        if file.suffix == ".parquet":
            parquet.write(file, tracked)
            return
        with private_files.open_to_write(file) as out:
            lists.write(out, file.suffix, tracked)


@subscribers.command()
@click.argument("ids", metavar="[SUBSCRIBER]...", nargs=-1)
@click.option("--unlisted", is_flag=True, help="Everybody who left subscribers.yaml.")
@pass_home(
    "digest subscribers remove ada bob", "digest subscribers remove --unlisted", now=True, json=True
)
def remove(
    home: app.Home, ids: tuple[str, ...], unlisted: bool, now: datetime, as_json: bool
) -> None:
    """Remove subscribers from the database: waiting mail is cancelled, feeds and pages go.

    Whoever stands in `subscribers.yaml` is removed there. Their ids are not given to anybody else.
    """
    if not ids and not unlisted:
        raise click.UsageError("name subscribers, or give --unlisted")
    with app.open_ledger(home) as ledger:
        wanted = [ledger.subscriber(name) for name in ids]
        listed = profiles.load(home.path, may_be_empty=True)
        files = {one.id: one.source for one in listed}
        for one in wanted:
            if one.origin == "file" and (where := files.get(one.subscriber.id)):
                raise click.ClickException(f"{one.subscriber.id}: delete the entry in {where}.")
        if unlisted:
            came = (one for one in lookup.stored(ledger) if one.origin == "file")
            wanted += [one for one in came if one.subscriber.id not in files]
        removed = ledger.remove([one.subscriber.id for one in wanted], now=now)
    told = f"Removed: {', '.join(removed)}." if removed else "Nobody is removed."
    output.answer(as_json, removed, lambda: click.echo(told))


@subscribers.command()
@click.argument("subscriber")
@pass_home("digest subscribers unsubscribe ada", now=True)
def unsubscribe(home: app.Home, subscriber: str, now: datetime) -> None:
    """Send SUBSCRIBER no more mail, whatever the profiles say. Feeds go on."""
    with app.open_ledger(home) as ledger:
        person = lookup.find(home, ledger, subscriber)
        new = ledger.unsubscribe(person.id, now=now)
    told = "unsubscribed; no more mail is sent" if new else "was unsubscribed already"
    click.echo(f"{person.id}: {told}.")


@subscribers.command()
@click.argument("subscriber")
@pass_home("digest subscribers resubscribe ada")
def resubscribe(home: app.Home, subscriber: str) -> None:
    """Send mail to SUBSCRIBER again, who has unsubscribed or is suppressed.

    Do this only when the subscriber has asked for it, or the address is known to work again.
    Digests that were cancelled meanwhile stay cancelled; `digest deliveries resend` sends one.
    """
    with app.open_ledger(home) as ledger:
        person = lookup.find(home, ledger, subscriber)
        ledger.resubscribe(person.id, person.profile.email if person.profile else None)
    for reason in person.reasons:
        click.echo(f"{person.id}: no longer {reason}")
    again = "gets mail again" if person.reasons else "was active already"
    click.echo(f"{person.id}: {again}.")


@subscribers.command()
@pass_home("digest subscribers suppressions", json=True)
def suppressions(home: app.Home, as_json: bool) -> None:
    """List the addresses to which no mail is sent, with the reasons."""
    with app.read_ledger(home) as ledger:
        found = ledger.suppressions()
    if as_json:
        output.print_json([output.fields(one, "address", "since", "reason") for one in found])
    elif found:
        rows = [(one.address, f"{one.since:%Y-%m-%d}", one.reason) for one in found]
        output.console().print(output.table(("Address", "Since", "Reason"), rows))
    else:
        click.echo("Nobody is suppressed.")


def _print_rows(found: Iterable[Person]) -> None:
    """Print people as tables of a batch each, so that no more are in memory."""
    remaining = iter(found)
    headings: Sequence[str] = ("Subscriber", "Address", "Channels", "State", "")
    while batch := list(islice(remaining, BATCH)):
        output.console().print(output.table(headings, map(lookup.row, batch)))
        headings = ("",) * len(headings)
    if headings[0]:
        click.echo("No such subscribers.")
