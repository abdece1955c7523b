"""Returned mail as mail servers write it, made up for one reader of a digest."""

from __future__ import annotations

import re
from base64 import encodebytes
from collections.abc import Callable
from pathlib import Path

ADA = "ada@example.org"
DOMAIN = "bounces.example.org"
RETURNED = """Received: from mail.example.org (mail.example.org [192.0.2.7])
\tby mx.example.net with ESMTPS; Fri, 20 Nov 2026 08:00:00 +0000
From: Paper Digest <digest@example.org>
To: ada@example.org
Subject: Seven papers: policy gradients, spam filters and full quotas
{headers}
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

A paper on blocked lists, relays and users that do not exist.
"""


PAGE = Path(__file__).parents[2] / "docs" / "bounces.md"


def rows(heading: str) -> list[tuple[str, str, str]]:
    """The rows of the table under a heading of the page about bounces."""
    section = PAGE.read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    found = re.findall(r"^\| ([^|`]+) \| `([^|]+)` \| (\w+) \|$", section, re.MULTILINE)
    return [(one, two, three) for one, two, three in found]


def returned(headers: str = "") -> str:
    """The message that comes back, with the headers that may prove it."""
    return RETURNED.replace("{headers}\n", f"{headers}\n" if headers else "")


def letter(to: str, subject: str, body: str, sender: str = "MAILER-DAEMON@mx.example.net") -> bytes:
    """A message of a mail server. The body begins with its own Content-Type, if it has any."""
    head = f"Return-Path: <>\nFrom: {sender}\nTo: {to}\nSubject: {subject}\n"
    kind, _, rest = body.partition("\n\n")
    if kind.startswith(("Content-", "X-Failed-")):
        head, body = f"{head}{kind}\n", rest
    return f"{head}MIME-Version: 1.0\n\n{body}".replace("\n", "\r\n").encode()


def fields(reply: str, recipient: str = ADA, action: str = "failed") -> str:
    """The group of a report about one recipient. A status in brackets is for the field alone."""
    status, _, words = reply.partition(" ")
    code = f"Diagnostic-Code: smtp; {words}\n" if words else ""
    return f"Final-Recipient: rfc822; {recipient}\nAction: {action}\nStatus: {status}\n{code}"


def _report(reply: str, original: str, kind: str, encoded: bool = False) -> str:
    groups = f"Reporting-MTA: dns; mx.example.net\n\n{fields(reply)}"
    coding = ""
    if encoded:
        groups = encodebytes(groups.encode()).decode()
        coding = "Content-Transfer-Encoding: base64\n"
    return f"""Content-Type: {kind}; boundary="b"

--b
Content-Type: text/plain; charset=us-ascii

Your message could not be delivered.

--b
Content-Type: message/delivery-status
{coding}
{groups}
--b
Content-Type: message/rfc822

{original}
--b--
"""


def report(to: str, reply: str, original: str) -> bytes:
    kind = "multipart/report; report-type=delivery-status"
    return letter(to, "Undelivered Mail Returned to Sender", _report(reply, original, kind))


def without_type(to: str, reply: str, original: str) -> bytes:
    return letter(to, "Undelivered Mail", _report(reply, original, "multipart/report"))


def in_mixed(to: str, reply: str, original: str) -> bytes:
    inner = _report(reply, original, "multipart/report; report-type=delivery-status")
    inner = inner.replace("--b", "--inner").replace('"b"', '"inner"')
    body = f'Content-Type: multipart/mixed; boundary="b"\n\n--b\n{inner}\n--b\n\nScanned.\n--b--\n'
    return letter(to, "Undelivered Mail", body)


def forwarded(to: str, reply: str, original: str) -> bytes:
    inner = report(to, reply, original).decode().replace("\r\n", "\n")
    inner = inner.replace("--b", "--inner").replace('"b"', '"inner"')
    body = f"""Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/plain

Is this yours?
--b
Content-Type: message/rfc822

{inner}
--b--
"""
    return letter("digest@example.org", "Fwd: Undelivered Mail", body, "postmaster@example.net")


