"""A real SMTP server and a real web server, well and not."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import trustme

from digest.delivery.connection import Server as Account
from digest.doctor import mail_server
from digest.doctor.finding import Finding
from tests.delivery.server import Server, on, running

NOW = datetime.now(UTC)
PASSWORD, SENDER = "s3cret", "digest@example.org"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


def context(authority: trustme.CA, until: datetime) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", not_after=until).configure_cert(made)
    return made


def look(account: Account) -> dict[str, Finding]:
    return {found.area: found for found in mail_server.smtp(account, SENDER, now=NOW)}


def levels(account: Account) -> dict[str, str]:
    return {area: found.level for area, found in look(account).items()}


def test_a_server_that_is_well_is_sent_nothing(authority: trustme.CA, ca_file: str) -> None:
    tls = context(authority, NOW + timedelta(days=60))
    with running(Server(tls=tls, logins={"digest": PASSWORD})) as server:
        account = Account(
            "localhost", server.port, username="digest", password=PASSWORD, ca_file=ca_file
        )
        found = look(account)
    assert {area: one.level for area, one in found.items()} == {
        "SMTP": "ok",
        "TLS": "ok",
        "sender": "ok",
    }
    assert found["SMTP"].what.endswith("answers, logged in as digest")
    assert found["TLS"].what.startswith("TLSv1.")
    assert {step.name for step in server.steps}.isdisjoint({"rcpt", "data"})
    assert server.accepted == []


def test_a_certificate_that_soon_ends(authority: trustme.CA, ca_file: str) -> None:
    tls = context(authority, NOW + timedelta(days=5))
    with running(Server(tls=tls)) as server:
        found = look(Account("localhost", server.port, ca_file=ca_file))
    assert (found["TLS"].level, found["TLS"].remedy) == (
        "warn",
        "have the certificate of localhost renewed",
    )


def test_a_certificate_that_nobody_vouches_for(authority: trustme.CA) -> None:
    with running(Server(tls=context(authority, NOW + timedelta(days=60)))) as server:
        found = look(Account("localhost", server.port))
    assert set(found) == {"SMTP"}
    assert found["SMTP"].level == "fail"
    assert "STARTTLS: the certificate is not valid" in found["SMTP"].what
    assert "ca_file" in found["SMTP"].remedy


def test_a_wrong_password_is_not_shown(authority: trustme.CA, ca_file: str) -> None:
    tls = context(authority, NOW + timedelta(days=60))
    with running(Server(tls=tls, logins={"digest": "other"})) as server:
        found = look(
            Account("localhost", server.port, username="digest", password=PASSWORD, ca_file=ca_file)
        )
    assert (found["SMTP"].level, "AUTH: 535" in found["SMTP"].what) == ("fail", True)
    assert "DIGEST_SMTP__PASSWORD" in found["SMTP"].remedy
    assert PASSWORD not in str(found)


def test_nobody_listens() -> None:
    with running(Server()) as server:
        port = server.port
    found = look(Account("127.0.0.1", port, security="none"))
    assert (set(found), found["SMTP"].level) == ({"SMTP"}, "fail")
    assert "check `host` and `port`" in found["SMTP"].remedy


def test_a_sender_that_is_refused() -> None:
    with running(Server(on("mail", "553 5.7.1 not yours"))) as server:
        account = Account("127.0.0.1", server.port, security="none")
        assert levels(account) == {"SMTP": "ok", "TLS": "ok", "sender": "fail"}
        assert "553 5.7.1 not yours" in look(account)["sender"].what
    with running(Server(on("mail", "530 5.7.0 log in first"))) as server:
        account = Account("127.0.0.1", server.port, security="none")
        assert "username" in look(account)["sender"].remedy


def test_a_certificate_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    found = look(Account("localhost", 25, ca_file=str(tmp_path / "ca.pem")))
    assert (set(found), found["SMTP"].level) == ({"SMTP"}, "fail")
    assert "ca_file" in found["SMTP"].what


# --- web ---------------------------------------------------------------------------------


@contextmanager
def site(*statuses: int) -> Iterator[str]:
    answers = iter(statuses)

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(next(answers))
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  its name
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_site_that_answers_tells_its_time() -> None:
    with site(200) as url:
        answer = mail_server.web(url, "help.html", None)
    assert (answer.finding.level, "not https" in answer.finding.what) == ("warn", True)
    assert answer.date is not None
    assert abs(answer.date - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_site_that_serves_something_else() -> None:
    with site(404) as url:
        answer = mail_server.web(url, "help.html", None)
    assert answer.finding.level == "fail"
    assert answer.finding.what == f"{url}/help.html: 404 Not Found"
    assert answer.date is not None


def test_a_site_that_does_not_answer() -> None:
    with site(200) as url:
        pass
    answer = mail_server.web(url, "help.html", None)
    assert (answer.finding.level, answer.date) == ("fail", None)
    assert "does not answer: Connection refused" in answer.finding.what


def test_a_site_where_nobody_answers_unsubscribe_links() -> None:
    with site(200, 404) as url:
        answer = mail_server.web(url, "help.html", "unsubscribe/secret-token")
    assert answer.finding.level == "fail"
    assert "nobody there answers who unsubscribes" in answer.finding.what
    assert "digest serve" in answer.finding.remedy
    assert "secret-token" not in str(answer.finding)
    assert answer.date is not None
    with site(200, 200) as url:
        assert mail_server.web(url, "help.html", "unsubscribe/x").finding.level == "warn"
