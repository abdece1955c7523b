"""``digest profile``: a profile as it is understood, and what verdicts have taught."""

from calendar import day_name
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from digest.cli import app, lookup, output
from digest.cli.options import pass_home
from digest.explain.archive import Archive
from digest.explain.suggest import as_yaml
from digest.explain.summary import Summary, Understood, summarize
from digest.model import Subscriber, Verdicts


@click.command()
@click.argument("subscriber")
@pass_home("digest profile ada", "digest profile ada --json", json=True)
def profile(home: app.Home, subscriber: str, as_json: bool) -> None:
    """Show SUBSCRIBER's profile as it is understood, against the papers in the archive.

    Also what was learned from liked papers, as lines of YAML that can be copied into the profile.
    """
    waiting = output.waiting("Looking for the interests in the archive")
    with app.read_ledger(home) as ledger, waiting:
        person = lookup.profile(home, ledger, subscriber)
        said = ledger.verdicts([person.id]).get(person.id, Verdicts())
        portrait = summarize(person, Archive.of(ledger), said)
    output.answer(as_json, _as_json(portrait), lambda: _show(portrait))


def _as_json(portrait: Summary) -> dict[str, Any]:
    person, said = portrait.subscriber, portrait.verdicts
    return {
        "subscriber": person.id,
        **output.fields(person, "source", "limit", "threshold", "learn"),
        "archive": portrait.archive,
        "interests": [_understood(each) for each in portrait.interests],
        "exclude": [_understood(each) for each in portrait.exclusions],
        "liked": [output.fields(paper, "id", "title") for paper in said.liked],
        "disliked": [output.fields(paper, "id", "title") for paper in said.disliked],
        "learned": [
            output.fields(each, "text", "weight") | {"liked": each.here}
            for each in portrait.learned
        ],
    }


def _understood(each: Understood) -> dict[str, Any]:
    return {
        **output.fields(each.interest, "text", "kind"),
        "in": each.interest.place,
        **output.fields(each.interest, "weight", "must_see"),
        "papers": each.papers,
    }


def _show(portrait: Summary) -> None:
    out, person = output.console(), portrait.subscriber
    name = f" ({person.name})" if person.name else ""
    out.print(Text.assemble((person.id + name, "bold"), " ", (person.source, "dim")))
    out.print(
        f"{_schedule(person)}, by {' and '.join(person.channels)}; "
        f"at most {person.limit} papers, from {person.threshold:g} on\n"
    )
    rows = []
    for each in (*portrait.interests, *portrait.exclusions):
        interest, excluded = each.interest, each in portrait.exclusions
        share = f" {each.papers / portrait.archive:4.0%}" if portrait.archive else ""
        weight = "–" if excluded else f"{interest.weight:g}"
        effect = "rules out" if excluded else "must see" if interest.must_see else ""
        found = f"{each.papers:,}{share}"
        rows.append((interest, interest.kind, interest.place or "", weight, found, effect))
    out.print(output.table(("Interest", "Kind", "Where", "#Weight", "#Papers", ""), rows))
    out.print(f"[dim]Papers: those of {portrait.archive:,} in the archive that hold it.[/dim]\n")
    _show_learned(out, portrait)


def _schedule(person: Subscriber) -> str:
    due = person.schedule
    if due.cron:
        return f"By cron {due.cron}, {person.timezone}"
    day = ""
    if due.on is not None:
        day = f" on {day_name[due.on - 1]}" if due.every == "week" else f" on day {due.on}"
    return f"Every {due.every}{day} at {due.at:%H:%M}, {person.timezone}"


def _show_learned(out: Console, portrait: Summary) -> None:
    said = portrait.verdicts
    for heading, papers in (("Likes", said.liked), ("Dislikes", said.disliked)):
        for paper in papers:
            out.print(Text.assemble((f"{heading:<8}", "dim"), f"  {paper.title}"))
    if not portrait.subscriber.learn:
        out.print("Learns nothing from them: the profile says `learn: false`.")
    elif portrait.learned:
        out.print("Learned; copy what fits:")
        for each in portrait.learned:
            click.echo(f"      {as_yaml(each.text, each.weight)}  # in {each.here:,} liked papers")
    elif said.liked:
        out.print("Nothing stands out in them yet that the profile does not name.")
