"""Returned mail of every kind in ``docs/bounces.md`` has the effect that stands there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.bounces import parse
from tests.bounces.book import ADA, LINK, SENDER, WEEK, Book, handle, message_id
from tests.bounces.samples import FORMS, fields, letter, report, returned, rows

PROOF = (
    f"Message-ID: {message_id(ADA, WEEK)}\n"
    f"List-Unsubscribe: <https://digest.example.org/u/{LINK}>,\n"
    f" <mailto:digest@example.org?subject=unsubscribe%20{LINK}>"
)


KINDS = rows("What suppresses")


def effect(raw: bytes, domain: str | None = "bounces.example.org") -> str:
    result = handle(raw, book := Book(), domain)
    assert result is not None
    assert result.subscriber == ADA
    assert set(book.suppressed) == ({"ada@example.org"} if result.effect == "suppressed" else set())
    assert len(book.counted) == (result.effect == "counted")
    return result.effect


def test_the_page_has_every_form() -> None:
    assert {form for form, _, _ in KINDS} == set(FORMS)
    assert {what for _, _, what in KINDS} == {"suppressed", "counted"}


@pytest.mark.parametrize(("form", "reply", "what"), KINDS)
def test_each_kind_has_its_effect(form: str, reply: str, what: str) -> None:
    assert effect(FORMS[form](SENDER, reply, returned())) == what


@pytest.mark.parametrize("form", FORMS)
def test_without_a_bounce_domain_what_is_returned_is_the_proof(form: str) -> None:
    reply = next(reply for one, reply, what in KINDS if (one, what) == (form, "suppressed"))
    raw = FORMS[form]("digest@example.org", reply, returned(PROOF))
    assert effect(raw, domain=None) == "suppressed"

    for wrong in (returned(), returned(PROOF.replace(LINK, "x" * len(LINK)))):
        unproved = handle(FORMS[form]("digest@example.org", reply, wrong), book := Book(), None)
        assert unproved is not None
        assert (unproved.subscriber, book.suppressed, book.counted) == (None, {}, [])


@pytest.mark.parametrize("form", FORMS)
def test_the_envelope_sender_in_what_is_returned_is_a_proof_too(form: str) -> None:
    reply = next(reply for one, reply, what in KINDS if (one, what) == (form, "counted"))
    raw = FORMS[form]("digest@example.org", reply, returned(f"Return-Path: <{SENDER}>"))
    assert effect(raw) == "counted"


@pytest.mark.parametrize(
    ("action", "what"),
    [
        ("failed (permanent)", "suppressed"),
        ("Failed; see below", "suppressed"),
        ("error", "suppressed"),
        ("expired", "suppressed"),
        ("delayed (will be tried again)", "nothing"),
        ("delivered (to a mailbox)", "nothing"),
    ],
)
def test_comments_after_an_action_do_no_harm(action: str, what: str) -> None:
    raw = report(SENDER, "5.1.1 (bad destination) 550 no such user", returned())
    assert effect(raw.replace(b"Action: failed", f"Action: {action}".encode())) == what


def test_a_report_without_an_action_is_judged_by_its_status() -> None:
    raw = report(SENDER, "5.1.1 550 5.1.1 No such user", returned())
    assert effect(raw.replace(b"Action: failed\r\n", b"")) == "suppressed"


@pytest.mark.parametrize("quote", ["", "> "])
def test_a_report_is_read_from_plain_text_as_well(quote: str) -> None:
    groups = f"Reporting-MTA: dns; mx.example.net\n\n{fields('5.1.1 550 5.1.1 No such user')}\n"
    text = "".join(f"{quote}{line}\n" for line in f"{groups}\n{returned(PROOF)}".splitlines())
    raw = letter("digest@example.org", "Fwd: Returned mail", text, "operator@example.org")
    assert effect(raw) == "suppressed"


def test_a_report_about_international_addresses_is_read() -> None:
    raw = report(SENDER, "5.1.1 550 5.1.1 No such user", returned()).replace(
        b"message/delivery-status", b"message/global-delivery-status"
    )
    assert effect(raw.replace(b"rfc822; ada", b"utf-8; ada")) == "suppressed"


@pytest.mark.parametrize(
    "text",
    [
        "Your message has not been delivered yet.\nDelivery attempts will continue.",
        "##  THIS IS A WARNING MESSAGE ONLY.  ##\nYour message could not be delivered for 4 hours.",
        "Your message is delayed: 451 Please try again later. It will be retried.",
    ],
)
def test_a_text_that_tells_of_a_delay_changes_nothing(text: str) -> None:
    raw = letter(SENDER, "Undelivered mail: delivery will be tried again", text)
    assert effect(raw) == "nothing"


@pytest.mark.parametrize(
    "raw",
    [
        letter(SENDER, "Out of office", "I am away. Call 550 1234 if it failed.", "Ada <a@b.org>"),
        letter(SENDER, "Re: Seven papers", "550 User unknown? That is a joke.", "bob@example.org"),
        letter(SENDER, "Welcome", "Your mailbox is new.", "postmaster@example.org"),
        letter(
            SENDER,
            "Returned: Seven papers",
            "Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n"
            "--b\n\nYour message was deleted; it failed to interest.\n--b\n"
            "Content-Type: message/disposition-notification\n\n"
            "Final-Recipient: rfc822; ada@example.org\n"
            "Disposition: automatic-action/MDN-sent-automatically; deleted\n\n--b--\n",
        ),
    ],
)
def test_answers_of_people_and_their_programs_are_no_bounces(raw: bytes) -> None:
    assert handle(raw, Book()) is None


def test_a_bounce_in_html_is_read_without_its_tags() -> None:
    body = (
        "Content-Type: text/html; charset=utf-8\n\n<html><body><p>Delivery has <b>failed</b> to "
        "ada@example.org:</p><p>550 5.1.1 <i>User</i>&nbsp;unknown</p></body></html>\n"
    )
    assert effect(letter(SENDER, "Undeliverable: Seven papers", body)) == "suppressed"


def test_what_papers_are_about_says_nothing_of_the_address() -> None:
    papers = (
        "Message-ID: <a@example.org>\nSubject: User unknown 550 5.1.1\n\n550 5.1.1 no such user"
    )
    raw = letter(SENDER, "failure notice", f"<ada@example.org>:\n552 5.2.2 Full.\n\n{papers}")
    assert effect(raw) == "counted"


# --- hostile mail ------------------------------------------------------------------------


def hostile(declarations: int, filler: bytes = b"") -> bytes:
    head = b"To: %s\r\n" % SENDER.encode()
    nested = b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n)
        for n in range(declarations)
    )
    return head + nested + filler


@pytest.mark.parametrize(
    "raw",
    [
        hostile(20_000),
        hostile(20, b"x\r\n" * 2_000_000),
        hostile(1, b"\r\n--0\r\n" * 10_000),
        hostile(1, b"\r\n--0\r\nContent-Type: message/delivery-status\r\n\r\nA: b\r\n" * 10_000),
        hostile(0, b"Content-Type: message/rfc822\r\n\r\n" * 20_000),
        b"X: " + b" =?utf-8?q?x?=\r\n" * 100_000,
        b"Content-Type: multipart/mixed" + b";a=b" * 125_000,
        b"Content-Type: multipart/mixed" + b";\r\n a=b" * 60_000,
        report(SENDER, "5.0.0 550 " + "mailbox a " * 45_000, ""),
        report(SENDER, "5.0.0 550 " + "user," * 90_000, ""),
        report(SENDER, "5.1.1", "").replace(b"rfc822; ada", b"rfc822; " + b"a@b, <" * 80_000),
        letter(SENDER, "deliver" * 70_000, "550"),
        letter(
            SENDER,
            "failure notice",
            "Content-Type: text/plain; charset=punycode\n\n" + "a" * 490_000,
        ),
        letter(SENDER, "failure notice", "a" * 490_000),
        letter(SENDER, "failure notice", "550 " + "user " * 200_000),
        letter(SENDER, "failure notice", "<" * 500_000 + "unsubscribe " * 40_000),
        letter(SENDER, "failure notice", "Content-Type: text/html\n\n" + "<" * 900_000),
    ],
    ids=[
        *("deep", "deep and long", "parts", "reports", "attached", "header", "parameters"),
        *("folded", "diagnosis", "words", "recipients", "subject", "charset", "letters", "users"),
        *("brackets", "html"),
    ],
)
def test_hostile_mail_is_read_to_a_bound(raw: bytes) -> None:
    """Without a bound most of these take minutes."""
    found = parse.parse(raw)
    assert found is None or (len(found.tokens) <= 200 and len(found.reached) <= 200)


@given(st.data())
def test_mangled_mail_of_any_form_is_read_or_left_but_never_an_error(data: st.DataObject) -> None:
    raw = FORMS[data.draw(st.sampled_from([*FORMS]))](SENDER, "550 5.1.1 User unknown", returned())
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, min(len(raw), start + 60)))
    scrap = data.draw(
        st.binary(max_size=30) | st.sampled_from([b"\r\n\r\n", b"\r\n--b\r\n", b"> ", b"\xff"])
    )
    handle(raw[:start] + scrap + raw[end:], book := Book())
    assert set(book.suppressed) <= {"ada@example.org"}
