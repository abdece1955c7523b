"""``digest preview`` and ``digest explain``: answers that change nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from digest.cli.options import json_option, moment, now_option, pass_home

if TYPE_CHECKING:
    from digest.explain.explanation import Explanation
    from digest.model import Digest, Subscriber
    from digest.pipeline.context import RunContext


@click.command()
@click.argument("subscriber")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write it to FILE: .html the page, .eml the whole message, else the text.",
)
@now_option
@pass_home
def preview(home: Path, subscriber: str, out: Path | None, now: datetime | None) -> None:
    """Show the next digest as SUBSCRIBER would see it.

    \b
    Examples:
      digest preview ada
      digest preview ada --out ada.html
    """
    from digest.explain import explanation
    from digest.model import Skip

    when = moment(now)
    with _rehearsed(home, subscriber, when) as (context, person):
        plan = explanation.next_plan(context.ledger, person, expect=context.expect, now=when)
        if isinstance(plan.decision, Skip):
            considered = plan.decision.coverage.papers
            click.echo(
                f"No digest for {plan.period}: {plan.decision.reason} ({considered} considered).",
                err=True,
            )
            return
        page = _page(context, plan.decision, person, out.suffix if out else ".txt")
    if out is None:
        click.echo(page.decode(), nl=False)
    else:
        out.write_bytes(page)
        click.echo(f"Wrote {out}", err=True)


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
    with _rehearsed(home, subscriber, when) as (context, person):
        found = context.ledger.paper(paper)
        answer = explanation.explain(context.ledger, person, found, expect=context.expect, now=when)
    if as_json:
        click.echo(json.dumps(_as_json(answer), indent=2, ensure_ascii=False))
    else:
        _show(answer)


def _page(context: RunContext, digest: Digest, person: Subscriber, suffix: str) -> bytes:
    """The digest as HTML, as a message, or as text."""
    import email.policy

    from digest.model import Claim, DeliveryId

    claim = Claim(DeliveryId(0), "email", digest, fence=0, attempt=1)
    message = context.composer([person.id])(claim, person).content
    if suffix == ".eml":
        return message
    parsed = email.message_from_bytes(message, policy=email.policy.default)
    part = parsed.get_body(("html",) if suffix in (".html", ".htm") else ("plain",))
    assert part is not None  # noqa: S101  every message has both
    return str(part.get_content()).replace("\r\n", "\n").encode()


@contextmanager
def _rehearsed(
    home: Path, subscriber: str, now: datetime
) -> Iterator[tuple[RunContext, Subscriber]]:
    """The context as it would be after reading the inbox, without changing it."""
    from digest import subscribers
    from digest.cli import app
    from digest.pipeline.ingest import ingest

    opened = app.open_home(home)
    person = subscribers.find(subscribers.load(home), subscriber)
    with app.open_context(opened, now=now, dry=True) as context:
        ingest(context.inbox, context.ledger, now=now)
        yield context, person


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
    from digest.cli import terminal

    out = terminal.console()
    out.print(f"[bold]{terminal.escape(answer.paper.title)}[/bold]")
    out.print(f"[dim]{answer.paper.id}[/dim]\n")
    verdict = (
        "[green]picked[/green]"
        if answer.picked
        else f"[yellow]{answer.why or 'not picked'}[/yellow]"
    )
    out.print(f"{verdict}: {terminal.escape(answer.detail)}\n")
    rows = terminal.table("Interest", "Found", "Where", "#Weight", "#Score")
    for reason in answer.reasons:
        found = reason.term if reason.via == "term" else f"{reason.term} ({reason.via})"
        rows.add_row(
            terminal.escape(reason.interest),
            terminal.escape(found),
            reason.place,
            f"{reason.weight:g}",
            f"{reason.contribution:+.4f}",
        )
    rows.add_row("[bold]Sum[/bold]", "", "", "", f"[bold]{answer.score:.4f}[/bold]")
    rows.add_row(
        "[dim]Threshold[/dim]", "", "", "", f"[dim]{answer.subscriber.threshold:.4f}[/dim]"
    )
    out.print(rows)
