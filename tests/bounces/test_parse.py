"""Mail that comes back: what it claims, what is proved, and what it changes."""

from __future__ import annotations

from dataclasses import replace
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.bounces import mime, parse
from digest.bounces.handle import HandledReport
from digest.model import DeliveryId, State
from digest.tokens import TokenSigner
from tests.bounces.book import (
    ADA,
    BOB,
    DOMAIN,
    LINK,
    SENDER,
    TOKENS,
    WEEK,
    Book,
    handle,
    message_id,
    sent,
)


def dsn(
    to: str = SENDER,
    action: str = "failed",
    status: str = "5.1.1",
    *,
    more: str = "",
    before: str = "",
    original: str = "",
    recipient: str = "ada@example.org",
) -> bytes:
    return f"""From: MAILER-DAEMON@mx.example.net
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Your message could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net
Arrival-Date: Fri, 20 Nov 2026 08:00:00 +0000

{before}Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} <{recipient}>: no such user here
{more}
--b
Content-Type: text/rfc822-headers

{original or "Subject: Seven papers"}

--b--
""".replace("\n", "\r\n").encode()


def arf(kind: str = "abuse", mail_from: str = SENDER) -> bytes:
    return f"""From: feedback@isp.example
To: abuse@example.org
Subject: complaint
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

An email abuse report.
--b
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: isp/1
Version: 1
Original-Mail-From: <{mail_from}>

--b
Content-Type: message/rfc822

From: digest@example.org
Subject: Seven papers

text
--b--
""".replace("\n", "\r\n").encode()


# --- failures ----------------------------------------------------------------------------


def test_a_permanent_failure_suppresses_that_recipient_only() -> None:
    result = handle(dsn(), book := Book())
    assert result == HandledReport(
        ADA, changed=True, what="suppressed: 5.1.1 550 5.1.1 <[address]>: no such user here"
    )
    assert set(book.suppressed) == {"ada@example.org"}
    assert [row.state for row in book.rows] == [State.FAILED, State.SENT]


@pytest.mark.parametrize(
    ("action", "status"),
    [
        ("delayed", "4.4.1"),
        ("delayed", "5.0.0"),
        ("delivered", "2.1.5"),
        ("relayed", "2.1.9"),
        ("expanded", "2.1.10"),
        ("relayed", "5.1.1"),
        ("nonsense", "5.1.1"),
    ],
)
def test_what_is_not_permanent_or_not_a_failure_changes_nothing(action: str, status: str) -> None:
    result = handle(dsn(action=action, status=status), book := Book())
    assert result
    assert (result.subscriber, result.changed) == (ADA, False)
    assert book.suppressed == {}


@pytest.mark.parametrize("ours", ["Original-Recipient: rfc822; ada@example.org\n", ""])
def test_a_message_that_reached_one_of_several_places_has_not_failed(ours: str) -> None:
    other = f"\n{ours}Final-Recipient: rfc822; ada@work.example\nAction: relayed\nStatus: 2.0.0\n"
    handle(dsn(more=other, recipient="ada@home.example", before=ours), book := Book())
    assert book.suppressed == {}
    assert book.rows[0].state is State.SENT


@pytest.mark.parametrize("action", ["delivered", "relayed", "delayed"])
def test_of_several_recipients_the_one_that_it_was_sent_to_counts(action: str) -> None:
    other = f"\nFinal-Recipient: rfc822; bob@example.org\nAction: {action}\nStatus: 2.0.0\n"
    handle(dsn(more=other), book := Book())
    assert set(book.suppressed) == {"ada@example.org"}


def test_what_failed_for_another_recipient_is_not_held_against_the_reader() -> None:
    other = "\nFinal-Recipient: rfc822; ada@example.org\nAction: failed\nStatus: 5.2.2\n"
    handle(dsn(more=other, recipient="bob@example.org"), book := Book())
    assert (book.suppressed, book.counted) == ({}, ["5.2.2 Your message could not be delivered."])


def test_a_replayed_report_changes_nothing() -> None:
    handle(dsn(), book := Book())
    book.suppressed.clear()  # the operator has lifted it
    result = handle(dsn(), book)
    assert result == HandledReport(ADA, changed=False, what="known already, or out of date")
    assert book.suppressed == {}


def test_a_report_on_an_older_attempt_changes_nothing() -> None:
    book = Book()
    book.rows[0] = sent(1, ADA, fence=3)
    assert handle(dsn(), book) == HandledReport(
        ADA, changed=False, what="known already, or out of date"
    )
    assert book.suppressed == {}


def test_a_report_on_what_was_never_sent_changes_nothing() -> None:
    book = Book()
    book.rows[0] = replace(sent(1, ADA), state=State.PENDING)
    handle(dsn(), book)
    assert book.suppressed == {}


@pytest.mark.parametrize(
    "to",
    [
        "digest@example.org",
        f"bounces+{'a' * 29}@{DOMAIN}",
        SENDER.replace(DOMAIN, "elsewhere.example"),
        SENDER[:20] + ("b" if SENDER[20] == "a" else "a") + SENDER[21:],
        TokenSigner({1: b"x" * 32}).envelope_sender(DeliveryId(1), 1, "ada@example.org", DOMAIN),
        TOKENS.envelope_sender(DeliveryId(9), 1, "ada@example.org", DOMAIN),
        TOKENS.envelope_sender(DeliveryId(2), 1, "ada@example.org", DOMAIN),
    ],
)
def test_a_forged_report_changes_nothing(to: str) -> None:
    result = handle(dsn(to), book := Book())
    assert result == HandledReport(
        None, changed=False, what="not proved to be about a message of ours"
    )
    assert book.suppressed == {}


