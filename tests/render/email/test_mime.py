"""Header values as they stand on the wire, and as a reader decodes them."""

from __future__ import annotations

import email
from binascii import a2b_qp, b2a_qp
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import default
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.render.email.mime import address, assemble, join, mailbox, quoted, unstructured, uris
from digest.text.clean import one_line

NASTY = [
    'Evil" <x@y.example>',
    "a\r\nBcc: all@example.org",
    "=?utf-8?q?=3Cb=3E?=",
    "comma, colon: semi; (comment) @ \\",
    "\u202eevil\u2028line\x00nul\x85next",
    "Ünïcödé 語 " * 12,
    "x" * 300,
    "\ud800 lone",
]


def parsed(*headers: tuple[str, str]) -> EmailMessage:
    raw = assemble(headers, [quoted("text\n")], [quoted("<p>page</p>\n")])
    return email.message_from_bytes(raw, policy=default)


any_text = st.text(st.characters(), max_size=200) | st.sampled_from(NASTY)


@given(st.text("a =.", max_size=300))
def test_plain_text_is_quoted_as_binascii_does(text: str) -> None:
    body = quoted(text)
    assert a2b_qp(body) == text.encode()
    assert all(len(line) <= 76 for line in body.split(b"\r\n"))
    made = b2a_qp(text.encode()).replace(b"\n", b"\r\n")
    if len(made.split(b"\r\n")[-1]) < 76:  # else the last line has no room for what join adds
        assert body == made


@given(any_text)
def test_a_subject_reads_as_written(subject: str) -> None:
    found = parsed(("Subject", unstructured(subject)))
    assert found["Subject"].defects == ()
    assert " ".join(found["Subject"].split()) == one_line(subject)
    assert found.keys() == ["Subject", "MIME-Version", "Content-Type"]


@given(any_text)
def test_a_name_reads_as_written_and_adds_no_address(name: str) -> None:
    found = parsed(("To", mailbox(name, "ada@example.org")))
    assert found["To"].defects == ()
    [who] = cast("tuple[Address, ...]", found["To"].addresses)
    assert who.addr_spec == "ada@example.org"
    if one_line(name).isascii():
        assert " ".join(who.display_name.split()) == one_line(name)


@given(any_text.filter(lambda name: not one_line(name).isascii()))
def test_a_name_that_is_not_ascii_reads_as_written(name: str) -> None:
    """Read by the older decoder: the newer one leaves spaces between the words of a name."""
    words, _, _ = mailbox(name, "ada@example.org").rpartition("<")
    assert str(make_header(decode_header(words))).strip() == one_line(name)


@given(any_text)
def test_header_lines_are_short_where_the_text_allows(text: str) -> None:
    for value in (unstructured(text), mailbox(text[:60], "ada@example.org")):
        assert all(len(line) <= 78 for line in f"Subject: {value}".split("\r\n"))


@pytest.mark.parametrize(
    ("written", "on_the_wire"),
    [
        ("ada@example.org", "ada@example.org"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("jörg@bücher.example", "jörg@xn--bcher-kva.example"),
        ("ada love@example.org", '"ada love"@example.org'),
        ('a"b\\c@example.org', '"a\\"b\\\\c"@example.org'),
        ("ada@exa\r\nmple.org>, <eve@example.org", '"ada@exa mple.org>, <eve"@example.org'),
        ("ada@example.org, eve", "ada@example.orgeve"),
    ],
)
def test_addresses(written: str, on_the_wire: str) -> None:
    assert address(written) == on_the_wire


def test_addresses_for_lists_are_never_encoded_nor_broken() -> None:
    long = "https://digest.example.org/u/" + "x" * 800
    assert uris(long, "mailto:a@example.org") == f"<{long}>,\r\n <mailto:a@example.org>"
    assert uris("", "mailto:a@b.example?subject=x\r\nBcc: c>") == (
        "<mailto:a@b.example?subject=xBcc:c>"
    )
    assert uris("https://example.org/" + "x" * 2000) == ""


@given(st.lists(any_text, max_size=5))
def test_joined_pieces_decode_to_the_whole(pieces: list[str]) -> None:
    body = join(map(quoted, [*pieces, "\n"]))
    found = email.message_from_bytes(assemble([], [body], []), policy=default)
    text = found.get_body(("plain",))
    assert text is not None
    assert max(map(len, body.split(b"\r\n"))) <= 76
    assert b"\r" not in body.replace(b"\r\n", b"")
    assert b"\n" not in body.replace(b"\r\n", b"")
    wanted = "".join(piece.replace("\r\n", "\n").replace("\r", "\n") for piece in pieces) + "\n"
    shown = cast("bytes", text.get_payload(decode=True)).decode().replace("\r\n", "\n")
    assert shown == wanted.encode("utf-8", "replace").decode()
