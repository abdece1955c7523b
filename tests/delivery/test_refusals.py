"""What a server refuses counts against the reader's address as ``docs/bounces.md`` says."""

from __future__ import annotations

import pytest

from digest.delivery.smtp import SmtpTransport
from digest.model import DeliveryId, Message, Outcome, Refusal, State
from tests.bounces.samples import rows
from tests.delivery.server import Name, Server, on, running
from tests.delivery.test_smtp import account

STEPS: dict[str, Name] = {"MAIL": "mail", "RCPT": "rcpt", "DATA": "data", "dot": "dot"}
REFUSALS = rows("Refusals in the SMTP session")


def refused(step: str, reply: str) -> Outcome:
    message = Message(DeliveryId(1), "digest@example.org", "ada@example.org", b"Subject: x\r\n\r\n")
    with running(Server(on(STEPS[step], reply))) as server:
        (outcome,) = SmtpTransport(account(server)).send([message], set)
    return outcome


@pytest.mark.parametrize(("step", "reply", "what"), REFUSALS)
def test_each_refusal_has_its_effect(step: str, reply: str, what: str) -> None:
    outcome = refused(step, reply)
    assert outcome.state is (State.FAILED if reply.startswith("5") else State.DEFERRED)
    unknown = {"suppressed": True, "counted": False}.get(what)
    expected = None if unknown is None else Refusal("ada@example.org", unknown)
    assert outcome.refusal == expected


def test_the_page_has_every_step() -> None:
    assert {step for step, _, _ in REFUSALS} == set(STEPS)


def test_a_reply_of_several_lines_is_judged_as_a_whole() -> None:
    reply = "550-5.1.1 The account that you tried to reach does not exist.\r\n550 5.1.1 Try again."
    assert refused("RCPT", reply).refusal == Refusal("ada@example.org", is_unknown=True)
