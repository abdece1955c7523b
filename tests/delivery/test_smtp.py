"""What becomes of a message for every fault at every step of its way to the server."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import timedelta

import pytest

from digest.delivery import smtp
from digest.delivery.connection import Server as Account
from digest.delivery.smtp import SmtpTransport
from digest.errors import LedgerError
from digest.model import DeliveryId, Message, Outcome, State
from tests.delivery import server
from tests.delivery.server import Act, Server, Step, on, running

CONTENT = b"From: digest@example.org\r\nSubject: x\r\n\r\nHello\r\n.dots\r\n..more\r\n"


@pytest.fixture(autouse=True, params=["one at a time", "pipelined"])
def _way_of_commands(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "one at a time":
        extensions = tuple(name for name in server.EXTENSIONS if name != "PIPELINING")
        monkeypatch.setattr(server, "EXTENSIONS", extensions)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "FIRST_PAUSE", 0.01)


def message(number: int, recipient: str | None = None, content: bytes = CONTENT) -> Message:
    return Message(
        DeliveryId(number),
        "digest@example.org",
        recipient or f"reader{number}@example.org",
        content,
        f"2026-W46-reader{number}",
    )


def account(mx: Server, **more: object) -> Account:
    given: dict[str, object] = {"security": "none", "timeout": 0.25, "patience": 0.25}
    return Account("127.0.0.1", mx.port, **(given | more))  # type: ignore[arg-type]  # a test's shorthand


class Book:
    """A ledger that says yes, and remembers what it was asked."""

    def __init__(self, refuse: Iterable[int] = ()) -> None:
        self.asked: list[int] = []
        self.refuse = {DeliveryId(number) for number in refuse}

    def commit(self, deliveries: Collection[DeliveryId]) -> set[DeliveryId]:
        self.asked.extend(deliveries)
        return set(deliveries) - self.refuse


def deliver(
    mx: Server, messages: Sequence[Message], book: Book | None = None, **options: object
) -> dict[int, Outcome]:
    transport = SmtpTransport(account(mx), **({"connections": 1} | options))  # type: ignore[arg-type]  # a test's shorthand
    outcomes = list(transport.send(messages, (book or Book()).commit))
    assert len({outcome.delivery for outcome in outcomes}) == len(outcomes) == len(messages)
    return {outcome.delivery: outcome for outcome in outcomes}


def states(outcomes: dict[int, Outcome]) -> list[State]:
    return [outcome.state for _, outcome in sorted(outcomes.items())]


# --- a server without faults -------------------------------------------------------------


def test_a_message_arrives_as_it_was_written() -> None:
    with running(Server()) as mx:
        outcomes = deliver(mx, [message(1)])
    assert outcomes[1] == Outcome(DeliveryId(1), State.SENT, "250 2.0.0 accepted")
    (got,) = mx.accepted
    assert got.content == CONTENT
    assert (got.sender, got.recipient) == ("digest@example.org", "reader1@example.org")
    assert mx.steps[-1].name == "quit"


def test_one_connection_serves_many_messages() -> None:
    with running(Server()) as mx:
        outcomes = deliver(mx, [message(n) for n in range(50)])
    assert set(states(outcomes)) == {State.SENT}
    assert mx.connections() == 1


def test_several_connections_share_the_work() -> None:
    started = threading.Barrier(4, timeout=10)

    def behave(step: Step) -> None:
        if step.name == "dot" and step.message == 1:
            started.wait()

    with running(Server(behave)) as mx:
        outcomes = deliver(mx, [message(n) for n in range(40)], connections=4)
    assert set(states(outcomes)) == {State.SENT}
    assert mx.connections() == 4
    assert mx.recipients() == Counter(f"reader{n}@example.org" for n in range(40))


def test_messages_are_drawn_only_as_fast_as_they_go_out() -> None:
    drawn: list[int] = []
    gate = threading.Event()

    def messages() -> Iterator[Message]:
        for number in range(100):
            drawn.append(number)
            yield message(number)

    def behave(step: Step) -> None:
        if step.name == "dot":
            gate.wait(10)

    with running(Server(behave)) as mx:
        transport = SmtpTransport(account(mx, patience=20.0), connections=1)
        outcomes = transport.send(messages(), Book().commit)
        threading.Timer(0.2, gate.set).start()
        next(outcomes)
        assert len(drawn) < 20
        assert len(list(outcomes)) == 99


def test_lines_end_as_smtp_wants_them_and_no_message_is_smuggled() -> None:
    hostile = b"Subject: x\n\nHello\n.\nMAIL FROM:<evil@example.org>\r.\r\n.\r\nend"
    with running(Server()) as mx:
        deliver(mx, [message(1, content=hostile)])
    (got,) = mx.accepted
    assert got.content == (
        b"Subject: x\r\n\r\nHello\r\n.\r\nMAIL FROM:<evil@example.org>\r\n.\r\n.\r\nend\r\n"
    )


# --- faults before the dot ---------------------------------------------------------------

BEFORE = ["mail", "rcpt", "data"]


@pytest.mark.parametrize("step", BEFORE)
def test_a_4xx_before_the_dot_defers_that_message_only(step: str) -> None:
    fault = on(step, "451 4.3.0 later, please", times=1)  # type: ignore[arg-type]
    with running(Server(fault)) as mx:
        outcomes = deliver(mx, [message(1), message(2)], book := Book())
    assert states(outcomes) == [State.DEFERRED, State.SENT]
    assert outcomes[1].detail == f"{step.upper()}: 451 4.3.0 later, please"
    assert book.asked == [2]
    assert mx.connections() == 1


@pytest.mark.parametrize("step", BEFORE)
def test_a_5xx_before_the_dot_is_final_for_that_message_only(step: str) -> None:
    fault = on(step, "550 5.1.1 no such user", times=1)  # type: ignore[arg-type]
    with running(Server(fault)) as mx:
        outcomes = deliver(mx, [message(1), message(2)], book := Book())
    assert states(outcomes) == [State.FAILED, State.SENT]
    assert outcomes[1].detail == f"{step.upper()}: 550 5.1.1 no such user"
    assert book.asked == [2]


@pytest.mark.parametrize("step", BEFORE)
@pytest.mark.parametrize("act", [Act.DROP, Act.HANG])
def test_a_drop_or_time_out_before_the_dot_defers(step: str, act: Act) -> None:
    fault = on(step, act, times=1)  # type: ignore[arg-type]
    with running(Server(fault)) as mx:
        outcomes = deliver(mx, [message(1), message(2)], book := Book())
    assert states(outcomes) == [State.DEFERRED, State.SENT]
    closed = {"the server closed the connection", "Connection reset by peer"}
    why = closed if act is Act.DROP else {"timed out"}
    assert outcomes[1].detail in {f"{step.upper()}: {words}" for words in why}
    assert book.asked == [2]


def test_a_server_that_wants_a_body_for_nobody_gets_no_dot() -> None:
    fault = on("rcpt", "550 5.1.1 no such user", times=1)
    with running(Server(fault, lax=True)) as mx:
        outcomes = deliver(mx, [message(1), message(2)], book := Book())
    assert states(outcomes) == [State.FAILED, State.SENT]
    assert outcomes[1].detail == "RCPT: 550 5.1.1 no such user"
    assert book.asked == [2]
    assert mx.recipients() == {"reader2@example.org": 1}


def test_a_drop_within_the_body_defers() -> None:
    big = CONTENT + b"x" * 70 + b"\r\n" + (b"y" * 70 + b"\r\n") * 200_000
    with running(Server(on("body", Act.DROP, times=1))) as mx:
        outcomes = deliver(mx, [message(1, content=big), message(2)], book := Book())
    assert states(outcomes) == [State.DEFERRED, State.SENT]
    assert outcomes[1].detail.startswith("before the final dot: ")
    assert book.asked == [2]
    assert mx.recipients() == {"reader2@example.org": 1}


@pytest.mark.parametrize(
    ("words", "state"),
    [
        ("552 5.3.4 too big", State.FAILED),
        ("451 4.3.0 no room", State.DEFERRED),
        ("250 2.0.0 accepted, says a server that has not seen the dot", State.DEFERRED),
    ],
)
def test_a_reply_within_the_body_is_not_taken_for_the_one_to_the_dot(
    words: str, state: State
) -> None:
    def commit(deliveries: Collection[DeliveryId]) -> Collection[DeliveryId]:
        while not any(step.name == "body" for step in mx.steps):
            time.sleep(0.001)
        time.sleep(0.05)
        return deliveries

    with running(Server(on("body", words, times=1))) as mx:
        transport = SmtpTransport(account(mx), connections=1)
        (outcome,) = transport.send([message(1)], commit)
    assert outcome.state is state
    assert outcome.detail == f"before the final dot: {words}"
    assert mx.accepted == []


def test_the_server_never_sees_the_dot_when_the_ledger_says_no() -> None:
    with running(Server()) as mx:
        outcomes = deliver(mx, [message(n) for n in range(6)], Book(refuse={1, 4}))
        while len(mx.unfinished) < 2:  # the server may not have noticed yet that we hung up
            time.sleep(0.001)
    assert [o.delivery for o in outcomes.values() if o.state is State.CANCELLED] == [1, 4]
    assert mx.recipients() == Counter(f"reader{n}@example.org" for n in (0, 2, 3, 5))
    assert mx.unfinished == [CONTENT] * 2


def test_the_ledger_is_asked_after_the_body_and_before_the_dot() -> None:
    seen: list[list[str]] = []

    def commit(deliveries: Collection[DeliveryId]) -> Collection[DeliveryId]:
        while not any(step.name == "body" for step in mx.steps):
            time.sleep(0.001)
        seen.append([step.name for step in mx.steps])
        return deliveries

    with running(Server()) as mx:
        transport = SmtpTransport(account(mx), connections=1)
        assert [outcome.state for outcome in transport.send([message(1)], commit)] == [State.SENT]
    assert seen == [["connect", "ehlo", "mail", "rcpt", "data", "body"]]


def test_a_ledger_that_cannot_be_written_stops_the_run_without_a_dot() -> None:
    def commit(_: Collection[DeliveryId]) -> set[DeliveryId]:
        raise LedgerError("disk full")

    with running(Server()) as mx:
        transport = SmtpTransport(account(mx), connections=2)
        outcomes = list(transport.send([message(n) for n in range(30)], commit))
    assert len(outcomes) == 30
    assert {(o.state, o.detail) for o in outcomes} == {
        (State.DEFERRED, "the ledger cannot be written: disk full")
    }
    assert mx.accepted == []
    assert len(mx.unfinished) <= 2


def test_a_process_that_stood_still_after_its_commit_does_not_send_the_dot() -> None:
    def commit(deliveries: Collection[DeliveryId]) -> Collection[DeliveryId]:
        time.sleep(0.3)
        return deliveries

    with running(Server()) as mx:
        lease = timedelta(seconds=0.4)
        transport = SmtpTransport(account(mx), connections=1, lease=lease)
        (outcome,) = transport.send([message(1)], commit)
    assert outcome.state is State.DEFERRED
    assert mx.accepted == []


# --- the dot -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ("250 2.0.0 ok", State.SENT),
        ("451 4.7.1 later", State.DEFERRED),
        ("554 5.7.1 spam", State.FAILED),
    ],
)
def test_a_reply_to_the_dot_is_definite(answer: str, state: State) -> None:
    with running(Server(on("dot", answer, times=1))) as mx:
        outcomes = deliver(mx, [message(1), message(2)])
    assert states(outcomes) == [state, State.SENT]
    assert outcomes[1].detail == answer
    assert mx.connections() == 1


@pytest.mark.parametrize(
    "answer", [Act.DROP, Act.HANG, "what?", "354 go on", "199 hm", "250-" + "x" * 70_000]
)
def test_no_clear_reply_to_the_dot_is_uncertain(answer: str | Act) -> None:
    with running(Server(on("dot", answer, times=1))) as mx:
        outcomes = deliver(mx, [message(1), message(2)])
    assert states(outcomes) == [State.UNCERTAIN, State.SENT]
    assert outcomes[1].detail.startswith("after the final dot: ")
    assert len(outcomes[1].detail) < 500
    assert mx.recipients()["reader2@example.org"] == 1


# --- 421, and servers that are no use ----------------------------------------------------


@pytest.mark.parametrize("step", ["rcpt", "data", "dot"])
def test_421_closes_the_connection_and_the_others_go_on_a_new_one(step: str) -> None:
    fault = on(step, "421 4.3.2 shutting down", times=1)  # type: ignore[arg-type]
    with running(Server(fault)) as mx:
        outcomes = deliver(mx, [message(n) for n in range(3)])
    assert states(outcomes) == [State.DEFERRED, State.SENT, State.SENT]
    assert "421 4.3.2 shutting down" in outcomes[0].detail
    assert mx.connections() == 2


@pytest.mark.parametrize("answer", ["421 4.4.2 enough messages on this connection", Act.DROP])
def test_a_connection_that_has_served_its_time_is_replaced_without_loss(answer: str | Act) -> None:
    def behave(step: Step) -> str | Act | None:
        return answer if step.name == "mail" and step.message == 2 else None

    with running(Server(behave)) as mx:
        outcomes = deliver(mx, [message(n) for n in range(6)])
    assert set(states(outcomes)) == {State.SENT}
    assert mx.connections() == 3


def test_a_server_that_takes_up_nothing_is_given_up_after_three_connections() -> None:
    with running(Server(on("mail", "421 4.7.0 not you"))) as mx:
        outcomes = deliver(mx, [message(n) for n in range(40)])
    assert set(states(outcomes)) == {State.DEFERRED}
    assert mx.connections() == 3


def test_a_login_that_is_asked_for_defers_instead_of_failing_everything() -> None:
    with running(Server(on("mail", "530 5.7.0 log in first"))) as mx:
        outcomes = deliver(mx, [message(n) for n in range(10)])
    assert set(states(outcomes)) == {State.DEFERRED}
    assert outcomes[0].detail == "MAIL: 530 5.7.0 log in first"


@pytest.mark.parametrize("step", ["connect", "ehlo"])
@pytest.mark.parametrize("answer", ["421 4.3.2 too busy", "554 5.3.2 no", Act.DROP, Act.HANG])
def test_a_server_that_cannot_be_had_defers_everything_at_once(
    step: str, answer: str | Act
) -> None:
    with running(Server(on(step, answer))) as mx:  # type: ignore[arg-type]
        outcomes = deliver(mx, [message(n) for n in range(40)], book := Book(), connections=4)
    assert set(states(outcomes)) == {State.DEFERRED}
    assert len({outcome.detail for outcome in outcomes.values()}) == 1
    assert outcomes[0].detail.startswith(f"127.0.0.1:{mx.port}: ")
    assert mx.connections() == 1
    assert book.asked == []


def test_nobody_listening_defers_everything_at_once() -> None:
    with running(Server()) as mx:
        pass
    outcomes = deliver(mx, [message(n) for n in range(40)], connections=4)
    assert set(states(outcomes)) == {State.DEFERRED}
    assert outcomes[0].detail.endswith("connect: Connection refused")


def test_a_limit_on_connections_does_not_stop_those_that_are_open() -> None:
    first_is_busy = threading.Event()

    def behave(step: Step) -> str | None:
        if step.name == "connect" and step.connection > 0:
            first_is_busy.set()
            return "421 4.7.0 too many connections"
        if step.name == "dot" and step.message == 1:
            first_is_busy.wait(10)
        return None

    with running(Server(behave)) as mx:
        transport = SmtpTransport(account(mx, patience=20.0), connections=3)
        outcomes = list(transport.send([message(n) for n in range(40)], Book().commit))
    assert {outcome.state for outcome in outcomes} == {State.SENT}
    assert mx.recipients() == Counter(f"reader{n}@example.org" for n in range(40))


def test_what_quit_says_changes_nothing() -> None:
    with running(Server(on("quit", Act.DROP))) as mx:
        assert states(deliver(mx, [message(1)])) == [State.SENT]


# --- stopping ----------------------------------------------------------------------------


def test_stopping_finishes_what_is_in_flight_and_begins_nothing_more() -> None:
    stop, drawn = threading.Event(), []

    def messages() -> Iterator[Message]:
        for number in range(1000):
            drawn.append(number)
            yield message(number)

    with running(Server()) as mx:
        transport = SmtpTransport(account(mx), connections=2, stopping=stop.is_set)
        outcomes = []
        for outcome in transport.send(messages(), (book := Book()).commit):
            outcomes.append(outcome)
            if len(outcomes) == 10:
                stop.set()
    assert {outcome.state for outcome in outcomes} == {State.SENT}
    assert sorted(outcome.delivery for outcome in outcomes) == sorted(book.asked)
    assert len(mx.accepted) == len(outcomes) < len(drawn) < 1000


def test_stopping_does_not_wait_for_messages_that_keep_their_distance() -> None:
    stop = threading.Event()

    def behave(step: Step) -> None:
        if step.name == "dot":
            stop.set()

    with running(Server(behave)) as mx:
        transport = SmtpTransport(account(mx), per_second=0.001, stopping=stop.is_set)
        outcomes = list(transport.send([message(n) for n in range(5)], Book().commit))
    assert [outcome.state for outcome in outcomes] == [State.SENT]


def test_a_caller_that_stops_iterating_leaves_no_thread_behind() -> None:
    with running(Server()) as mx:
        transport = SmtpTransport(account(mx), connections=4)
        outcomes = transport.send((message(n) for n in range(1000)), (book := Book()).commit)
        next(outcomes)
        outcomes.close()  # type: ignore[attr-defined]  # it is a generator
        assert not [t for t in threading.enumerate() if t.name == "smtp connection"]
    assert len(mx.accepted) == len(book.asked) < 1000


def test_an_error_in_drawing_messages_comes_after_every_outcome() -> None:
    def messages() -> Iterator[Message]:
        for number in range(5):
            yield message(number)
        raise LedgerError("database is locked")

    outcomes: list[Outcome] = []
    with running(Server()) as mx:
        transport = SmtpTransport(account(mx), connections=2)
        with pytest.raises(LedgerError, match="locked"):
            outcomes.extend(transport.send(messages(), Book().commit))
    assert [outcome.state for outcome in outcomes] == [State.SENT] * 5
    assert len(mx.accepted) == 5


def test_a_defect_in_a_connections_thread_reaches_the_caller() -> None:
    def commit(_: Collection[DeliveryId]) -> set[DeliveryId]:
        raise ZeroDivisionError

    with running(Server()) as mx:
        transport = SmtpTransport(account(mx), connections=2)
        with pytest.raises(ZeroDivisionError):
            list(transport.send([message(n) for n in range(20)], commit))
    assert mx.accepted == []
