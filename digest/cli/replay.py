"""``digest replay``: what an edited profile would have made of past digests."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from digest.cli.options import json_option, pass_home

if TYPE_CHECKING:
    from digest.explain.replay import Change, Replayed
    from digest.model import Subscriber


@click.command()
@click.argument("subscriber")
@click.option(
    "--last", default=4, show_default=True, type=click.IntRange(min=1), help="So many digests."
)
@json_option
@pass_home
def replay(home: Path, subscriber: str, last: int, as_json: bool) -> None:
    """Show what SUBSCRIBER's profile as it stands would have gained and lost in past digests.

    Edit the profile, replay, and keep what you like: nothing is changed, nothing is sent.

    \b
    Examples:
      digest replay ada
      digest replay ada --last 12 --json
    """
    from digest import subscribers
    from digest.cli import app, output
    from digest.explain.replay import replay as replayed

    opened = app.open_home(home)
    person = subscribers.find(subscribers.load(home), subscriber)
    with app.look_into_ledger(opened) as ledger:
        again = replayed(ledger, person, last=last, expect=opened.settings.expect)
        found = list(output.track(again, "Planning past digests again", last))
    if as_json:
        answer = {"subscriber": person.id, "digests": [_as_json(each) for each in found]}
        click.echo(json.dumps(answer, indent=2, ensure_ascii=False))
    else:
        _show(person, found)


def _as_json(digest: Replayed) -> dict[str, Any]:
    return {
        "period": str(digest.window.period),
        "composed": digest.window.composed.isoformat(),
        "gained": [_change_as_json(change) for change in digest.gained],
        "lost": [_change_as_json(change) for change in digest.lost],
        "kept": [_change_as_json(change) for change in digest.kept],
    }


def _change_as_json(change: Change) -> dict[str, Any]:
    return {
        "id": change.paper.id,
        "title": change.paper.title,
        "score_then": change.then.score if change.then else None,
        "score_now": change.score,
        "why": _why(change),
    }


def _why(change: Change) -> str:
    """Why it is picked now; of a lost paper, why it is not."""
    from digest.render import wording

    return change.why_not or wording.why(change.now.reasons if change.now else ())


def _show(person: Subscriber, digests: Sequence[Replayed]) -> None:
    from digest.cli import output
    from digest.render import wording

    out = output.console()
    if not digests:
        out.print(f"{person.id} has had no digest yet; `digest preview {person.id}` shows the next")
        return
    for digest in digests:
        heading = output.escape(wording.period_name(digest.window.period))
        counts = (
            f"{len(digest.gained)} gained, {len(digest.lost)} lost, {len(digest.kept)} as before"
        )
        out.print(f"[bold]{heading}[/bold]: {counts}")
        marked = (("[green]+[/green]", digest.gained), ("[red]-[/red]", digest.lost))
        if digest.gained or digest.lost or digest.kept:
            out.print("[dim]    then     now[/dim]")
        for mark, changes in (*marked, ("[dim]=[/dim]", digest.kept)):
            for change in changes:
                title, why = output.escape(change.paper.title), output.escape(_why(change))
                before = change.then.score if change.then else None
                out.print(f"{mark} {_score(before)}  {_score(change.score)}  {title}")
                out.print(f"{'':18}[dim]{why}[/dim]")
        out.print()


def _score(score: float | None) -> str:
    """A score in six columns, or a dash for one that is not known."""
    return f"{'–':>6}" if score is None else f"{score:.4f}"
