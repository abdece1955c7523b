"""``digest deliveries``: what is on its way, and what only a person can decide."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import click

from digest.cli import app, output
from digest.cli.options import pass_home
from digest.errors import NotFound
from digest.model import Channel, DeliveryId, DeliveryRow, Pick, State, SubscriberId

CHANNELS = click.Choice(["email", "feed"])
STATES = click.Choice([state.value for state in State])


@click.group()
def deliveries() -> None:
    """List deliveries, and settle those whose fate is unknown."""


@deliveries.command("list")
@click.option("--state", "states", multiple=True, type=STATES, help="Only these states.")
@click.option("--subscriber", "people", multiple=True, help="Only these subscribers.")
@click.option("--channel", type=CHANNELS, help="Only this channel.")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many, the newest.")
@pass_home(
    "digest deliveries list --state uncertain --state failed",
    "digest deliveries list --subscriber ada --json",
    json=True,
)
def list_(  # noqa: PLR0917  click passes them by name
    home: app.Home,
    states: tuple[str, ...],
    people: tuple[str, ...],
    channel: Channel | None,
    limit: int | None,
    as_json: bool,
) -> None:
    """List deliveries, newest first."""
    with app.read_ledger(home) as ledger:
        rows = ledger.deliveries(
            states=[State(state) for state in states],
            subscribers=[SubscriberId(name) for name in people],
            channel=channel,
            limit=limit,
        )
    output.answer(as_json, [row_as_json(row) for row in rows], lambda: _show(rows))


@deliveries.command()
@click.argument("number", type=int)
@pass_home("digest deliveries show 12", json=True)
def show(home: app.Home, number: int, as_json: bool) -> None:
    """Show one delivery and the papers in it."""
    with app.read_ledger(home) as ledger:
        rows = ledger.deliveries(numbers=[DeliveryId(number)])
        if not rows:
            raise NotFound("delivery", str(number))
        row = rows[0]
        made = ledger.digests(row.subscriber, limit=1000)
    picks = next((each.picks for each in made if each.period == row.period), ())
    papers = [output.fields(each.paper, "id", "title") | {"score": each.score} for each in picks]
    output.answer(as_json, row_as_json(row) | {"picks": papers}, lambda: _show([row], picks))


def _deciding(name: str, act: str, explanation: str, done: str) -> None:
    """Add the command ``name``, which calls the ledger's method ``act`` for each delivery."""
    example = f"\n\n\b\nExample:\n  digest deliveries {name} 12 15"

    @deliveries.command(name, help=explanation + example)
    @click.argument("numbers", type=int, nargs=-1, required=True)
    @pass_home(now=True)
    def decide(home: app.Home, numbers: tuple[int, ...], now: datetime) -> None:
        with app.open_ledger(home) as ledger:
            method: Callable[..., None] = getattr(ledger, act)
            for number in numbers:
                method(DeliveryId(number), now=now)
                click.echo(f"{number}: {done}")


AGAIN = "Send a delivery again that is uncertain, failed, expired or cancelled."
ARRIVED = "Record that an uncertain delivery did arrive."
_deciding("resend", "resend", AGAIN, "due again; the next run sends it")
_deciding("mark-sent", "mark_sent", ARRIVED, "marked as sent")
_deciding("cancel", "cancel", "Give up a delivery that has not been sent.", "cancelled")


def row_as_json(row: DeliveryRow) -> dict[str, Any]:
    """A delivery as ``--json`` shows it."""
    who = ("id", "subscriber", "channel", "period", "state")
    return output.fields(row, *who, "attempts", "papers", "detail", "composed", "updated", "due")


def _show(rows: list[DeliveryRow], picks: Sequence[Pick] = ()) -> None:
    out = output.console()
    if not rows:
        out.print("No such deliveries.")
        return
    headings = ("##", "Subscriber", "Channel", "Digest for", "State", "#Tries", "")
    names = ("id", "subscriber", "channel", "period", "state", "attempts", "detail")
    cells = [output.fields(row, *names) | {"state": output.state(row.state)} for row in rows]
    out.print(output.table(headings, [list(each.values()) for each in cells]))
    for pick in picks:
        click.echo(f"  {pick.score:.4f}  {pick.paper.title}")
