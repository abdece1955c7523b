"""``digest profile``: a profile as it is understood, and what verdicts have taught."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from digest.cli.options import json_option, pass_home

if TYPE_CHECKING:
    from rich.console import Console

    from digest.explain.summary import Portrait, Understood
    from digest.model import Paper, Subscriber


@click.command()
@click.argument("subscriber")
@json_option
@pass_home
def profile(home: Path, subscriber: str, as_json: bool) -> None:
    """Show SUBSCRIBER's profile as it is understood, against the papers in the archive.

    Also what was learned from liked papers, as lines of YAML that can be copied into the profile.

    \b
    Examples:
      digest profile ada
      digest profile ada --json
    """
    from digest import subscribers
    from digest.cli import app, output
    from digest.explain.archive import Archive
    from digest.explain.summary import portray
    from digest.model import Verdicts

    opened = app.open_home(home)
    person = subscribers.find(subscribers.load(home), subscriber)
    with (
        app.look_into_ledger(opened) as ledger,
        output.waiting("Looking for the interests in the archive"),
    ):
        said = ledger.verdicts([person.id]).get(person.id, Verdicts())
        portrait = portray(person, Archive.of(ledger), said)
    if as_json:
        click.echo(json.dumps(_as_json(portrait), indent=2, ensure_ascii=False))
    else:
        _show(portrait)


def _as_json(portrait: Portrait) -> dict[str, Any]:
    person, said = portrait.subscriber, portrait.verdicts
    return {
        "subscriber": person.id,
        "source": person.source,
        "limit": person.limit,
        "threshold": person.threshold,
        "learn": person.learn,
        "archive": portrait.archive,
        "interests": [_understood(each) for each in portrait.interests],
        "exclude": [_understood(each) for each in portrait.exclusions],
        "liked": [{"id": paper.id, "title": paper.title} for paper in said.liked],
        "disliked": [{"id": paper.id, "title": paper.title} for paper in said.disliked],
        "learned": [
            {"text": each.text, "weight": each.weight, "liked": each.here}
            for each in portrait.learned
        ],
    }


def _understood(each: Understood) -> dict[str, Any]:
    interest = each.interest
    return {
        "text": interest.text,
        "kind": interest.kind,
        "in": interest.place,
        "weight": interest.weight,
        "must_see": interest.must_see,
        "papers": each.papers,
    }


def _show(portrait: Portrait) -> None:
    from digest.cli import output

    out, person = output.console(), portrait.subscriber
    name = f" ({person.name})" if person.name else ""
    out.print(f"[bold]{output.escape(person.id + name)}[/bold] [dim]{person.source}[/dim]")
    out.print(
        f"{_schedule(person)}, by {' and '.join(person.channels)}; "
        f"at most {person.limit} papers, from {person.threshold:g} on\n"
    )
    rows = output.table("Interest", "Kind", "Where", "#Weight", "#Papers", "")
    for each in (*portrait.interests, *portrait.exclusions):
        interest, excluded = each.interest, each in portrait.exclusions
        share = f" {each.papers / portrait.archive:4.0%}" if portrait.archive else ""
        rows.add_row(
            output.escape(str(interest)),
            interest.kind,
            interest.place or "",
            "–" if excluded else f"{interest.weight:g}",
            f"{each.papers:,}{share}",
            "rules out" if excluded else "must see" if interest.must_see else "",
        )
    out.print(rows)
    out.print(f"[dim]Papers: those of {portrait.archive:,} in the archive that hold it.[/dim]\n")
    _show_learned(out, portrait)


def _schedule(person: Subscriber) -> str:
    """When a digest is due, in words."""
    due = person.schedule
    if due.cron:
        return f"By cron {due.cron}, {person.timezone}"
    day = ""
    if due.on is not None:
        weekdays = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
        day = f" on {weekdays[due.on - 1]}" if due.every == "week" else f" on day {due.on}"
    return f"Every {due.every}{day} at {due.at:%H:%M}, {person.timezone}"


def _show_learned(out: Console, portrait: Portrait) -> None:
    from digest.explain.suggest import as_yaml

    said = portrait.verdicts
    _show_papers(out, "Likes", said.liked)
    _show_papers(out, "Dislikes", said.disliked)
    if not portrait.subscriber.learn:
        out.print("Learns nothing from them: the profile says `learn: false`.")
    elif portrait.learned:
        out.print("Learned; copy what fits:")
        for each in portrait.learned:
            click.echo(f"      {as_yaml(each.text, each.weight)}  # in {each.here:,} liked papers")
    elif said.liked:
        out.print("Nothing stands out in them yet that the profile does not name.")


def _show_papers(out: Console, heading: str, papers: Sequence[Paper]) -> None:
    from digest.cli import output

    for paper in papers:
        out.print(f"[dim]{heading:<8}[/dim]  {output.escape(paper.title)}")
