"""Messages as bytes: headers and a multipart body that need no further encoding.

Written by hand because ``email.message`` takes milliseconds for each message and encodes long
``List-Unsubscribe`` headers so that one-click unsubscribing no longer finds them. What is written
follows RFC 5322 (form), 2045 and 2047 (encodings) and 6532 (an address whose local part is not
ASCII stays UTF-8; such a message needs SMTPUTF8).
"""

import binascii
import re
import string
from collections.abc import Iterable
from functools import lru_cache

from digest.text.clean import one_line

# "=_" is no quoted-printable, so no line of either part can be taken for the boundary.
_BOUNDARY = b"=_digest"
_PART = (
    b"--" + _BOUNDARY + b'\r\nContent-Type: %b; charset="utf-8"\r\n'
    b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
)
_ATOM = re.compile(r"[\w!#$%&'*+\-/=?^`{|}~]+(?:\.[\w!#$%&'*+\-/=?^`{|}~]+)*")
_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~ ]*")
_NOT_DOMAIN = re.compile(r"[^\w.\-\[\]:]")
_NOT_URI = re.compile(r"[^!#-;=?-Z\[\]_a-z~]")
_Q_SAFE = string.ascii_letters + string.digits + "!*+-/"
_Q = [chr(byte) if chr(byte) in _Q_SAFE else f"={byte:02X}" for byte in range(256)]
_Q[0x20] = "_"
_Q_CHARACTER = re.compile(r"[^=]|=[0-7].|=[C-F].(?:=[89AB].)+")
_ENCODED_LENGTH = 50  # characters of text in an encoded word, so that its line stays below 76
_LINE = 76
_URI_LENGTH = 900  # what is longer does not fit a line of 998 bytes, nor work in practice


def assemble(
    headers: Iterable[tuple[str, str]], text: Iterable[bytes], html: Iterable[bytes]
) -> bytes:
    """A message of two alternatives. ``headers`` are ready to stand on the wire (see the functions
    below); both parts are UTF-8 in quoted-printable with CRLF line ends, in pieces."""
    head = "".join([f"{name}: {value}\r\n" for name, value in headers]).encode()
    return b"".join(
        [
            head,
            b"MIME-Version: 1.0\r\n"
            b'Content-Type: multipart/alternative; boundary="' + _BOUNDARY + b'"\r\n\r\n',
            _PART % b"text/plain",
            *text,
            b"\r\n",
            _PART % b"text/html",
            *html,
            b"\r\n--" + _BOUNDARY + b"--\r\n",
        ]
    )


def quoted(text: str) -> bytes:
    """Text in quoted-printable, its line ends as CRLF (RFC 2045, 6.7). The last line leaves room
    for the ``=`` with which ``join`` may go on."""
    if text.isascii() and text.isprintable() and text != "." and not text.endswith(" "):
        return _in_lines(text.replace("=", "=3D")).encode()
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    body = binascii.b2a_qp(text.encode("utf-8", "replace")).replace(b"\n", b"\r\n")
    if len(body) - 1 - body.rfind(b"\n") < _LINE:
        return body
    last = 3 if body[-3:-2] == b"=" else 1
    return body[:-last] + b"=\r\n" + body[-last:]


def _in_lines(code: str) -> str:
    """The same, of text that holds no characters to be encoded, in half the time of binascii."""
    lines, at, end = [], 0, _LINE - 1
    while end < len(code):
        if "=" in code[end - 2 : end]:  # the beginning of ``=3D``
            end = code.index("=", end - 2)
        lines.append(code[at:end])
        at, end = end, end + _LINE - 1
    return "=\r\n".join([*lines, code[at:]])


def is_plain(text: str) -> bool:
    """Whether a line that is not too long reads the same in quoted-printable."""
    return (
        text.isascii()
        and text.isprintable()
        and "=" not in text
        and text != "."
        and not text.endswith(" ")
    )


def join(pieces: Iterable[bytes]) -> bytes:
    """One body of pieces that were each made by ``quoted``, without a line break between."""
    return b"=\r\n".join(pieces)


@lru_cache(maxsize=4096)
def unstructured(value: str, before: int = 9) -> str:
    """Free text, as in a subject. ``before``: characters that the header's name takes up."""
    text = one_line(value)
    if text.isascii() and "=?" not in text and max(map(len, text.split(" "))) < _LINE - before:
        return _folded(text, before)
    return _encoded_words(text)


@lru_cache(maxsize=4096)
def mailbox(name: str, address: str) -> str:
    """``Ada Example <ada@example.org>``, whatever the name holds."""
    text = one_line(name)
    if not text:
        return address
    if not text.isascii() or "=?" in text:
        phrase = _encoded_words(text)
    elif _PHRASE.fullmatch(text):
        phrase = _folded(text, before=6)
    else:
        phrase = '"' + re.sub(r'([\\"])', r"\\\1", text) + '"'
    gap = "\r\n " if len(phrase) + len(address) > 65 else " "
    return f"{phrase}{gap}<{address}>"


def uris(*addresses: str) -> str:
    """Addresses for a ``List-`` header, one a line and never encoded. What no URI may hold is left
    out, and so is an address that does not fit a line."""
    cleaned = (_NOT_URI.sub("", address) for address in addresses)
    return ",\r\n ".join(f"<{uri}>" for uri in cleaned if uri and len(uri) <= _URI_LENGTH)


@lru_cache(maxsize=4096)
def address(written: str) -> str:
    """An address as it goes on the wire: its domain in ASCII, its local part quoted if need be."""
    local, _, domain = one_line(written).rpartition("@")
    domain = _ascii(_NOT_DOMAIN.sub("", domain))
    if not _ATOM.fullmatch(local):
        local = '"' + re.sub(r'([\\"])', r"\\\1", local) + '"'
    return f"{local}@{domain}"


def _ascii(domain: str) -> str:
    """A domain in Punycode; one that has none stays as it is, for the server to refuse."""
    if domain.isascii():
        return domain
    import idna  # noqa: PLC0415  its tables are large, and such domains are rare

    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        return domain


def _folded(text: str, before: int) -> str:
    """The text on lines of at most 76 characters, broken at spaces."""
    lines, length = [""], before
    for word in text.split(" "):
        if lines[-1] and length + 1 + len(word) > _LINE:
            lines.append(word)
            length = 1 + len(word)
        else:
            lines[-1] += f" {word}" if lines[-1] else word
            length += 1 + len(word)
    return "\r\n ".join(lines)


def _encoded_words(text: str) -> str:
    """The text in encoded words of RFC 2047; no character is split between two of them."""
    code = "".join([_Q[byte] for byte in text.encode("utf-8", "replace")])
    words = [""]
    for char in _Q_CHARACTER.findall(code):
        if len(words[-1]) + len(char) > _ENCODED_LENGTH:
            words.append("")
        words[-1] += char
    return "\r\n ".join(f"=?utf-8?q?{word}?=" for word in words)
