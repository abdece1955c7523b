"""Reads bounces that are written as text, as Exim, qmail, Exchange and others do."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import Message
from typing import Literal

from digest.delivery.causes import Cause, cause_of, has_status

_DAEMON = re.compile(
    r"mailer-?(?:daemon|demon)|post_?master|mdaemon|mail-?daemon|delivery (?:sub)?system"
    r"|mail(?:er)? (?:delivery|system|administrator)|system administrator",
    re.IGNORECASE,
)
_TITLE = re.compile(
    r"un-?deliver|returned (?:mail|to sender)|deliver\w* (?:status|fail|problem|error)"
    r"|(?:mail|message) (?:\w+ )?(?:fail|error|return)|failure|failed|could not be delivered"
    r"|non-?delivery|not delivered",
    re.IGNORECASE,
)
_RETURNED = re.compile(
    r"^[> \t]*(?:received|return-path|dkim-signature|domainkey-signature|message-id"
    r"|list-unsubscribe|mime-version|x-mailer):\s",
    re.IGNORECASE | re.MULTILINE,
)
_SUBJECT = re.compile(r"^[> \t]*subject:.*$", re.IGNORECASE | re.MULTILINE)
_DELAY = re.compile(
    r"warning message only|this is a warning|will (?:be retried|keep trying|retry|continue to)"
    r"|has not (?:yet )?been delivered|still being (?:re)?tried|delivery attempts will continue"
    r"|no action is required|delayed",
    re.IGNORECASE,
)
_REPLY = re.compile(r"(?<!\d)5[0-5]\d[ -]")
_FAILURE = re.compile(
    r"permanent|undeliver|not (?:be )?deliver|unable to deliver|fail(?:ed|ure)|rejected"
    r"|did not reach|could(?:n't| not) deliver|wasn't able to deliver|unknown user|user unknown",
    re.IGNORECASE,
)
_TITLE_LENGTH = 500  # the characters of Subject and From that are read
_LONGEST = 20_000  # the characters of a notice that are read


@dataclass(frozen=True, slots=True)
class Notice:
    """What a text says of a message that was not delivered."""

    kind: Literal["failed", "delayed"]
    cause: Cause
    words: str


def own_text(text: str) -> str:
    """What the program that returns a message has written: the text before that message."""
    returned = _RETURNED.search(text)
    return _SUBJECT.sub("", text[: returned.start() if returned else None][:_LONGEST])


def read(message: Message, text: str) -> Notice | None:
    """Read the own text of a message; None if it is no bounce, but from a person, say."""
    title = str(message.get("Subject", ""))[:_TITLE_LENGTH]
    if message["X-Failed-Recipients"] is None:
        if not _DAEMON.search(str(message.get("From", ""))[:_TITLE_LENGTH]):
            return None
        null_sender = str(message.get("Return-Path", "")).strip() == "<>"
        if not (
            _TITLE.search(title) or (null_sender and (_FAILURE.search(text) or _replies([text])))
        ):
            return None
        delay = _DELAY.search(text) or re.search(r"\b(?:warning|delay)", title, re.IGNORECASE)
        if delay and not has_status(text):
            return Notice("delayed", Cause.OTHER, delay[0])
    return Notice("failed", *telling(text))


def telling(text: str, status: str = "") -> tuple[Cause, str]:
    """The cause by a text, and its words: the first line with a reply of a server and what follows
    it, else with a word for failure. ``status``: the code in a report beside the text."""
    lines = [line.strip() for line in text.splitlines()]
    found = _replies(lines)
    replies = [" ".join(lines[max(number - 1, 0) : number + 3]) for number in found]
    cause = cause_of("\n".join(replies) or text, status)
    words = [" ".join(lines[number : number + 3]) for number in found[:1]]
    words += [line for line in lines if _FAILURE.search(line)]
    return cause, next(iter([*words, *filter(None, lines)]), "no words")


def _replies(lines: Sequence[str]) -> list[int]:
    """The numbers of the lines that quote the reply of a server."""
    return [no for no, line in enumerate(lines) if has_status(line) or _REPLY.search(line)]
