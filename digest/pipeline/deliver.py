"""Deliveries on their way out: claim, compose, send, settle."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

from digest.delivery.group_commit import GroupCommit
from digest.delivery.retry import retry_after
from digest.errors import TemplateError
from digest.model import (
    Claim,
    DeliveryId,
    Message,
    Outcome,
    Problem,
    State,
    Subscriber,
    SubscriberId,
)
from digest.pipeline.context import BATCH, MEND_TEMPLATE, RunContext
from digest.pipeline.protocols import Composer
from digest.pipeline.report import Delivered, Deliveries

AT_A_TIME = 100
"""Emails claimed together: so few that nothing in flight waits for the next ones."""
RETRY_TEMPLATE = timedelta(minutes=15)
"""A mail that a broken template holds up is tried again after this."""


def deliver(context: RunContext, subscribers: Sequence[Subscriber]) -> Deliveries:
    """Send every email that is pending, deferred until now, or was left half done."""
    given_up = _expire(context)
    due = context.ledger.claimable("email", now=context.clock())
    if not due:
        return Deliveries((), given_up)
    try:
        composer = context.composer([subscriber.id for subscriber in subscribers])
    except TemplateError as error:
        problem = Problem(error.where, error.what, MEND_TEMPLATE)
        return Deliveries((), (*given_up, problem), held=due)
    by_email = {each.id: each for each in subscribers if "email" in each.channels}
    sending = _Sending(context, by_email, composer)
    sending.run(due)
    return Deliveries(tuple(sending.rows), (*given_up, *sending.problems))


def _expire(context: RunContext) -> tuple[Problem, ...]:
    """Give up what no server took for too long, and say so."""
    given_up = context.ledger.expire(now=context.clock(), expire_after=context.expire_after)
    if not given_up:
        return ()
    what = f"{given_up} could not be delivered within {context.expire_after} and were given up"
    return (Problem("deliveries", what, "digest deliveries list --state expired"),)


class _Sending:
    """Everything that is due, claimed a few at a time and handed to the transport in one go."""

    def __init__(
        self,
        context: RunContext,
        subscribers: Mapping[SubscriberId, Subscriber],
        composer: Composer,
    ) -> None:
        self._house, self._subscribers, self._composer = context, subscribers, composer
        # Asked again by every commit: here, so that next to nothing is composed in vain.
        self._refused = context.ledger.refused({who: one.email for who, one in subscribers.items()})
        self._claims: dict[DeliveryId, Claim] = {}
        """In hand, without an outcome yet."""
        self._messages: dict[DeliveryId, Message] = {}
        """Made for them."""
        self._gate = GroupCommit(
            self._commit_all,
            partial(_settle, context),
            renew=self._renew,
            renew_every=context.lease / 3,
        )
        self.rows: list[Delivered] = []
        self.problems: list[Problem] = []

    def run(self, due: int) -> None:
        """Send until nothing is due any more; ``due``: how many are by now."""
        with self._gate:
            outcomes = self._house.transport.send(self._mail(), self._commit)
            for outcome in self._house.track(outcomes, "Sending", due):
                self._record(outcome)

    def _mail(self) -> Iterator[Message]:
        for claim in self._claimed():
            if self._house.stopping():
                return
            self._claims[claim.delivery] = claim
            made = self._made(claim)
            if isinstance(made, Outcome):
                self._record(made)
            else:
                self._messages[claim.delivery] = made
                yield made

    def _claimed(self) -> Iterator[Claim]:
        context = self._house
        while claims := context.ledger.claim(
            "email", context.owner, now=context.clock(), lease=context.lease, limit=AT_A_TIME
        ):
            yield from claims

    def _made(self, claim: Claim) -> Message | Outcome:
        """A claim's message, or why it has none."""
        subscriber = self._subscribers.get(claim.digest.subscriber)
        if subscriber is None:
            return Outcome(claim.delivery, State.CANCELLED, "no longer a subscriber by email")
        if subscriber.id in self._refused:
            return Outcome(claim.delivery, State.CANCELLED, self._refused[subscriber.id])
        try:
            message = self._composer(claim, subscriber)
        except TemplateError as error:
            self.problems.append(Problem(error.where, error.what, MEND_TEMPLATE))
            retry_at = self._house.clock() + RETRY_TEMPLATE
            return Outcome(claim.delivery, State.DEFERRED, str(error), retry_at)
        if claim.kept is not None and claim.kept.recipient == message.recipient:
            return replace(claim.kept, sender=message.sender)
        return message

    def _commit(self, delivery: DeliveryId) -> bool:
        return self._gate.commit(delivery, self._claims[delivery].fence)

    def _commit_all(
        self,
        pairs: Collection[tuple[DeliveryId, int]],
        outcomes: Collection[tuple[Outcome, int]],
    ) -> set[DeliveryId]:
        context = self._house
        return context.ledger.commit(
            pairs,
            now=context.clock(),
            expire_after=context.expire_after,
            recipients={number: self._address(number) for number, _ in pairs},
            keep=[self._messages[number] for number, _ in pairs] if context.keep else (),
            outcomes=outcomes,
        )

    def _address(self, delivery: DeliveryId) -> str | None:
        """As the profile has it, which is how addresses are suppressed."""
        return self._subscribers[self._claims[delivery].digest.subscriber].email

    def _renew(self) -> None:
        context = self._house
        context.ledger.renew(context.owner, now=context.clock(), lease=context.lease)

    def _record(self, outcome: Outcome) -> None:
        """Have the ledger, and the report, know how an attempt ended."""
        claim = self._claims.pop(outcome.delivery)
        self._messages.pop(outcome.delivery, None)
        if outcome.state is State.DEFERRED and outcome.retry_at is None:
            wait = retry_after(outcome.delivery, claim.attempt)
            outcome = replace(outcome, retry_at=self._house.clock() + wait)
        self._gate.settle(outcome, claim.fence)
        digest = claim.digest
        row = Delivered(digest.subscriber, digest.period, len(digest.picks), outcome)
        self.rows.append(row)


def settle_feeds(context: RunContext) -> None:
    """Settle the deliveries by feed: what has been published is delivered."""
    while claims := context.ledger.claim(
        "feed", context.owner, now=context.clock(), lease=context.lease, limit=BATCH
    ):
        sent = [(Outcome(claim.delivery, State.SENT, "published"), claim.fence) for claim in claims]
        _settle(context, sent)


def _settle(context: RunContext, outcomes: Collection[tuple[Outcome, int]]) -> None:
    context.ledger.settle(outcomes, now=context.clock())
