"""Addresses, line ends and words at the edge between us and a server."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.delivery.connection import Server as Account
from digest.delivery.envelope import (
    on_the_wire,
    readable,
    wire_address,
    with_crlf,
    without_addresses,
)
from digest.delivery.smtp import SmtpTransport
from digest.model import DeliveryId, Message, Outcome, State
from tests.delivery.server import Server, running

ASCII = b"Subject: x\r\n\r\nplain\r\n"
EIGHT = "Subject: x\r\n\r\nÜber\r\n".encode()
INTERNATIONAL = "To: jürgen@example.org\r\n\r\nÜber\r\n".encode()


@pytest.mark.parametrize(
    ("address", "wire"),
    [
        ("ada@example.org", "ada@example.org"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("jürgen@example.org", "jürgen@example.org"),
        ("jürgen@straße.example", "jürgen@xn--strae-oqa.example"),
    ],
)
def test_addresses_on_the_wire(address: str, wire: str) -> None:
    assert wire_address(address) == wire


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ada",
        "a b@example.org",
        "ada@example.org>\r\nRCPT TO:<evil@example.org",
        "ada@example.org\n",
        "<ada@example.org>",
        "a\x00@example.org",
        "a\ud800@example.org",
        "a@-.example\u2028",
        "ä@" + "x" * 300 + ".example",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="not an address"):
        wire_address(address)


@given(st.binary(max_size=200) | st.text("\r\n.a", max_size=60).map(str.encode))
def test_stuffing_can_be_undone_and_holds_no_end_of_message(content: bytes) -> None:
    wire = on_the_wire(content)
    assert wire.endswith(b"\r\n")
    lines = wire[:-2].split(b"\r\n")
    assert b"." not in lines
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    undone = b"\r\n".join(line[1:] if line.startswith(b".") else line for line in lines) + b"\r\n"
    normal = with_crlf(content)
    assert undone == (normal if normal.endswith(b"\r\n") else normal + b"\r\n")


def test_well_formed_content_is_not_copied() -> None:
    assert with_crlf(ASCII) is ASCII


@given(st.binary(max_size=3000))
def test_a_servers_words_become_one_short_printable_line(words: bytes) -> None:
    text = readable(words)
    assert text.isprintable()
    assert len(text) <= 400


def test_words_lose_addresses_in_logs() -> None:
    words = "RCPT: 550 5.1.1 <ada@example.org>: no such user ada@example.org; see www.example.org"
    assert without_addresses(words) == (
        "RCPT: 550 5.1.1 <[address]>: no such user [address]; see www.example.org"
    )


def outcome(extensions: tuple[str, ...], recipient: str, content: bytes) -> tuple[Outcome, Server]:
    message = Message(DeliveryId(1), "digest@example.org", recipient, content)
    with running(Server(extensions=extensions)) as server:
        mine = Account("127.0.0.1", server.port, "none")
        (result,) = SmtpTransport(mine).send([message], set)
    return result, server


@pytest.mark.parametrize(
    ("extensions", "recipient", "content", "mail"),
    [
        ((), "ada@example.org", ASCII, "MAIL FROM:<digest@example.org>"),
        (("SIZE",), "ada@example.org", ASCII, "MAIL FROM:<digest@example.org> SIZE=21"),
        (("8BITMIME",), "ada@example.org", ASCII, "MAIL FROM:<digest@example.org>"),
        (("8BITMIME",), "ada@example.org", EIGHT, "MAIL FROM:<digest@example.org> BODY=8BITMIME"),
        (("SMTPUTF8",), "ada@bücher.example", ASCII, "MAIL FROM:<digest@example.org>"),
        (("SMTPUTF8",), "jürgen@example.org", ASCII, "MAIL FROM:<digest@example.org> SMTPUTF8"),
        (
            ("SMTPUTF8", "8BITMIME"),
            "ada@example.org",
            INTERNATIONAL,
            "MAIL FROM:<digest@example.org> BODY=8BITMIME SMTPUTF8",
        ),
    ],
)
def test_extensions_are_used_when_needed_and_offered(
    extensions: tuple[str, ...], recipient: str, content: bytes, mail: str
) -> None:
    result, server = outcome(extensions, recipient, content)
    assert result.state is State.SENT
    assert server.accepted[0].mail == mail
    assert server.accepted[0].recipient == wire_address(recipient)
    assert server.accepted[0].content == content


@pytest.mark.parametrize(
    ("extensions", "recipient", "content", "reason"),
    [
        (("8BITMIME",), "jürgen@example.org", ASCII, "the address needs SMTPUTF8"),
        (("8BITMIME",), "ada@example.org", INTERNATIONAL, "the address needs SMTPUTF8"),
        (("SMTPUTF8",), "ada@example.org", EIGHT, "the message needs 8BITMIME"),
        ((), "ada@exa mple.org", ASCII, "not an address"),
    ],
)
def test_what_the_server_cannot_carry_fails_with_the_reason(
    extensions: tuple[str, ...], recipient: str, content: bytes, reason: str
) -> None:
    result, server = outcome(extensions, recipient, content)
    assert result.state is State.FAILED
    assert result.detail.startswith(reason)
    assert "mail" not in [step.name for step in server.steps]


def test_the_server_of_these_tests_agrees_with_the_library_on_dots() -> None:
    message = EmailMessage()
    message.set_content(".\n..\nend.\n")
    result, server = outcome((), "ada@example.org", message.as_bytes())
    assert result.state is State.SENT
    assert server.accepted[0].content.endswith(b"\r\n\r\n.\r\n..\r\nend.\r\n")
