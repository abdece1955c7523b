"""The table of server faults in docs/delivery.md, row by row, through the whole line."""

from __future__ import annotations

import ssl
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import trustme

from digest.delivery import smtp
from digest.delivery.connection import Server as Account
from digest.delivery.smtp import SmtpTransport
from digest.model import CommitAll, DeliveryId, Message, Outcome, State, SubscriberId
from tests.delivery.server import Act, Server, Step, on, running
from tests.faults import test_killed
from tests.faults.test_killed import some_of
from tests.world import World, person, utc

DOCS = Path(__file__).parents[2] / "docs" / "delivery.md"
NOW = utc("2026-11-23T08:00")
PEOPLE = [person(name) for name in ("ada", "bob", "eve")]
EVERYBODY = {f"{one.id}@example.org" for one in PEOPLE}
VICTIM = "ada@example.org"
"""Whose mail is the first to go out."""
ACTS = {
    "drops the connection": Act.DROP,
    "says nothing": Act.HANG,
    "accepts, then drops the connection": Act.ACCEPT_AND_DROP,
}
STEPS = {"the body": "body", "the dot": "dot"}
FOR_ALL = ("CONNECT", "EHLO", "STARTTLS", "AUTH", "QUIT")
"""Steps that are taken for every mail at once; the others are faulty for the first mail only."""


def rows(heading: str) -> list[list[str]]:
    """The cells of the table under a heading."""
    section = DOCS.read_text().split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


FAULTS = [" | ".join(row) for row in rows("Faults of the server")]
CASES = [
    *(("sqlite", row) for row in FAULTS),
    *(("postgresql", row) for row in some_of(FAULTS, 8)),
]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "FIRST_PAUSE", 0.01)


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def mx(authority: trustme.CA) -> Iterator[Server]:
    """With TLS and a login, so that every step is taken."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with running(Server(tls=context, logins={"digest": "secret"})) as mx:
        yield mx


@dataclass(frozen=True)
class Unhurried:
    """A transport that waits a moment before each commit: what the server does to a body arrives
    before the dot goes out, however busy the machine is."""

    inner: SmtpTransport
    repeatable: bool = False

    def send(self, messages: Iterable[Message], commit: CommitAll) -> Iterator[Outcome]:
        """Deliver each message."""

        def later(deliveries: Collection[DeliveryId]) -> Collection[DeliveryId]:
            time.sleep(0.05)
            return commit(deliveries)

        return self.inner.send(messages, later)


def transport(
    mx: Server, authority: trustme.CA, folder: Path, patience: float = 0.5
) -> SmtpTransport:
    ca_file = folder / "ca.pem"
    authority.cert_pem.write_to_path(ca_file)
    mine = Account(
        "localhost",
        mx.port,
        username="digest",
        password="secret",
        ca_file=str(ca_file),
        timeout=patience,
        patience=patience,
    )
    return SmtpTransport(mine, connections=1)


def states(world: World) -> dict[str, State]:
    with world.ledger() as book:
        return {f"{row.subscriber}@example.org": row.state for row in book.deliveries()}


def expected(struck: set[str], state: str) -> dict[str, State]:
    return {one: State(state) if one in struck else State.SENT for one in EVERYBODY}


@pytest.mark.parametrize(("url", "row"), CASES, indirect=["url"])
def test_a_fault_of_the_server(
    row: str, mx: Server, authority: trustme.CA, url: str, tmp_path: Path
) -> None:
    step, fault, state, mails, later, mails_later = row.split(" | ")
    world = World(tmp_path, url)
    world.put("monday.json", "The lighthouse at night")
    mail = transport(mx, authority, tmp_path)
    answer = ACTS.get(fault, fault.strip("`"))
    struck = EVERYBODY if step in FOR_ALL else {VICTIM}
    mx.behave = on(STEPS.get(step, step.lower()), answer, times=None if step in FOR_ALL else 1)  # type: ignore[arg-type]  # as the table says

    world.run(PEOPLE, NOW, transport=Unhurried(mail))
    assert states(world) == expected(struck, state)
    assert mx.recipients()[VICTIM] == int(mails)

    mx.behave = lambda _: None
    mail = transport(mx, authority, tmp_path, patience=10)
    world.run(PEOPLE, NOW + timedelta(hours=1), transport=mail)
    assert states(world) == expected(struck, later)
    assert mx.recipients()[VICTIM] == int(mails_later)
    assert max(mx.recipients().values()) == 1


def test_unsubscribing_beats_every_mail_that_has_not_passed_its_dot(
    mx: Server, authority: trustme.CA, url: str, tmp_path: Path
) -> None:
    world = World(tmp_path, url)
    world.put("monday.json", "The lighthouse at night")
    people = [person(f"r{number}") for number in range(100)]

    def unsubscribe(step: Step) -> None:
        if step.name == "rcpt":
            name = step.line.partition("<")[2].partition("@")[0]
            book.unsubscribe(SubscriberId(name), now=NOW)

    mx.behave = unsubscribe
    with world.ledger() as book:
        world.run(people, NOW, transport=transport(mx, authority, tmp_path, patience=20))
    assert mx.recipients() == {}
    assert list(states(world).values()) == [State.CANCELLED] * 100
    assert len(mx.unfinished) == 100


def test_mail_that_no_server_takes_expires_and_the_operator_is_told(
    mx: Server, authority: trustme.CA, url: str, tmp_path: Path
) -> None:
    world = World(tmp_path, url)
    world.put("monday.json", "The lighthouse at night")
    mail = transport(mx, authority, tmp_path)
    mx.behave = on("connect", "421 4.3.2 busy")
    for days in (0, 1):
        report = world.run(PEOPLE, NOW + timedelta(days=days), transport=mail)
        assert [one.outcome.state for one in report.delivered.rows] == [State.DEFERRED] * 3
    report = world.run(PEOPLE, NOW + timedelta(days=2), transport=mail)
    assert "3 could not be delivered within 2 days" in str(report.delivered.problems[0])
    assert set(states(world).values()) == {State.EXPIRED}


def test_every_fault_of_the_machine_that_the_page_lists_is_exercised() -> None:
    named = {name.strip("`") for *_, name in rows("Faults of the machine")}
    here = {*vars(test_killed), *globals()}
    assert named <= here
    assert {name for name in vars(test_killed) if name.startswith("test_")} <= named
