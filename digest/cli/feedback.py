"""``digest feedback``: what a subscriber says of a paper."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal

import click

from digest.cli import app, output, people
from digest.cli.options import json_option, moment, now_option, pass_home
from digest.cli.output import fields

SAID = {
    "like": "{} likes “{}”.",
    "dislike": "{} dislikes “{}”.",
    "clear": "{} says nothing of “{}”.",
}


@click.command()
@click.argument("subscriber")
@click.argument("paper")
@click.argument("verdict", type=click.Choice(list(SAID)))
@now_option
@json_option
@pass_home
def feedback(  # noqa: PLR0917  click passes them by name
    home: Path,
    subscriber: str,
    paper: str,
    verdict: Literal["like", "dislike", "clear"],
    now: datetime | None,
    as_json: bool,
) -> None:
    """Record that SUBSCRIBER likes or dislikes PAPER, or clear what was recorded.

    Papers that are like it move up or down, and `digest profile` shows what was learned, unless
    the profile says `learn: false`; `digest suggest` reads verdicts all the same.
    PAPER is an id, an arXiv number, or a part of the title that no other paper has.

    \b
    Examples:
      digest feedback ada 2106.09685 like
      digest feedback ada "lottery ticket hypothesis" clear
    """
    opened = app.open_home(home)
    opinion = None if verdict == "clear" else verdict
    with app.open_ledger(opened) as ledger:
        person = people.profile(opened, ledger, subscriber).profile
        found = ledger.paper(paper)
        changed = ledger.record_verdict(person.id, found.key, opinion, now=moment(now))
        given = ledger.verdicts_of(person.id)
    counts = {
        "liked": sum(each.opinion == "like" for each in given),
        "disliked": sum(each.opinion == "dislike" for each in given),
    }
    if as_json:
        about = {"subscriber": person.id, "paper": fields(found, "id", "title")}
        output.print_json(about | {"verdict": opinion, "changed": changed} | counts)
        return
    click.echo(SAID[verdict].format(person.id, found.title))
    click.echo(f"{counts['liked']} liked and {counts['disliked']} disliked so far.")
    if not person.learn:
        click.echo("Kept, but the profile says `learn: false`.", err=True)
