"""Sends the emails that are due: claim, compose, send, settle."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial

from digest.delivery.group_commit import GroupCommit
from digest.delivery.retry import retry_after
from digest.errors import TemplateError
from digest.model import (
    EVERYBODY,
    Claim,
    DeliveryId,
    Message,
    Outcome,
    Problem,
    State,
    StoredSubscriber,
)
from digest.pipeline.context import MEND_TEMPLATE, RunContext
from digest.pipeline.protocols import Composer, PassLedger
from digest.pipeline.report import Delivered, DeliverReport

BATCH = 500  # emails claimed together; their leases are renewed for as long as they are in hand
RETRY_TEMPLATE = timedelta(minutes=15)
"""A mail that a broken template holds up is tried again after this."""


def deliver(context: RunContext[PassLedger]) -> DeliverReport:
    """Send every email to the shard that is pending, deferred until now, or was left half done.
    Where the shard is everybody, first give up what cannot be sent any more."""
    report = DeliverReport(problems=give_up(context) if context.shard == EVERYBODY else ())
    waiting = context.ledger.waiting("email", now=context.clock(), shard=context.shard)
    if not waiting:
        return report
    try:
        composer = context.composer()
    except TemplateError as error:
        problem = Problem(error.where, error.what, MEND_TEMPLATE)
        report.problems, report.held = (*report.problems, problem), waiting
        return report
    _Sending(context, composer, report).run(waiting)
    return report


def give_up(context: RunContext[PassLedger]) -> tuple[Problem, ...]:
    """Give up what no server took for too long, and say so; and what is held from now on."""
    problems = []
    if context.lost:
        what = f"mails that may have arrived or not, since a process was killed: {context.lost:,}"
        remedy = "digest deliveries list --state uncertain; settle each one"
        problems.append(Problem("deliveries", what, remedy))
    expired = context.ledger.expire(now=context.clock(), expire_after=context.expire_after)
    if expired:
        what = f"{expired} could not be delivered within {context.expire_after} and were given up"
        problems.append(Problem("deliveries", what, "digest deliveries list --state expired"))
    return tuple(problems)


class _Sending:
    """Everything that is due, claimed a batch at a time and handed to the transport in one go."""

    def __init__(
        self, context: RunContext[PassLedger], composer: Composer, report: DeliverReport
    ) -> None:
        self._context, self._composer, self._report = context, composer, report
        self._claims: dict[DeliveryId, Claim] = {}
        """The deliveries that are in hand and have no outcome yet."""
        self._messages: dict[DeliveryId, Message] = {}
        """The messages of these deliveries."""
        self._addresses: dict[DeliveryId, str | None] = {}
        """The addresses in their readers' profiles: by these, addresses are suppressed."""
        self._problems: dict[str, Problem] = {}
        self._group_commit = GroupCommit(
            self._commit_all,
            partial(_settle, context),
            renew=self._renew,
            renew_every=context.lease / 3,
        )

    def run(self, waiting: int) -> None:
        """Send until nothing is due any more; ``waiting``: how many are by now."""
        with self._group_commit:
            outcomes = self._context.transport.send(self._mail(), self._commit)
            for outcome in self._context.track(outcomes, "Sending", waiting):
                self._record(outcome)
        self._report.problems = (*self._report.problems, *self._problems.values())

    def _mail(self) -> Iterator[Message]:
        context = self._context
        while claims := context.ledger.claim(
            "email",
            context.owner,
            now=context.clock(),
            lease=context.lease,
            limit=BATCH,
            shard=context.shard,
        ):
            # Asked again by every commit: here, so that next to nothing is composed in vain.
            refused = context.ledger.refused(
                {
                    each.digest.subscriber: each.reader.subscriber.email
                    for each in claims
                    if each.reader
                }
            )
            for claim in claims:
                if context.stopping():
                    return
                if claim.delivery in self._claims:
                    # Its lease ended while it is in hand. The attempt under way is refused by its
                    # old fence; were the new one taken for its own, its end would settle the mail.
                    continue
                self._claims[claim.delivery] = claim
                made = self._made(claim, claim.reader, refused.get(claim.digest.subscriber))
                if isinstance(made, Outcome):
                    self._record(made)
                else:
                    self._messages[claim.delivery] = made
                    yield made

    def _made(
        self, claim: Claim, reader: StoredSubscriber | None, refused: str | None
    ) -> Message | Outcome:
        """The message of a claim, or the reason why it has none."""
        if reader is None or "email" not in reader.subscriber.channels:
            detail = "no longer a subscriber by email"
            return Outcome(claim.delivery, State.CANCELLED, detail)
        if refused is not None:
            return Outcome(claim.delivery, State.CANCELLED, refused)
        try:
            message = self._composer(claim, reader)
        except TemplateError as error:
            problem = Problem(error.where, error.what, MEND_TEMPLATE)
            self._problems[str(problem)] = problem
            retry_at = self._context.clock() + RETRY_TEMPLATE
            return Outcome(claim.delivery, State.DEFERRED, str(error), retry_at)
        self._addresses[claim.delivery] = reader.subscriber.email
        if claim.kept is not None and claim.kept.recipient == message.recipient:
            return replace(claim.kept, sender=message.sender)
        return message

    def _commit(self, deliveries: Collection[DeliveryId]) -> Collection[DeliveryId]:
        fences = {number: self._claims[number].fence for number in deliveries}
        return self._group_commit.commit(fences)

    def _commit_all(
        self, pairs: Collection[tuple[DeliveryId, int]], outcomes: Collection[tuple[Outcome, int]]
    ) -> set[DeliveryId]:
        context = self._context
        return context.ledger.commit(
            pairs,
            now=context.clock(),
            expire_after=context.expire_after,
            recipients={number: self._addresses[number] for number, _ in pairs},
            keep=[self._messages[number] for number, _ in pairs] if context.keep else (),
            outcomes=outcomes,
        )

    def _renew(self) -> None:
        context = self._context
        context.ledger.renew(context.owner, now=context.clock(), lease=context.lease)

    def _record(self, outcome: Outcome) -> None:
        """Have the ledger, and the report, know how an attempt ended."""
        claim = self._claims.pop(outcome.delivery)
        self._messages.pop(outcome.delivery, None)
        address = self._addresses.pop(outcome.delivery, None)
        if outcome.refusal is not None and address is not None:
            refusal = replace(outcome.refusal, address=address)  # as in the profile
            outcome = replace(outcome, refusal=refusal)
        if outcome.state is State.DEFERRED and outcome.retry_at is None:
            wait = retry_after(outcome.delivery, claim.attempt)
            outcome = replace(outcome, retry_at=self._context.clock() + wait)
        self._group_commit.settle(outcome, claim.fence)
        digest = claim.digest
        self._report.add(Delivered(digest.subscriber, digest.period, len(digest.picks), outcome))


def _settle(context: RunContext[PassLedger], outcomes: Collection[tuple[Outcome, int]]) -> None:
    context.ledger.settle(outcomes, now=context.clock())
