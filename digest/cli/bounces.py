"""``digest bounces``: what came back by mail, and what it changes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from digest.cli.options import json_option, moment, now_option, pass_home

if TYPE_CHECKING:
    from digest.bounces.handle import BounceHandler, Handled
    from digest.cli.app import Home
    from digest.ledger import Ledger
    from digest.model import Problem, Subscriber

PASSWORD = "DIGEST_IMAP_PASSWORD"  # noqa: S105  the name of a variable
"""Holds the password of every IMAP folder that one command reads."""


@dataclass(slots=True)
class Post:
    """What was found in the mailboxes."""

    messages: int = 0
    handled: list[Handled] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


@click.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE...]")
@now_option
@json_option
@pass_home
def bounces(home: Path, sources: tuple[str, ...], now: datetime | None, as_json: bool) -> int:
    """Read delivery failures, complaints and requests to unsubscribe that came by mail.

    SOURCE is a maildir, an mbox file, or imaps://user@host/Folder with its password in
    DIGEST_IMAP_PASSWORD; without any, those are read that [delivery] names as `mailboxes`, as
    `digest serve` does by itself. In a maildir and an IMAP folder new messages are read and
    marked as seen; an mbox is read whole and left as it is. Reading a message again changes
    nothing.

    Only what proves to be about a message of this home counts: a permanent failure or a
    complaint suppresses the address, a request turns the email off. `digest subscribers
    resubscribe` takes both back.

    Exit status: 0; 1 when a source cannot be read (the others are read all the same).

    \b
    Examples:
      digest bounces
      digest bounces ~/Maildir/.bounces
      digest bounces imaps://bounces%40example.org@mail.example.org/INBOX --json
    """
    from digest import subscribers
    from digest.cli import app

    opened = app.open_home(home)
    places = sources or mailboxes(opened)
    if not places:
        raise click.UsageError("Name a SOURCE, or set `mailboxes` under [delivery].")
    post = read(opened, places, subscribers.load(home), now=moment(now))
    if as_json:
        click.echo(json.dumps(_as_json(post), indent=2))
    else:
        _show(post)
    return int(bool(post.problems))


def mailboxes(home: Home) -> tuple[str, ...]:
    """Those of the settings."""
    named = home.settings.delivery.mailboxes
    return tuple(
        each if "://" in each else str(home.path / Path(each).expanduser()) for each in named
    )


def read(
    home: Home, sources: Iterable[str], people: Iterable[Subscriber], *, now: datetime
) -> Post:
    """Act on every report in every source; a source that cannot be read stops no other."""
    from digest.cli import app

    with app.open_ledger(home) as ledger:
        return _read(sources, _office(home, ledger, people), now=now)


def _office(home: Home, ledger: Ledger, people: Iterable[Subscriber]) -> BounceHandler:
    """What judges the reports."""
    from digest.bounces.handle import BounceHandler
    from digest.cli import app
    from digest.render.email.compose import message_id

    sender = home.site.sender
    return BounceHandler(
        ledger,
        app.signing_keys(home),
        home.settings.delivery.bounce_domain,
        {person.id: person.email for person in people if person.email},
        lambda subscriber, period: message_id(subscriber, period, sender),
    )


def _read(sources: Iterable[str], office: BounceHandler, *, now: datetime) -> Post:
    from digest.bounces import mailbox, parse
    from digest.model import Problem

    post = Post()
    for source in sources:
        try:
            for raw in mailbox.at(source, os.environ.get(PASSWORD)).unread():
                post.messages += 1
                report = parse.parse(raw)
                if report is not None:
                    post.handled.append(office.handle(report, now=now))
        except mailbox.MailboxError as error:
            remedy = f"check its address and {PASSWORD}" if "://" in source else "check its path"
            post.problems.append(Problem(source, str(error), remedy))
    return post


def _as_json(post: Post) -> dict[str, Any]:
    return {
        "messages": post.messages,
        "reports": [
            {"subscriber": one.subscriber, "changed": one.changed, "what": one.what}
            for one in post.handled
        ],
        "problems": [{"where": p.where, "what": p.what, "remedy": p.remedy} for p in post.problems],
    }


def _show(post: Post) -> None:
    from digest.cli import output

    out = output.console()
    rows = output.table("Subscriber", "Changed", "")
    for one in sorted(post.handled, key=lambda one: not one.changed):
        changed = "[green]yes[/green]" if one.changed else "[dim]no[/dim]"
        rows.add_row(one.subscriber or "–", changed, output.escape(one.what))
    if post.handled:
        out.print(rows)
    reports, new = len(post.handled), sum(one.changed for one in post.handled)
    out.print(f"Reports: {reports}, new: {new}. Other messages: {post.messages - reports}.")
    output.show_problems(post.problems)