def encoded(to: str, reply: str, original: str) -> bytes:
    kind = "multipart/report; report-type=delivery-status"
    return letter(to, "Undelivered Mail", _report(reply, original, kind, encoded=True))


def exim(to: str, reply: str, original: str) -> bytes:
    body = f"""X-Failed-Recipients: {ADA}
Auto-Submitted: auto-replied

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  {ADA}
    host mx.example.org [192.0.2.9]
    SMTP error from remote mail server after RCPT TO:<{ADA}>:
    {reply}

------ This is a copy of the message, including all the headers. ------

{original}"""
    return letter(to, "Mail delivery failed: returning message to sender", body)


def qmail(to: str, reply: str, original: str) -> bytes:
    return letter(
        to,
        "failure notice",
        f"""Hi. This is the qmail-send program at mx.example.net.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<{ADA}>:
192.0.2.9 does not like recipient.
Remote host said: {reply}
Giving up on 192.0.2.9.

--- Below this line is a copy of the message.

Return-Path: <digest@example.org>
{original}""",
    )


def postfix(to: str, reply: str, original: str) -> bytes:
    quoted = reply.replace(" ", "\n    ", 2)
    return letter(
        to,
        "Undelivered Mail Returned to Sender",
        f"""This is the mail system at host mx.example.net.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

<{ADA}>: host mx.example.org[192.0.2.9] said:
    {quoted} (in reply to RCPT TO command)

{original}""",
    )


def exchange(to: str, reply: str, original: str) -> bytes:
    body = f"""Content-Type: text/plain; charset=iso-8859-1

Your message

  To:      {ADA}
  Subject: Seven papers: spam policy
  Sent:    Fri, 20 Nov 2026 08:00:00 +0000

did not reach the following recipient(s):

{ADA} on Fri, 20 Nov 2026 08:00:05 +0000
    <mx.example.net #{reply}>

Original message headers:

{original}"""
    return letter(
        to, "Undeliverable: Seven papers", body, "System Administrator <postmaster@b.org>"
    )


def yahoo(to: str, reply: str, original: str) -> bytes:
    return letter(
        to,
        "Failure Notice",
        f"""Sorry, we were unable to deliver your message to the following address.

<{ADA}>:
{reply}

--- Below this line is a copy of the message.

{original}""",
        "MAILER-DAEMON@yahoo.example",
    )


def gmail(to: str, reply: str, original: str) -> bytes:
    body = f"""X-Failed-Recipients: {ADA}

Delivery to the following recipient failed permanently:

     {ADA}

Technical details of permanent failure:
The error that the other server returned was:
{reply}

----- Original message -----

{original}"""
    sender = "Mail Delivery Subsystem <mailer-daemon@googlemail.example>"
    return letter(to, "Delivery Status Notification (Failure)", body, sender)


def notes(to: str, reply: str, original: str) -> bytes:
    body = f"""------- Failure Reasons  --------

{reply}
{ADA}


------- Returned Message --------
{original}"""
    return letter(to, "Undeliverable message", body, "POSTMASTER@gateway.example")


def sendmail(to: str, reply: str, original: str) -> bytes:
    return letter(
        to,
        "Returned mail: see transcript for details",
        f"""The original message was received at Fri, 20 Nov 2026 08:00:00 GMT
from localhost [127.0.0.1]

   ----- The following addresses had permanent fatal errors -----
<{ADA}>

   ----- Transcript of session follows -----
... while talking to mx.example.org.:
>>> RCPT To:<{ADA}>
<<< {reply}

   ----- Original message follows -----

{original}""",
    )


FORMS: dict[str, Callable[[str, str, str], bytes]] = {
    "report": report,
    "report without report-type": without_type,
    "report inside multipart/mixed": in_mixed,
    "report forwarded": forwarded,
    "report in base64": encoded,
    "Exim": exim,
    "qmail": qmail,
    "Postfix, text only": postfix,
    "Exchange": exchange,
    "Yahoo": yahoo,
    "Gmail": gmail,
    "Notes": notes,
    "sendmail, text only": sendmail,
}
"""How returned mail is written. Each takes where it is sent to, the server's words (in a report the
first of them is the status) and the returned message."""
