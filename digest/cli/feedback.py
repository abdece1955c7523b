"""``digest feedback``: what a subscriber says of a paper."""

from datetime import datetime
from typing import Literal

import click

from digest.cli import app, lookup, output
from digest.cli.options import pass_home

Verdict = Literal["like", "dislike", "clear"]
SAID = {"like": "likes", "dislike": "dislikes", "clear": "says nothing of"}


@click.command()
@click.argument("subscriber")
@click.argument("paper")
@click.argument("verdict", type=click.Choice(list(SAID)))
@pass_home(
    "digest feedback ada 2106.09685 like",
    'digest feedback ada "lottery ticket hypothesis" clear',
    now=True,
    json=True,
)
def feedback(  # noqa: PLR0917  click passes them by name
    home: app.Home, subscriber: str, paper: str, verdict: Verdict, now: datetime, as_json: bool
) -> None:
    """Record that SUBSCRIBER likes or dislikes PAPER, or clear what was recorded.

    Papers that are like it move up or down, and `digest profile` shows what was learned, unless
    the profile says `learn: false`; `digest suggest` reads verdicts all the same.
    PAPER is an id, an arXiv number, or a part of the title that no other paper has.
    """
    opinion = None if verdict == "clear" else verdict
    with app.open_ledger(home) as ledger:
        person = lookup.profile(home, ledger, subscriber)
        found = ledger.paper(paper)
        changed = ledger.record_verdict(person.id, found.key, opinion, now=now)
        given = ledger.verdicts_of(person.id)
    words = ("like", "dislike")
    counts = {f"{word}d": sum(each.opinion == word for each in given) for word in words}
    if as_json:
        about = {"subscriber": person.id, "paper": output.fields(found, "id", "title")}
        output.print_json(about | {"verdict": opinion, "changed": changed} | counts)
        return
    click.echo(f"{person.id} {SAID[verdict]} “{found.title}”.")
    click.echo(f"{counts['liked']} liked and {counts['disliked']} disliked so far.")
    if not person.learn:
        click.echo("Kept, but the profile says `learn: false`.", err=True)
