"""``digest bounces`` on real mailboxes: what comes back is proved, acted on once and told."""

from __future__ import annotations

import mailbox
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest

from tests.bounces.samples import FORMS
from tests.cli import sample_home
from tests.cli.command import digest
from tests.cli.sample_home import FIRST, SECOND, THIRD
from tests.delivery.server import Accepted, Server, running

DOMAIN = "bounces.example.org"


@pytest.fixture
def smtp() -> Iterator[Server]:
    with running(Server()) as server:
        yield server


@pytest.fixture
def home(tmp_path: Path, smtp: Server) -> Path:
    """A home whose first digests were sent by SMTP."""
    settings = (
        sample_home.SETTINGS
        + f'[smtp]\nhost = "127.0.0.1"\nport = {smtp.port}\nsecurity = "none"\n'
        + f'[delivery]\nbounce_domain = "{DOMAIN}"\n'
    )
    made = sample_home.make(tmp_path / "home", settings)
    assert digest(made, "run", "--now", FIRST).code == 0
    return made


def sent_to(smtp: Server, address: str) -> Accepted:
    return next(message for message in smtp.accepted if message.recipient == address)


def dsn(to: str, recipient: str, status: str = "5.1.1", action: str = "failed") -> bytes:
    return f"""From: MAILER-DAEMON@mx.example.net
To: {to}
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} no such user here

--b--
""".replace("\n", "\r\n").encode()


def request(token: str, subject: str = "unsubscribe {}") -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"] = "bob@example.org"
    message["To"] = "digest@example.org"
    message["Subject"] = subject.format(token)
    message.set_content("")
    return message.as_bytes()


def token_in(message: Accepted) -> str:
    """The token of the message's unsubscribe address."""
    folded = message.content.replace(b"\r\n ", b" ")
    line = next(line for line in folded.split(b"\r\n") if line.startswith(b"List-Unsubscribe:"))
    return line.decode().rpartition("%20")[2].partition(">")[0]


def maildir(folder: Path, *messages: bytes) -> Path:
    box = mailbox.Maildir(folder)
    for message in messages:
        box.add(message)
    return folder


def test_a_failure_of_ours_suppresses_its_address_and_no_other(
    home: Path, smtp: Server, tmp_path: Path
) -> None:
    sender = sent_to(smtp, "bob@example.org").sender
    box = maildir(tmp_path / "box", dsn(sender, "bob@example.org"))

    ended = digest(home, "bounces", box, "--now", FIRST)
    assert ended.code == 0
    assert "bob" in ended.out
    assert "suppressed: 5.1.1 550 5.1.1 no such user here" in ended.out
    assert "Reports: 1, new: 1. Other messages: 0." in ended.out
    failed = digest(home, "deliveries", "list", "--state", "failed", "--json").json
    assert [(row["subscriber"], row["detail"].split(":")[0]) for row in failed] == [
        ("bob", "came back")
    ]

    sample_home.put(home, "second", "A lighthouse keeper's log")
    digest(home, "run", "--now", SECOND)
    assert smtp.recipients() == {"ada@example.org": 2, "bob@example.org": 1}


def test_reading_the_same_report_again_changes_nothing(
    home: Path, smtp: Server, tmp_path: Path
) -> None:
    report = dsn(sent_to(smtp, "bob@example.org").sender, "bob@example.org")
    copies = mailbox.mbox(tmp_path / "mbox")
    copies.add(report)
    copies.close()

    first = digest(home, "bounces", tmp_path / "mbox", "--json").json
    again = digest(home, "bounces", tmp_path / "mbox", "--json").json
    assert [one["changed"] for one in first["reports"]] == [True]
    assert again["reports"] == [
        {"subscriber": "bob", "changed": False, "what": "known already, or out of date"}
    ]


def test_what_is_forged_passing_or_no_report_suppresses_nobody(
    home: Path, smtp: Server, tmp_path: Path
) -> None:
    ours = sent_to(smtp, "bob@example.org").sender
    letter = b"From: bob@example.org\r\nSubject: Thank you\r\n\r\nI like it.\r\n"
    box = maildir(
        tmp_path / "box",
        dsn(f"bounces+{'a' * 34}@{DOMAIN}", "bob@example.org"),
        dsn(ours, "bob@example.org", "4.2.2"),
        request("A" * 30),
        letter,
    )
    found = digest(home, "bounces", box, "--json").json
    assert found["messages"] == 4
    assert sorted(one["what"].split(":")[0] for one in found["reports"]) == [
        "a request that is not signed by us",
        "counted",
        "not proved to be about a message of ours",
    ]
    assert found["counts"] == {"suppressed": 0, "counted": 1, "unsubscribed": 0, "nothing": 2}

    sample_home.put(home, "second", "A lighthouse keeper's log")
    digest(home, "run", "--now", SECOND)
    assert smtp.recipients() == {"ada@example.org": 2, "bob@example.org": 2}


