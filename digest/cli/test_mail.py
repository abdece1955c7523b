"""``digest test-mail``: one real digest, sent to try things out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.options import json_option, moment, now_option, pass_home

if TYPE_CHECKING:
    from digest.cli.app import Home
    from digest.model import Digest, Message, Outcome, Subscriber
    from digest.pipeline.context import RunContext


@click.command("test-mail")
@click.argument("address")
@click.option("--subscriber", "name", help="Whose digest; else of whom ADDRESS is, or the first.")
@now_option
@json_option
@pass_home
def test_mail(
    home: Path, address: str, name: str | None, now: datetime | None, as_json: bool
) -> int:
    """Send one real digest to ADDRESS: the subscriber's last one, else the next.

    It goes the way all mail goes, is marked as a test in its subject and by the header
    X-Digest-Test, and nothing is recorded. Its links to unsubscribe unsubscribe nobody.

    Exit status: 0 when the server has accepted it, else 1.

    \b
    Examples:
      digest test-mail me@example.org
      digest test-mail me@example.org --subscriber ada
    """
    from digest import subscribers
    from digest.cli import app, output
    from digest.model import State

    recipient, when = _checked(address), moment(now)
    opened = app.open_home(home)
    listed = subscribers.load(home)
    person = subscribers.find(listed, name) if name else _likeliest(listed, recipient)
    with app.look_into_ledger(opened) as ledger:
        refused = ledger.suppressed([recipient])
    if refused:
        raise click.ClickException(f"{recipient} is suppressed: {refused[recipient]}")
    with app.open_context(opened, now=when, dry=True) as context:
        digest = replace(_digest(context, person, when), composed=when)
        message = _compose(opened, context, digest, replace(person, email=recipient))
    with output.waiting("sending"):
        outcome = _send(opened, message)
    if as_json:
        found = {
            "subscriber": person.id,
            "period": str(digest.period),
            "recipient": recipient,
            "state": outcome.state,
            "detail": outcome.detail,
        }
        click.echo(json.dumps(found, indent=2))
    else:
        click.echo(
            f"A test of {person.id}'s digest for {digest.period} to {recipient}: "
            f"{outcome.state}. {outcome.detail}"
        )
    return int(outcome.state is not State.SENT)


def _checked(address: str) -> str:
    from pydantic_core import PydanticCustomError

    from digest.config.fields import email_address

    try:
        return email_address(address)
    except PydanticCustomError as error:
        raise click.BadParameter(error.message(), param_hint="ADDRESS") from error


def _likeliest(listed: Sequence[Subscriber], address: str) -> Subscriber:
    """Whose address it is, else the first; an empty list is refused."""
    if not listed:
        raise click.ClickException("There is no subscriber whose digest could be sent.")
    return next((one for one in listed if (one.email or "").lower() == address.lower()), listed[0])


def _digest(context: RunContext, person: Subscriber, now: datetime) -> Digest:
    """The subscriber's last digest, else the next."""
    from digest.explain import explanation
    from digest.model import Skip
    from digest.pipeline.ingest import ingest

    for digest in context.ledger.digests(person.id, limit=1):
        return digest
    ingest(context.inbox, context.ledger, now=now)
    plan = explanation.next_plan(context.ledger, person, expect=context.expect, now=now)
    if isinstance(plan.decision, Skip):
        raise click.ClickException(
            f"{person.id} has had no digest, and the next would be none: {plan.decision.reason}. "
            "Put a dump into the inbox, or name another --subscriber."
        )
    return plan.decision


def _compose(home: Home, context: RunContext, digest: Digest, person: Subscriber) -> Message:
    """The message as it would go out, but for its marks and its links that do nothing."""
    import secrets

    from digest import tokens
    from digest.cli.app import Letters
    from digest.model import Claim, DeliveryId
    from digest.render import templates
    from digest.render.email.compose import EmailComposer

    composer = EmailComposer(templates.load(home.path), home.site)
    thrown_away = tokens.Tokens({0: secrets.token_bytes(32)})
    feed_tokens = context.ledger.ensure_subscribers([person.id])
    letters = Letters(home, composer, feed_tokens, thrown_away, trial=secrets.token_hex(4))
    return letters(Claim(DeliveryId(0), "email", digest, fence=0, attempt=1), person)


def _send(home: Home, message: Message) -> Outcome:
    from digest.cli import app

    (outcome,) = app.transport(home).send([message], lambda _: True)
    return outcome
