"""Reads bounces (RFC 3464, or as text), complaints (RFC 5965) and requests to unsubscribe that come
by mail. Anybody can write one: it proves nothing until ``handle`` has found one of our tokens in
it."""

import re
from dataclasses import dataclass, field, replace
from email.message import Message
from email.utils import getaddresses
from itertools import takewhile
from typing import Literal

from digest.bounces import mime, notices
from digest.delivery.causes import Cause, cause_of
from digest.delivery.envelope import readable, without_addresses

Kind = Literal["failed", "delayed", "delivered", "complaint", "unsubscribe"]
"""``failed`` is final. ``delivered`` stands for relayed and expanded messages as well."""

COMPLAINTS = frozenset({"abuse", "fraud", "opt-out", "opt-out-list"})
"""The types of feedback that mean that a person wants no more of this mail."""

_REACHED = ("To", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "Return-Path")
_NAMES = ("Message-ID", "In-Reply-To", "References", "X-Original-Message-ID")
_RECIPIENT = ("Original-Recipient", "Final-Recipient", "X-Actual-Recipient")
_ACTIONS: dict[str, Kind] = {
    **dict.fromkeys(("failed", "failure", "fail", "error", "expired"), "failed"),
    "delayed": "delayed",
}
_AUTOMATIC = re.compile(r"auto-(?:replied|generated|notified)", re.IGNORECASE)
_FIELDS = re.compile(r"^[> \t]*(?:Original|Final)-Recipient:", re.IGNORECASE | re.MULTILINE)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,}")
_REQUEST = re.compile(r"unsubscribe\W+([A-Za-z0-9_-]{20,})", re.IGNORECASE)
_SENDER = re.compile(r"bounces\+[A-Za-z2-7]{20,48}@[\w.-]+", re.IGNORECASE)
_MESSAGE_ID = re.compile(r"<[^<>\s@]{1,200}@[^<>\s@]{1,200}>")
_ADDRESS = re.compile(r"[^\s<>:;,\"()\[\]]{1,64}@[\w.-]{1,200}\w")
_LONGEST = 5000  # the characters of a header field that are read
_MOST = 200  # of names, addresses or possible tokens of one report


@dataclass(frozen=True, slots=True)
class Status:
    """What a report says of one recipient."""

    kind: Kind
    cause: Cause
    words: str  # the status code and the server's reply without addresses
    recipients: tuple[str, ...]  # the addresses of the recipient, folded


@dataclass(frozen=True, slots=True)
class Report:
    """The content of a report, which is not proved yet."""

    kind: Kind
    words: str  # the status code and the server's reply without addresses, or the type of complaint
    cause: Cause = Cause.OTHER
    reached: tuple[str, ...] = ()  # texts that may contain the envelope sender of our message
    statuses: tuple[Status, ...] = ()
    recipients: frozenset[str] = frozenset()  # the addresses that the report is about, folded
    message_ids: frozenset[str] = frozenset()
    """Message-IDs, in angle brackets, of what was returned or answered."""
    tokens: tuple[str, ...] = ()
    """Words of the returned message, or of a request, that may be an unsubscribe token."""

    def about(self, address: str) -> "Report":
        """What the report says of this address. Where it was passed on to several mailboxes and one
        of them got the message, it has not failed."""
        named = [one for one in self.statuses if address.casefold() in one.recipients]
        statuses = named or self.statuses
        if not statuses:
            return self
        best = max(statuses, key=lambda one: ("failed", "delayed", "delivered").index(one.kind))
        return replace(self, kind=best.kind, words=best.words, cause=best.cause)


@dataclass(slots=True)
class _Evidence:
    """What may prove that a report is about a message of ours, from all over the report."""

    reached: list[str] = field(default_factory=list)
    message_ids: set[str] = field(default_factory=set)
    tokens: list[str] = field(default_factory=list)

    def add_headers(self, message: Message) -> None:
        self.reached += _values(message, *_REACHED)
        self.message_ids.update(_MESSAGE_ID.findall(" ".join(_values(message, *_NAMES)))[:_MOST])
        self.tokens += _TOKEN.findall(" ".join(_values(message, "List-Unsubscribe")))

    def add_text(self, text: str) -> None:
        """Add what stands in a text in which a message is returned, perhaps as a quotation."""
        text = re.sub(r"\n[> \t]+", "\n ", text.replace("=\n", ""))
        self.reached += _SENDER.findall(text)
        for name in _NAMES:
            found = re.findall(rf"\b{name}:\s*(<[^<>\s]{{3,400}}>)", text, re.IGNORECASE)
            self.message_ids.update(found[:_MOST])
        for unsubscribe in re.findall(r"unsubscribe.{0,600}", text, re.IGNORECASE | re.DOTALL)[:9]:
            self.tokens += _TOKEN.findall(unsubscribe)

    def report(self, kind: Kind, words: str, *statuses: Status, **more: frozenset[str]) -> Report:
        recipients = more.get("recipients", frozenset())
        return Report(
            kind,
            words,
            statuses=statuses,
            reached=tuple(self.reached[:_MOST]),
            recipients=recipients.union(*(one.recipients for one in statuses)),
            message_ids=frozenset(self.message_ids),
            tokens=tuple(dict.fromkeys(self.tokens))[:_MOST],
        )


