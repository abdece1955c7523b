"""``digest explain``: why a paper is, or is not, in a digest."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from digest.cli.options import json_option, moment, now_option, pass_home
from digest.cli.preview import look_ahead

if TYPE_CHECKING:
    from digest.explain.explanation import Explanation


@click.command()
@click.argument("subscriber")
@click.argument("paper")
@now_option
@json_option
@pass_home
def explain(home: Path, subscriber: str, paper: str, now: datetime | None, as_json: bool) -> None:
    """Say why PAPER is, or is not, in a digest of SUBSCRIBER, with the arithmetic.

    PAPER is an id (title:…, arxiv:2401.01234), an arXiv number, or a part of the title that no
    other paper has.

    \b
    Examples:
      digest explain ada 2106.09685
      digest explain ada "lottery ticket hypothesis" --json
    """
    from digest.explain import explanation

    when = moment(now)
    with look_ahead(home, subscriber, when) as (context, person):
        found = context.ledger.paper(paper)
        answer = explanation.explain(context.ledger, person, found, expect=context.expect, now=when)
    if as_json:
        click.echo(json.dumps(_as_json(answer), indent=2, ensure_ascii=False))
    else:
        _show(answer)


def _as_json(answer: Explanation) -> dict[str, Any]:
    return {
        "subscriber": answer.subscriber.id,
        "paper": {"id": answer.paper.id, "title": answer.paper.title},
        "period": str(answer.period),
        "decided": answer.past,
        "picked": answer.picked,
        "why_not": answer.why,
        "detail": answer.detail,
        "score": answer.score,
        "threshold": answer.subscriber.threshold,
        "reasons": [
            {
                "interest": reason.interest,
                "term": reason.term,
                "place": reason.place,
                "weight": reason.weight,
                "via": reason.via,
                "contribution": reason.contribution,
            }
            for reason in answer.reasons
        ],
    }


def _show(answer: Explanation) -> None:
    from digest.cli import output

    out = output.console()
    out.print(f"[bold]{output.escape(answer.paper.title)}[/bold]")
    out.print(f"[dim]{answer.paper.id}[/dim]\n")
    verdict = (
        "[green]picked[/green]"
        if answer.picked
        else f"[yellow]{answer.why or 'not picked'}[/yellow]"
    )
    out.print(f"{verdict}: {output.escape(answer.detail)}\n")
    rows = output.table("Interest", "Found", "Where", "#Weight", "#Score")
    for reason in answer.reasons:
        found = reason.term if reason.via == "term" else f"{reason.term} ({reason.via})"
        rows.add_row(
            output.escape(reason.interest),
            output.escape(found),
            reason.place,
            f"{reason.weight:g}",
            f"{reason.contribution:+.4f}",
        )
    rows.add_row("[bold]Sum[/bold]", "", "", "", f"[bold]{answer.score:.4f}[/bold]")
    rows.add_row(
        "[dim]Threshold[/dim]", "", "", "", f"[dim]{answer.subscriber.threshold:.4f}[/dim]"
    )
    out.print(rows)
