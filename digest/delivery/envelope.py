"""Addresses and messages in the form that SMTP needs; replies in a form that people may see."""

import re

import idna

LONGEST_WORDS = 400  # the most characters that are kept of a reply

_ADDRESS = re.compile(r"[^\s<>@\x00-\x1f\x7f]+@[^\s<>@\x00-\x1f\x7f]+")
_LINE_END = re.compile(rb"\r\n|\r|\n")
# Each begins with a fixed byte, to which the search leaps: 25 µs for 60 KB, where to count the
# CRLFs takes 55.
_LONE_CR = re.compile(rb"\r(?!\n)")
_LONE_LF = re.compile(rb"\n(?<!\r\n)")
_LONE_LF_OR_DOT = re.compile(rb"\n(?:(?<!\r\n)|\.)")
_MAILBOX = re.compile(r"[^\s<>:;,]+@[^\s<>:;,]+")


def wire_address(address: str) -> str:
    """The address for MAIL and RCPT, its domain in ASCII; another local part needs SMTPUTF8.

    Raises:
        ValueError: The text is not an address.
    """
    if not _ADDRESS.fullmatch(address):
        raise ValueError("not an address that SMTP can carry")
    if address.isascii():
        return address
    local, _, domain = address.rpartition("@")
    try:
        local.encode()  # a lone surrogate has no UTF-8 form
        return f"{local}@{idna.encode(domain, uts46=True).decode('ascii')}"
    except UnicodeError as error:
        raise ValueError(readable(f"not an address that SMTP can carry: {error}")) from error


def on_the_wire(content: bytes) -> bytes:
    """The content with stuffed dots and CRLF line ends, but without the final dot; the same object
    if it is like that already. A single CR or LF would let a message end early at some servers
    (SMTP smuggling)."""
    is_whole = content.endswith(b"\r\n") and not content.startswith(b".")
    if is_whole and not (_LONE_LF_OR_DOT.search(content) or _LONE_CR.search(content)):
        return content
    content = with_crlf(content)
    if not content.endswith(b"\r\n"):
        content += b"\r\n"
    if content.startswith(b"."):
        content = b"." + content
    return content.replace(b"\r\n.", b"\r\n..")


def with_crlf(content: bytes) -> bytes:
    """The content with CRLF line ends; the same object if it has them already."""
    if _LONE_CR.search(content) or _LONE_LF.search(content):
        return _LINE_END.sub(b"\r\n", content)
    return content


def readable(words: bytes | str) -> str:
    """A reply on one line, of bounded length and without characters that are not printable."""
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    if not text.isprintable():
        text = "".join(character if character.isprintable() else " " for character in text)
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_WORDS else text[: LONGEST_WORDS - 1] + "…"


def without_addresses(words: str) -> str:
    """The words with every e-mail address replaced, for logs."""
    return _MAILBOX.sub("[address]", words)