def parse(raw: bytes) -> Report | None:
    """Read a message as a report; None if it is not one."""
    try:
        message = mime.parsed(raw)
        return None if message is None else _read(message)
    except (RecursionError, LookupError, ValueError, AttributeError, TypeError):
        # The standard library's parser gives up on some malformed messages with any of these.
        return None


def _read(message: Message) -> Report | None:
    parts = mime.parts(message)
    kinds = [part.get_content_type() for part in parts]
    if "message/disposition-notification" in kinds:
        return None
    evidence = _evidence(parts)
    texts = [mime.text(part) for part in parts if _is_text(part)]
    before = takewhile(lambda part: part.get_content_maintype() != "message", parts)
    own = notices.own_text("\n".join(mime.text(part) for part in before if _is_text(part)))
    reports = [part for part in parts if mime.is_status(part.get_content_type())]
    for part in reports:
        if part.get_content_type() == "message/feedback-report":
            return _complaint(mime.text(part), evidence)
    for fields in [*map(mime.text, reports), *map(_unquoted, filter(_FIELDS.search, texts))]:
        statuses = [one for group in mime.groups(fields) if (one := _status(group, own))]
        if statuses:
            return evidence.report("failed", "", *statuses).about("")
    return _notice(message, own, evidence) or _request(message)


def _evidence(parts: list[Message]) -> _Evidence:
    evidence = _Evidence()
    for part in parts:
        evidence.add_headers(part)
        if part.get_content_subtype() in ("rfc822-headers", "global-headers"):
            evidence.add_headers(mime.headers(part))
        if _is_text(part):
            evidence.add_text(mime.text(part))
    return evidence


def _is_text(part: Message) -> bool:
    """Whether a part has no parts; one that should have some is a text where they are broken."""
    status = mime.is_status(part.get_content_type())
    return isinstance(part.get_payload(), str) and not status


def _unquoted(text: str) -> str:
    """A text with the fields of a report, perhaps as a quotation, from its first field."""
    text = re.sub(r"^[> \t]+(?=[A-Z])", "", text, flags=re.MULTILINE)
    first = _FIELDS.search(text)
    return text[first.start() if first else 0 :]


def _status(group: Message, text: str) -> Status | None:
    """What a group of fields says of a recipient; None if it is not about one. ``text``: what the
    report says to people, which counts where the fields do not quote a server."""
    action = re.match(r"[a-z]*", _field(group, "Action").lower())
    status, reply = _field(group, "Status"), _typed(group, "Diagnostic-Code")
    if group["Action"] is None and (group["Final-Recipient"] is None or not status):
        return None
    said = action[0] if action else ""
    if not said and group["Action"] is None:
        said = "failed" if status.startswith("5") else "delayed"
    cause = cause_of(reply, status)
    if not reply and text.strip():
        cause, reply = notices.telling(text, status)
    words = without_addresses(readable(f"{status} {reply}"))
    addresses = getaddresses([_typed(group, name) for name in _RECIPIENT])
    named = tuple(address.casefold() for _, address in addresses if "@" in address)
    return Status(_ACTIONS.get(said, "delivered"), cause, words, named)


def _complaint(fields: str, evidence: _Evidence) -> Report | None:
    group = mime.groups(fields)[0]
    kind = _field(group, "Feedback-Type").lower()
    if kind not in COMPLAINTS:
        return None
    evidence.reached += _values(group, "Original-Mail-From")
    named = getaddresses(_values(group, "Original-Rcpt-To"))
    recipients = frozenset(address.casefold() for _, address in named if "@" in address)
    return evidence.report("complaint", f"complaint: {kind}", recipients=recipients)


def _notice(message: Message, text: str, evidence: _Evidence) -> Report | None:
    """Read a bounce that is written as text."""
    said = notices.read(message, text)
    if said is None:
        return None
    failed = " ".join([*_values(message, "X-Failed-Recipients"), text])
    named = tuple(dict.fromkeys(one.casefold() for one in _ADDRESS.findall(failed)[:_MOST]))
    words = without_addresses(readable(said.words))
    return evidence.report(said.kind, words, Status(said.kind, said.cause, words, named)).about("")


def _request(message: Message) -> Report | None:
    """Read a request to unsubscribe, as a mail program makes it from ``List-Unsubscribe``."""
    if _AUTOMATIC.search(_field(message, "Auto-Submitted")):
        return None
    asked = _REQUEST.findall(" ".join(_values(message, "Subject", *_REACHED)))
    return Report("unsubscribe", "asked by mail", tokens=tuple(asked[:_MOST])) if asked else None


def _values(message: Message, *names: str) -> list[str]:
    found = (value for name in names for value in message.get_all(name, [])[:_MOST])
    return [str(value)[:_LONGEST] for value in found]


def _field(message: Message, name: str) -> str:
    return str(message.get(name, ""))[:_LONGEST].strip()


def _typed(group: Message, name: str) -> str:
    """The value of a field with the form ``type; value``."""
    kind, semicolon, value = _field(group, name).partition(";")
    return value.strip() if semicolon else kind
