"""``digest test-mail``: one real digest, sent to try things out."""

import secrets
from dataclasses import replace
from datetime import datetime

import click
from pydantic_core import PydanticCustomError

from digest import tokens
from digest.cli import app, output
from digest.cli.options import pass_home
from digest.config.fields import email_address
from digest.explain import explanation
from digest.ledger import Draft
from digest.model import Claim, DeliveryId, Digest, Skip, State, StoredSubscriber, Subscriber
from digest.pipeline.context import RunContext
from digest.pipeline.ingest import ingest
from digest.render import templates


@click.command("test-mail")
@click.argument("address")
@click.option("--subscriber", "name", help="Whose digest; else of whom ADDRESS is, or the first.")
@pass_home(
    "digest test-mail me@example.org",
    "digest test-mail me@example.org --subscriber ada",
    now=True,
    json=True,
)
def test_mail(home: app.Home, address: str, name: str | None, now: datetime, as_json: bool) -> int:
    """Send one real digest to ADDRESS: the subscriber's last one, else the next.

    It goes the way all mail goes, is marked as a test in its subject and by the header
    X-Digest-Test, and nothing is recorded. Its links to unsubscribe unsubscribe nobody.

    Exit status: 0 when the server has accepted it, else 1.
    """
    try:
        recipient = email_address(address)
    except PydanticCustomError as error:
        raise click.BadParameter(error.message(), param_hint="ADDRESS") from error
    with app.open_dry_context(home, now=now) as context:
        ledger = context.ledger
        app.follow_profiles(home, ledger, now=now)
        if refused := ledger.suppressed([recipient]):
            raise click.ClickException(f"{recipient} is suppressed: {refused[recipient]}")
        reader = ledger.subscriber(name) if name else _likeliest(ledger, recipient)
        person = reader.subscriber
        digest = replace(_digest(context, person, now), composed=now)
        thrown_away, test = tokens.TokenSigner({0: secrets.token_bytes(32)}), secrets.token_hex(4)
        compose = app.personal_composer(home, templates.load(home.path), thrown_away, test=test)
        to = replace(reader, subscriber=replace(person, email=recipient))
        message = compose(Claim(DeliveryId(0), "email", digest, fence=0, attempt=1), to)
    with output.waiting("sending"):
        (outcome,) = app.transport(home).send([message], set)
    about = {"subscriber": person.id, "period": digest.period, "recipient": recipient}
    told = f"A test of {person.id}'s digest for {digest.period} to {recipient}: {outcome.state}."
    value = about | output.fields(outcome, "state", "detail")
    output.answer(as_json, value, lambda: click.echo(f"{told} {outcome.detail}"))
    return int(outcome.state is not State.SENT)


def _likeliest(ledger: Draft, address: str) -> StoredSubscriber:
    """A subscriber who has this address, else any."""
    folded = address.casefold()
    for reader in ledger.subscribers_at([folded]).get(folded, ()) or ledger.subscribers(limit=1):
        return reader
    raise click.ClickException("There is no subscriber whose digest could be sent.")


def _digest(context: RunContext[Draft], person: Subscriber, now: datetime) -> Digest:
    """The subscriber's last digest, else the next."""
    for digest in context.ledger.digests(person.id, limit=1):
        return digest
    ingest(context.inbox, context.ledger, now=now)
    plan = explanation.next_plan(context.ledger, person, expected=context.expected, now=now)
    if isinstance(plan.decision, Skip):
        raise click.ClickException(
            f"{person.id} has had no digest, and the next would be none: {plan.decision.reason}. "
            "Put a dump into the inbox, or name another --subscriber."
        )
    return plan.decision
