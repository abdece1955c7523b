"""Deliveries on their way out: claim, compose, send, settle."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import chain

from digest.contracts import Composer
from digest.delivery.gate import Gate
from digest.delivery.pacing import retry_after
from digest.errors import TemplateError
from digest.house import BATCH, MEND_TEMPLATE, House
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
from digest.report import Delivered, Deliveries

RETRY_TEMPLATE = timedelta(minutes=15)
"""A mail that a broken template holds up is tried again after this."""


def deliver(house: House, subscribers: Sequence[Subscriber]) -> Deliveries:
    """Send every email that is pending, deferred until now, or was left half done."""
    by_id = {subscriber.id: subscriber for subscriber in subscribers}
    composer: Composer | None = None
    rows: list[Delivered] = []
    problems = _expire(house)
    while not house.stopping() and (
        claims := house.ledger.claim(
            "email", house.owner, now=house.clock(), lease=house.lease, limit=BATCH
        )
    ):
        try:
            composer = composer or house.composer()
        except TemplateError as error:
            problems.append(Problem(error.where, error.what, MEND_TEMPLATE))
            break
        digests = {claim.delivery: claim.digest for claim in claims}
        outcomes = _deliver_batch(house, claims, by_id, composer, problems)
        for outcome in house.track(outcomes, "Sending", len(claims)):
            digest = digests[outcome.delivery]
            rows.append(Delivered(digest.subscriber, digest.period, len(digest.picks), outcome))
    return Deliveries(tuple(rows), tuple(problems))


def _expire(house: House) -> list[Problem]:
    """Give up what no server took for too long, and say so."""
    given_up = house.ledger.expire(now=house.clock(), expire_after=house.expire_after)
    if not given_up:
        return []
    what = f"{given_up} could not be delivered within {house.expire_after} and were given up"
    return [Problem("deliveries", what, "digest deliveries list --state expired")]


def _deliver_batch(
    house: House,
    claims: Sequence[Claim],
    subscribers: Mapping[SubscriberId, Subscriber],
    composer: Composer,
    problems: list[Problem],
) -> Iterator[Outcome]:
    """Every claim's outcome, once the ledger is told of it; template errors go to ``problems``."""
    fences = {claim.delivery: claim.fence for claim in claims}
    recipients: dict[DeliveryId, str] = {}
    unsent: list[Outcome] = []

    def messages() -> Iterator[Message]:
        for claim in claims:
            if house.stopping():
                return
            subscriber = subscribers.get(claim.digest.subscriber)
            if subscriber is None or subscriber.email is None:
                detail = "no longer a subscriber by email"
                unsent.append(Outcome(claim.delivery, State.CANCELLED, detail))
                continue
            try:
                message = composer(claim, subscriber)
                recipients[claim.delivery] = message.recipient
                yield message
            except TemplateError as error:
                problems.append(Problem(error.where, error.what, MEND_TEMPLATE))
                retry_at = house.clock() + RETRY_TEMPLATE
                unsent.append(Outcome(claim.delivery, State.DEFERRED, str(error), retry_at))

    def commit_all(
        pairs: Collection[tuple[DeliveryId, int]], outcomes: Collection[tuple[Outcome, int]]
    ) -> set[DeliveryId]:
        return house.ledger.commit(
            pairs,
            now=house.clock(),
            expire_after=house.expire_after,
            recipients=recipients,
            outcomes=outcomes,
        )

    def commit(delivery: DeliveryId) -> bool:
        return gate.commit(delivery, fences[delivery])

    attempts = {claim.delivery: claim.attempt for claim in claims}
    with Gate(
        commit_all,
        partial(_settle, house),
        renew=partial(_renew, house),
        renew_every=house.lease / 3,
    ) as gate:
        for outcome in chain(house.transport.send(messages(), commit), unsent):
            if outcome.state is State.DEFERRED and outcome.retry_at is None:
                wait = retry_after(outcome.delivery, attempts[outcome.delivery])
                outcome = replace(outcome, retry_at=house.clock() + wait)  # noqa: PLW2901
            gate.settle(outcome, fences[outcome.delivery])
            yield outcome


def settle_feeds(house: House) -> None:
    """Settle the deliveries by feed: what has been published is delivered."""
    while claims := house.ledger.claim(
        "feed", house.owner, now=house.clock(), lease=house.lease, limit=BATCH
    ):
        sent = [(Outcome(claim.delivery, State.SENT, "published"), claim.fence) for claim in claims]
        _settle(house, sent)


def _renew(house: House) -> None:
    house.ledger.renew(house.owner, now=house.clock(), lease=house.lease)


def _settle(house: House, outcomes: Collection[tuple[Outcome, int]]) -> None:
    house.ledger.settle(outcomes, now=house.clock())
