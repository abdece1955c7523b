"""Reads bounces (RFC 3464), complaints (RFC 5965) and requests to unsubscribe that come by mail.
Anybody can write one: it proves nothing until ``handle`` has found one of our tokens in it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from typing import Literal

from digest.delivery.envelope import readable, without_addresses

Kind = Literal["failed", "delayed", "delivered", "complaint", "unsubscribe"]
"""``failed`` is permanent. ``delivered`` stands for relayed and expanded messages as well."""

LARGEST = 10_000_000  # the most bytes of a report
COMPLAINTS = frozenset({"abuse", "fraud", "opt-out", "opt-out-list"})
"""The types of feedback that mean that a person wants no more of this mail."""

_REACHED = ("To", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To")
_RECIPIENT = ("Original-Recipient", "Final-Recipient")
_AUTOMATIC = re.compile(r"auto-(?:replied|generated|notified)", re.IGNORECASE)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,}")
_REQUEST = re.compile(r"unsubscribe\W+([A-Za-z0-9_-]{20,})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Report:
    """The content of a report, which is not proved yet."""

    kind: Kind
    words: str  # the status code and the server's reply without addresses, or the type of complaint
    reached: tuple[str, ...]  # header values that may contain the envelope sender of our message
    recipients: tuple[str, ...] = ()  # the addresses that the report is about
    message_id: str | None = None  # the Message-ID of the returned message
    tokens: tuple[str, ...] = ()
    """Words of the returned message, or of a request, that may be an unsubscribe token."""


def parse(raw: bytes) -> Report | None:
    """Read a message as a report; None if it is not one."""
    if len(raw) > LARGEST:
        return None
    try:
        return _read(BytesParser(policy=compat32).parsebytes(raw))
    except (RecursionError, LookupError, ValueError, AttributeError, TypeError):
        # The standard library's parser gives up on some malformed messages with any of these.
        return None


def _read(message: Message) -> Report | None:
    if message.get_content_type() == "multipart/report" and message.is_multipart():
        parts = list(_blocks(message))
        match str(message.get_param("report-type", "")).lower():
            case "delivery-status":
                return _delivery_status(message, parts)
            case "feedback-report":
                return _feedback(message, parts)
        return None
    return _request(message)


def _delivery_status(message: Message, parts: list[Message]) -> Report | None:
    status = _part(parts, "message/delivery-status")
    about = [block for block in _blocks(status) if block["Action"] is not None]
    if not about:
        return None
    # If one of several recipients got the message, it has not failed.
    block = max(about, key=lambda each: ("failed", "delayed", "delivered").index(_outcome(each)))
    words = f"{_field(block, 'Status')} {_typed(block, 'Diagnostic-Code')}"
    returned = _returned(parts)
    return Report(
        _outcome(block),
        without_addresses(readable(words)),
        _values(message, *_REACHED) + _values(returned, "Return-Path"),
        tuple(_typed(one, name) for one in about for name in _RECIPIENT),
        *_identified(returned),
    )


def _feedback(message: Message, parts: list[Message]) -> Report | None:
    block = next(_blocks(_part(parts, "message/feedback-report")), None)
    kind = _field(block, "Feedback-Type").lower() if block else ""
    if kind not in COMPLAINTS:
        return None
    returned = _returned(parts)
    reached = _values(block, "Original-Mail-From") + _values(returned, "Return-Path")
    return Report(
        "complaint",
        f"complaint: {kind}",
        reached + _values(message, *_REACHED),
        _values(block, "Original-Rcpt-To"),
        *_identified(returned),
    )


def _request(message: Message) -> Report | None:
    """Read a request to unsubscribe, as a mail program makes it from ``List-Unsubscribe``."""
    if _AUTOMATIC.search(_field(message, "Auto-Submitted")):
        return None
    asked = _REQUEST.findall(" ".join(_values(message, "Subject", *_REACHED)))
    return Report("unsubscribe", "asked by mail", (), tokens=tuple(asked)) if asked else None


def _outcome(block: Message) -> Kind:
    action, status = _field(block, "Action").lower(), _field(block, "Status")
    if action == "failed" and status.startswith("5."):
        return "failed"
    return "delayed" if action in ("failed", "delayed") else "delivered"


def _part(parts: list[Message], kind: str) -> Message | None:
    return next((part for part in parts if part.get_content_type() == kind), None)


def _blocks(part: Message | None) -> Iterator[Message]:
    """The parts of a multipart message, or the groups of fields in a part of a report."""
    payload = part.get_payload() if part is not None else None
    if isinstance(payload, list):
        yield from (block for block in payload if isinstance(block, Message))


def _returned(parts: list[Message]) -> Message | None:
    """The headers of the returned message."""
    whole = _part(parts, "message/rfc822")
    if whole is not None:
        return next(_blocks(whole), None)
    headers = _part(parts, "text/rfc822-headers")
    content = headers.get_payload(decode=True) if headers is not None else None
    if not isinstance(content, bytes):
        return None
    return BytesParser(policy=compat32).parsebytes(content, headersonly=True)


def _values(message: Message | None, *names: str) -> tuple[str, ...]:
    if message is None:
        return ()
    return tuple(str(value) for name in names for value in message.get_all(name, []))


def _field(message: Message, name: str) -> str:
    return str(message.get(name, "")).strip()


def _typed(block: Message, name: str) -> str:
    """The value of a field with the form ``type; value``."""
    return _field(block, name).partition(";")[2].strip()


def _identified(returned: Message | None) -> tuple[str | None, tuple[str, ...]]:
    """The Message-ID, and the words that may be an unsubscribe token."""
    names = (name.strip() for name in _values(returned, "Message-ID"))
    words = " ".join(_values(returned, "List-Unsubscribe"))
    return next(filter(None, names), None), tuple(_TOKEN.findall(words)[:20])
