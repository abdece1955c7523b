"""No certificate unverified, no password in the clear, no way back from TLS."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from digest.delivery.connection import Connection, Refused
from digest.delivery.connection import Server as Account
from digest.delivery.smtp import SmtpTransport
from digest.model import DeliveryId, Message, State
from tests.delivery.server import Act, Server, on, running

PASSWORD = "s3cret password"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


@pytest.fixture
def tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


@pytest.fixture
def server(tls: ssl.SSLContext) -> Iterator[Server]:
    with running(Server(tls=tls, logins={"digest": PASSWORD})) as server:
        yield server


def account(server: Server, **more: object) -> Account:
    given: dict[str, object] = {"timeout": 5.0}
    return Account("localhost", server.port, **(given | more))  # type: ignore[arg-type]  # a test's shorthand


def refusal(account: Account) -> str:
    with pytest.raises(Refused) as caught:
        Connection.open(account, account.tls())
    return str(caught.value).partition(": ")[2]


def deliver(account: Account) -> State:
    message = Message(DeliveryId(1), "digest@example.org", "a@example.org", b"Subject: x\r\n\r\ny")
    (outcome,) = SmtpTransport(account).send([message], set)
    return outcome.state


def test_starttls_then_login(server: Server, ca_file: Path) -> None:
    mine = account(server, ca_file=str(ca_file), username="digest", password=PASSWORD)
    assert deliver(mine) is State.SENT
    assert (server.accepted[0].secure, server.accepted[0].login) == (True, "digest")
    names = [step.name for step in server.steps]
    assert names[:5] == ["connect", "ehlo", "starttls", "ehlo", "auth"]


def test_implicit_tls_then_login(tls: ssl.SSLContext, ca_file: Path) -> None:
    with running(Server(tls=tls, implicit=True, logins={"digest": PASSWORD})) as server:
        mine = account(
            server, security="tls", ca_file=str(ca_file), username="digest", password=PASSWORD
        )
        assert deliver(mine) is State.SENT
    assert (server.accepted[0].secure, server.accepted[0].login) == (True, "digest")


def test_a_certificate_of_an_unknown_authority_is_refused(server: Server) -> None:
    assert refusal(account(server)).startswith("STARTTLS: the certificate is not valid: ")
    assert "auth" not in [step.name for step in server.steps]


def test_a_certificate_for_another_name_is_refused(authority: trustme.CA, ca_file: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("mail.example.org").configure_cert(context)
    with running(Server(tls=context)) as server:
        why = refusal(account(server, ca_file=str(ca_file)))
    assert "not valid for 'localhost'" in why


def test_starttls_that_is_not_offered_is_refused_and_nothing_is_sent() -> None:
    with running(Server(logins={"digest": PASSWORD})) as server:
        mine = account(server, username="digest", password=PASSWORD)
        assert refusal(mine) == "STARTTLS: STARTTLS extension not supported by server."
        assert deliver(mine) is State.DEFERRED
    assert {step.name for step in server.steps} == {"connect", "ehlo"}


@pytest.mark.parametrize("answer", ["454 4.7.0 not now", "220 go on\r\n250 slipped in", Act.DROP])
def test_starttls_that_fails_is_refused(
    tls: ssl.SSLContext, ca_file: Path, answer: str | Act
) -> None:
    with running(Server(on("starttls", answer), tls=tls, logins={"digest": PASSWORD})) as server:
        mine = account(server, ca_file=str(ca_file), username="digest", password=PASSWORD)
        assert refusal(mine).startswith("STARTTLS: ")
    assert "auth" not in [step.name for step in server.steps]


def test_implicit_tls_with_a_server_that_speaks_plain_text_is_refused() -> None:
    with running(Server()) as server:
        assert refusal(account(server, security="tls", timeout=0.5)).startswith("connect: ")


def test_a_wrong_password_is_refused_with_the_servers_words(server: Server, ca_file: Path) -> None:
    mine = account(server, ca_file=str(ca_file), username="digest", password="guess")
    assert refusal(mine) == "AUTH: 535 5.7.8 wrong"


def test_a_password_a_server_echoes_is_not_passed_on(tls: ssl.SSLContext, ca_file: Path) -> None:
    echo = "535 what is AGRpZ2VzdABzM2NyZXQgcGFzc3dvcmQ= or s3cret password"
    with running(Server(on("auth", echo), tls=tls, logins={"digest": "x"})) as server:
        mine = account(server, ca_file=str(ca_file), username="digest", password=PASSWORD)
        assert refusal(mine) == "AUTH: 535 what is [secret] or [secret]"


def test_without_tls_a_password_goes_to_this_machine_only(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(Server(logins={"digest": PASSWORD})) as server:
        mine = account(server, security="none", username="digest", password=PASSWORD)
        assert deliver(mine) is State.SENT
        server.steps.clear()
        elsewhere = type("", (), {"is_loopback": False})
        monkeypatch.setattr("ipaddress.ip_address", lambda _: elsewhere)
        assert refusal(mine) == "AUTH: no password is sent without TLS"
    assert "auth" not in [step.name for step in server.steps]


def test_a_login_the_server_does_not_offer_is_refused(tls: ssl.SSLContext, ca_file: Path) -> None:
    with running(Server(tls=tls)) as server:
        mine = account(server, ca_file=str(ca_file), username="digest", password=PASSWORD)
        assert refusal(mine).startswith("AUTH: ")


def test_a_password_that_cannot_be_carried_is_refused_in_words(
    server: Server, ca_file: Path
) -> None:
    mine = account(server, ca_file=str(ca_file), username="digest", password="pässword")
    assert "characters that this login cannot carry" in refusal(mine)


def test_a_ca_file_that_is_missing_is_an_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        SmtpTransport(Account("localhost", ca_file=str(tmp_path / "missing.pem")))
