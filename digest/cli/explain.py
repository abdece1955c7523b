"""``digest explain``: why a paper is, or is not, in a digest."""

from datetime import datetime

import click
from rich.text import Text

from digest.cli import app, output
from digest.cli.options import pass_home
from digest.cli.preview import look_ahead
from digest.explain import explanation
from digest.explain.explanation import Explanation


@click.command()
@click.argument("subscriber")
@click.argument("paper")
@pass_home(
    "digest explain ada 2106.09685",
    'digest explain ada "lottery ticket hypothesis" --json',
    now=True,
    json=True,
)
def explain(home: app.Home, subscriber: str, paper: str, now: datetime, as_json: bool) -> None:
    """Say why PAPER is, or is not, in a digest of SUBSCRIBER, with the arithmetic.

    PAPER is an id (title:…, arxiv:2401.01234), an arXiv number, or a part of the title that no
    other paper has.
    """
    with look_ahead(home, subscriber, now) as (context, reader):
        found = context.ledger.paper(paper)
        answer = explanation.explain(
            context.ledger, reader.subscriber, found, expected=context.expected, now=now
        )
    reasons = ("interest", "term", "place", "weight", "via", "contribution")
    value = {
        "subscriber": answer.subscriber.id,
        "paper": output.fields(answer.paper, "id", "title", "code", "categories", "keywords"),
        "period": answer.period,
        "decided": answer.past,
        "picked": answer.picked,
        "why_not": answer.why,
        **output.fields(answer, "detail", "score"),
        "threshold": answer.subscriber.threshold,
        "reasons": [output.fields(reason, *reasons) for reason in answer.reasons],
    }
    output.answer(as_json, value, lambda: _show(answer))


def _show(answer: Explanation) -> None:
    out = output.console()
    out.print(Text(answer.paper.title, "bold"))
    paper = answer.paper
    facts = (paper.id, paper.code, ", ".join(paper.categories), ", ".join(paper.keywords))
    out.print(Text(" · ".join(filter(None, facts)) + "\n", "dim"))
    verdict = ("picked", "green") if answer.picked else (answer.why or "not picked", "yellow")
    out.print(Text.assemble(verdict, f": {answer.detail}\n"))
    rows: list[tuple[str | Text, ...]] = []
    for one in answer.reasons:
        found = one.term or ("" if one.via == "several" else "the text as a whole")
        term = found if one.via == "term" else f"{found} ({one.via})".lstrip()
        place = one.place if one.term else ""
        score = f"{one.contribution:+.4f}"
        rows.append((one.interest, term, place, f"{one.weight:g}", score))
    totals = [("Sum", answer.score, "bold"), ("Threshold", answer.subscriber.threshold, "dim")]
    for name, total, style in totals:
        rows.append((Text(name, style), "", "", "", Text(f"{total:.4f}", style)))
    out.print(output.table(("Interest", "Found", "Where", "#Weight", "#Score"), rows))
