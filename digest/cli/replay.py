"""``digest replay``: what an edited profile would have made of past digests."""

from collections.abc import Sequence
from typing import Any

import click
from rich.text import Text

from digest.cli import app, lookup, output
from digest.cli.options import at_least_one, pass_home
from digest.explain.replay import Change, Replayed
from digest.explain.replay import replay as replayed
from digest.model import Subscriber
from digest.render import telling, wording


@click.command()
@click.argument("subscriber")
@click.option("--last", default=4, show_default=True, type=at_least_one, help="So many digests.")
@pass_home("digest replay ada", "digest replay ada --last 12 --json", json=True)
def replay(home: app.Home, subscriber: str, last: int, as_json: bool) -> None:
    """Show what SUBSCRIBER's profile as it stands would have gained and lost in past digests.

    Edit the profile, replay, and keep what you like: nothing is changed, nothing is sent.
    """
    with app.read_ledger(home) as ledger:
        person = lookup.profile(home, ledger, subscriber)
        again = replayed(ledger, person, last=last, expected=home.settings.expected)
        found = list(output.track(again, "Planning past digests again", last))
    value = {"subscriber": person.id, "digests": [_as_json(each) for each in found]}
    output.answer(as_json, value, lambda: _show(person, found))


def _as_json(digest: Replayed) -> dict[str, Any]:
    parts = output.fields(digest, "gained", "lost", "kept")
    changes = {name: [_change(each) for each in part] for name, part in parts.items()}
    return output.fields(digest.window, "period", "composed") | changes


def _change(change: Change) -> dict[str, Any]:
    return {
        **output.fields(change.paper, "id", "title"),
        "score_then": change.then.score if change.then else None,
        "score_now": change.score,
        "why": _why(change),
    }


def _why(change: Change) -> str:
    """Why the paper is picked now; of a lost paper, why it is not."""
    return change.why_not or telling.why(change.now.reasons if change.now else ())


def _show(person: Subscriber, digests: Sequence[Replayed]) -> None:
    out = output.console()
    if not digests:
        out.print(f"{person.id} has had no digest yet; `digest preview {person.id}` shows the next")
        return
    for digest in digests:
        gained, lost, kept = digest.gained, digest.lost, digest.kept
        counts = f"{len(gained)} gained, {len(lost)} lost, {len(kept)} as before"
        heading = (wording.period_name(digest.window.period), "bold")
        out.print(Text.assemble(heading, f": {counts}"))
        if gained or lost or kept:
            out.print("[dim]    then     now[/dim]")
        for mark, changes in ((("+", "green"), gained), (("-", "red"), lost), (("=", "dim"), kept)):
            for change in changes:
                then = _score(change.then.score if change.then else None)
                scores = f"{then}  {_score(change.score)}"
                out.print(Text.assemble(mark, f" {scores}  {change.paper.title}"))
                out.print(Text.assemble(" " * 18, (_why(change), "dim")))
        out.print()


def _score(score: float | None) -> str:
    return f"{'–':>6}" if score is None else f"{score:.4f}"
