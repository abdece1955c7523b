"""``digest test-mail``: a real digest, marked, that leaves no trace."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.cli import sample_home
from tests.cli.command import digest
from tests.cli.sample_home import FIRST, SECOND, mails
from tests.delivery.server import Accepted, Server, on, running
from tests.world import snapshot


@pytest.fixture
def smtp() -> Iterator[Server]:
    with running(Server()) as server:
        yield server


@pytest.fixture
def home(tmp_path: Path, smtp: Server) -> Path:
    return by_smtp(tmp_path / "home", smtp)


def by_smtp(folder: Path, smtp: Server) -> Path:
    settings = (
        sample_home.SETTINGS
        + 'base_url = "https://digest.example.org"\n'
        + f'[smtp]\nhost = "127.0.0.1"\nport = {smtp.port}\nsecurity = "none"\n'
        + '[delivery]\nbounce_domain = "bounces.example.org"\n'
    )
    return sample_home.make(folder, settings)


def read(accepted: Accepted) -> EmailMessage:
    message = email.message_from_bytes(accepted.content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def test_the_last_digest_is_sent_marked_as_a_test(home: Path, smtp: Server) -> None:
    digest(home, "run", "--now", FIRST)
    ended = digest(home, "test-mail", "Me@example.org", "--subscriber", "bob", "--now", SECOND)
    assert ended.code == 0
    assert ended.out.startswith("A test of bob's digest for 2026-W46 to Me@example.org: sent. 250")

    real = read(next(one for one in smtp.accepted if one.recipient == "bob@example.org"))
    test = read(next(one for one in smtp.accepted if one.recipient == "Me@example.org"))
    assert test["Subject"] == f"[Test] {real['Subject']}"
    assert test["X-Digest-Test"]
    assert real["X-Digest-Test"] is None
    assert test["To"].addresses[0].addr_spec == "Me@example.org"
    assert test["Date"].datetime.isoformat() == "2026-11-23T08:00:00+00:00"
    assert test["Message-ID"] != real["Message-ID"]
    assert "lighthouse at the end of the world" in test.get_body(("plain",)).get_content()  # type: ignore[union-attr]  # it has one


def test_nothing_is_recorded(home: Path, smtp: Server) -> None:
    digest(home, "run", "--now", FIRST)
    sample_home.put(home, "second", "A lighthouse keeper's log")
    before = digest(home, "deliveries", "list", "--json").json
    public = snapshot(home / "public")
    digest(home, "test-mail", "bob@example.org")
    digest(home, "test-mail", "bob@example.org")
    assert digest(home, "deliveries", "list", "--json").json == before
    assert snapshot(home / "public") == public
    identifiers = {read(one)["Message-ID"] for one in smtp.accepted}
    assert len(identifiers) == len(smtp.accepted) == 4

    digest(home, "run", "--now", SECOND)
    assert smtp.recipients()["bob@example.org"] == 4


def test_without_a_digest_yet_the_next_one_is_sent_and_stays_due(home: Path, smtp: Server) -> None:
    ended = digest(home, "test-mail", "me@example.org", "--now", FIRST, "--json")
    assert ended.json["state"] == "sent"
    assert (ended.json["subscriber"], ended.json["period"]) == ("ada", "2026-W46")
    assert not (home / "state" / "digest.db").exists()
    digest(home, "run", "--now", FIRST)
    assert smtp.recipients() == {"me@example.org": 1, "ada@example.org": 1, "bob@example.org": 1}


def test_its_links_unsubscribe_nobody_and_its_bounces_suppress_nobody(
    home: Path, smtp: Server, tmp_path: Path
) -> None:
    digest(home, "run", "--now", FIRST)
    digest(home, "test-mail", "bob@example.org")
    test = smtp.accepted[-1]
    headers = read(test)
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    token = headers["List-Unsubscribe"].rpartition("%20")[2].rstrip("> ")
    assert test.sender.endswith("@bounces.example.org")
    mbox = tmp_path / "mbox"
    mbox.write_text(f"From x\nTo: digest@example.org\nSubject: unsubscribe {token}\n\n.\n")
    found = digest(home, "bounces", mbox, "--json").json
    assert [one["changed"] for one in found["reports"]] == [False]


def test_without_a_server_it_goes_to_the_outbox_beside_the_real_one(tmp_path: Path) -> None:
    home = sample_home.make(tmp_path / "home")
    digest(home, "run", "--now", FIRST)
    real = (home / "outbox" / "2026-W46-ada.eml").read_bytes()
    assert digest(home, "test-mail", "ada@example.org").code == 0
    test = [name for name in mails(home) if "-test-" in name]
    assert len(test) == 1
    assert (home / "outbox" / "2026-W46-ada.eml").read_bytes() == real


def test_a_refusal_is_told_in_the_servers_words(tmp_path: Path) -> None:
    with running(Server(on("rcpt", "550 5.7.1 not you"))) as smtp:
        home = by_smtp(tmp_path / "home", smtp)
        ended = digest(home, "test-mail", "me@example.org", "--now", FIRST)
    assert ended.code == 1
    assert "failed. RCPT: 550 5.7.1 not you" in ended.out


def test_what_cannot_be_sent_is_refused_with_the_reason(home: Path, smtp: Server) -> None:
    wrong = digest(home, "test-mail", "me at example.org")
    assert (wrong.code, "is not an e-mail address" in wrong.err) == (2, True)
    unknown = digest(home, "test-mail", "me@example.org", "--subscriber", "bobb")
    assert (unknown.code, "Did you mean bob?" in unknown.err) == (1, True)
    for path in (home / "inbox").iterdir():
        path.unlink()
    nothing = digest(home, "test-mail", "me@example.org", "--now", FIRST)
    assert (nothing.code, "ada has had no digest" in nothing.err) == (1, True)
    assert smtp.accepted == []
