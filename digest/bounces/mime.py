"""The parts of a message that somebody else has written, of bounded number, depth and size."""

import binascii
import quopri
import re
from base64 import b64decode
from collections.abc import Iterator
from email.message import Message
from email.parser import BytesParser, HeaderParser
from email.policy import compat32
from html import unescape
from itertools import islice

LARGEST = 10_000_000  # the most bytes of a message that is looked at
READ = 500_000  # the bytes of it that are read: a report stands before what it returns
_PARTS = 200  # the most parts
_BOUNDARIES = 20  # the most declarations of a boundary: parts are nested as deep at most

_FIELD = 5000  # the most bytes of a header field that describes a part

_BOUNDARY = re.compile(rb"boundary\s*=", re.IGNORECASE)
_DESCRIBING = re.compile(rb"^content-[^\n]*(?:\n[ \t][^\n]*)*", re.IGNORECASE | re.MULTILINE)
_CHARSET = re.compile(
    r"utf-?(?:7|8|16)\w*|us-ascii|ascii|latin\d|(?:iso|windows|cp|koi|gb|big|euc)[-_]?[\w-]{1,16}"
    r"|shift_?jis|hz",
    re.IGNORECASE,
)
"""Encodings of mail. Python knows others, of which some take long."""
_TAG = re.compile(r"<[^<>]{0,2000}>")


def parsed(raw: bytes) -> Message | None:
    """Parse the beginning of a message; None if it is too large, or built so that the parser of the
    standard library would take long."""
    start = raw[:READ]
    if len(raw) > LARGEST or len(_BOUNDARY.findall(start)) > _BOUNDARIES:
        return None
    if any(len(field) > _FIELD for field in _DESCRIBING.findall(start)):
        return None
    return BytesParser(policy=compat32).parsebytes(start)


def parts(message: Message) -> list[Message]:
    """The first parts of a message, itself included, from the outside to the inside. A message that
    is attached is a part; so is what it contains."""
    return list(islice(_walk(message), _PARTS))


def _walk(part: Message) -> Iterator[Message]:
    yield part
    kind = part.get_content_type()
    if kind in ("message/rfc822", "message/global") and (inner := _encoded(part)) is not None:
        yield from _walk(BytesParser(policy=compat32).parsebytes(inner))
    elif kind.startswith(("multipart/", "message/")) and not is_status(kind):
        for inside in _inside(part):
            yield from _walk(inside)


def is_status(kind: str) -> bool:
    """Whether a content type is one of reports, whose payload is groups of fields."""
    return kind in (
        *("message/delivery-status", "message/global-delivery-status"),
        "message/feedback-report",
    )


def groups(fields: str) -> list[Message]:
    """The groups of fields that a part of a report consists of."""
    blocks = re.split(r"\n[ \t]*\n\s*", fields.strip(), maxsplit=_PARTS)
    return [HeaderParser(policy=compat32).parsestr(block.strip()) for block in blocks[:_PARTS]]


def text(part: Message) -> str:
    """The text of a part, decoded; of HTML without its tags."""
    if inside := _inside(part):  # the parser has taken the content for messages
        content = _encoded(part)
        found = "\n".join(map(_source, inside)) if content is None else ""
    else:
        decoded = part.get_payload(decode=True)
        content, found = decoded if isinstance(decoded, bytes) else b"", ""
    if content is not None:
        found = _decoded(content, part.get_content_charset("utf-8"))
    if part.get_content_type() == "text/html":
        found = unescape(_TAG.sub(" ", found))
    return found.replace("\r\n", "\n")


def headers(part: Message) -> Message:
    """The header fields that are the content of a part."""
    return HeaderParser(policy=compat32).parsestr(text(part).lstrip(), headersonly=True)


def _encoded(part: Message) -> bytes | None:
    """The content of a ``message/`` part that is encoded against the rules, so that the parser took
    the code for a message; None if it is not encoded."""
    coding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
    if coding not in ("base64", "quoted-printable") or not _inside(part):
        return None
    code = "\n".join(map(_source, _inside(part))).encode("ascii", "replace")
    if coding == "quoted-printable":
        return quopri.decodestring(code)
    try:
        return b64decode(code)
    except binascii.Error:
        return None


def _source(message: Message) -> str:
    """A message as it was written: its own method takes long for a long header field."""
    fields = "".join(f"{name}: {value}\n" for name, value in message.items())
    payload = message.get_payload()
    return f"{fields}\n{payload if isinstance(payload, str) else ''}"


def _inside(part: Message) -> list[Message]:
    payload = part.get_payload()
    found = payload if isinstance(payload, list) else ()
    return [one for one in found if isinstance(one, Message)]


def _decoded(content: bytes, charset: str) -> str:
    try:
        return content.decode(charset if _CHARSET.fullmatch(charset) else "utf-8", "replace")
    except LookupError:
        return content.decode("utf-8", "replace")