def test_a_dmarc_failure_suppresses_only_once_it_persists(
    home: Path, smtp: Server, tmp_path: Path
) -> None:
    told = []
    for number, day in enumerate([FIRST, SECOND, THIRD]):
        if number:
            sample_home.put(home, f"dump {number}", f"A lighthouse keeper's log, part {number}")
            assert digest(home, "run", "--now", day).code == 0
        sender = next(one.sender for one in smtp.accepted[::-1] if "bob@" in one.recipient)
        maildir(tmp_path / f"box {number}", dsn(sender, "bob@example.org", "5.7.26"))
        told.append(digest(home, "bounces", tmp_path / f"box {number}", "--now", day))
    first, second, third = (" ".join(ended.out.split()) for ended in told)
    assert "counted: policy or reputation, 1 in a row since 2026-11-16: 5.7.26" in first
    assert "suppressed: 0, counted: 1, unsubscribed: 0, nothing: 0" in first
    assert "bob 2 2026-11-16 to 2026-11-23 5.7.26 550 5.7.26" in second
    assert "suppressed: 5.7.26 550 5.7.26 no such user here" in third
    assert "Failed in a row" not in third
    (row,) = digest(home, "subscribers", "suppressions", "--json").json
    assert row["reason"].startswith("3 digests failed since 2026-11-16: 5.7.26")

    assert digest(home, "subscribers", "resubscribe", "bob").code == 0
    assert digest(home, "bounces", tmp_path / "box 2", "--json").json["failing"] == []


@pytest.mark.parametrize(
    ("reply", "suppressed"),
    [("550 5.1.1 No such user", ["bob@example.org"]), ("550 5.7.1 Blocked by policy", [])],
)
def test_what_the_server_refuses_has_the_same_effect(
    home: Path, smtp: Server, reply: str, suppressed: list[str]
) -> None:
    smtp.behave = lambda step: reply if "bob@" in step.line and step.name == "rcpt" else None
    sample_home.put(home, "second", "A lighthouse keeper's log")
    assert digest(home, "run", "--now", SECOND).code == 1
    found = digest(home, "subscribers", "suppressions", "--json").json
    assert [row["address"] for row in found] == suppressed
    (failed,) = digest(home, "deliveries", "list", "--state", "failed", "--json").json
    assert reply in failed["detail"]


@pytest.mark.parametrize("form", ["Exim", "report forwarded", "Yahoo"])
@pytest.mark.parametrize("kind", [mailbox.Maildir, mailbox.mbox], ids=["maildir", "mbox"])
def test_the_texts_of_mail_servers_are_read_from_every_mailbox(
    home: Path, smtp: Server, tmp_path: Path, form: str, kind: Callable[[str], mailbox.Mailbox[Any]]
) -> None:
    sender = sent_to(smtp, "ada@example.org").sender
    returned = sent_to(smtp, "ada@example.org").content.decode().replace("\r\n", "\n")
    box = kind(str(tmp_path / "box"))
    box.add(FORMS[form](sender, "550 5.1.1 User unknown", returned))
    box.close()
    found = digest(home, "bounces", tmp_path / "box", "--json").json
    assert found["counts"]["suppressed"] == 1
    assert [one["subscriber"] for one in found["reports"]] == ["ada"]


def test_a_request_by_mail_turns_the_email_off(home: Path, smtp: Server, tmp_path: Path) -> None:
    token = token_in(sent_to(smtp, "ada@example.org"))
    box = maildir(tmp_path / "box", request(token))
    ended = digest(home, "bounces", box)
    assert (ended.code, "unsubscribed" in ended.out) == (0, True)

    sample_home.put(home, "second", "A lighthouse keeper's log")
    digest(home, "run", "--now", SECOND)
    assert smtp.recipients() == {"ada@example.org": 1, "bob@example.org": 2}
    rows = digest(home, "deliveries", "list", "--subscriber", "ada", "--json").json
    states = {(row["period"], row["channel"]): row["state"] for row in rows}
    assert states["2026-W47", "email"] == "cancelled"
    assert states["2026-W47", "feed"] == "sent"


def test_the_mailboxes_of_the_settings_are_read_where_none_is_named(
    home: Path, smtp: Server
) -> None:
    assert digest(home, "bounces").code == 2
    with (home / "digest.toml").open("a") as settings:
        settings.write('mailboxes = ["post/returned"]\n')
    (home / "post").mkdir()
    maildir(home / "post" / "returned", request(token_in(sent_to(smtp, "ada@example.org"))))
    ended = digest(home, "bounces")
    assert (ended.code, "Reports: 1, new: 1." in ended.out) == (0, True)


def test_a_mailbox_that_is_not_there_stops_no_other(
    home: Path, smtp: Server, tmp_path: Path
) -> None:
    box = maildir(tmp_path / "box", dsn(sent_to(smtp, "bob@example.org").sender, "bob@example.org"))
    ended = digest(home, "bounces", tmp_path / "nowhere", box)
    assert ended.code == 1
    assert "Reports: 1, new: 1." in ended.out
    assert f"{tmp_path / 'nowhere'}: there is no mailbox at" in ended.err


def test_a_server_that_does_not_answer_is_told_without_the_password(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_IMAP_PASSWORD", "sesame-open")
    ended = digest(home, "bounces", "imaps://reader@127.0.0.1:1/INBOX")
    assert ended.code == 1
    assert "127.0.0.1" in ended.err
    assert "DIGEST_IMAP_PASSWORD" in ended.err
    assert "sesame-open" not in ended.out + ended.err
