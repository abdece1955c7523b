"""``digest preview``: the next digest as its reader would see it."""

import email
import email.policy
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click

from digest.cli import app
from digest.cli.options import file_type, pass_home
from digest.explain import explanation
from digest.ledger import Draft
from digest.model import Claim, DeliveryId, Digest, Skip, StoredSubscriber
from digest.pipeline.context import RunContext
from digest.pipeline.ingest import ingest


@click.command()
@click.argument("subscriber")
@click.option(
    "--out",
    type=file_type(),
    help="Write it to FILE: .html the page, .eml the whole message, else the text.",
)
@pass_home("digest preview ada", "digest preview ada --out ada.html", now=True)
def preview(home: app.Home, subscriber: str, out: Path | None, now: datetime) -> None:
    """Show the next digest as SUBSCRIBER would see it.

    Where nothing new has come, it is the last one as the profile of today would have it.
    """
    with look_ahead(home, subscriber, now) as (context, reader):
        plan, is_past = explanation.preview(
            context.ledger, reader.subscriber, expected=context.expected, now=now
        )
        if isinstance(plan.decision, Skip):
            reason, considered = plan.decision.reason, plan.decision.coverage.papers
            click.echo(
                f"No digest for {plan.period}: {reason} ({considered} considered).", err=True
            )
            return
        if is_past:
            what = f"This is the digest for {plan.period} as the profile stands now."
            click.echo(f"Nothing new has come. {what}", err=True)
        page = _page(context, plan.decision, reader, out.suffix if out else ".txt")
    if out is None:
        click.echo(page.decode(), nl=False)
    else:
        out.write_bytes(page)
        click.echo(f"Wrote {out}", err=True)


@contextmanager
def look_ahead(
    home: app.Home, subscriber: str, now: datetime
) -> Iterator[tuple[RunContext[Draft], StoredSubscriber]]:
    """Open the context as it would be after reading profiles and inbox; nothing is changed.

    Raises:
        ConfigError: The settings or the profiles are wrong.
        NotFound: There is no such subscriber.
    """
    with app.open_dry_context(home, now=now) as context:
        app.follow_profiles(home, context.ledger, now=now)
        reader = context.ledger.subscriber(subscriber)
        ingest(context.inbox, context.ledger, now=now)
        yield context, reader


def _page(
    context: RunContext[Draft], digest: Digest, reader: StoredSubscriber, suffix: str
) -> bytes:
    """Return the digest as HTML, as a message, or as text."""
    claim = Claim(DeliveryId(0), "email", digest, fence=0, attempt=1)
    message = context.composer()(claim, reader).content
    if suffix == ".eml":
        return message
    parsed = email.message_from_bytes(message, policy=email.policy.default)
    part = parsed.get_body(("html",) if suffix in (".html", ".htm") else ("plain",))
    assert part is not None  # noqa: S101  every message has both
    return str(part.get_content()).replace("\r\n", "\n").encode()