def test_a_failure_of_an_address_that_was_changed_since_does_not_hit_the_new_one() -> None:
    old = TOKENS.envelope_sender(DeliveryId(1), 1, "ada@old.example", DOMAIN)
    handle(dsn(old), book := Book())
    assert book.suppressed == {}


@pytest.mark.parametrize("header", ["Delivered-To", "X-Original-To", "Envelope-To"])
def test_the_envelope_sender_is_found_where_servers_put_it(header: str) -> None:
    raw = dsn("undisclosed-recipients:;").replace(
        b"Subject:", f"{header}: {SENDER}\r\nSubject:".encode(), 1
    )
    handle(raw, book := Book())
    assert set(book.suppressed) == {"ada@example.org"}


# --- without a bounce domain -------------------------------------------------------------


def headers(link: str = LINK, identifier: str = message_id(ADA, WEEK)) -> str:
    return (
        f"Message-ID: {identifier}\nList-Unsubscribe: <https://digest.example.org/u/{link}>,\n"
        " <mailto:digest@example.org?subject=unsubscribe>"
    )


def test_without_a_bounce_domain_the_returned_headers_are_the_proof() -> None:
    handle(dsn("digest@example.org", original=headers()), book := Book(), domain=None)
    assert set(book.suppressed) == {"ada@example.org"}


@pytest.mark.parametrize(
    "report",
    [
        dsn("digest@example.org", original=headers(link=LINK[:-2] + "xx")),
        dsn("digest@example.org", original=headers(link="x" * 23)),
        dsn("digest@example.org", original=headers(identifier=message_id(BOB, WEEK))),
        dsn("digest@example.org", original=headers(identifier="<other@example.org>")),
        dsn("digest@example.org", original=headers(), recipient="bob@example.org"),
        dsn("digest@example.org"),
    ],
)
def test_returned_headers_that_do_not_agree_prove_nothing(report: bytes) -> None:
    result = handle(report, book := Book(), domain=None)
    assert result
    assert result.subscriber is None
    assert book.suppressed == {}


# --- complaints and requests -------------------------------------------------------------


@pytest.mark.parametrize("kind", ["abuse", "Fraud", "opt-out"])
def test_a_complaint_suppresses_at_once(kind: str) -> None:
    result = handle(arf(kind), book := Book())
    assert result == HandledReport(ADA, changed=True, what=f"suppressed: complaint: {kind.lower()}")
    assert book.suppressed == {"ada@example.org": f"complaint: {kind.lower()}"}


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure", "dmarc", "", "virus"])
def test_other_feedback_is_no_complaint(kind: str) -> None:
    assert handle(arf(kind), book := Book()) is None
    assert book.suppressed == {}


def test_a_forged_complaint_changes_nothing() -> None:
    handle(arf(mail_from=SENDER.replace("bounces+", "bounces+a")), book := Book())
    assert book.suppressed == {}


def note(subject: str, to: str = "digest@example.org", **more: str) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "ada@example.org", to, subject
    for name, value in more.items():
        message[name.replace("_", "-")] = value
    message.set_content("Please.")
    return message.as_bytes()


@pytest.mark.parametrize(
    "raw",
    [
        note(f"unsubscribe {LINK}"),
        note(f"Re: Unsubscribe: {LINK}"),
        note("", to=f"unsubscribe+{LINK}@bounces.example.org"),
    ],
)
def test_a_request_by_mail_unsubscribes_once(raw: bytes) -> None:
    book = Book()
    assert handle(raw, book) == HandledReport(ADA, changed=True, what="unsubscribed")
    assert book.off == {ADA}
    assert handle(raw, book) == HandledReport(ADA, changed=False, what="unsubscribed")


@pytest.mark.parametrize(
    "raw",
    [
        note("unsubscribe"),
        note("please unsubscribe ada"),
        note(f"Out of office: unsubscribe {LINK}", Auto_Submitted="auto-replied"),
        note("Out of office", to=SENDER, Auto_Submitted="auto-replied"),
        note("Undeliverable: Seven papers", to=SENDER),
        b"",
        b"\0\xff\r\n\r\n",
    ],
)
def test_other_mail_is_left_alone(raw: bytes) -> None:
    assert handle(raw, Book()) is None


def test_a_request_with_a_made_up_token_changes_nothing() -> None:
    result = handle(note(f"unsubscribe {'x' * 23}"), book := Book())
    assert result == HandledReport(None, changed=False, what="a request that is not signed by us")
    assert book.off == set()


# --- hostile mail ------------------------------------------------------------------------


def test_nesting_without_end_is_no_report() -> None:
    kind = b"multipart/report; report-type=delivery-status"
    raw = b"".join(
        b'Content-Type: %s; boundary="%d"\r\n\r\n--%d\r\n' % (kind, n, n) for n in range(3000)
    )
    assert parse.parse(raw) is None


def test_what_is_too_large_is_no_report() -> None:
    assert parse.parse(dsn() + b"x" * mime.LARGEST) is None


@given(st.data())
def test_a_mangled_report_is_read_or_left_but_never_an_error(data: st.DataObject) -> None:
    raw = data.draw(st.sampled_from([dsn(original=headers()), arf(), note(f"unsubscribe {LINK}")]))
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, min(len(raw), start + 60)))
    scrap = data.draw(
        st.binary(max_size=30) | st.sampled_from([b"\r\n\r\n", b"\r\n--b\r\n", b"\xff"])
    )
    handle(raw[:start] + scrap + raw[end:], book := Book())
    assert set(book.suppressed) <= {"ada@example.org"}
