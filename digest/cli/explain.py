"""``digest explain``: why a paper is, or is not, in a digest."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click
from rich.text import Text

from digest.cli import output
from digest.cli.options import json_option, moment, now_option, pass_home
from digest.cli.output import fields
from digest.cli.preview import look_ahead
from digest.explain import explanation
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
    when = moment(now)
    with look_ahead(home, subscriber, when) as (context, reader):
        found = context.ledger.paper(paper)
        answer = explanation.explain(
            context.ledger, reader.subscriber, found, expect=context.expect, now=when
        )
    if not as_json:
        _show(answer)
        return
    reasons = ("interest", "term", "place", "weight", "via", "contribution")
    output.print_json(
        {
            "subscriber": answer.subscriber.id,
            "paper": fields(answer.paper, "id", "title"),
            "period": answer.period,
            "decided": answer.past,
            "picked": answer.picked,
            "why_not": answer.why,
            "detail": answer.detail,
            "score": answer.score,
            "threshold": answer.subscriber.threshold,
            "reasons": [fields(reason, *reasons) for reason in answer.reasons],
        }
    )


def _show(answer: Explanation) -> None:
    out = output.console()
    out.print(Text(answer.paper.title, "bold"))
    out.print(f"[dim]{answer.paper.id}[/dim]\n")
    verdict = ("picked", "green") if answer.picked else (answer.why or "not picked", "yellow")
    out.print(Text.assemble(verdict, f": {answer.detail}\n"))
    rows: list[tuple[str | Text, ...]] = [
        (
            reason.interest,
            reason.term if reason.via == "term" else f"{reason.term} ({reason.via})",
            reason.place,
            f"{reason.weight:g}",
            f"{reason.contribution:+.4f}",
        )
        for reason in answer.reasons
    ]
    for name, score, style in (
        ("Sum", answer.score, "bold"),
        ("Threshold", answer.subscriber.threshold, "dim"),
    ):
        rows.append((Text(name, style), "", "", "", Text(f"{score:.4f}", style)))
    out.print(output.table(("Interest", "Found", "Where", "#Weight", "#Score"), rows))
