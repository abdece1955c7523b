"""``digest bounces``: what came back by mail, and what it changes."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import click
from rich.text import Text

from digest.bounces import mailbox, parse
from digest.bounces.handle import EFFECTS, BounceHandler, HandledReport
from digest.cli import app, output
from digest.cli.options import pass_home
from digest.ledger.failures import Failing
from digest.model import Problem, SubscriberId
from digest.render.email.compose import message_id

PASSWORD = "DIGEST_IMAP_PASSWORD"  # noqa: S105  the name of a variable
"""Holds the password of every IMAP folder that one command reads."""


@dataclass(slots=True)
class Post:
    """What was found in the mailboxes."""

    messages: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(EFFECTS, 0))
    """The reports by their effect."""
    reports: list[HandledReport] = field(default_factory=list)
    failing: list[Failing] = field(default_factory=list)
    """The addresses to which mail fails and that are not suppressed."""
    problems: list[Problem] = field(default_factory=list)


@click.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE...]")
@pass_home(
    "digest bounces",
    "digest bounces ~/Maildir/.bounces",
    "digest bounces imaps://bounces%40example.org@mail.example.org/INBOX --json",
    now=True,
    json=True,
)
def bounces(home: app.Home, sources: tuple[str, ...], now: datetime, as_json: bool) -> int:
    """Read delivery failures, complaints and requests to unsubscribe that came by mail.

    SOURCE is a maildir, an mbox file, or imaps://user@host/Folder with its password in
    DIGEST_IMAP_PASSWORD; without any, those are read that [delivery] names as `mailboxes`, as
    `digest serve` does by itself. In a maildir and an IMAP folder new messages are read and
    marked as seen; an mbox is read whole and left as it is. Reading a message again changes
    nothing.

    Only what proves to be about a message of this home counts: a mailbox that does not exist
    or a complaint suppresses the address, a request turns the email off. Other failures (full
    mailboxes, policy, block lists) are counted and listed; three digests in a row over seven
    days suppress the address. `digest subscribers resubscribe` takes all that back.

    Exit status: 0; 1 when a source cannot be read (the others are read all the same).
    """
    places = sources or mailboxes(home)
    if not places:
        raise click.UsageError("Name a SOURCE, or set `mailboxes` under [delivery].")
    with app.open_ledger(home) as ledger:
        app.follow_profiles(home, ledger, now=now)
    post = read(home, places, now=now)
    output.answer(as_json, post, lambda: _show(post))
    return int(bool(post.problems))


def mailboxes(home: app.Home) -> tuple[str, ...]:
    """The mailboxes of the settings."""
    named = home.settings.delivery.mailboxes
    return tuple(one if "://" in one else str(home.path / Path(one).expanduser()) for one in named)


def read(home: app.Home, sources: Iterable[str], *, now: datetime) -> Post:
    """Act on every report in every source; a source that cannot be read stops no other."""
    post, sender = Post(), home.site.sender
    with app.open_ledger(home) as ledger:

        def address(name: SubscriberId) -> str | None:
            reader = ledger.stored([name]).get(name)
            return reader.subscriber.email if reader else None

        handler = BounceHandler(
            ledger,
            app.signer(home),
            home.settings.delivery.bounce_domain,
            address,
            lambda subscriber, period: message_id(subscriber, period, sender),
        )
        for source in sources:
            try:
                for raw in mailbox.unread(source, os.environ.get(PASSWORD)):
                    post.messages += 1
                    if report := parse.parse(raw):
                        post.reports.append(handler.handle(report, now=now))
                        post.counts[post.reports[-1].effect] += 1
            except mailbox.MailboxError as error:
                what = f"address and {PASSWORD}" if "://" in source else "path"
                post.problems.append(Problem(source, str(error), f"check its {what}"))
        post.failing = ledger.failing(now=now)
    return post


def _show(post: Post) -> None:
    out = output.console()
    yes, no = Text("yes", "green"), Text("no", "dim")
    reports = sorted(post.reports, key=lambda one: not one.changed)
    rows = [(one.subscriber or "–", yes if one.changed else no, one.what) for one in reports]
    if rows:
        out.print(output.table(("Subscriber", "Changed", ""), rows))
    new = sum(one.changed for one in post.reports)
    out.print(f"Reports: {len(rows)}, new: {new}. Other messages: {post.messages - len(rows)}.")
    if rows:
        out.print(", ".join(f"{effect}: {post.counts[effect]}" for effect in EFFECTS))
    if post.failing:
        days = [f"{one.since:%Y-%m-%d} to {one.until:%Y-%m-%d}" for one in post.failing]
        failing = [
            (one.subscriber, str(one.digests), span, one.reason)
            for one, span in zip(post.failing, days, strict=True)
        ]
        headings = ("Subscriber", "Failed in a row", "Digests of", "Last reason")
        out.print(output.table(headings, failing))
    output.print_problems(post.problems)
